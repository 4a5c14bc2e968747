/* SPDX-License-Identifier: Apache-2.0 */
/* One device's clock against ours, and how full its input queue is kept.
 *
 * The queue is judged by its second lowest fill in 300 ms, so that devices which deliver in pieces of
 * any size are treated alike and one late or lost piece changes nothing; a queue that ran dry earns
 * a reserve. The drift itself comes from the count of samples (clock_rate.c), and the queue's fill
 * only adds to it what it takes to stay within a band.
 *
 * Pieces that come once a tick make the fill a sawtooth one tick high, as slow as the drift is small.
 * The band is wider than that, so with the drift found the rate stands still, and a carried tone with
 * it; a change is a glide and never a step. Until the drift is found, the next slip may take a whole
 * tick away: so much is kept in hand. A device without drift is copied sample by sample. */
#include "audio/drift.h"

#define WINDOW_TICKS 30u
#define WINDOW_S 0.3
#define BAND 54                 /* either side of the target */
#define UNSURE_LOW 90           /* least wanted while the drift is not known: one tick and the look ahead */
#define UNSURE_MORE 10          /* and most, beyond the usual */
#define UNSURE_P_PPM 60.0       /* for each sample beyond the band */
#define SURE_P_PPM 8.0
#define UNSURE_PPM 2500.0       /* most that a fill alone may ask for */
#define SURE_PPM 150.0
#define FAR_ERROR 60            /* samples beyond the band: lag, and running dry, are worse than a glide is */
#define FAR_SLEW_PPM 20.0       /* a tick: 2000 ppm a second, a glide no ear notices */
#define UNSURE_SLEW_PPM 3.5
#define SURE_SLEW_PPM 0.1
#define SURE_SMOOTH 0.002       /* of the way to the goal each tick: 5 s */
#define COARSE_PPM 150.0        /* further from the goal than that, the rate hurries */
#define CLOSE_PPM 0.05          /* and so close it is there */
#define LONG_WINDOWS 40u        /* 12 s: at 1000 ppm and more, a whole tooth of the saw */
#define SPARE 12                /* samples above the band's bottom that are no waste */
#define SPARE_P_PPM 2.5         /* for each sample more */
#define SPARE_PPM 150.0         /* at most: 1.2 samples a second */
#define NOTHING_PPM 1.5         /* less than that is no drift */
#define TICK_SAMPLES 80
#define LOOK_AHEAD 8            /* what the resampler needs, and a little */
#define PIECE 80                /* one empty queue earns at most one tick more */
#define STALL 800               /* 100 ms missing in one window */
#define RESERVE_MAX 320         /* 40 ms */
#define PATIENCE_LEAST 7u       /* 2 s of calm give the reserve back; */
#define PATIENCE_MOST 100u      /* 30 s where it was needed again soon after */
#define FADE 16                 /* samples a window: 40 ms in 6 s */

