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
#define DTMF_PAST 16     /* hops remembered: 80 ms */

/* How far a tone's phase turns in one hop and in two. */
struct dtmf_tone {
    float turn1[2], turn2[2];
};

struct dtmf {
    struct dtmf_tone tones[DTMF_TONES];
    struct biquad high_pass[2];           /* takes dial tone and hum away */
    int16_t fresh[DTMF_HOP];              /* samples of the hop that is being filled */
    uint32_t fresh_count;
    float past[DTMF_WINDOW];              /* filtered samples */
    float spectrum[3][DTMF_TONES][2];     /* this hop's, the last one's, the one before */
    float amplitude[DTMF_PAST][DTMF_TONES];
    uint32_t hop;                         /* counts hops; amplitude[hop % DTMF_PAST] is newest */
    uint32_t hops_valid;                  /* since the start or the last release */
    int low, high;                        /* the tracked key's tones; low < 0 when there is none */
    float peak_low, peak_high;
    float evidence;                       /* for the key, from the windows that held it alone */
    uint32_t gap_hops;
    bool reported, lenient;
};
#endif
