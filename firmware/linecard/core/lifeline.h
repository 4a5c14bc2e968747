/* SPDX-License-Identifier: Apache-2.0 */
/* One lifeline relay: without current it joins a telephone to its exchange line. */
#ifndef LINECARD_LIFELINE_H
#define LINECARD_LIFELINE_H
#include <stdbool.h>
#include <stdint.h>

#define LIFELINE_IDLE_MS 1000    /* the line must have been idle for so long before it is taken back */
#define LIFELINE_BLIND_MS 10000  /* a line nobody can look at is taken back after so long */

enum lifeline_state { LIFELINE_RELEASED, LIFELINE_WAITING, LIFELINE_HELD };

struct lifeline { enum lifeline_state state; uint16_t idle_ms, blind_ms; };

/* As at power-up: released. */
void lifeline_init(struct lifeline *lifeline);
/* One millisecond. `host`: there is one, or was until less than 10 s ago. `joins`: there are both a telephone and
 * a line; else the relay is held as soon as there is a host. `visible`: the line's state is known. */
void lifeline_ms(struct lifeline *lifeline, bool host, bool joins, bool visible, bool idle);
/* The coil has current: telephone and line are in service. */
bool lifeline_is_held(const struct lifeline *lifeline);
#endif
