/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and the subsystems taken out of reset. */
#ifndef RP2040_CLOCKS_H
#define RP2040_CLOCKS_H

#define CLK_SYS_HZ 128000000U /* / 125 = PCLK 1.024 MHz, / 16000 = FSYNC 8 kHz, / 64 = 2 Mbaud: all exact */

void clocks_start(void);
#endif
