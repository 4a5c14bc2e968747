/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law coding of 16-bit samples (ITU-T G.711, table 2a). */
#ifndef G711_H
#define G711_H
#include <stdint.h>
#include <string.h>

#define ULAW_BIAS 132   /* 33 in the 14-bit scale of G.711 */
#define ULAW_CLIP 32635 /* the largest magnitude that does not leave segment 8 with the bias added */

extern const int16_t ulaw_decoded[256];

static inline int16_t ulaw_decode(uint8_t code)
{
    return ulaw_decoded[code];
}

/* A biased magnitude as a float has the segment in its exponent (2^7 is segment 0) and the step in
 * the highest four bits of its fraction: no search and no branch, so loops over it become vectors. */
static inline uint8_t ulaw_encode(int16_t sample)
{
    const int32_t sign = sample < 0 ? 0x80 : 0;
    int32_t magnitude = sample < 0 ? -(int32_t)sample : (int32_t)sample;

    magnitude = magnitude > ULAW_CLIP ? ULAW_CLIP : magnitude;
    const float biased = (float)(magnitude + ULAW_BIAS);
    int32_t bits;
    memcpy(&bits, &biased, sizeof bits);
    return (uint8_t)~(sign | ((bits >> 19) - ((127 + 7) << 4)));
}
#endif
