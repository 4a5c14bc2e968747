/* SPDX-License-Identifier: Apache-2.0 */
/* One device's clock: how fast its queues are read, and how many samples it is owed. */
#include "audio/internal.h"

#define SURPLUS_WINDOW 30u      /* ticks */
#define SURPLUS_HIGH 100        /* more than this in every tick of a window is latency for nothing */
#define SURPLUS_KEPT 80         /* where it can be left out at once */
#define SURPLUS_LOW 40
#define SHORT_MAX 200           /* of the 320 samples of priming; beyond it the device runs dry */
#define DRAIN_PPM 2000.0
#define STALL_TICKS 25u         /* 250 ms without a sample is no jitter: what comes then is a new start */
#define PIECE_MAX 160u          /* 20 ms; more than that at once is a backlog, unless the device is known for it */
#define START_FILL (TICK + 32u)  /* one tick and the least the drift follower is content with */

void pace_init(struct pace *pace)
{
    *pace = (struct pace){.step_in = RESAMPLER_ONE, .step_out = RESAMPLER_ONE, .surplus_min = INT32_MAX};
    pace->surplus_max = INT32_MIN;
    pace->piece_max = PIECE_MAX;
    drift_init(&pace->drift);
}

void pace_heard(struct pace *pace, uint32_t n, uint32_t owed)
{
    if (n == 0)
        return;
    pace->heard = true;
    pace->idle_ticks = 0;
    if (!pace->running && n > pace->piece && n <= pace->piece_max)
        pace->piece = n;
    pace->credit += (int32_t)owed;
    drift_count(&pace->drift, owed);
}

/* One tick of waiting leaves one tick of audio in hand, whatever the size of the pieces it comes in. */
bool pace_begin_tick(struct pace *pace, uint32_t queued)
{
    if (pace->heard && ++pace->idle_ticks > STALL_TICKS && pace->running) {
        pace->running = pace->waited = false;
    }
    if (!pace->heard || pace->running)
        return false;
    pace->running = pace->waited && queued >= START_FILL;
    if (pace->running)
        drift_resume(&pace->drift);
    pace->waited = true;
    return pace->running;
}

/* Both directions share one ratio, so their queues mirror each other; this takes out what rounding,
 * start-up and lost frames leave behind. */
static void watch_surplus(struct pace *pace, uint32_t queued)
{
    int32_t surplus = (int32_t)queued - pace->credit;

    if (surplus < pace->surplus_min)
        pace->surplus_min = surplus;
    if (surplus > pace->surplus_max)
        pace->surplus_max = surplus;
    if (++pace->surplus_ticks < SURPLUS_WINDOW)
        return;
    if (pace->surplus_min > SURPLUS_HIGH)
        pace->draining = true;
    else if (pace->surplus_min < SURPLUS_LOW)
        pace->draining = false;
    pace->owing = pace->surplus_max < 0;
    pace->excess = pace->surplus_min > SURPLUS_HIGH ? pace->surplus_min - (int32_t)SURPLUS_KEPT : 0;
    pace->short_by = pace->surplus_max < -SHORT_MAX ? (uint32_t)-pace->surplus_max : 0;
    pace->surplus_ticks = 0;
    pace->surplus_min = INT32_MAX;
    pace->surplus_max = INT32_MIN;
}

uint32_t pace_update(struct pace *pace, uint32_t left, uint32_t queued)
{
    if (!pace->running)
        return 0;
    uint32_t drop = drift_observe(&pace->drift, left);
    watch_surplus(pace, queued);
    double ppm = pace->drift.ppm;
    double out_ppm = (1.0 / (1.0 + ppm * 1e-6) - 1.0) * 1e6 + (pace->draining ? DRAIN_PPM : 0.0);
    pace->step_in = resampler_step(ppm);
    pace->step_out = resampler_step(out_ppm);
    return drop;
}
