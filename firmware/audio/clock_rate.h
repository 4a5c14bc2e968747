/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a device's clock is against ours, from how many samples it has sent by when. */
#ifndef CLOCK_RATE_H
#define CLOCK_RATE_H
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_RATE_POINTS 160u

struct clock_rate {
    int32_t lead[CLOCK_RATE_POINTS]; /* least samples ahead of our clock, in each stretch of time */
    uint32_t count;
    uint32_t windows;           /* in each stretch */
    int32_t low;                /* of the stretch that has begun */
    uint32_t low_windows;
    double ppm;                 /* 0 until `known` */
    bool known;
};

void clock_rate_init(struct clock_rate *c);
/* The count has a gap: what was found holds, and new points are gathered. */
void clock_rate_start_over(struct clock_rate *c);
/* Once a window of `window_s`: by how many samples the device was ahead at its lowest. True when the
 * estimate was renewed. */
bool clock_rate_feed(struct clock_rate *c, int32_t lead, double window_s);
#endif
