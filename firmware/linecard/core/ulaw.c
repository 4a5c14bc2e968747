/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law as segment and step, without tables or floating point. */
#include "linecard/core/ulaw.h"

enum { BIAS = 132, CLIP = 32635 };

int16_t ulaw_to_linear(uint8_t code)
{
    int32_t inverse = ~code & 0xFF;
    int32_t magnitude = ((((inverse & 15) << 3) + BIAS) << (inverse >> 4 & 7)) - BIAS;
    return (int16_t)(inverse & 0x80 ? -magnitude : magnitude);
}

uint8_t ulaw_from_linear(int16_t sample)
{
    int32_t sign = sample < 0 ? 0x80 : 0;
    int32_t magnitude = sample < 0 ? -(int32_t)sample : sample;
    int32_t biased = (magnitude > CLIP ? CLIP : magnitude) + BIAS;
    int32_t segment = 0;
    for (int32_t step = 4; step > 0; step >>= 1) /* the highest bit set of biased >> 7, by halving */
        if (biased >> (7 + segment + step))
            segment += step;
    return (uint8_t)~(sign | segment << 4 | (biased >> (segment + 3) & 15));
}
