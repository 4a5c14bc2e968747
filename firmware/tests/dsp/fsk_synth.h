/* SPDX-License-Identifier: Apache-2.0 */
/* Caller-ID signals for tests: continuous-phase FSK at any baud, level and twist, and noise of the
 * telephone band. Levels in dBm0 (G.711). */
#ifndef FSK_SYNTH_H
#define FSK_SYNTH_H
#include "synth.h"

struct fsk_line {
    double mark_hz, space_hz, baud;
    int seizure_bits, mark_bits; /* before the first byte */
    int stop_bits;
    double level_dbm0;           /* of the stronger tone */
    double twist_db;             /* space minus mark */
};

extern const struct fsk_line fsk_bell202, fsk_v23;

/* Adds a burst; returns when it ends, in ms. */
double fsk_synth_send(struct synth *s, double at_ms, const struct fsk_line *line, const uint8_t *bytes, size_t n);
/* Gaussian noise within 300-3,400 Hz, over all of the signal. */
void fsk_synth_band_noise(struct synth *s, double dbm0);
#endif
