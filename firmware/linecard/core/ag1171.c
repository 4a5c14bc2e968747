/* SPDX-License-Identifier: Apache-2.0 */
/* The feed as a table: state x input -> state. */
#include "linecard/core/ag1171.h"
#include <string.h>

enum input { UNUSED, USED, TRIPPED, NO_RING, RING, TIME_UP, INPUTS };

struct rule { enum ag1171_state next; bool used; };

#define TO(state) {state, true}
static const struct rule RULES[AG1171_STATES][INPUTS] = {
    [AG1171_OFF] = {[USED] = TO(AG1171_WAKING)},
    [AG1171_WAKING] = {[UNUSED] = TO(AG1171_OFF), [TIME_UP] = TO(AG1171_IDLE)},
    [AG1171_IDLE] = {[UNUSED] = TO(AG1171_OFF), [RING] = TO(AG1171_RINGING)},
    [AG1171_RINGING] = {[UNUSED] = TO(AG1171_RING_END), [TRIPPED] = TO(AG1171_RING_END),
                        [NO_RING] = TO(AG1171_RING_END)},
    [AG1171_RING_END] = {[TIME_UP] = TO(AG1171_IDLE)},
};

static const uint16_t PATIENCE_MS[AG1171_STATES] = {
    [AG1171_WAKING] = AG1171_WAKE_MS, [AG1171_RING_END] = AG1171_RING_TAIL_MS,
};

void ag1171_init(struct ag1171 *feed, bool used)
{
    memset(feed, 0, sizeof *feed);
    feed->state = used ? AG1171_IDLE : AG1171_OFF;
    feed->forward = true;
    feed->ring_hz = AG1171_RING_HZ;
}

static void enter(struct ag1171 *feed, enum ag1171_state state)
{
    feed->state = state;
    feed->state_ms = 0;
    feed->trip_ms = 0;
    feed->phase = (uint16_t)(1000 - 2 * feed->ring_hz); /* the first half wave begins a millisecond after RM */
    feed->forward = true;
}

static enum input name(struct ag1171 *feed, struct ag1171_input input)
{
    if (feed->state == AG1171_RINGING) {
        feed->trip_ms = input.off_hook ? (uint8_t)(feed->trip_ms + 1) : 0;
        if (feed->trip_ms >= AG1171_TRIP_MS)
            return TRIPPED;
    }
    if (PATIENCE_MS[feed->state] > 0 && feed->state_ms >= PATIENCE_MS[feed->state])
        return TIME_UP;
    if (!input.used)
        return UNUSED;
    if (feed->state == AG1171_OFF)
        return USED;
    /* A lifted handset is not rung: while tripped the cadence may not have heard of it yet. */
    if (input.ring && (feed->state == AG1171_RINGING || !input.off_hook))
        return RING;
    return NO_RING;
}

void ag1171_ms(struct ag1171 *feed, struct ag1171_input input)
{
    if (feed->state_ms < UINT16_MAX)
        feed->state_ms++;
    enum input what = name(feed, input);
    const struct rule *rule = &RULES[feed->state][what];
    if (rule->used) {
        feed->trips = (uint16_t)(feed->trips + (what == TRIPPED));
        enter(feed, rule->next);
    }
    if (feed->state != AG1171_RINGING)
        return;
    if (feed->phase >= 1000) {
        feed->phase = (uint16_t)(feed->phase - 1000);
        feed->forward = !feed->forward;
    }
    feed->phase = (uint16_t)(feed->phase + 2 * feed->ring_hz);
}

bool ag1171_rings(const struct ag1171 *feed)
{
    return feed->state == AG1171_RINGING || feed->state == AG1171_RING_END;
}

bool ag1171_is_powered_down(const struct ag1171 *feed)
{
    return feed->state == AG1171_OFF;
}

bool ag1171_is_awake(const struct ag1171 *feed)
{
    return feed->state != AG1171_OFF && feed->state != AG1171_WAKING;
}
