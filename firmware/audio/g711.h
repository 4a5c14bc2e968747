/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law coding of 16-bit samples (ITU-T G.711). */
#ifndef G711_H
#define G711_H
#include <stdint.h>
int16_t ulaw_decode(uint8_t code);
uint8_t ulaw_encode(int16_t sample);
#endif
