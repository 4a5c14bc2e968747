/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law as segment and step, without floating point. */
#include "linecard/core/ulaw.h"

enum { BIAS = 132, CLIP = 32635 };

/* The highest bit set of a biased magnitude's upper byte. */
static const uint8_t SEGMENT[256] = {
    0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
};

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
    int32_t segment = SEGMENT[biased >> 7];
    return (uint8_t)~(sign | segment << 4 | (biased >> (segment + 3) & 15));
}
