/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a pair of tones and decides whether it is a key: between dtmf.c and dtmf_track.c. */
#ifndef DTMF_TRACK_H
#define DTMF_TRACK_H
#include "dtmf.h"

/* Takes what the newest window held; true, with the hit's onset, when the followed pair is a key. */
bool dtmf_track_judge(struct dtmf *d, const struct dtmf_pair *pair, struct dtmf_hit *hit);
#endif
