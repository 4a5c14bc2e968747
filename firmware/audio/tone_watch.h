/* SPDX-License-Identifier: Apache-2.0 */
/* Call-progress tones: those of a table, by frequency and rhythm; any regular busy rhythm within
 * 300-650 Hz and any long steady tone there, by themselves. */
#ifndef TONE_WATCH_H
#define TONE_WATCH_H
#include <stddef.h>
#include <stdint.h>

#include "cadence.h"
#include "include/audio_loop.h"
#include "tone_bursts.h"
#include "tone_match.h"

struct tone_hit {
    uint32_t pattern;               /* its id; 0 = by rhythm or steadiness alone */
    uint16_t cycles, on_ms, off_ms; /* of its first phase; off 0 = steady, on_ms = how long so far */
    audio_tone_heard heard;
};

struct tone_watch {
    struct cadence cadence;
    struct tone_bursts bursts;
    struct tone_match match;
    int16_t samples[BURST_HOP];     /* of the hop that is being filled */
    uint32_t filled;
    uint32_t steady_told;           /* pattern told of the burst that is on, by number from 1 */
    struct tone_hit waiting;        /* found by rhythm alone; a pattern may still name it */
    uint32_t wait_hops;             /* until it is told; 0 = none waits */
};

/* Forgets what was heard; the patterns stay. */
void tone_watch_init(struct tone_watch *w);
void tone_watch_patterns(struct tone_watch *w, const audio_tone_pattern *patterns, uint32_t count);
/* Feed samples; 1 and the newest finding, or 0. Once per tone; a rhythm that no pattern names is
 * told again after each four cycles. */
int tone_watch_feed(struct tone_watch *w, const int16_t *samples, size_t n, struct tone_hit *hit);
#endif
