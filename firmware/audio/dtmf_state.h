/* SPDX-License-Identifier: Apache-2.0 */
/* What the touch-tone detector keeps: private to dtmf.c, here so that callers can embed it. */
#ifndef DTMF_STATE_H
#define DTMF_STATE_H
#include <stdbool.h>
#include <stdint.h>

#include "biquad.h"

#define DTMF_TONES 8     /* four of the low group, four of the high group (ITU-T Q.23) */
#define DTMF_HOP 40      /* 5 ms: a window is judged so often */
#define DTMF_WINDOW 200  /* 25 ms, Hann: a tone's neighbours, 73 Hz away, are near its first zero */
#define DTMF_PAST 32     /* hops remembered: 160 ms */

/* How far a tone's phase turns in one hop and in two. */
struct dtmf_tone {
    float turn1[2], turn2[2];
};

/* A pair of tones found alone in one window. */
struct dtmf_pair {
    int low, high;                        /* low < 0: none */
    float share;                          /* of the band's energy */
    float amplitude[2];                   /* of the low and of the high tone */
    float error_hz[2];                    /* off the nominal frequencies */
    float bend;                           /* radians: the most that a phase strayed from an even turn */
};

/* A sum of figures and of their squares: how much they vary. */
struct dtmf_spread {
    float sum, squares;
};

/* The key that is followed, and what speaks for it. */
struct dtmf_track {
    int low, high;                        /* its tones; low < 0 when there is none */
    float peak[2];
    float evidence;                       /* sum over windows of the square of the share */
    float share_sum, share_most, bend_most;
    float rest_least;                     /* energy below the band */
    struct dtmf_spread amplitude[2], error_hz[2];
    uint32_t windows;                     /* that held the pair alone */
    uint32_t gap_hops;
    bool reported;
};

struct dtmf {
    struct dtmf_tone tones[DTMF_TONES];
    struct biquad high_pass[2];           /* takes dial tone and hum away */
    int16_t fresh[DTMF_HOP];              /* samples of the hop that is being filled */
    uint32_t fresh_count;
    float raw[DTMF_WINDOW];               /* samples as they came */
    float past[DTMF_WINDOW];              /* filtered samples */
    float spectrum[3][DTMF_TONES][2];     /* this hop's, the last one's, the one before */
    float amplitude[DTMF_PAST][DTMF_TONES];
    float rest_now, rest[DTMF_PAST];      /* mean square of what the filter took away */
    uint32_t hop;                         /* counts hops; amplitude[hop % DTMF_PAST] is newest */
    uint32_t hops_valid;                  /* since the start or the last release */
    struct dtmf_track track;
    int last_low, last_high;              /* the last reported key's tones, */
    uint32_t last_hop;                    /* and when it was gone */
    bool lenient, voiceless;
};
#endif
