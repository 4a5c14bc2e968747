/* SPDX-License-Identifier: Apache-2.0 */
/* Ringing current for all telephones of a card: cadences, within what the supply can feed at once. */
#ifndef LINECARD_RINGER_H
#define LINECARD_RINGER_H
#include <stdbool.h>
#include <stdint.h>

#define RINGER_SOCKETS 8
#define RINGER_BUDGET 2          /* bursts at once unless ordered otherwise: the board's 5 V feed carries no more */
/* An Ag1171's RM may be high a third of the time at most (data sheet v1.6, absolute maximum). Heat is twice the
 * time rung less the time rested: a cadence begins again at 0, and none is ever hotter than after one burst of 2 s. */
#define RINGER_HOTTEST_MS 4000
#define RINGER_WARM_MS 3000      /* a new RING need not wait longer than until this: 1 s */
#define RINGER_TAIL_HEAT_MS 40   /* RM outlasts the burst by 12 ms, which count as rung and not as rested */
#define RINGER_SLICE_MS 1000     /* a burst gives way after so long to a telephone that has not rung yet, */
#define RINGER_SHORT_SLICE_MS 400 /* or after so long when more than four ring: all have begun by 1.2 s */

enum ringer_state { RINGER_IDLE, RINGER_WAITING, RINGER_BURST, RINGER_PAUSE };

struct ringer_socket {
    enum ringer_state state;
    bool has_rung;               /* since this RING */
    uint16_t times_ms[4];        /* on, off; and of a double ring's second burst, or 0, 0 */
    bool second;                 /* the second burst, or the pause after it */
    uint32_t since_ms;           /* when the state was entered */
    uint16_t heat_ms;
    bool held;                   /* the pause lasts until let go: caller ID is being sent */
};

struct ringer {
    struct ringer_socket sockets[RINGER_SOCKETS];
    uint8_t budget;              /* bursts at once */
    uint32_t now_ms;             /* of the last tick */
};

void ringer_init(struct ringer *ringer);
/* Begin ringing; on a telephone that rings already only the cadence changes. Index 0-7. */
void ringer_start(struct ringer *ringer, int index, uint16_t on_ms, uint16_t off_ms, uint32_t now_ms);
/* The same with a second burst: on, off, on, off. The last two may be 0: there is none. */
void ringer_start_double(struct ringer *ringer, int index, const uint16_t times_ms[4], uint32_t now_ms);
void ringer_stop(struct ringer *ringer, int index, uint32_t now_ms);
/* Keep the pause between two rings from ending. */
void ringer_hold(struct ringer *ringer, int index, bool held);
/* How long the pause after a whole ring has lasted, ms; -1 when there is none. */
int32_t ringer_pause_ms(const struct ringer *ringer, int index, uint32_t now_ms);
/* Move on to `now_ms`; returns the mask of telephones that get ringing current now. */
uint8_t ringer_tick(struct ringer *ringer, uint32_t now_ms);
#endif
