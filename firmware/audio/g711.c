/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law coding of 16-bit samples (ITU-T G.711, table 2a). */
#include "g711.h"

#define BIAS 132   /* 33 in the 14-bit scale of G.711 */
#define CLIP 32635 /* the largest magnitude that does not leave segment 8 with the bias added */

/* The decoded value of a code, sign and magnitude, as a constant expression. */
#define MAGNITUDE(inv) (((((inv)&15) << 3) + BIAS) << (((inv) >> 4) & 7))
#define VALUE(code)                                                                                \
    (((code)&0x80) ? (MAGNITUDE(~(code)&0xff) - BIAS) : (BIAS - MAGNITUDE(~(code)&0xff)))
#define ROW4(c) VALUE(c), VALUE((c) + 1), VALUE((c) + 2), VALUE((c) + 3)
#define ROW16(c) ROW4(c), ROW4((c) + 4), ROW4((c) + 8), ROW4((c) + 12)
#define ROW64(c) ROW16(c), ROW16((c) + 16), ROW16((c) + 32), ROW16((c) + 48)

static const int16_t decoded[256] = {ROW64(0), ROW64(64), ROW64(128), ROW64(192)};

int16_t ulaw_decode(uint8_t code)
{
    return decoded[code];
}

uint8_t ulaw_encode(int16_t sample)
{
    const uint32_t sign = sample < 0 ? 0x80U : 0U;
    uint32_t magnitude = (uint32_t)(sample < 0 ? -(int32_t)sample : (int32_t)sample);

    if (magnitude > CLIP)
        magnitude = CLIP;
    magnitude += BIAS;
    const uint32_t segment = 24U - (uint32_t)__builtin_clz(magnitude); /* 132..32767: bit 7..14 */
    const uint32_t step = (magnitude >> (segment + 3U)) & 15U;
    return (uint8_t)~(sign | (segment << 4) | step);
}
