/* SPDX-License-Identifier: Apache-2.0 */
/* A sound card in virtual time: the real callback, called by a clock of its own; and what a carried tone is worth. */
#ifndef EMULATED_CARD_H
#define EMULATED_CARD_H
#include "audio/card_ring.h"
#include "card_side.h"
#include "tests/audio/bed.h"

#define PI 3.14159265358979323846
#define TONE_HZ 1004.0          /* not a divisor of the rate */
#define MOUTH_HZ 1404.0         /* what the microphone hears: the tone that is played would be an echo, and go */

struct card {
    struct card_ring *ring;
    card_side *side;
    uint32_t rate_hz, piece;
    double ppm;
    uint64_t jitter_ns;         /* each callback comes up to so much late */
    uint64_t begun_ns, due, jitter_state;
    uint64_t frames;            /* done by the card */
    double hz;                  /* what its microphone hears; 0 = silence */
    int16_t *played;            /* by its loudspeaker */
    uint64_t played_len;
    bool is_stalled;
};

void card_begin(struct card *c, const struct bed *bed);
/* A new card with its memory, mono in and stereo out; its clock is `ppm` off. */
void card_open(struct card *c, struct bed *bed, uint32_t rate_hz, uint32_t piece, double ppm);
void card_close(struct card *c);
/* The callbacks that are due by now. */
void card_tick(struct card *c, uint64_t now_ns);
/* Card and loop, for so long. */
void run(struct bed *bed, struct card *c, double seconds);
/* The worst 100 ms of a carried tone. */
double worst_snr_db(const int16_t *x, uint64_t n, double rate, double hz);
#endif
