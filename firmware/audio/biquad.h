/* SPDX-License-Identifier: Apache-2.0 */
/* A filter of second order that takes four samples at a time.
 *
 * One sample after the other, such a filter waits for its own last output. Four at once are the
 * input's response, which waits for nothing, and the echo of the two state variables. The vector
 * type is gcc's and clang's own, so that the speed needs no optimiser's goodwill on any machine. */
#ifndef BIQUAD_H
#define BIQUAD_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dregs.h"

typedef float quad __attribute__((vector_size(16)));

struct biquad {
    quad input[4], keep_input[4]; /* what each input adds to the four outputs and to the state after */
    quad echo[2], keep_state[2];  /* what each state variable adds to them */
    quad state;                   /* transposed direct form II; the first two elements */
};

/* y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] + a1 y[n-1] + a2 y[n-2], at rest. */
void biquad_init(struct biquad *f, float b0, float b1, float b2, float a1, float a2);

static inline quad biquad_run(struct biquad *f, quad x)
{
    const quad a = {x[0], x[0], x[0], x[0]}, b = {x[1], x[1], x[1], x[1]};
    const quad c = {x[2], x[2], x[2], x[2]}, d = {x[3], x[3], x[3], x[3]};
    const quad y = a * f->input[0] + b * f->input[1] + (c * f->input[2] + d * f->input[3]);
    const quad kept = a * f->keep_input[0] + b * f->keep_input[1]
                    + (c * f->keep_input[2] + d * f->keep_input[3]);
    const quad s = f->state;

    f->state = kept + (s[0] * f->keep_state[0] + s[1] * f->keep_state[1]);
    return y + (s[0] * f->echo[0] + s[1] * f->echo[1]);
}

static inline void biquad_drop_dregs(struct biquad *f)
{
    f->state[0] = dregs_dropped(f->state[0]);
    f->state[1] = dregs_dropped(f->state[1]);
}

/* As floats, n of them; with a fixed n that is a multiple of eight this is all vectors. */
static inline void floats_from_samples(float *out, const int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)samples[i];
}

/* The largest distance from zero among n samples; in 16 bits all through, so that it is all vectors. */
static inline int peak_of_samples(const int16_t *samples, size_t n)
{
    int16_t high = 0, low = 0;

    for (size_t i = 0; i < n; i++) {
        high = samples[i] > high ? samples[i] : high;
        low = samples[i] < low ? samples[i] : low;
    }
    return high > -low ? high : -low;
}

static inline quad quad_at(const float *four)
{
    quad q;

    memcpy(&q, four, sizeof q);
    return q;
}

static inline void quad_put(float *four, quad q)
{
    memcpy(four, &q, sizeof q);
}

static inline float quad_sum(quad q)
{
    return q[0] + q[1] + (q[2] + q[3]);
}
#endif
