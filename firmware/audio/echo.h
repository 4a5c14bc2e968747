/* SPDX-License-Identifier: Apache-2.0 */
/* Line echo canceller of one port: what was written to the device, what came back, and how they are aligned.
 * Both are counted in the device's own samples, so its clock does not matter. */
#ifndef ECHO_H
#define ECHO_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/echo_delay.h"
#include "audio/echo_filter.h"

#define ECHO_LINE 8192u         /* samples kept of each direction: 1 s; a power of two */

enum echo_news { ECHO_NO_NEWS, ECHO_ALIGNED, ECHO_LOST };

struct echo {
    const struct echo_tables *tables;
    bool off;                   /* on from the start */
    bool follows;               /* the device says what it has played (echo_played) */
    bool aligned;
    enum echo_news news;
    int16_t sent_line[ECHO_LINE], near_line[ECHO_LINE];
    uint32_t sent, heard;       /* samples so far; they wrap */
    float left[2 * ECHO_HOP];   /* what the foreground left, newest at heard - 1 */
    uint32_t origin;            /* near sample n is met by reference sample n + origin in tap 0 */
    uint32_t anchor;            /* reference sample n + anchor is the earliest that can echo in n */
    bool anchored;
    uint32_t learned;           /* near samples the background has seen */
    uint32_t since;             /* near sample from which on the lines are of one alignment */
    uint32_t look_at;           /* near sample at which the next look is taken */
    uint32_t look_began;        /* the first near sample of the first look that agreed */
    uint32_t learn_credit, find_credit; /* samples heard and not yet worked for */
    bool searching;
    uint32_t search_anchor;
    struct echo_delay delay;
    struct echo_filter filter;
};

void echo_init(struct echo *e, const struct echo_tables *tables);
/* A device was attached or began anew; both counts start at zero. `follows`: echo_played will be called. */
void echo_restart(struct echo *e, bool follows);
/* Samples written to the device, in order, all of them. */
void echo_sent(struct echo *e, const uint8_t *codes, uint32_t n);
void echo_sent_linear(struct echo *e, const int16_t *samples, uint32_t n);
/* The next n near samples end with reference sample `played`. */
void echo_played(struct echo *e, uint32_t played, uint32_t n);
/* n samples came that are not what was heard (a lost frame): they count, and teach nothing. */
void echo_skip(struct echo *e, uint32_t n);
/* Takes the echo out of n samples in place. */
void echo_cancel(struct echo *e, int16_t *samples, uint32_t n);
/* From writing a sample to its echo, ms; 0 while not aligned. */
int32_t echo_delay_ms(const struct echo *e);
/* What echo is left is small: our own prompt cannot be taken for the caller's. */
bool echo_is_cancelled(const struct echo *e);
#endif
