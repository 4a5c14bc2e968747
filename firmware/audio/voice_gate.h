/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a block of 10 ms holds a voice: by its power alone, over a floor that follows the noise. */
#ifndef VOICE_GATE_H
#define VOICE_GATE_H
#include <stdbool.h>
#include <stdint.h>

#define VOICE_MEAN_SQUARE_0DBM0 260558792.0F /* ITU-T G.711: a sine of 3.14 dB below full scale */
#define VOICE_LEAST 2605.6F      /* -50 dBm0 */
#define VOICE_OVER_NOISE 10.0F   /* 10 dB */
#define VOICE_FLOOR_FIRST 8240.0F /* -45 dBm0: whoever speaks at once is heard at once */
#define VOICE_FLOOR_LEAST 82.4F  /* -65 dBm0 */
#define VOICE_FLOOR_RISE 1.0115795F /* a block: 5 dB a second; it falls at once */
#define VOICE_HANG_BLOCKS 20u    /* 200 ms, the hangover of ITU-T P.56 */

struct voice_gate {
    float floor;                 /* power of the noise */
    bool voice;                  /* in this block */
    uint32_t hang;               /* blocks for which a voice counts on */
};

static inline void voice_gate_init(struct voice_gate *g)
{
    *g = (struct voice_gate){.floor = VOICE_FLOOR_FIRST};
}

static inline void voice_gate_feed(struct voice_gate *g, float power)
{
    if (power < g->floor)
        g->floor = power > VOICE_FLOOR_LEAST ? power : VOICE_FLOOR_LEAST;
    else
        g->floor *= VOICE_FLOOR_RISE;
    g->voice = power > VOICE_LEAST && power > g->floor * VOICE_OVER_NOISE;
    if (g->voice)
        g->hang = VOICE_HANG_BLOCKS;
    else if (g->hang > 0)
        g->hang--;
}
#endif
