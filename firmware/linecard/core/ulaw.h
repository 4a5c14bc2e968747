/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law (ITU-T G.711, table 2a) in integers: the microcontroller has no floating-point unit. */
#ifndef LINECARD_ULAW_H
#define LINECARD_ULAW_H
#include <stdint.h>

#define ULAW_QUIET 0xFF          /* the code of silence */

int16_t ulaw_to_linear(uint8_t code);
uint8_t ulaw_from_linear(int16_t sample);
#endif
