/* SPDX-License-Identifier: Apache-2.0 */
/* Gain in fixed point: the microcontroller has no floating-point unit. */
#include "linecard/core/gain.h"

enum { GAIN_UNITY = 65536 };

int32_t gain_factor(int16_t db10)
{
    /* 10^(±1/200) in 2.30 fixed point, once for each tenth of a decibel. */
    const int64_t up = 1086175086;
    const int64_t down = 1061450710;
    int steps = db10 < 0 ? -db10 : db10;
    if (steps > GAIN_LIMIT_DB10)
        steps = GAIN_LIMIT_DB10;
    int64_t factor = (int64_t)GAIN_UNITY << 8;
    for (int i = 0; i < steps; i++)
        factor = (factor * (db10 < 0 ? down : up) + (1 << 29)) >> 30;
    return (int32_t)((factor + (1 << 7)) >> 8);
}

void gain_apply(int16_t *samples, size_t n, int32_t factor)
{
    if (factor == GAIN_UNITY)
        return;
    for (size_t i = 0; i < n; i++) {
        int64_t sample = (int64_t)samples[i] * factor / GAIN_UNITY;
        if (sample > INT16_MAX)
            sample = INT16_MAX;
        if (sample < INT16_MIN)
            sample = INT16_MIN;
        samples[i] = (int16_t)sample;
    }
}
