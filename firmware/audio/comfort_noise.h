/* SPDX-License-Identifier: Apache-2.0 */
/* Soft noise instead of dead silence, so that a line between two sounds is not taken for a dead one. */
#ifndef COMFORT_NOISE_H
#define COMFORT_NOISE_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/include/audio_loop.h"

struct comfort_noise {
    uint32_t random;
    float gain, goal;           /* of samples; the gain follows its goal within 50 ms */
    float smooth, carry;        /* the low-pass; what rounding left over */
};

/* Level in 0.1 dBm0, -900 to -300; 0 = off. */
void comfort_noise_set(struct comfort_noise *c, int level_db10);
static inline bool comfort_noise_is_on(const struct comfort_noise *c)
{
    return c->goal > 0.0F;
}
void comfort_noise_fill(struct comfort_noise *c, int16_t out[AUDIO_TICK_FRAMES]);
/* Something else is heard now: the next noise fades in. */
static inline void comfort_noise_pause(struct comfort_noise *c)
{
    c->gain = 0.0F;
}
#endif
