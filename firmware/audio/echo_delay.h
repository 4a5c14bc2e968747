/* SPDX-License-Identifier: Apache-2.0 */
/* Finds how late an echo comes, up to 320 ms, by whitened cross-correlation, a little work at a time. */
#ifndef ECHO_DELAY_H
#define ECHO_DELAY_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/echo_filter.h"

#define ECHO_NEAR_FRAMES 1024u  /* near samples of one look: 128 ms */
#define ECHO_REFERENCE_FRAMES (2 * ECHO_DELAY_POINTS) /* reference samples of one look */
#define ECHO_LAG_MAX 2560u      /* samples */
#define ECHO_DELAY_BINS (ECHO_DELAY_POINTS / 2 + 1)

struct echo_delay {
    uint32_t stage;             /* 0 = waits for a look; else what is done next */
    uint32_t looks;             /* since the start */
    uint32_t agreed;            /* looks in a row that found the same lag with confidence */
    int32_t lag;                /* of the last of them, samples */
    bool fresh;                 /* the last step ended a look */
    float a_re[ECHO_DELAY_POINTS], a_im[ECHO_DELAY_POINTS], b_re[ECHO_DELAY_POINTS], b_im[ECHO_DELAY_POINTS];
    float cross_re[ECHO_DELAY_BINS], cross_im[ECHO_DELAY_BINS];
    float reference_power[ECHO_DELAY_BINS], near_power[ECHO_DELAY_BINS];
    float ratio;                /* of the last look: its peak over the highest elsewhere */
};

void echo_delay_reset(struct echo_delay *d);
static inline bool echo_delay_is_idle(const struct echo_delay *d)
{
    return d->stage == 0;
}
/* Begins a look: ECHO_REFERENCE_FRAMES reference samples and, aligned with their end, ECHO_NEAR_FRAMES near ones.
 * Does nothing when one of them is silent. */
void echo_delay_look(struct echo_delay *d, const int16_t *reference, const int16_t *near);
/* One piece of work (at most about 30,000 instructions). */
void echo_delay_step(struct echo_delay *d, const struct echo_tables *tables);
/* True when so many looks in a row agree: `lag` is the delay of the echo's beginning. */
static inline bool echo_delay_is_found(const struct echo_delay *d, uint32_t looks)
{
    return d->agreed >= looks;
}
#endif
