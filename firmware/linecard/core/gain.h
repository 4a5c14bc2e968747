/* SPDX-License-Identifier: Apache-2.0 */
/* Gain on 16-bit samples, in tenths of a decibel. */
#ifndef LINECARD_GAIN_H
#define LINECARD_GAIN_H
#include <stddef.h>
#include <stdint.h>

#define GAIN_LIMIT_DB10 240      /* ±24 dB is all that makes sense on a telephone */

/* The factor for `db10`, clamped to ±GAIN_LIMIT_DB10; 65536 = unchanged. */
int32_t gain_factor(int16_t db10);
/* In place, saturating; factor 65536 leaves every sample as it is. */
void gain_apply(int16_t *samples, size_t n, int32_t factor);
#endif
