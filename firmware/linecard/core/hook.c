/* SPDX-License-Identifier: Apache-2.0 */
/* One telephone's hook as a table: state x input -> state, report. */
#include "linecard/core/hook.h"
#include <string.h>

/* What a millisecond may bring. Breaks are told apart by how long they lasted. */
enum input { MADE_GLITCH, MADE_PULSE, MADE_FLASH, BROKEN, PATIENCE_OVER, INPUTS };

struct rule { enum hook_state next; enum hook_report report; bool used; };

#define RULE(next, report) {next, report, true}
static const struct rule RULES[4][INPUTS] = {
    /* A lifted handset makes the contact: how long it was broken does not matter. */
    [HOOK_ON] = {[MADE_GLITCH] = RULE(HOOK_OFF, HOOK_LIFTED), [MADE_PULSE] = RULE(HOOK_OFF, HOOK_LIFTED),
                 [MADE_FLASH] = RULE(HOOK_OFF, HOOK_LIFTED)},
    [HOOK_OFF] = {[BROKEN] = RULE(HOOK_BREAK, HOOK_NOTHING)},
    /* A glitch may lie inside a digit, so it waits like a pulse but counts for nothing. */
    [HOOK_BREAK] = {[MADE_GLITCH] = RULE(HOOK_PULSING, HOOK_NOTHING), [MADE_PULSE] = RULE(HOOK_PULSING, HOOK_NOTHING),
                    [MADE_FLASH] = RULE(HOOK_OFF, HOOK_FLASHED), [PATIENCE_OVER] = RULE(HOOK_ON, HOOK_HUNG_UP)},
    [HOOK_PULSING] = {[BROKEN] = RULE(HOOK_BREAK, HOOK_NOTHING), [PATIENCE_OVER] = RULE(HOOK_OFF, HOOK_DIGIT)},
};

/* How long a state lasts by itself, ms; 0 = for ever. */
static const uint16_t PATIENCE_MS[4] = {[HOOK_BREAK] = HOOK_FLASH_MAX_MS, [HOOK_PULSING] = HOOK_DIGIT_PAUSE_MS};

void hook_init(struct hook *hook, bool off_hook)
{
    memset(hook, 0, sizeof *hook);
    hook->level = off_hook;
    hook->weight = off_hook ? HOOK_DEBOUNCE_MS : 0;
    hook->state = off_hook ? HOOK_OFF : HOOK_ON;
}

/* Both edges are delayed alike, so lengths between debounced edges are true. */
static bool debounce(struct hook *hook, bool off_hook)
{
    if (off_hook && hook->weight < HOOK_DEBOUNCE_MS)
        hook->weight++;
    else if (!off_hook && hook->weight > 0)
        hook->weight--;
    if (hook->weight == HOOK_DEBOUNCE_MS)
        hook->level = true;
    else if (hook->weight == 0)
        hook->level = false;
    return hook->level;
}

static enum input name_make(uint16_t broken_ms)
{
    if (broken_ms < HOOK_PULSE_MIN_MS)
        return MADE_GLITCH;
    return broken_ms < HOOK_PULSE_MAX_MS ? MADE_PULSE : MADE_FLASH;
}

/* The digit dialled, if the pulses make one: ten are '0', more are a shaken hook, none was a glitch. */
static enum hook_report name_digit(struct hook *hook)
{
    if (hook->pulses < 1 || hook->pulses > 10)
        return HOOK_NOTHING;
    hook->digit = (char)('0' + hook->pulses % 10);
    return HOOK_DIGIT;
}

static enum hook_report apply(struct hook *hook, enum input input)
{
    const struct rule *rule = &RULES[hook->state][input];
    if (!rule->used)
        return HOOK_NOTHING;
    if (input == MADE_PULSE && hook->state == HOOK_BREAK && hook->pulses <= 10)
        hook->pulses++;
    enum hook_report report = rule->report == HOOK_DIGIT ? name_digit(hook) : rule->report;
    if (rule->next == HOOK_ON || rule->next == HOOK_OFF)
        hook->pulses = 0;
    hook->state = rule->next;
    hook->state_ms = 0;
    return report;
}

enum hook_report hook_sample(struct hook *hook, bool off_hook)
{
    bool before = hook->level;
    bool level = debounce(hook, off_hook);
    if (hook->state_ms < UINT16_MAX)
        hook->state_ms++;
    if (level && !before)
        return apply(hook, name_make(hook->state_ms));
    if (!level && before)
        return apply(hook, BROKEN);
    if (PATIENCE_MS[hook->state] > 0 && hook->state_ms >= PATIENCE_MS[hook->state])
        return apply(hook, PATIENCE_OVER);
    return HOOK_NOTHING;
}

bool hook_is_lifted(const struct hook *hook)
{
    return hook->state != HOOK_ON;
}
