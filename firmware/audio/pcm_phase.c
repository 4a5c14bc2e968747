/* SPDX-License-Identifier: Apache-2.0 */
/* Joins bytes to samples, and notices when a byte was lost on the way.
 *
 * A stream that is read one byte off has the low bytes of its samples where the high ones belong: loud
 * noise, in which every step from sample to sample is huge, while the same bytes read one later are
 * smooth. A stream read rightly cannot look like that: its low bytes are as good as random, so it is the
 * other reading that is rough. But for three cases, which are left alone: steps too small to matter,
 * samples at full scale, whose low bytes are all alike, and samples of eight bits, whose low bytes are
 * nothing, so that the other reading never falls below zero. */
#include "audio/pcm_phase.h"

#include <string.h>

#define LEAST_STEP 1500u        /* mean: quieter than that does no harm and proves nothing */
#define SMOOTHER 4u             /* times, that the other reading must be */
#define RAILS_MAX 20u           /* samples of a block at full scale */
#define SIGNED_LEAST 4u         /* samples of the other reading that must be below zero, and as many above */
#define VOTES 3u

void pcm_phase_init(struct pcm_phase *p)
{
    memset(p, 0, sizeof *p);
}

static int16_t joined(uint8_t low, uint8_t high)
{
    return (int16_t)(uint16_t)(low | high << 8);
}

uint32_t pcm_phase_join(struct pcm_phase *p, const uint8_t *bytes, uint32_t n, int16_t *samples)
{
    uint32_t at = 0, count = 0;

    if (p->skips && n > 0) {
        p->skips = false;
        at++;
    }
    if (p->has_half && at < n) {
        samples[count++] = joined(p->half, bytes[at++]);
        p->has_half = false;
    }
    for (; at + 1 < n; at += 2)
        samples[count++] = joined(bytes[at], bytes[at + 1]);
    if (at < n) {
        p->half = bytes[at];
        p->has_half = true;
    }
    return count;
}

static uint32_t roughness(const int16_t *samples, uint32_t n)
{
    uint32_t sum = 0;

    for (uint32_t i = 1; i < n; i++) {
        int32_t step = samples[i] - samples[i - 1];
        sum += (uint32_t)(step < 0 ? -step : step);
    }
    return sum;
}

/* The block read one byte later: one sample less. */
static bool other_is_right(const int16_t *block, uint32_t rough)
{
    int16_t other[PCM_PHASE_BLOCK];
    uint32_t rails = 0, below = 0, above = 0;

    for (uint32_t i = 0; i < PCM_PHASE_BLOCK; i++) {
        other[i] = joined((uint8_t)((uint16_t)block[i] >> 8), (uint8_t)block[i + 1]);
        rails += block[i] == INT16_MAX || block[i] == INT16_MIN;
        below += other[i] < 0;
        above += other[i] > 0;
    }
    return rails <= RAILS_MAX && below >= SIGNED_LEAST && above >= SIGNED_LEAST &&
           roughness(other, PCM_PHASE_BLOCK) < rough / SMOOTHER;
}

static void judge_block(struct pcm_phase *p)
{
    uint32_t rough = roughness(p->block, PCM_PHASE_BLOCK + 1);

    if (rough >= LEAST_STEP * PCM_PHASE_BLOCK && other_is_right(p->block, rough))
        p->votes++;
    else
        p->votes = 0;
    p->block[0] = p->block[PCM_PHASE_BLOCK];
    p->filled = 0;
}

static void move_by_one(struct pcm_phase *p)
{
    p->skips = !p->has_half;
    p->has_half = false;
    p->votes = 0;
    p->filled = 0;
    p->block[0] = 0;
}

bool pcm_phase_judge(struct pcm_phase *p, int16_t *samples, uint32_t n)
{
    bool moved = false;

    for (uint32_t at = 0; at < n && !moved;) {
        uint32_t room = PCM_PHASE_BLOCK - p->filled, part = n - at < room ? n - at : room;
        memcpy(p->block + 1 + p->filled, samples + at, part * sizeof *samples);
        p->filled += part;
        if (p->filled == PCM_PHASE_BLOCK)
            judge_block(p);
        if (p->votes > 0)
            memset(samples + at, 0, part * sizeof *samples);
        at += part;
        moved = p->votes >= VOTES;
        if (moved)
            memset(samples + at, 0, (n - at) * sizeof *samples); /* the rest was joined wrongly too */
    }
    if (moved)
        move_by_one(p);
    return moved;
}
