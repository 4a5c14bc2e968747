/* SPDX-License-Identifier: Apache-2.0 */
/* Two-path line echo canceller of 40 ms at 8 kHz: a foreground filter without delay that makes the output,
 * and a background one that learns in the frequency domain and is copied when it does better. */
#ifndef ECHO_FILTER_H
#define ECHO_FILTER_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/fft.h"

#define ECHO_TAPS 320u          /* 32 ms and what alignment leaves before the echo */
#define ECHO_HOP 128u           /* samples of one learning step: 16 ms */
#define ECHO_WINDOW 512u
#define ECHO_DELAY_POINTS 2048u /* of the delay finder's transform */
#define ECHO_BINS (ECHO_WINDOW / 2 + 1)
#define ECHO_MAX_BLOCK 80u      /* samples of one call of echo_filter_run */
#define ECHO_HISTORY (ECHO_TAPS - 1 + ECHO_MAX_BLOCK)

struct echo_tables {            /* computed once, read by all ports */
    struct fft half, whole; /* for ECHO_WINDOW real values; for the delay finder. Not to be copied: they point here */
    float half_cosine[ECHO_WINDOW / 4], half_sine[ECHO_WINDOW / 4];
    float whole_cosine[ECHO_DELAY_POINTS / 2], whole_sine[ECHO_DELAY_POINTS / 2];
    float real_cosine[ECHO_WINDOW / 2], real_sine[ECHO_WINDOW / 2]; /* of 2 pi k / ECHO_WINDOW */
};
void echo_tables_init(struct echo_tables *tables);

struct echo_filter {
    /* padded so that quads may be read beyond the end */
    float taps[ECHO_TAPS];      /* foreground; tap 0 is the newest reference sample */
    float w_re[ECHO_BINS + 3], w_im[ECHO_BINS + 3]; /* background */
    float variance[ECHO_BINS + 3]; /* of each background bin's error */
    float noise[ECHO_BINS + 3]; /* power of what is no echo */
    float taps_back[ECHO_WINDOW]; /* background in time, from the last step */
    uint32_t better, worse, wrong; /* learning steps in a row, of background, of background, of foreground */
    float near_energy, fore_energy, back_energy; /* smoothed over steps with echo */
    float near_power, residual_power, reference_power; /* slower: for the figures */
    uint32_t steps;             /* learning steps with a reference, since the last reset */
    uint32_t trusted_steps;     /* the same, since the foreground was last given up */
    uint32_t poor_steps;        /* in a row, with a loud echo that was not removed */
    bool converged;             /* has removed 15 dB or more since it was aligned */
};

/* `coupling`: how much of the reference's power is heard at the near end, about. */
void echo_filter_reset(struct echo_filter *f, float coupling);
/* The background begins anew; the foreground stays until beaten. */
void echo_filter_doubt(struct echo_filter *f, float coupling);
/* out = near - echo. `reference`: ECHO_TAPS - 1 older samples, then those of this block; 1.0 = full scale. */
void echo_filter_run(const struct echo_filter *f, const float *reference, const float *near, float *out, uint32_t n);
/* One step with the last ECHO_HOP near samples, what the foreground left of them, and ECHO_WINDOW reference samples. */
void echo_filter_learn(struct echo_filter *f, const struct echo_tables *tables, const float *reference,
                       const float *near, const float *left);
/* Echo return loss enhancement and echo return loss in 0.1 dB; 0 while unknown. */
int32_t echo_filter_erle_db10(const struct echo_filter *f);
int32_t echo_filter_erl_db10(const struct echo_filter *f);
#endif
