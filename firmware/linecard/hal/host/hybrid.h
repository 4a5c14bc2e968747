/* SPDX-License-Identifier: Apache-2.0 */
/* The hybrid of one socket of the host-built card: part of what is played comes back in the next tick. */
#ifndef HOST_HYBRID_H
#define HOST_HYBRID_H
#include <stddef.h>
#include <stdint.h>

#define HYBRID_TAPS 48           /* 6 ms */
#define HYBRID_FRAMES 80

struct hybrid {
    float taps[HYBRID_TAPS];     /* all 0 = no echo */
    int16_t line[HYBRID_TAPS - 1 + HYBRID_FRAMES]; /* what was played, oldest first */
};

/* Echo return loss in dB; 0 = no echo. */
void hybrid_init(struct hybrid *hybrid, double loss_db);
/* These µ-law samples are played now. `n` is HYBRID_FRAMES. */
void hybrid_send(struct hybrid *hybrid, const uint8_t *ulaw, size_t n);
/* Adds the echo of what was sent last to as many samples. */
void hybrid_return(const struct hybrid *hybrid, uint8_t *ulaw, size_t n);
#endif
