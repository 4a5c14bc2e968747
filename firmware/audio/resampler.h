/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a fifo at a slightly different rate: eight-point windowed sinc, exact copy at rate 1. */
#ifndef RESAMPLER_H
#define RESAMPLER_H
#include <stdint.h>

#include "audio/fifo.h"

#define RESAMPLER_ONE ((uint64_t)1 << 32) /* a step of exactly one input sample per output sample */
#define RESAMPLER_BEFORE 3u     /* samples the interpolator must see before its position */
#define RESAMPLER_AHEAD 5u      /* and from it on */

struct resampler {
    uint32_t phase;             /* fraction of an input sample, Q32 */
    int16_t previous[RESAMPLER_BEFORE]; /* the samples before the fifo's first, oldest first */
};

void resampler_init(struct resampler *r);
/* Up to n output samples; `step` input samples (Q32, within 1 % of one) are consumed for each. Returns
 * how many came. At a step of exactly one the phase glides back to zero and samples then pass untouched. */
uint32_t resampler_pull(struct resampler *r, struct fifo *f, uint64_t step, int16_t *out, uint32_t n);
/* A number of samples that resampler_pull is sure to deliver now. */
uint32_t resampler_ready(const struct resampler *r, const struct fifo *f, uint64_t step);
/* Forgets n samples of the fifo, keeping the interpolator's history. */
void resampler_skip(struct resampler *r, struct fifo *f, uint32_t n);
/* 1 + ppm/1e6 as a step. */
uint64_t resampler_step(double ppm);
#endif
