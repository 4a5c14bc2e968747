/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, among stretches of tone and of no tone, those that repeat strictly: a cadence. */
#include <math.h>
#include <string.h>

#include "audio/survey.h"

#define TOLERANCE 0.06F          /* of a length; a machine keeps time */
#define TOLERANCE_BLOCKS 10.0F   /* 20 ms: what the edges of a short burst are known to */
#define SHORTEST_BLOCKS 750u     /* 1.5 s of it, or it is chance */
#define CYCLES_MIN 2u
#define ONSETS_MIN 3u

static float tolerance(float length)
{
    return fmaxf(TOLERANCE_BLOCKS, TOLERANCE * length);
}

static bool is_like(float length, float wanted)
{
    return fabsf(length - wanted) <= tolerance(wanted);
}

/* How many runs from `first` on follow the lengths of the first period; the sound's last run may be
 * cut short. `mean` gets each slot's mean length. */
static uint32_t follow(const struct survey_run *runs, uint32_t count, uint32_t first, uint32_t slots, float *mean)
{
    uint32_t matched = 0, seen[4] = {0};

    for (uint32_t r = first; r < count; r++, matched++) {
        const uint32_t slot = matched % slots;
        const float length = (float)runs[r].len;
        const bool is_cut = r == count - 1;
        if (seen[slot] == 0 && is_cut)
            break;
        if (seen[slot] > 0 && is_cut && length <= mean[slot] + tolerance(mean[slot]))
            return matched + 1;
        if (seen[slot] > 0 && !is_like(length, mean[slot]))
            break;
        seen[slot]++;
        mean[slot] = seen[slot] == 1 ? length : mean[slot] + (length - mean[slot]) / (float)seen[slot];
    }
    return matched;
}

static float worst_difference(const struct survey_run *runs, uint32_t full, uint32_t slots, const float *mean)
{
    float worst = 0;

    for (uint32_t i = 0; i < full; i++)
        worst = fmaxf(worst, fabsf((float)runs[i].len - mean[i % slots]));
    return worst;
}

static bool measure(const struct survey_run *runs, uint32_t count, uint32_t first, uint32_t phases,
                    struct survey_repeat *out)
{
    float mean[4] = {0};
    const uint32_t slots = 2 * phases;
    const uint32_t matched = follow(runs, count, first, slots, mean);
    const bool at_end = first + matched == count;
    const uint32_t full = at_end && matched > 0 ? matched - 1 : matched;

    if (full / slots < CYCLES_MIN || (matched + 1) / 2 < ONSETS_MIN)
        return false;
    if (phases == 2 && is_like(mean[2], mean[0]) && is_like(mean[3], mean[1]))
        return false; /* one phase tells it */
    const struct survey_run *last = &runs[first + matched - 1];
    if (last->begin + last->len - runs[first].begin < SHORTEST_BLOCKS)
        return false;
    *out = (struct survey_repeat){.first = first, .runs = matched, .phases = phases, .cycles = full / slots,
                                  .on = {mean[0], mean[2]}, .off = {mean[1], mean[3]}, .at_end = at_end};
    out->jitter = worst_difference(runs + first, full, slots, mean);
    return true;
}

bool survey_find_repeat(const struct survey_run *runs, uint32_t count, bool at_end, struct survey_repeat *out)
{
    uint32_t best = 0;

    for (uint32_t first = 0; first < count; first++) {
        for (uint32_t phases = 1; runs[first].on && phases <= 2; phases++) {
            struct survey_repeat found;
            if (!measure(runs, count, first, phases, &found) || found.at_end != at_end)
                continue;
            const struct survey_run *last = &runs[first + found.runs - 1];
            const uint32_t length = last->begin + last->len - runs[first].begin;
            if (length <= best)
                continue;
            best = length;
            *out = found;
        }
    }
    return best > 0;
}
