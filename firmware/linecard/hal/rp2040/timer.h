/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds. */
#ifndef RP2040_TIMER_H
#define RP2040_TIMER_H
#include <stdint.h>

void timer_start(void);
/* Whole milliseconds since timer_start(); wraps. */
uint32_t timer_ms(void);
#endif
