/* SPDX-License-Identifier: Apache-2.0 */
/* What each block of the audio loop costs: instructions for 20 ms of one port.
 *
 * bench-blocks                 the names of the rows, and with what compiler they were built
 * under callgrind              --callgrind-out-file=F: one dump F.n for each row, named by it, ROUNDS x 20 ms
 *
 * A row is a function that does 20 ms of work, and a line in `rows`. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

#include "audio/g711.h"
#include "audio/internal.h"

#define FRAME 160u              /* 20 ms */
#define WARM 25u
#define ROUNDS 50u
#define DRIFT_PPM 1000.0

struct bench {
    int16_t sound[(WARM + ROUNDS) * FRAME];
    const int16_t *now;         /* the 20 ms of this round */
    int16_t scrap[2 * FRAME];
    uint8_t codes[2 * FRAME], wire[4 * FRAME];
    struct dtmf dtmf;
    struct tone_watch tones;
    struct voice_ear voice;
    struct meter meter;
    struct agc agc;
    struct level_meter level;
    struct silence silence;
    struct caller_id caller_id;
    struct secret secret;
    struct lane lanes[2];
    struct pace pace;
    struct dle_decoder decoder;
    struct plc plc;
    audio_loop *loop;
    int pcm_fd;
    uint32_t found;             /* so that no work can be left out */
};

static void row_dtmf(struct bench *b)
{
    struct dtmf_hit hits[4];
    b->found += (uint32_t)dtmf_feed(&b->dtmf, b->now, FRAME, hits, 4);
}

static void row_tones(struct bench *b)
{
    struct tone_hit hit;
    b->found += (uint32_t)tone_watch_feed(&b->tones, b->now, FRAME, &hit);
}

/* As many patterns as a port may have. */
static void full_table(struct tone_watch *tones)
{
    audio_tone_pattern table[AUDIO_MAX_TONES] = {{0}};

    for (uint16_t i = 0; i < AUDIO_MAX_TONES; i++) {
        table[i].id = i + 1u;
        table[i].hz[0] = (uint16_t)(400 + i);
        table[i].hz[1] = (uint16_t)(500 + i);
        table[i].on_ms[0] = table[i].off_ms[0] = (uint16_t)(i < 20 ? 90 + 20 * i : 0);
        table[i].cycles = 4;
        table[i].least_ms = 3000;
    }
    tone_watch_init(tones);
    tone_watch_patterns(tones, table, AUDIO_MAX_TONES);
}

static void row_meter(struct bench *b)
{
    for (uint32_t at = 0; at < FRAME; at += TICK) {
        meter_feed(&b->meter, METER_IN, b->now + at);
        meter_feed(&b->meter, METER_OUT, b->now + at);
        b->found += meter_tick(&b->meter).found;
    }
}

/* Both sides heard, while a secret is keyed in. */
static void row_secret(struct bench *b)
{
    for (uint32_t at = 0; at < FRAME; at += SECRET_BLOCK)
        b->found += secret_feed(&b->secret, true, b->now + at, b->now + at);
}

static void row_caller_id(struct bench *b)
{
    static struct caller_id_report reports[4];
    b->found += (uint32_t)caller_id_feed(&b->caller_id, b->now, FRAME, reports, 4);
}

static void row_agc(struct bench *b)
{
    for (uint32_t at = 0; at < FRAME; at += TICK) {
        memcpy(b->scrap, b->now + at, TICK * sizeof *b->scrap);
        agc_run(&b->agc, b->scrap);
    }
}

static void row_level(struct bench *b)
{
    level_feed(&b->level, b->now, FRAME);
}

static void row_silence(struct bench *b)
{
    b->found += silence_feed(&b->silence, b->now, FRAME);
}

static void row_ulaw(struct bench *b)
{
    audio_ulaw_encode(b->now, b->codes, FRAME);
    audio_ulaw_decode(b->codes, b->scrap, FRAME);
}

static void row_dle(struct bench *b)
{
    size_t n = dle_encode(b->codes, FRAME, b->wire);
    for (size_t i = 0; i < n; i++)
        b->found += (uint32_t)dle_decode(&b->decoder, b->wire[i]);
}

/* Both directions of a port, as they are while its clock is followed. */
static void resample(struct bench *b, double ppm)
{
    for (int tick = 0; tick < 2; tick++) {
        for (int way = 0; way < 2; way++) {
            struct lane *lane = &b->lanes[way];
            if (fifo_fill(&lane->fifo) < 2 * FRAME)
                fifo_push(&lane->fifo, b->now, TICK); /* the clocks differ: now and then a tick more */
            fifo_push(&lane->fifo, b->now + tick * TICK, TICK);
            b->found += resampler_pull(&lane->resampler, &lane->fifo, resampler_step(way ? -ppm : ppm), b->scrap, TICK);
        }
        drift_count(&b->pace.drift, TICK);
        b->found += pace_update(&b->pace, 96, 0);
    }
}

static void row_drift(struct bench *b)
{
    resample(b, DRIFT_PPM);
}

static void row_no_drift(struct bench *b)
{
    resample(b, 0.0);
}

static void row_answer(struct bench *b)
{
    b->found += voice_ear_feed(&b->voice, b->now, FRAME);
}

