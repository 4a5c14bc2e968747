/* SPDX-License-Identifier: Apache-2.0 */
/* Call-progress cadence: a busy tone is one regular on/off of 0.2-0.75 s (+-10 %), >= 4 cycles, in the
 * 300-650 Hz band; a dial tone is >= 8 s of steady tone. Ringback, speech and music are neither. */
#ifndef CADENCE_H
#define CADENCE_H
#include <stdint.h>

struct cadence;

enum cadence_kind { CADENCE_NONE, CADENCE_BUSY, CADENCE_DIAL };

struct cadence_hit {
    enum cadence_kind kind;
    uint16_t on_ms, off_ms, cycles; /* busy: the mean cadence; dial: on_ms = how long so far */
    uint16_t hz;                    /* on which its energy centres */
    int16_t level_db10;             /* 0.1 dBm0 while it sounds */
};

void cadence_init(struct cadence *c);
/* CADENCE_HOP samples, and the energy of all that is heard in them above 150 Hz; a finding, once per
 * tone (CADENCE_NONE otherwise). */
struct cadence_hit cadence_hop(struct cadence *c, const int16_t *samples, float total);

#include "cadence_state.h"       /* struct cadence { ... }, private */
#endif
