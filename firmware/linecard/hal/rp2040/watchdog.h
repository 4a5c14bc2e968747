/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog, and why the card started. */
#ifndef RP2040_WATCHDOG_H
#define RP2040_WATCHDOG_H
#include <stdint.h>

#define WATCHDOG_MS 250       /* the main loop or the PCM highway stood still for so long: start again */

enum restart {
    RESTART_POWER = 0,        /* power came, or the RUN pin */
    RESTART_WATCHDOG = 1,     /* nobody fed it */
    RESTART_FAULT = 2,        /* the program hit a fault and asked for a restart */
    RESTART_UPDATE = 3,       /* to try new firmware, or to give it up */
};

/* What the last start was. Call before anything else. */
enum restart watchdog_cause(void);
void watchdog_start(void);
void watchdog_stop(void);
void watchdog_feed(void);
/* This once, so many milliseconds (8,388 at most) instead of WATCHDOG_MS. */
void watchdog_allow(uint32_t ms);
/* Start again now; `why` is what watchdog_cause() will say. */
void watchdog_restart(enum restart why) __attribute__((noreturn));
#endif
