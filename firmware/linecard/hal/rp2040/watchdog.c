/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog (data sheet §4.7): resets everything but the oscillators, and keeps a note of why. */
#include "linecard/hal/rp2040/watchdog.h"
#include "linecard/hal/rp2040/regs.h"

enum { NOTE = 0x4C430000, NOTE_MASK = 0xFF };
#define CTRL_TRIGGER (1U << 31)
#define CTRL_ENABLE (1U << 30)
#define TICK_ENABLE (1U << 9)
#define CRYSTAL_MHZ 12U
#define EVERYTHING_BUT_OSCILLATORS 0x0001FFFCU /* PSM_WDSEL: bit 0 ROSC, bit 1 XOSC */
#define COUNTS_PER_MS 2000U /* 1 MHz, but it counts down twice each tick: erratum RP2040-E1 */

enum restart watchdog_cause(void)
{
    uint32_t note = REG(WATCHDOG_SCRATCH0);
    REG(WATCHDOG_SCRATCH0) = 0;
    if ((note & ~(uint32_t)NOTE_MASK) == NOTE)
        return (enum restart)(note & NOTE_MASK);
    return REG(WATCHDOG_REASON) != 0 ? RESTART_WATCHDOG : RESTART_POWER;
}

void watchdog_allow(uint32_t ms)
{
    REG(WATCHDOG_LOAD) = ms * COUNTS_PER_MS;
}

void watchdog_feed(void)
{
    watchdog_allow(WATCHDOG_MS);
}

void watchdog_start(void)
{
    REG(PSM_WDSEL) = EVERYTHING_BUT_OSCILLATORS;
    REG(WATCHDOG_TICK) = TICK_ENABLE | CRYSTAL_MHZ; /* the 1 µs of the timer too */
    watchdog_feed();
    REG_SET(WATCHDOG_CTRL) = CTRL_ENABLE;
}

void watchdog_stop(void)
{
    REG_CLEAR(WATCHDOG_CTRL) = CTRL_ENABLE;
}

void watchdog_restart(enum restart why)
{
    interrupts_off();
    REG(PSM_WDSEL) = EVERYTHING_BUT_OSCILLATORS;
    REG(WATCHDOG_SCRATCH0) = NOTE | (uint32_t)why;
    REG_SET(WATCHDOG_CTRL) = CTRL_TRIGGER;
    for (;;)
        wait_for_interrupt();
}
