/* SPDX-License-Identifier: Apache-2.0 */
/* One device's clock against ours, and how full its input queue is kept. */
#ifndef DRIFT_H
#define DRIFT_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/clock_rate.h"

#define DRIFT_LIMIT_PPM 8000.0
#define DRIFT_TARGET 72         /* samples left over after a tick took its share: 9 ms */
#define DRIFT_START 96          /* while the clock is not known: a whole tick late must not be missed */
#define DRIFT_SLACK 320         /* 40 ms more than that is a burst, to be dropped, not resampled away */

struct drift {
    int32_t lowest, second;     /* of the window */
    int32_t lead, lead_lowest, lead_second; /* samples sent beyond those of our clock; of the window */
    int32_t missing;            /* samples an empty queue of this window was short of */
    int32_t reserve;            /* what jitter has shown to be needed above DRIFT_TARGET */
    uint32_t calm_windows;      /* since the queue last ran dry */
    uint32_t patience;          /* so many of them before the reserve is given back */
    bool faded;                 /* some of it was, since the queue last ran dry */
    int32_t excess;             /* samples that may be left out where nobody can hear it */
    uint32_t window_ticks;
    int32_t long_lowest, spare; /* least fill of the stretch that has begun; what the last had to spare */
    uint32_t long_windows;
    bool far;                   /* the queue is far from where it should be */
    struct clock_rate rate;
    double integral_ppm;        /* the device's drift, as found so far */
    double goal_ppm, ppm;
};

void drift_init(struct drift *d);
/* The same device again: `ppm` is what was found before. */
void drift_recall(struct drift *d, double ppm);
/* The device is heard again after a stall: what was counted before says nothing any more. */
void drift_resume(struct drift *d);
/* So many samples came, or should have. */
static inline void drift_count(struct drift *d, uint32_t n)
{
    d->lead += (int32_t)n;
}
/* Once a tick, with the samples left in the input queue. Returns how many of them to drop (mostly 0). */
uint32_t drift_observe(struct drift *d, uint32_t fill);
#endif
