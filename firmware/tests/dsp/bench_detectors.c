/* SPDX-License-Identifier: Apache-2.0 */
/* What the ears cost: nanoseconds for 20 ms of one port's audio.
 *
 * bench-detectors           a table
 * bench-detectors NAME      one part, a thousand frames, for callgrind: the instructions that NAME
 *                           takes beyond those of "nothing", divided by 1000 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agc.h"
#include "detectors.h"
#include "meter.h"
#include "secret.h"
#include "synth.h"

#define FRAME 160 /* 20 ms */
#define FRAMES 1000

struct ears {
    struct dtmf dtmf;
    struct tone_watch tones;
    struct level_meter level;
    struct silence silence;
    struct meter meter;
    struct agc agc;
    struct secret secret;
    uint32_t found; /* so that no work can be left out */
};

static void run_dtmf(struct ears *e, const int16_t *samples)
{
    struct dtmf_hit hits[4];
    e->found += (uint32_t)dtmf_feed(&e->dtmf, samples, FRAME, hits, 4);
}

static void run_tones(struct ears *e, const int16_t *samples)
{
    struct tone_hit hit;
    e->found += (uint32_t)tone_watch_feed(&e->tones, samples, FRAME, &hit);
}

/* As many patterns as a port may have, none of which fits before its last burst does. */
static void full_table(struct tone_watch *tones)
{
    audio_tone_pattern table[AUDIO_MAX_TONES] = {{0}};
    for (uint16_t i = 0; i < AUDIO_MAX_TONES; i++) {
        table[i].id = i + 1U;
        table[i].hz[0] = (uint16_t)(400 + i);
        table[i].hz[1] = (uint16_t)(500 + i);
        table[i].on_ms[0] = table[i].off_ms[0] = (uint16_t)(i < 20 ? 90 + 20 * i : 0);
        table[i].cycles = 4;
        table[i].least_ms = 3000;
    }
    tone_watch_init(tones);
    tone_watch_patterns(tones, table, AUDIO_MAX_TONES);
}

static void run_level(struct ears *e, const int16_t *samples)
{
    level_feed(&e->level, samples, FRAME);
}

static void run_silence(struct ears *e, const int16_t *samples)
{
    e->found += silence_feed(&e->silence, samples, FRAME);
}

static void run_ulaw(struct ears *e, const int16_t *samples)
{
    for (size_t i = 0; i < FRAME; i++)
        e->found ^= ulaw_encode(samples[i]) ^ (uint32_t)(ulaw_decode((uint8_t)i) & 1);
}

/* Both sides. */
static void run_meter(struct ears *e, const int16_t *samples)
{
    for (size_t at = 0; at < FRAME; at += METER_BLOCK) {
        meter_feed(&e->meter, METER_IN, samples + at);
        meter_feed(&e->meter, METER_OUT, samples + at);
        e->found += meter_tick(&e->meter).found;
    }
}

static void run_agc(struct ears *e, const int16_t *samples)
{
    int16_t block[AGC_BLOCK];
    for (size_t at = 0; at < FRAME; at += AGC_BLOCK) {
        memcpy(block, samples + at, sizeof block);
        agc_run(&e->agc, block);
        e->found += (uint32_t)block[0] & 1u;
    }
}

/* Both sides, while a secret is asked for; else it costs nothing. */
static void run_secret(struct ears *e, const int16_t *samples)
{
    for (size_t at = 0; at < FRAME; at += SECRET_BLOCK)
        e->found += secret_feed(&e->secret, true, samples + at, samples + at);
}

static void run_nothing(struct ears *e, const int16_t *samples)
{
    e->found ^= (uint32_t)(samples[0] & 1);
}

static const struct {
    const char *name;
    void (*run)(struct ears *e, const int16_t *samples);
} parts[] = {
    {"dtmf", run_dtmf},       {"tones", run_tones},     {"level", run_level},
    {"silence", run_silence}, {"ulaw", run_ulaw},       {"meter", run_meter},
    {"agc", run_agc},         {"secret", run_secret},   {"nothing", run_nothing},
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double pass_ns(struct ears *e, size_t part, const int16_t *samples)
{
    const double begun = now_ns();
    for (size_t i = 0; i < FRAMES; i++)
        parts[part].run(e, samples + i * FRAME);
    return (now_ns() - begun) / FRAMES;
}

int main(int argc, char **argv)
{
    static struct synth s;
    static struct ears e;
    bool known = argc == 1;
    synth_begin(&s, FRAMES * 20.0, 1);
    synth_noise(&s, -25); /* loud enough that nothing is left out as silence */
    for (double at_ms = 0; at_ms < FRAMES * 20.0; at_ms += 200.0)
        synth_key(&s, at_ms, '5', &(struct synth_key){.on_ms = 100, .level_dbm0 = -12});
    synth_finish(&s, true);
    dtmf_init(&e.dtmf);
    full_table(&e.tones);
    level_init(&e.level);
    silence_init(&e.silence, 5000);
    meter_init(&e.meter);
    agc_init(&e.agc);
    e.agc.gain = 1.5F; /* at work */
    secret_init(&e.secret);
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        if (argc > 1 && strcmp(argv[1], parts[part].name) != 0)
            continue;
        known = true;
        double best = pass_ns(&e, part, s.out);
        for (int again = 0; argc == 1 && again < 20; again++) {
            const double ns = pass_ns(&e, part, s.out);
            best = ns < best ? ns : best;
        }
        printf("%-10s %8.0f ns per 20 ms\n", parts[part].name, best);
    }
    printf("bytes kept per port: %zu (found %u)\n", sizeof e, (unsigned)e.found);
    return known ? 0 : 2;
}
