/* SPDX-License-Identifier: Apache-2.0 */
/* One Ag1171 line feed (Silvertel data sheet v1.6): its pins, millisecond by millisecond. */
#ifndef LINECARD_AG1171_H
#define LINECARD_AG1171_H
#include <stdbool.h>
#include <stdint.h>

#define AG1171_WAKE_MS 50        /* from PD released to a feed that can be believed */
#define AG1171_TRIP_MS 10        /* SHK high for so long while ringing: the handset is lifted */
#define AG1171_RING_TAIL_MS 12   /* F/R high, and RM low more than 10 and less than 500 ms later */
#define AG1171_RING_HZ 25        /* 16-30 by order; the data sheet rings at 20-25. Of a lifted telephone SHK shows half */
#define AG1171_LEAST_HZ 16       /* a period at a time: it must outlast AG1171_TRIP_MS, or RM stays high into the ear */
#define AG1171_MOST_HZ 30

enum ag1171_state { AG1171_OFF, AG1171_WAKING, AG1171_IDLE, AG1171_RINGING, AG1171_RING_END, AG1171_STATES };

/* What a millisecond brings, most urgent first. */
struct ag1171_input { bool used, ring, off_hook; };

struct ag1171 {
    enum ag1171_state state;
    uint16_t state_ms;
    bool forward;                /* F/R */
    uint8_t ring_hz;
    uint16_t phase;              /* of the ringing, 1000 = half a period */
    uint8_t trip_ms;             /* SHK has been high for so long while ringing */
    uint16_t trips;              /* counted */
};

/* Awake: with PD open since power-up the part has run for more than AG1171_WAKE_MS. */
void ag1171_init(struct ag1171 *feed, bool used);
/* One millisecond; `off_hook` is SHK now. */
void ag1171_ms(struct ag1171 *feed, struct ag1171_input input);
/* The pins: RM high, PD pulled low; F/R is `forward`. PD is only ever pulled low or let go. */
bool ag1171_rings(const struct ag1171 *feed);
bool ag1171_is_powered_down(const struct ag1171 *feed);
/* Whether SHK says something about the hook. */
bool ag1171_is_awake(const struct ag1171 *feed);
#endif
