/* SPDX-License-Identifier: Apache-2.0 */
/* Released, waiting for an idle line, held: a table of state x what is seen. */
#include "linecard/core/lifeline.h"

enum seen { NO_HOST, BUSY, IDLE, SEEN };

static const enum lifeline_state NEXT[3][SEEN] = {
    [LIFELINE_RELEASED] = {LIFELINE_RELEASED, LIFELINE_WAITING, LIFELINE_HELD},
    [LIFELINE_WAITING] = {LIFELINE_RELEASED, LIFELINE_WAITING, LIFELINE_HELD},
    [LIFELINE_HELD] = {LIFELINE_RELEASED, LIFELINE_HELD, LIFELINE_HELD},
};

void lifeline_init(struct lifeline *lifeline)
{
    *lifeline = (struct lifeline){LIFELINE_RELEASED, 0, 0};
}

static uint16_t count_while(bool so, uint16_t ms)
{
    if (!so)
        return 0;
    return ms < UINT16_MAX ? (uint16_t)(ms + 1) : ms;
}

void lifeline_ms(struct lifeline *lifeline, bool host, bool joins, bool visible, bool idle)
{
    lifeline->idle_ms = count_while(visible && idle, lifeline->idle_ms);
    lifeline->blind_ms = count_while(host && !visible, lifeline->blind_ms);
    bool may_take = !joins || lifeline->idle_ms >= LIFELINE_IDLE_MS || lifeline->blind_ms >= LIFELINE_BLIND_MS;
    enum seen seen = !host ? NO_HOST : may_take ? IDLE : BUSY;
    lifeline->state = NEXT[lifeline->state][seen];
}

bool lifeline_is_held(const struct lifeline *lifeline)
{
    return lifeline->state == LIFELINE_HELD;
}
