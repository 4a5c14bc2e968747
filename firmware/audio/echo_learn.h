/* SPDX-License-Identifier: Apache-2.0 */
/* The background filter: a Kalman filter for each frequency bin of overlapping windows. */
#ifndef ECHO_LEARN_H
#define ECHO_LEARN_H
#include "audio/echo_filter.h"

struct echo_spectrum { float re[ECHO_BINS + 3], im[ECHO_BINS + 3]; };

/* Of ECHO_WINDOW real values. */
void echo_spectrum_of(const struct echo_tables *tables, const float *values, struct echo_spectrum *out);
/* What the background leaves of the ECHO_HOP newest near samples. */
void echo_learn_error(const struct echo_filter *f, const struct echo_tables *tables, const struct echo_spectrum *x,
                      const float *near, float *error);
void echo_learn_step(struct echo_filter *f, const struct echo_tables *tables, const struct echo_spectrum *x,
                     const float *error);
/* The background becomes these ECHO_TAPS taps. */
void echo_learn_set(struct echo_filter *f, const struct echo_tables *tables, const float *taps);
#endif
