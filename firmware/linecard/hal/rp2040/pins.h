/* SPDX-License-Identifier: Apache-2.0 */
/* GPIO: pads, functions and the pins the firmware moves itself. */
#ifndef RP2040_PINS_H
#define RP2040_PINS_H
#include <stdbool.h>
#include <stdint.h>

/* Every pin in its function and at rest: chips in reset, outputs of the shift register off, no ringing. */
void pins_start(void);
void pins_write(int pin, bool high);
void pins_toggle(int pin);
uint32_t pins_read(void);     /* bit n = GPIO n */
#endif
