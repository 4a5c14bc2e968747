/* SPDX-License-Identifier: Apache-2.0 */
/* An alarm each millisecond of the 1 µs timer, which the crystal drives as it does the PCM highway. */
#include "linecard/hal/rp2040/timer.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/startup.h"

static volatile uint32_t passed_ms;
static uint32_t next_us;

static int32_t overdue_us(void)
{
    return (int32_t)(REG(TIMER_RAWL) - next_us);
}

void timer_handler(void)
{
    REG(TIMER_INTR) = 1;
    do { /* an alarm set for the past would come after 71 minutes only */
        while (overdue_us() >= 0) {
            next_us += 1000;
            passed_ms++;
        }
        REG(TIMER_ALARM0) = next_us;
    } while (overdue_us() >= 0);
}

void timer_start(void)
{
    next_us = REG(TIMER_RAWL) + 1000;
    REG(TIMER_INTE) = 1;
    REG(TIMER_ALARM0) = next_us;
    REG(NVIC_ENABLE) = 1U << IRQ_TIMER0;
}

uint32_t timer_ms(void)
{
    return passed_ms;
}
