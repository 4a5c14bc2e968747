/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts sound above 150 Hz into bursts: how long, how loud, of which frequencies, and
 * whether each was a tone at all. */
#ifndef TONE_BURSTS_H
#define TONE_BURSTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "biquad.h"
#include "tone_spectrum.h"

#define BURST_HOP 40        /* samples: 5 ms */
#define BURST_WINDOW 8      /* hops of 5 ms: 40 ms, whole beats of most tone pairs in use */
#define BURST_PAST 64       /* windows kept; more than a burst that is not settled yet and its edge */
#define BURST_KEPT 26u      /* hops of samples kept for a spectrum: 130 ms */

struct tone_burst {
    float on_ms, off_ms;    /* off_ms: the pause that follows */
    float power;            /* mean square */
    bool is_tone;
    struct tone_peaks peaks;
};

/* What a hop brought. CLOSED: `last` is over, its off_ms unknown yet. FOLLOWED: another burst stands
 * after it, so that off_ms is known. LOOKED: the burst `now` lasts, and was looked at again. */
enum burst_news { BURST_NOTHING, BURST_CLOSED, BURST_FOLLOWED, BURST_LOOKED };

struct tone_bursts {
    struct biquad filter;
    float before;                  /* the last filtered sample */
    int16_t samples[BURST_KEPT][BURST_HOP];
    uint32_t clock;                /* hops so far */
    float energy[BURST_WINDOW], lag[BURST_WINDOW]; /* of each hop */
    float power[BURST_PAST], turn[BURST_PAST];     /* of each window */
    float floor;                   /* power of what is heard when nothing is said */
    float loudest;                 /* of the bursts before, fading */
    float lowest;                  /* power since the last one */

    bool on, settled, closing;
    uint32_t begun;                /* window at which the burst was seen */
    bool edge_known;
    float begin, end;              /* edges of the burst that is on, in windows */
    float most, mean, mean_turn;   /* power: highest so far; of its inside */
    uint32_t inner, odd;           /* windows wholly within it; those unlike the rest */
    uint32_t over, turned;         /* newest windows that are louder or on another frequency */
    bool looked, changed;
    uint32_t next_look;
    struct tone_peaks steady;      /* what it has exactly been for `steady_hops` */
    float block_energy, steady_energy;
    uint32_t block_hops, steady_hops;

    struct tone_burst now, last;
    bool last_waits;               /* `last` is closed, its pause is not over */
    float last_end;
};

void tone_bursts_init(struct tone_bursts *b);
/* One hop of BURST_HOP samples. */
enum burst_news tone_bursts_hop(struct tone_bursts *b, const int16_t *samples);
/* Energy of the last hop. */
float tone_bursts_energy(const struct tone_bursts *b);
/* For how long the burst on has been the same to 0.3 % and 0.5 dB, in ms, as of its last look. */
float tone_bursts_steady_ms(const struct tone_bursts *b);
#endif
