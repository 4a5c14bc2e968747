/* SPDX-License-Identifier: Apache-2.0 */
/* Touch-tone detector (ITU-T Q.23/Q.24). */
#ifndef DTMF_H
#define DTMF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dtmf;                     /* the full definition is at the end of this header */

/* One key, reported once per press, as soon as it is sure. */
struct dtmf_hit {
    char digit;                  /* 0-9 * # A-D */
    int16_t level_db10;          /* stronger tone, 0.1 dBm0 */
    uint32_t onset_ms_ago;       /* from the tone's first sample to this report */
};

void dtmf_init(struct dtmf *d);
/* Menu mode accepts wide twist and low levels; conversation mode (the default) resists speech. */
void dtmf_set_lenient(struct dtmf *d, bool lenient);
/* On an idle line nobody speaks: a lone pair of tones of a key's length is a key, however noisy. */
void dtmf_set_voiceless(struct dtmf *d, bool voiceless);
/* Feed samples; returns the number of hits written to `hits` (at most `max`). */
size_t dtmf_feed(struct dtmf *d, const int16_t *samples, size_t n, struct dtmf_hit *hits, size_t max);

#include "dtmf_state.h"          /* struct dtmf { ... }, private */
#endif