static double clamp(double value, double limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

void drift_init(struct drift *d)
{
    *d = (struct drift){.lowest = INT32_MAX, .second = INT32_MAX, .lead_lowest = INT32_MAX, .lead_second = INT32_MAX};
    d->patience = PATIENCE_LEAST;
    d->long_lowest = INT32_MAX;
    clock_rate_init(&d->rate);
}

void drift_recall(struct drift *d, double ppm)
{
    d->rate.ppm = d->integral_ppm = d->goal_ppm = d->ppm = ppm;
}

void drift_resume(struct drift *d)
{
    d->lowest = d->second = d->lead_lowest = d->lead_second = INT32_MAX;
    d->lead = 0;
    d->missing = 0;
    d->window_ticks = 0;
    clock_rate_start_over(&d->rate);
}

/* Jitter that comes back each time the reserve is gone is the device's way, and no accident. */
static void learn_patience(struct drift *d)
{
    if (d->faded)
        d->patience = 2 * d->patience < PATIENCE_MOST ? 2 * d->patience : PATIENCE_MOST;
    d->faded = false;
    d->calm_windows = 0;
}

/* A queue that ran dry is given more in reserve, which fades once all has been calm for a while. */
static void adapt_reserve(struct drift *d)
{
    if (d->missing >= STALL) {
        d->calm_windows = 0; /* no reserve is worth its lag against that */
    } else if (d->missing > 0) {
        d->reserve += d->missing < PIECE ? d->missing : PIECE;
        d->reserve = d->reserve < RESERVE_MAX ? d->reserve : RESERVE_MAX;
        learn_patience(d);
    } else if (++d->calm_windows > d->patience && d->reserve > 0) {
        d->reserve = d->reserve > FADE ? d->reserve - FADE : 0;
        d->faded = true;
    }
    d->missing = 0;
}

/* What the queue never went below, for long: latency for nothing, and given back slowly. */
static void watch_spare(struct drift *d, int32_t low, int32_t bottom)
{
    d->long_lowest = low < d->long_lowest ? low : d->long_lowest;
    if (++d->long_windows < LONG_WINDOWS)
        return;
    int32_t spare = d->long_lowest - bottom - SPARE;
    d->spare = spare > 0 ? spare : 0;
    d->long_lowest = INT32_MAX;
    d->long_windows = 0;
}

static void set_goal(struct drift *d, int32_t low)
{
    int32_t centre = DRIFT_TARGET + d->reserve, band = BAND + d->reserve / 2;
    int32_t bottom = d->rate.known ? centre - band : UNSURE_LOW + d->reserve;
    int32_t top = centre + band + (d->rate.known ? 0 : UNSURE_MORE);
    int32_t beyond = low > top ? low - top : low < bottom ? low - bottom : 0;

    d->excess = low > top ? low - (d->rate.known ? centre : bottom) : 0;
    d->far = low > centre + band + FAR_ERROR || low < LOOK_AHEAD;
    bool sure = d->rate.known && !d->far;
    watch_spare(d, low, centre - band);
    double waste = sure && d->integral_ppm != 0.0 ? SPARE_P_PPM * (double)d->spare : 0.0;
    double more = (sure ? SURE_P_PPM : UNSURE_P_PPM) * (double)beyond;
    more = clamp(more, sure ? SURE_PPM : UNSURE_PPM) + clamp(waste, SPARE_PPM);
    d->goal_ppm = clamp(d->integral_ppm + more, DRIFT_LIMIT_PPM);
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
    if (clock_rate_feed(&d->rate, d->lead_second, WINDOW_S))
        d->integral_ppm = d->rate.ppm < NOTHING_PPM && d->rate.ppm > -NOTHING_PPM ? 0.0 : d->rate.ppm;
    set_goal(d, low);
    d->lowest = d->second = INT32_MAX;
    d->lead_lowest = d->lead_second = INT32_MAX;
    d->window_ticks = 0;
    return drop;
}

static void note_lowest(int32_t value, int32_t *lowest, int32_t *second)
{
    if (value < *lowest) {
        *second = *lowest;
        *lowest = value;
    } else if (value < *second) {
        *second = value;
    }
}

static void glide(struct drift *d)
{
    double away = d->goal_ppm - d->ppm;

    if (d->far)
        d->ppm += clamp(away, FAR_SLEW_PPM);
    else if (!d->rate.known || away > COARSE_PPM || away < -COARSE_PPM)
        d->ppm += clamp(away, UNSURE_SLEW_PPM);
    else if (away < CLOSE_PPM && away > -CLOSE_PPM)
        d->ppm = d->goal_ppm;
    else
        d->ppm += clamp(away * SURE_SMOOTH, SURE_SLEW_PPM);
}

uint32_t drift_observe(struct drift *d, uint32_t fill)
{
    uint32_t drop = 0;

    d->lead -= TICK_SAMPLES;
    note_lowest((int32_t)fill, &d->lowest, &d->second);
    note_lowest(d->lead, &d->lead_lowest, &d->lead_second);
    if (++d->window_ticks >= WINDOW_TICKS)
        drop = end_window(d);
    glide(d);
    return drop;
}