/* A serial PCM port, all that it does beside its ears and the canceller: bytes in, pace, queues, bytes out. */
static void row_pcm(struct bench *b)
{
    struct port *port = &b->loop->ports[3];
    uint8_t bytes[4 * FRAME];

    if (port->source != SOURCE_PCM) {
        struct device device;
        int fds[2];
        port_listen(port, 0, 0);
        port->echo.off = true;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 || device_init(&device, fds[0]) != 0)
            abort();
        b->pcm_fd = fds[1];
        pcm_attach(b->loop, port, &device);
    }
    for (uint32_t tick = 0; tick < 2; tick++) {
        memcpy(bytes, b->now + tick * TICK, 2 * TICK);
        if (send(b->pcm_fd, bytes, 2 * TICK, 0) != 2 * TICK)
            abort();
        pcm_read(b->loop, port);
        memcpy(port->output, b->now, sizeof port->output);
        pcm_write(b->loop, port);
        b->found += (uint32_t)recv(b->pcm_fd, bytes, sizeof bytes, MSG_DONTWAIT);
    }
}

static void fill_twice(struct bench *b, uint16_t port)
{
    for (uint32_t tick = 0; tick < 2; tick++) {
        for (uint32_t p = 0; p < 4; p++) {
            memcpy(b->loop->ports[p].input, b->now + tick * TICK, TICK * sizeof(int16_t));
            b->loop->ports[p].has_input = true;
        }
        port_fill_output(b->loop, &b->loop->ports[port]);
    }
}

/* Everything that one of four in a conference hears. */
static void row_mixer(struct bench *b)
{
    b->loop->ports[0].hears = 0xE;
    fill_twice(b, 0);
}

static void row_player(struct bench *b)
{
    static const uint32_t clip = 3;

    b->loop->clips[clip] = (struct clip){b->sound, WARM * FRAME};
    if (b->loop->ports[1].player.source == PLAYER_IDLE)
        player_clips(&b->loop->ports[1].player, 1, &clip, 1, AUDIO_REPEAT);
    fill_twice(b, 1);
}

static void row_comfort(struct bench *b)
{
    comfort_noise_set(&b->loop->ports[2].comfort, -620);
    b->loop->ports[2].hears = 0;
    fill_twice(b, 2);
}

/* One frame of two is lost: the period is looked for each time. */
static void row_plc_lost(struct bench *b)
{
    memcpy(b->scrap, b->now, TICK * sizeof *b->scrap);
    plc_good(&b->plc, b->scrap);
    plc_lost(&b->plc, b->scrap);
}

static void row_plc(struct bench *b)
{
    for (uint32_t at = 0; at < FRAME; at += TICK) {
        memcpy(b->scrap, b->now + at, TICK * sizeof *b->scrap);
        plc_good(&b->plc, b->scrap);
    }
}

static const struct {
    const char *name;
    void (*run)(struct bench *b);
} rows[] = {
    {"dtmf", row_dtmf},   {"tones", row_tones}, {"level", row_level}, {"silence", row_silence},   {"ulaw", row_ulaw},
    {"dle", row_dle},     {"drift", row_drift}, {"no_drift", row_no_drift}, {"mixer_of_4", row_mixer}, {"player", row_player},
    {"plc", row_plc},     {"plc_lost", row_plc_lost}, {"comfort_noise", row_comfort},
    {"meter", row_meter}, {"agc", row_agc}, {"secret", row_secret}, {"caller_id", row_caller_id}, {"pcm", row_pcm}, {"answer", row_answer},
};

static void begin(struct bench *b)
{
    srand(1);
    for (uint32_t i = 0; i < (WARM + ROUNDS) * FRAME; i++) {
        double t = (double)i / 8000.0, talk = 6000.0 * sin(2 * M_PI * 210 * t) * sin(2 * M_PI * 3 * t);
        bool key = i / 1600 % 3 == 1;
        double tones = key ? 4000.0 * sin(2 * M_PI * 770 * t) + 4000.0 * sin(2 * M_PI * 1336 * t) : 0.0;
        b->sound[i] = (int16_t)(talk + tones + rand() % 400 - 200);
    }
    dtmf_init(&b->dtmf);
    full_table(&b->tones);
    voice_ear_init(&b->voice);
    meter_init(&b->meter);
    secret_init(&b->secret);
    caller_id_init(&b->caller_id, true);
    agc_init(&b->agc);
    level_init(&b->level);
    silence_init(&b->silence, 5000);
    dle_init(&b->decoder);
    pace_init(&b->pace);
    b->pace.running = true;
    b->loop = audio_loop_new();
    if (b->loop == NULL)
        abort();
    for (uint16_t p = 0; p < 4; p++)
        b->loop->ports[p].source = SOURCE_STREAM;
}

int main(void)
{
    static struct bench b;

    begin(&b);
#ifdef __clang__
    printf("clang-%d\n", __clang_major__);
#else
    printf("gcc-%d\n", __GNUC__);
#endif
    printf("%u\n", ROUNDS);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (uint32_t round = 0; round < WARM + ROUNDS; round++) {
            if (round == WARM)
                CALLGRIND_ZERO_STATS;
            b.now = b.sound + round * FRAME;
            rows[row].run(&b);
        }
        CALLGRIND_DUMP_STATS_AT(rows[row].name);
        printf("%s\n", rows[row].name);
    }
    audio_loop_free(b.loop);
    return b.found == 1;
}
