/* SPDX-License-Identifier: Apache-2.0 */
/* The face between the line card's program and its board: registers and pins, nothing cleverer.
 *
 * What the board owes the program:
 * - PCLK 1.024 MHz and FSYNC 8 kHz run before the first call and never stop (Si3050 data sheet rev 1.5, 5.1).
 * - FSYNC is high for one PCLK. The first bit (MSB) of slot 0 is in the PCLK after that one ("short frame sync").
 *   Socket n has slots 2(n-1) and 2(n-1)+1: 16-bit linear, so its MSB is 16(n-1) PCLKs later.
 * - At power-up: Si3050 RESET held low, every bit of the shift register 0 with its outputs enabled after the first
 *   set_outputs, F/R high. linecard_init is called 50 ms or more after power-up, when the Ag1171s are awake.
 * - linecard_ms each millisecond, linecard_tick each 10 ms (after the tenth linecard_ms), linecard_receive whenever
 *   bytes came; never one inside another.
 */
#ifndef LINECARD_BOARD_H
#define LINECARD_BOARD_H
#include "linecard/core/pinout.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_FXS_FIRST 1        /* socket of the first Ag1171 (FR1, SHK1, RM1 ...) */
#define BOARD_FXS_PORTS 4
#define BOARD_FXO_FIRST 5        /* socket of device 0 of the Si3050 chain */
#define BOARD_FXO_PORTS 4        /* at most; 5-6 or 5-8 are populated */
#define BOARD_LIFELINES 2        /* relay n joins FXS n to FXO n: sockets n and n + 4 */

struct linecard_board {
    void *context;
    /* One frame to the Si3050 chain: CS low for n bytes (3 at most). `in` may be NULL. */
    void (*spi)(void *context, const uint8_t *out, uint8_t *in, size_t n);
    /* The shift register, bit PIN_OUT_*; latched at once. Called only when a bit changes, from linecard_ms. */
    void (*set_outputs)(void *context, uint16_t bits);
    /* Si3050 RESET, all chips; PCLK and FSYNC run already. */
    void (*set_chip_reset)(void *context, bool held);
    /* Ag1171 F/R of port `fxs` (1-4): forward = high. Called when it changes. */
    void (*set_polarity)(void *context, int fxs, bool forward);
    /* SHK pins, bit n-1 = port n, high = off-hook. */
    uint8_t (*read_hooks)(void *context);
    /* Towards the host; never waits. */
    void (*link_write)(void *context, const uint8_t *bytes, size_t n);
    void (*link_changed)(void *context, bool up);
};
#endif
