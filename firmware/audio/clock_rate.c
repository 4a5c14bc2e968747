/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a device's clock is against ours.
 *
 * Samples come in pieces, so against our ticks the count is a staircase: at 1000 ppm, pieces of 10 ms
 * slip by one tick every 10 s, and between two slips there is nothing to learn. But all corners of the
 * staircase lie on two parallel lines. So the rate is the slope of the narrowest strip that holds
 * every point: exact after two slips, where a straight mean needs dozens. The strip's width is a
 * convex function of the slope; a ternary search finds its least. When the points are full they are
 * merged in pairs, so the estimate sharpens for as long as the device stays. */
#include "audio/clock_rate.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 8000.0
#define LIMIT 0.0085            /* widest slope looked for */
#define SEARCHES 24             /* each leaves two thirds of the range: 1 ppm in the end */
#define NEAR 0.0003             /* about the last estimate */
#define NEAR_SEARCHES 16
#define WINDOWS_MAX 32u         /* in a stretch: beyond it the oldest half is forgotten */
#define JUMP 240                /* samples: a stall, or a burst after one, and no clock's doing */
#define EXCURSION 120           /* samples, more than one slip of the usual piece: the direction is known */
#define STEADY 1.5              /* times the strip's width that the rate must carry it, or it is no rate: ticks */
#define UNEVEN 240              /*   or pieces that came late look like one. Samples: a strip so wide */
#define UNEVEN_POINTS 40u       /*   after so many points holds something else than a clock */
#define UNSURE_POINTS 2u        /* the newest may be the edge of a stall */
#define LEAST_POINTS 8u
#define LONG_S 60.0             /* without two slips for so long, there is little drift or what was known */

void clock_rate_init(struct clock_rate *c)
{
    memset(c, 0, sizeof *c);
    c->windows = 1;
    c->low = INT32_MAX;
}

static double width_at(const struct clock_rate *c, double slope)
{
    double least = c->lead[0], most = least;

    for (uint32_t i = 1; i + UNSURE_POINTS < c->count; i++) {
        double at = (double)c->lead[i] - slope * (double)i;
        least = at < least ? at : least;
        most = at > most ? at : most;
    }
    return most - least;
}

/* The slope between two that makes the narrowest strip. */
static double narrowest_between(const struct clock_rate *c, double low, double high, int searches)
{
    for (int i = 0; i < searches; i++) {
        double third = (high - low) / 3.0;
        if (width_at(c, low + third) <= width_at(c, high - third))
            high -= third;
        else
            low += third;
    }
    return (low + high) / 2.0;
}

/* As a share of our own rate. */
static double narrowest_strip(const struct clock_rate *c, double stretch_s)
{
    double frames = RATE_HZ * stretch_s;

    if (c->known) {
        double last = c->ppm * 1e-6;
        double near = narrowest_between(c, (last - NEAR) * frames, (last + NEAR) * frames, NEAR_SEARCHES) / frames;
        if (near > last - 0.9 * NEAR && near < last + 0.9 * NEAR)
            return near;
    }
    return narrowest_between(c, -LIMIT * frames, LIMIT * frames, SEARCHES) / frames;
}

static void merge(struct clock_rate *c)
{
    uint32_t half = CLOCK_RATE_POINTS / 2;

    if (c->windows >= WINDOWS_MAX) {
        memmove(c->lead, c->lead + half, half * sizeof *c->lead);
        c->count = half;
        return;
    }
    for (uint32_t i = 0; i < half; i++) {
        int32_t a = c->lead[2 * i], b = c->lead[2 * i + 1];
        c->lead[i] = a < b ? a : b;
    }
    c->count = half;
    c->windows *= 2;
}

void clock_rate_start_over(struct clock_rate *c)
{
    c->count = 0;
    c->windows = 1;
    c->low_windows = 0;
    c->low = INT32_MAX;
}

static bool renew(struct clock_rate *c, double stretch_s)
{
    int32_t least = c->lead[0], most = least;

    if (c->count < LEAST_POINTS)
        return false;
    for (uint32_t i = 1; i + UNSURE_POINTS < c->count; i++) {
        least = c->lead[i] < least ? c->lead[i] : least;
        most = c->lead[i] > most ? c->lead[i] : most;
    }
    if (most - least >= EXCURSION) {
        double rate = narrowest_strip(c, stretch_s), slope = rate * RATE_HZ * stretch_s;
        double width = width_at(c, slope), carried = fabs(slope) * (double)(c->count - UNSURE_POINTS - 1);
        if (carried < STEADY * width) {
            if (c->count >= UNEVEN_POINTS && width > UNEVEN)
                clock_rate_start_over(c);
            return false;
        }
        c->ppm = rate * 1e6;
    } else if ((double)c->count * stretch_s < LONG_S)
        return false;
    c->known = true;
    return true;
}

bool clock_rate_feed(struct clock_rate *c, int32_t lead, double window_s)
{
    if (c->count > 0) {
        int32_t jump = lead - c->lead[c->count - 1];
        int32_t usual = JUMP + (int32_t)(LIMIT * RATE_HZ * window_s * c->windows * 2);
        if (jump > usual || jump < -usual)
            clock_rate_start_over(c);
    }
    c->low = lead < c->low ? lead : c->low;
    c->low_windows++;
    if (c->count == CLOCK_RATE_POINTS && c->low_windows >= c->windows)
        merge(c); /* and what has been gathered may be half a stretch now */
    if (c->low_windows < c->windows)
        return false;
    c->lead[c->count++] = c->low;
    c->low_windows = 0;
    c->low = INT32_MAX;
    return renew(c, window_s * c->windows);
}
