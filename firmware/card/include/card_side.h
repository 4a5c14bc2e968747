/* SPDX-License-Identifier: Apache-2.0 */
/* The sound card's side of the memory it shares with the audio loop: a PortAudio callback in C, so that
 * audio never enters Python. cffi reads the text between the marks. */
#ifndef CARD_SIDE_H
#define CARD_SIDE_H
#include <stdint.h>
/* CFFI BEGIN */
#define CARD_SIDE_RATE_MIN 8000
#define CARD_SIDE_RATE_MAX 192000
#define CARD_SIDE_CHANNELS_MAX 32

typedef struct card_side card_side;

typedef struct {
    uint32_t callbacks;
    uint32_t xruns_in, xruns_out;
} card_side_stats;

/* Joins memory that the audio loop's process has prepared. `rate_hz`: the card's nominal rate, which may
 * differ from its true one by its clock's error. NULL: not such memory, no such rate, or no memory left. */
card_side *card_side_open(void *shared, uint32_t bytes, uint32_t rate_hz, uint32_t channels_in,
                          uint32_t channels_out);
void card_side_close(card_side *side);
void card_side_get_stats(const card_side *side, card_side_stats *out);
/* A PaStreamCallback (interleaved int16 both ways); `side` is its user data. Returns paContinue. */
int card_side_callback(const void *input, void *output, unsigned long frames, const void *time_info,
                       unsigned long flags, void *side);
/* CFFI END */
#endif
