/* SPDX-License-Identifier: Apache-2.0 */
/* Hides lost frames by substituting the waveform, in the spirit of ITU-T G.711 Appendix I.
 *
 * The period is where the newest 10 ms correlate best with what came before. One such period is
 * repeated, its tail faded into what precedes its head; after 10 ms it fades, and is silent at 60 ms.
 * Nothing is held back while frames come, so there is no sample of the other side of the gap to blend
 * with when it opens: what remains of a step there is let die away instead. */
#include "audio/plc.h"

#include <math.h>
#include <string.h>

#include "audio/biquad.h"

#define FRAME ((uint32_t)AUDIO_TICK_FRAMES)
#define LAG_MIN 32u             /* 250 Hz */
#define MATCH 160u              /* samples that are compared: 20 ms */
#define COARSE 2u
#define STEP_FADE 24u           /* 3 ms */
#define HOLD FRAME              /* at full level: 10 ms */
#define SILENT_AT (6u * FRAME)
#define JOIN_MIN 32u            /* 4 ms, and as much again for each frame lost */

void plc_init(struct plc *p)
{
    memset(p, 0, sizeof *p);
}

static void keep(struct plc *p, const int16_t *frame)
{
    memmove(p->history, p->history + FRAME, (PLC_HISTORY - FRAME) * sizeof *frame);
    memcpy(p->history + PLC_HISTORY - FRAME, frame, FRAME * sizeof *frame);
}

/* How alike the newest samples are to those `lag` earlier: the correlation's square with its sign,
 * over the energy there. */
static float likeness(const float *newest, uint32_t lag)
{
    quad products = {0}, energies = {0};

    for (uint32_t i = 0; i < MATCH; i += 4) {
        quad earlier = quad_at(newest - lag + i);
        products += quad_at(newest + i) * earlier;
        energies += earlier * earlier;
    }
    float product = quad_sum(products);
    return product * fabsf(product) / (quad_sum(energies) + 1.0F);
}

static uint32_t most_alike(const float *newest, uint32_t from, uint32_t to, uint32_t step)
{
    uint32_t best = from;
    float most = -INFINITY;

    for (uint32_t lag = from; lag <= to; lag += step) {
        float here = likeness(newest, lag);
        if (here > most) {
            most = here;
            best = lag;
        }
    }
    return best;
}

static uint32_t find_period(const struct plc *p)
{
    float sound[PLC_HISTORY];
    const float *newest = sound + PLC_HISTORY - MATCH;

    floats_from_samples(sound, p->history, PLC_HISTORY);
    uint32_t near = most_alike(newest, LAG_MIN, PLC_LAG_MAX, COARSE);
    return most_alike(newest, near > LAG_MIN ? near - 1 : near, near < PLC_LAG_MAX ? near + 1 : near, 1);
}

static void open_gap(struct plc *p)
{
    const int16_t *end = p->history + PLC_HISTORY;
    uint32_t period = find_period(p), tail = period / 4;

    p->period = period;
    p->place = 0;
    memcpy(p->cycle, end - period, period * sizeof *p->cycle);
    for (uint32_t i = 0; i < tail; i++) {
        float w = (float)(i + 1) / (float)(tail + 1);
        float before = end[(int32_t)i - (int32_t)(tail + period)], now = end[(int32_t)i - (int32_t)tail];
        p->cycle[period - tail + i] = (int16_t)(now + w * (before - now));
    }
    p->step = (float)end[-1] - (float)end[-1 - (int32_t)period];
}

static float gain_at(uint32_t lost)
{
    if (lost < HOLD)
        return 1.0F;
    return lost < SILENT_AT ? (float)(SILENT_AT - lost) / (float)(SILENT_AT - HOLD) : 0.0F;
}

static int16_t next_sample(struct plc *p)
{
    float y = p->cycle[p->place];

    p->place = p->place + 1 < p->period ? p->place + 1 : 0;
    if (p->lost < STEP_FADE)
        y += p->step * (float)(STEP_FADE - p->lost) / (float)STEP_FADE;
    y *= gain_at(p->lost);
    p->lost++;
    return (int16_t)(y > 32767.0F ? 32767.0F : y < -32768.0F ? -32768.0F : y);
}

void plc_lost(struct plc *p, int16_t frame[AUDIO_TICK_FRAMES])
{
    if (p->lost == 0)
        open_gap(p);
    if (p->lost >= SILENT_AT)
        memset(frame, 0, FRAME * sizeof *frame);
    else
        for (uint32_t i = 0; i < FRAME; i++)
            frame[i] = next_sample(p);
    keep(p, frame);
}

void plc_good(struct plc *p, int16_t frame[AUDIO_TICK_FRAMES])
{
    if (p->lost > 0) {
        uint32_t join = JOIN_MIN * (p->lost / FRAME + 1) / 2;
        join = join < FRAME ? join : FRAME;
        for (uint32_t i = 0; i < join; i++) {
            float w = (float)(i + 1) / (float)(join + 1), made = p->lost < SILENT_AT ? next_sample(p) : 0.0F;
            frame[i] = (int16_t)(made + w * ((float)frame[i] - made));
        }
        p->lost = 0;
    }
    keep(p, frame);
}
