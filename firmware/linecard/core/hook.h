/* SPDX-License-Identifier: Apache-2.0 */
/* One telephone's hook: debounce, hang-up, flash and pulse dialling, from one raw sample a millisecond. */
#ifndef LINECARD_HOOK_H
#define LINECARD_HOOK_H
#include <stdbool.h>
#include <stdint.h>

#define HOOK_DEBOUNCE_MS 20      /* a level counts once it outweighs its opposite for so long */
#define HOOK_PULSE_MIN_MS 33     /* shortest break that is a dial pulse; below: a glitch */
#define HOOK_PULSE_MAX_MS 80     /* a longer break is a flash ... */
#define HOOK_FLASH_MAX_MS 800    /* ... up to here, and then a hang-up */
#define HOOK_DIGIT_PAUSE_MS 200  /* made for so long: the pulses are a digit */

enum hook_state { HOOK_ON, HOOK_OFF, HOOK_BREAK, HOOK_PULSING };

enum hook_report {
    HOOK_NOTHING,
    HOOK_LIFTED,
    HOOK_HUNG_UP,
    HOOK_FLASHED,
    HOOK_DIGIT,                  /* `digit` holds it */
};

struct hook {
    enum hook_state state;
    uint8_t weight;              /* 0 = surely on-hook, HOOK_DEBOUNCE_MS = surely off-hook */
    bool level;                  /* debounced: true = off-hook */
    uint8_t pulses;              /* of the digit being dialled */
    uint16_t state_ms;           /* spent in this state */
    char digit;
};

/* `off_hook`: the raw level at power-up, believed at once. */
void hook_init(struct hook *hook, bool off_hook);
/* One raw sample, 1 ms after the last. At most one thing happens in a millisecond. */
enum hook_report hook_sample(struct hook *hook, bool off_hook);
/* Whether a conversation is possible: off-hook, or a break that may still be a flash. */
bool hook_is_lifted(const struct hook *hook);
#endif
