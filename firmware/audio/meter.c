/* SPDX-License-Identifier: Apache-2.0 */
/* How good one leg of a bridge is: levels, clipping, who talks, and a side that is dead.
 *
 * The active speech level is that of ITU-T P.56, method B, its envelope taken in steps of 10 ms.
 * Dead is digital silence, a level below -75 dBm0 without its mean, or no samples at all: the noise of any
 * living line is above that. */
#include "meter.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "biquad.h"

#define NOTHING_DB10 (-990)
#define DEAD_POWER 8.24F         /* -75 dBm0 */
#define ENVELOPE_STEP 0.2834687F /* 1 - exp(-10 ms / 30 ms) */
#define MARGIN_DB 15.9F          /* P.56 */
#define FULL_SCALE 32124         /* the last value of G.711's mu-law */
#define SILENT_BLOCKS 200u       /* 2 s */
#define LEVEL_EVERY 100u         /* blocks: the speech level is worked out once a second */
#define DEAD_BLOCKS 300u         /* 3 s dead */
#define UNHEARD_BLOCKS 40u       /* and 0.4 s of speech into it: told */
#define ALIVE_BLOCKS 3u          /* a click is no life */

void meter_init(struct meter *m)
{
    memset(m, 0, sizeof *m);
    for (int s = 0; s < 2; s++) {
        voice_gate_init(&m->sides[s].gate);
        m->figures.level_db10[s] = NOTHING_DB10;
    }
}

static uint32_t count_clipped(const int16_t *samples)
{
    uint32_t count = 0;

    for (int i = 0; i < METER_BLOCK; i++)
        count += samples[i] >= FULL_SCALE || samples[i] <= -FULL_SCALE;
    return count;
}

/* Power with and without the block's mean. */
static void measure(struct meter_side *side, const int16_t *samples)
{
    float x[METER_BLOCK];
    quad sum = {0}, squares = {0};

    floats_from_samples(x, samples, METER_BLOCK);
    for (int i = 0; i < METER_BLOCK; i += 4) {
        const quad q = quad_at(x + i);
        sum += q;
        squares += q * q;
    }
    const float energy = quad_sum(squares), mean = quad_sum(sum) / METER_BLOCK;
    const float power = energy / METER_BLOCK - mean * mean;
    side->power = power > 0.0F ? power : 0.0F;
    if (energy >= (float)FULL_SCALE * (float)FULL_SCALE && peak_of_samples(samples, METER_BLOCK) >= FULL_SCALE)
        side->clipped += count_clipped(samples);
    side->samples += METER_BLOCK;
}

/* P.56 §5.2: for each threshold, how long the envelope was over it, 200 ms after it included. */
static void follow_activity(struct meter_side *side)
{
    side->energy += (double)side->power;
    side->fast += ENVELOPE_STEP * (sqrtf(side->power) - side->fast);
    side->slow += ENVELOPE_STEP * (side->fast - side->slow);
    float threshold = 1.0F;
    for (int j = 0; j < METER_STEPS; j++, threshold *= 2.0F) {
        if (side->slow >= threshold)
            side->hang[j] = VOICE_HANG_BLOCKS;
        else if (side->hang[j] == 0)
            break; /* nor was it over any higher one lately */
        else
            side->hang[j]--;
        side->active[j]++;
    }
}

void meter_feed(struct meter *m, int side_number, const int16_t *samples)
{
    struct meter_side *side = &m->sides[side_number];

    side->present = samples != NULL;
    side->power = 0.0F;
    if (side->present)
        measure(side, samples);
    voice_gate_feed(&side->gate, side->power);
    follow_activity(side);
    side->dead = side->power < DEAD_POWER;
}

/* P.56 §5.3: where the active level is the margin above its threshold, between two thresholds. */
static int32_t speech_level_db10(const struct meter_side *side)
{
    float last_level = 0.0F, last_over = 0.0F;

    for (int j = 0; j < METER_STEPS && side->active[j] > 0; j++) {
        const float power = (float)(side->energy / side->active[j]);
        if (power <= 0.0F)
            break;
        const float level = 10.0F * log10f(power / VOICE_MEAN_SQUARE_0DBM0);
        const float over = 10.0F * log10f(power) - 6.0206F * (float)j;
        if (over <= MARGIN_DB) {
            const float part = j == 0 ? 0.0F : (over - MARGIN_DB) / (over - last_over);
            return (int32_t)lrintf(10.0F * (level - part * (level - last_level)));
        }
        last_level = level;
        last_over = over;
    }
    return NOTHING_DB10;
}

static struct meter_hit side_ends_well(struct meter_side *side, int number)
{
    struct meter_hit hit = {.side = number, .ms = side->dead_blocks * 10u};

    if (++side->alive_blocks < ALIVE_BLOCKS)
        return hit;
    hit.found = side->one_way == ONE_WAY_TOLD;
    if (hit.found)
        side->one_way = ONE_WAY_OVER;
    side->dead_blocks = side->unheard_blocks = 0;
    return hit;
}

/* Somebody speaks and hears nothing at all of the other. A line that was silent and came back to
 * life is one that sends nothing in its pauses: it is not told again. */
static struct meter_hit watch_side(struct meter *m, int number)
{
    struct meter_side *side = &m->sides[number];
    const struct meter_side *other = &m->sides[1 - number];

    if (!side->dead)
        return side_ends_well(side, number);
    side->alive_blocks = 0;
    side->dead_blocks++;
    side->unheard_blocks += other->gate.voice;
    struct meter_hit hit = {.side = number, .dead = true, .ms = side->dead_blocks * 10u};
    if (side->one_way != ONE_WAY_NO || side->dead_blocks < DEAD_BLOCKS || side->unheard_blocks < UNHEARD_BLOCKS)
        return hit;
    side->one_way = ONE_WAY_TOLD;
    m->figures.one_way |= 1 << number;
    hit.found = true;
    return hit;
}

static void count_talk(struct meter *m)
{
    const bool in = m->sides[METER_IN].gate.hang > 0, out = m->sides[METER_OUT].gate.hang > 0;

    m->blocks++;
    m->voice_blocks[METER_IN] += in;
    m->voice_blocks[METER_OUT] += out;
    m->overtalk_blocks += in && out;
    m->silent_blocks = in || out ? 0 : m->silent_blocks + 1;
    if (m->silent_blocks >= SILENT_BLOCKS)
        m->dead_air_blocks += m->silent_blocks == SILENT_BLOCKS ? SILENT_BLOCKS : 1;
}

static void show_figures(struct meter *m)
{
    struct meter_figures *f = &m->figures;

    f->ms = (int32_t)m->blocks * 10;
    f->overtalk_ms = (int32_t)m->overtalk_blocks * 10;
    f->dead_air_ms = (int32_t)m->dead_air_blocks * 10;
    for (int s = 0; s < 2; s++) {
        const struct meter_side *side = &m->sides[s];
        f->voice_ms[s] = (int32_t)m->voice_blocks[s] * 10;
        f->clipped_ppm[s] = side->samples == 0 ? 0 : (int32_t)(side->clipped * 1000000u / side->samples);
        if (m->blocks % LEVEL_EVERY == 0)
            f->level_db10[s] = m->voice_blocks[s] == 0 ? NOTHING_DB10 : speech_level_db10(side);
    }
}

struct meter_hit meter_tick(struct meter *m)
{
    count_talk(m);
    const struct meter_hit in = watch_side(m, METER_IN);
    const struct meter_hit out = watch_side(m, METER_OUT);
    if (m->blocks % 10 == 0)
        show_figures(m);
    return in.found ? in : out;
}
