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

/* FXS port n is socket n; the Si3050 chain has the FXO sockets in their order, device 0 the lowest. */
#define BOARD_LIFELINES 2        /* relay n joins the telephone of socket n to the line of socket n + 4 */
#define BOARD_OUT_RM(fxs) ((fxs) <= 4 ? PIN_OUT_RM1 + (fxs) - 1 : 16 + (fxs) - 5)
#define BOARD_OUT_PD_OFF(fxs) ((fxs) <= 4 ? PIN_OUT_PD_OFF1 + (fxs) - 1 : 20 + (fxs) - 5)

struct linecard_board {
    void *context;
    /* One frame to the Si3050 chain: CS low for n bytes (3 at most). `in` may be NULL. */
    void (*spi)(void *context, const uint8_t *out, uint8_t *in, size_t n);
    /* The shift register, bit PIN_OUT_*; latched at once. Called only when a bit changes, from linecard_ms.
     * Board B has bits 0-15; 16-23 are RM and PD_OFF of FXS 5-8 on a card that has them (BOARD_OUT_*). */
    void (*set_outputs)(void *context, uint32_t bits);
    /* Si3050 RESET, all chips; PCLK and FSYNC run already. SCLK is high as it is let go: that chooses SPI and PCM
     * (data sheet table 20). */
    void (*set_chip_reset)(void *context, bool held);
    /* Ag1171 F/R of port `fxs` (1-4, or 8): forward = high. Called when it changes. */
    void (*set_polarity)(void *context, int fxs, bool forward);
    /* SHK pins, bit n-1 = port n, high = off-hook. */
    uint8_t (*read_hooks)(void *context);
    /* Towards the host; never waits. */
    void (*link_write)(void *context, const uint8_t *bytes, size_t n);
    void (*link_changed)(void *context, bool up);
};
#endif
