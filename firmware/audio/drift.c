/* SPDX-License-Identifier: Apache-2.0 */
/* One device's clock against ours, followed by how full its input queue stays.
 *
 * The queue is judged by its second lowest fill in 300 ms, so that devices which deliver in pieces of
 * any size are treated alike and one late or lost piece changes nothing; a queue that ran dry earns
 * a reserve. The controller is a PI of an integrating plant (8000 samples/s per unit of
 * drift): natural frequency 0.35 rad/s while it finds the drift, 0.15 rad/s once it has, well damped.
 * Inside the dead band, one 10 ms piece wide, it does nothing, so a device without drift is copied
 * sample by sample. */
#include "audio/drift.h"

#include <stdbool.h>

#define WINDOW_TICKS 30u
#define WINDOW_S 0.3
#define DEAD_BAND 40
#define SLEW_PPM 20.0           /* a tick: 2000 ppm a second, a glide no ear notices */
#define FAST_P 130.0            /* ppm for each sample of error */
#define FAST_I 15.3             /* ppm for each sample and second */
#define SLOW_P 37.5
#define SLOW_I 2.8
#define STEADY_WINDOWS 100u     /* 30 s without a large error */
#define LARGE_ERROR 160
#define PIECE 80                /* one empty queue earns at most one tick more */
#define RESERVE_MAX 320         /* 40 ms */
#define CALM_WINDOWS 50u        /* 15 s */
#define LEAK_PPM 150.0          /* below a crystal's own error the integral fades: no drift means none */
#define FIRST_WINDOWS 10u       /* 3 s: where the queue began says nothing about the device's clock */

static double clamp(double value, double limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

void drift_init(struct drift *d)
{
    *d = (struct drift){.lowest = INT32_MAX, .second = INT32_MAX};
}

/* A queue that ran dry is given more in reserve, which fades once all has been calm for a while. */
static void adapt_reserve(struct drift *d)
{
    if (d->missing > 0) {
        d->reserve += d->missing < PIECE ? d->missing : PIECE;
        d->reserve = d->reserve < RESERVE_MAX ? d->reserve : RESERVE_MAX;
        d->calm_windows = 0;
    } else if (++d->calm_windows > CALM_WINDOWS && d->reserve > 0) {
        d->reserve--;
    }
    d->missing = 0;
}

static void drift_update(struct drift *d, int32_t low)
{
    int32_t error = low - DRIFT_TARGET - d->reserve;
    int32_t band = DEAD_BAND + d->reserve / 2;
    int32_t beyond = error > band ? error - band : error < -band ? error + band : 0;

    if (beyond > LARGE_ERROR || beyond < -LARGE_ERROR)
        d->steady_windows = 0;
    else
        d->steady_windows++;
    bool slow = d->steady_windows > STEADY_WINDOWS;
    if (d->windows < FIRST_WINDOWS)
        d->windows++;
    else
        d->integral_ppm += (slow ? SLOW_I : FAST_I) * WINDOW_S * (double)beyond;
    d->integral_ppm = clamp(d->integral_ppm, DRIFT_LIMIT_PPM);
    if (beyond == 0 && d->integral_ppm < LEAK_PPM && d->integral_ppm > -LEAK_PPM) {
        d->integral_ppm *= 0.97;
        if (d->integral_ppm < 1.0 && d->integral_ppm > -1.0)
            d->integral_ppm = 0.0;
    }
    d->goal_ppm = d->integral_ppm + (slow ? SLOW_P : FAST_P) * (double)beyond;
    d->goal_ppm = clamp(d->goal_ppm, DRIFT_LIMIT_PPM);
}

static uint32_t end_window(struct drift *d)
{
    int32_t low = d->second;
    int32_t target = DRIFT_TARGET + d->reserve;
    uint32_t drop = 0;

    adapt_reserve(d);
    if (low > target + DRIFT_SLACK) {
        drop = (uint32_t)(low - target);
        low = target;
    }
    drift_update(d, low);
    d->lowest = d->second = INT32_MAX;
    d->window_ticks = 0;
    return drop;
}

uint32_t drift_observe(struct drift *d, uint32_t fill)
{
    uint32_t drop = 0;

    if ((int32_t)fill < d->lowest) {
        d->second = d->lowest;
        d->lowest = (int32_t)fill;
    } else if ((int32_t)fill < d->second) {
        d->second = (int32_t)fill;
    }
    if (++d->window_ticks >= WINDOW_TICKS)
        drop = end_window(d);
    d->ppm += clamp(d->goal_ppm - d->ppm, SLEW_PPM);
    return drop;
}
