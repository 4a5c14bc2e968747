/* SPDX-License-Identifier: Apache-2.0 */
/* What the touch-tone detector keeps: private to dtmf.c, here so that callers can embed it. */
#ifndef DTMF_STATE_H
#define DTMF_STATE_H
#include <stdbool.h>
#include <stdint.h>

#define DTMF_TONES 8     /* four of the low group, four of the high group (ITU-T Q.23) */
#define DTMF_HOP 40      /* 5 ms: a window is judged so often */
#define DTMF_WINDOW 200  /* 25 ms, Hann: a tone's neighbours, 73 Hz away, are near its first zero */
#define DTMF_PAST 16     /* hops remembered: 80 ms */

/* One tone's filter; the turns are how far its phase moves in one hop and in two. */
struct dtmf_tone {
    float hz, cosine, sine, turn1[2], turn2[2];
};

struct dtmf {
    struct dtmf_tone tones[DTMF_TONES];
    float coefficient[DTMF_TONES];        /* 2 cos w */
    float window[DTMF_WINDOW / 2];        /* rising half */
    float window_sum;
    float high_pass[2][2];                /* takes dial tone and hum away */
    float past[DTMF_WINDOW];              /* filtered samples; the last DTMF_HOP are being filled */
    uint32_t fresh;
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
