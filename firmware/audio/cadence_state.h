/* SPDX-License-Identifier: Apache-2.0 */
/* What the cadence detector keeps: private to cadence.c, here so that callers can embed it. */
#ifndef CADENCE_STATE_H
#define CADENCE_STATE_H
#include <stdbool.h>
#include <stdint.h>

#include "dregs.h"

#define CADENCE_HOP 40    /* samples: 5 ms */
#define CADENCE_WINDOW 8  /* hops of 5 ms: 40 ms, a whole beat of every tone pair in use */
#define CADENCE_CYCLES 4  /* cycles that must agree */
#define CADENCE_RISE 10   /* hops after an onset until the window is full and the edge is placed */
#define CADENCE_LAG 6     /* newest windows left out: an ending burst has left them in part */

/* Sums over a stretch: wide-band energy, in-band energy, in-band product with the sample before. */
struct cadence_sums {
    float total, band, lag;
};

/* One 40 ms window: mean squares and the frequency the band's energy centres on. */
struct cadence_view {
    float total, power, hz;
};

struct cadence_burst {
    float on_ms, off_ms, power, hz;
};

struct cadence {
    float band_filter[2][2], band_before;  /* at 2 kHz */
    struct cadence_sums hops[CADENCE_WINDOW];
    struct cadence_view recent[CADENCE_LAG];
    uint32_t hop;

    bool on;
    float reference;                       /* power of the burst, or of the one before */
    float settled;                         /* its power once the window was full of the burst */
    float power_before, total_on;
    uint32_t run_hops;                     /* since the edge was seen */
    float rise[CADENCE_RISE + 1];
    float edge_hops, off_edge_hops;        /* hops before now of the last rising and falling edge */
    float power_low, power_high, total_sum, power_sum, hz_first, hz_sum, hz_square_sum;
    uint32_t inner_hops;                   /* windows wholly within the burst, in the sums above */
    struct cadence_burst bursts[CADENCE_CYCLES];
    uint32_t cycles;
    uint32_t told_cycles;                  /* of them when the tone was last told; 0 = not yet */

    float steady_power, steady_hz;         /* of the steady stretch so far */
    uint32_t steady_hops, odd_hops;
    bool dial_reported;
};
#endif
