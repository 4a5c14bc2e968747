/* SPDX-License-Identifier: Apache-2.0 */
/* Soft noise instead of dead silence.
 *
 * White noise through one pole at about 550 Hz, which falls as a quiet line's own noise does. Samples
 * this small are mostly 0 and +-8 once coded (ITU-T G.711's finest step), so what rounding leaves over
 * is carried on to the next sample, or the level would be lost in it. */
#include "audio/comfort_noise.h"

#include <math.h>

#define POLE 0.35F
#define RMS_OF_FILTERED 0.26591F /* uniform noise of -1..1 after the pole */
#define RMS_0DBM0 16141.8F      /* a sine 3.14 dB below full scale (ITU-T G.711) */
#define FOLLOW 0.02F            /* a tick's share is FOLLOW x 10; within 50 ms in all */
#define EVERY 8u

void comfort_noise_set(struct comfort_noise *c, int level_db10)
{
    c->goal = level_db10 < 0 ? RMS_0DBM0 * powf(10.0F, (float)level_db10 / 200.0F) / RMS_OF_FILTERED : 0.0F;
    if (c->random == 0)
        c->random = 0x2545F491u;
}

void comfort_noise_fill(struct comfort_noise *c, int16_t out[AUDIO_TICK_FRAMES])
{
    for (uint32_t i = 0; i < AUDIO_TICK_FRAMES; i++) {
        c->random = c->random * 1664525u + 1013904223u;
        float white = (float)(int32_t)c->random * (1.0F / 2147483648.0F);
        c->smooth += POLE * (white - c->smooth);
        if (i % EVERY == 0)
            c->gain += FOLLOW * (c->goal - c->gain);
        float wanted = c->smooth * c->gain + c->carry;
        float rounded = floorf(wanted + 0.5F);
        c->carry = wanted - rounded;
        out[i] = (int16_t)rounded;
    }
}
