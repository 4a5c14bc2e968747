/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes out of 1200 baud FSK as exchanges send it on-hook: Bell 202 (1200/2200 Hz) and ITU-T V.23
 * (1300/2100 Hz), told apart afterwards; 8N1, least significant bit first. Pure: samples in, bytes out. */
#ifndef FSK_H
#define FSK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSK_TAPS 7               /* the sliding window: 6.67 samples of 8 kHz, one bit */
#define FSK_BLOCK 80             /* samples worked on at once */

struct fsk_byte {
    uint8_t value;
    bool framed;                 /* the stop bit was there */
    bool carrier;                /* one of the two tones held most of the energy */
    uint16_t mark_bits;          /* of unbroken mark before its start bit */
    int16_t level_db10;          /* of the stronger tone, 0.1 dBm0 */
    uint32_t samples_ago;        /* from the middle of the stop bit to the end of what was fed */
};

enum fsk_kind { FSK_BELL202, FSK_V23 };

/* Private; here so that callers can embed it. */
struct fsk {
    float high_pass[2];          /* states */
    float past[FSK_TAPS - 1 + FSK_BLOCK]; /* filtered samples */
    struct fsk_windows {         /* outputs, complex, of the block and of one window's length before it */
        float mark_re[FSK_TAPS + FSK_BLOCK], mark_im[FSK_TAPS + FSK_BLOCK];
        float space_re[FSK_TAPS + FSK_BLOCK], space_im[FSK_TAPS + FSK_BLOCK];
        float energy[FSK_TAPS + FSK_BLOCK];
        float lead[FSK_TAPS + FSK_BLOCK]; /* how far mark is the likelier */
    } w;
    float turn_mark[2], turn_space[2]; /* sums of how the tones' phases turn in a window's length */
    float levels[2];             /* amplitudes of space and of mark, as bytes have shown them */
    bool knows_levels;
    float share;                 /* of the energy in mark, smoothed */
    uint32_t now;                /* samples so far; wraps */
    uint32_t mark_since;         /* sample at which the mark that still lasts began */
    uint32_t good_at;            /* sample of the last byte with a carrier */
    bool in_byte, in_space;
    int bit;
    float due;                   /* samples until the middle of the next bit */
    uint8_t value;
    float quality;               /* sum over the byte's bits */
    float amplitude[2];          /* sums over its space and mark bits */
    int bits[2];
};

void fsk_init(struct fsk *f);
/* Feed samples; returns the number of bytes written to `out` (at most `max`; 2 for 10 ms). */
size_t fsk_feed(struct fsk *f, const int16_t *samples, size_t n, struct fsk_byte *out, size_t max);
/* Which of the two it was, from the tones' own frequencies since the last fsk_forget_kind. */
enum fsk_kind fsk_kind(const struct fsk *f);
void fsk_forget_kind(struct fsk *f);
#endif
