/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law coding of 16-bit samples (ITU-T G.711, table 2a). */
#include "g711.h"

#define BIAS ULAW_BIAS

/* The decoded value of a code, sign and magnitude, as a constant expression. */
#define MAGNITUDE(inv) (((((inv)&15) << 3) + BIAS) << (((inv) >> 4) & 7))
#define VALUE(code)                                                                                \
    (((code)&0x80) ? (MAGNITUDE(~(code)&0xff) - BIAS) : (BIAS - MAGNITUDE(~(code)&0xff)))
#define ROW4(c) VALUE(c), VALUE((c) + 1), VALUE((c) + 2), VALUE((c) + 3)
#define ROW16(c) ROW4(c), ROW4((c) + 4), ROW4((c) + 8), ROW4((c) + 12)
#define ROW64(c) ROW16(c), ROW16((c) + 16), ROW16((c) + 32), ROW16((c) + 48)

const int16_t ulaw_decoded[256] = {ROW64(0), ROW64(64), ROW64(128), ROW64(192)};
