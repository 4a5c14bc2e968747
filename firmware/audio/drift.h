/* SPDX-License-Identifier: Apache-2.0 */
/* One device's clock against ours, followed by how full its input queue stays (a PI controller). */
#ifndef DRIFT_H
#define DRIFT_H
#include <stdint.h>

#define DRIFT_LIMIT_PPM 8000.0
#define DRIFT_TARGET 72         /* samples left over after a tick took its share: 9 ms */
#define DRIFT_SLACK 320         /* 40 ms more than that is a burst, to be dropped, not resampled away */

struct drift {
    int32_t lowest, second;     /* of the window */
    int32_t missing;            /* samples an empty queue of this window was short of */
    int32_t reserve;            /* what jitter has shown to be needed above DRIFT_TARGET */
    uint32_t calm_windows;      /* since the queue last ran dry */
    uint32_t window_ticks;
    uint32_t steady_windows;
    uint32_t windows;           /* since the queue was first read */
    double integral_ppm, goal_ppm, ppm;
};

void drift_init(struct drift *d);
/* Once a tick, with the samples left in the input queue. Returns how many of them to drop (mostly 0). */
uint32_t drift_observe(struct drift *d, uint32_t fill);
#endif
