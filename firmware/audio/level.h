/* SPDX-License-Identifier: Apache-2.0 */
/* Level meter over the last 100 ms, and silence that lasts. */
#ifndef LEVEL_H
#define LEVEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "biquad.h"

#define LEVEL_BLOCK 80           /* 10 ms */

struct level_meter { float energy; uint32_t count; int16_t db10; };
void level_init(struct level_meter *m);                 /* db10 = -990 until 100 ms are in */
void level_feed(struct level_meter *m, const int16_t *samples, size_t n);

/* Silence: below -45 dBm0 or steady line noise, tolerant of hum and clicks under 30 ms. */
struct silence { uint32_t limit_ms; uint32_t quiet_ms; uint32_t loud_run_ms, reported_ms; int32_t floor_db10;
                 uint32_t low_blocks; int32_t low_db10; /* under the floor for so long, at most so loud */
                 int16_t samples[LEVEL_BLOCK]; uint32_t count; struct biquad hum; };
void silence_init(struct silence *s, uint32_t limit_ms);
/* Returns the length so far in ms each time that another limit_ms of it have passed; else 0. */
uint32_t silence_feed(struct silence *s, const int16_t *samples, size_t n);
#endif
