/* SPDX-License-Identifier: Apache-2.0 */
/* Level in dBm0 over 100 ms, and silence that lasts through hum, steady noise and clicks. */
#include "level.h"

#include <math.h>
#include <string.h>

#define NOTHING_DB10 (-990)
#define METER_FRAMES 800                 /* 100 ms */
#define BLOCK_FRAMES LEVEL_BLOCK         /* 10 ms */
#define BLOCK_MS 10
#define MEAN_SQUARE_0DBM0 260558792.0F   /* a sine of peak 22828: 3.14 dB below full scale */
#define SILENCE_DB10 (-450)
#define NOISE_MAX_DB10 (-330)            /* louder than this is never called line noise */
#define NOISE_SPREAD_DB10 40             /* noise stays this close to its floor in every 10 ms */
#define FLOOR_RISE_DB10 1                /* per 10 ms: 10 dB a second */
#define HOLE_BLOCKS 12                   /* a shorter drop is lost sound; pauses of speech are longer */
#define CLICK_MS 40                      /* a click of under 30 ms touches at most four blocks */

static int16_t mean_db10(float energy, float count)
{
    if (energy < count * 0.01F)
        return NOTHING_DB10;
    return (int16_t)lrintf(100.0F * log10f(energy / count / MEAN_SQUARE_0DBM0));
}

void level_init(struct level_meter *m)
{
    memset(m, 0, sizeof *m);
    m->db10 = NOTHING_DB10;
}

/* Sixteen at a time, which become vectors; what is left over one by one. */
static float samples_energy(const int16_t *samples, size_t n)
{
    float x[16];
    quad sum = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        floats_from_samples(x, samples + i, 16);
        for (size_t k = 0; k < 16; k += 4)
            sum += quad_at(x + k) * quad_at(x + k);
    }
    float energy = quad_sum(sum);
    for (; i < n; i++)
        energy += (float)samples[i] * (float)samples[i];
    return energy;
}

void level_feed(struct level_meter *m, const int16_t *samples, size_t n)
{
    while (n > 0) {
        const size_t room = METER_FRAMES - m->count;
        const size_t part = n < room ? n : room;
        m->energy += samples_energy(samples, part);
        m->count += (uint32_t)part;
        samples += part;
        n -= part;
        if (m->count < METER_FRAMES)
            break;
        m->db10 = mean_db10(m->energy, METER_FRAMES);
        m->energy = 0.0F;
        m->count = 0;
    }
}

void silence_init(struct silence *s, uint32_t limit_ms)
{
    memset(s, 0, sizeof *s);
    s->limit_ms = limit_ms;
    biquad_init(&s->hum, 0.904859F, -1.809717F, 0.904859F, 1.800645F, -0.818790F);
    s->floor_db10 = SILENCE_DB10;
}

/* Energy after a second-order Butterworth high-pass at 180 Hz: mains hum is 19 dB down. */
static float energy_without_hum(struct silence *s)
{
    quad energy = {0};
    float samples[BLOCK_FRAMES];
    floats_from_samples(samples, s->samples, BLOCK_FRAMES);
    for (size_t i = 0; i < BLOCK_FRAMES; i += 4) {
        const quad y = biquad_run(&s->hum, quad_at(samples + i));
        energy += y * y;
    }
    biquad_drop_dregs(&s->hum);
    return quad_sum(energy);
}

/* The floor falls to what lasts, and rises slowly, so the gaps of speech keep it down. */
static bool block_is_quiet(struct silence *s, int32_t db10)
{
    if (db10 < s->floor_db10) {
        if (s->low_blocks == 0 || db10 > s->low_db10)
            s->low_db10 = db10;
        if (++s->low_blocks >= HOLE_BLOCKS) {
            s->floor_db10 = s->low_db10;
            s->low_blocks = 0;
        }
        return true;
    }
    s->low_blocks = 0;
    if (s->floor_db10 < NOISE_MAX_DB10)
        s->floor_db10 += FLOOR_RISE_DB10;
    if (db10 < SILENCE_DB10)
        return true;
    return db10 <= NOISE_MAX_DB10 && db10 - s->floor_db10 <= NOISE_SPREAD_DB10;
}

static uint32_t silence_block(struct silence *s, int32_t db10)
{
    if (block_is_quiet(s, db10)) {
        s->loud_run_ms -= s->loud_run_ms >= BLOCK_MS ? BLOCK_MS : s->loud_run_ms;
    } else {
        s->loud_run_ms += BLOCK_MS;
        if (s->loud_run_ms > CLICK_MS) {
            s->loud_run_ms = CLICK_MS;
            s->quiet_ms = 0;
            s->reported_ms = 0;
            return 0;
        }
    }
    if (s->quiet_ms < UINT32_MAX - BLOCK_MS)
        s->quiet_ms += BLOCK_MS;
    if (s->limit_ms == 0 || s->quiet_ms - s->reported_ms < s->limit_ms)
        return 0;
    s->reported_ms = s->quiet_ms;
    return s->quiet_ms;
}

uint32_t silence_feed(struct silence *s, const int16_t *samples, size_t n)
{
    uint32_t found = 0;
    while (n > 0) {
        const size_t room = BLOCK_FRAMES - s->count;
        const size_t part = n < room ? n : room;
        memcpy(s->samples + s->count, samples, part * sizeof *samples);
        s->count += (uint32_t)part;
        samples += part;
        n -= part;
        if (s->count < BLOCK_FRAMES)
            break;
        const uint32_t ms = silence_block(s, mean_db10(energy_without_hum(s), BLOCK_FRAMES));
        found = ms > 0 ? ms : found;
        s->count = 0;
    }
    return found;
}
