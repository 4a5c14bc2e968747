/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the echo canceller share: two voices, hybrids, and how much of an echo a tap still records. */
#ifndef ECHO_BED_H
#define ECHO_BED_H
#include "tests/audio/bed.h"

#define ECHO_SECONDS 12u
#define CLIP_FRAMES (ECHO_SECONDS * 8000u)
#define HYBRID_TAPS 192u        /* 24 ms */

/* A dispersive hybrid: noise under a rising and falling envelope, like those of ITU-T G.168 annex D. */
struct hybrid { double taps[HYBRID_TAPS]; int16_t line[HYBRID_TAPS]; uint32_t at; };

extern int16_t far_voice[CLIP_FRAMES], near_voice[CLIP_FRAMES];
extern struct bed bed;
extern int fds[2];              /* a device's two ends: the loop's and the test's */
extern const uint32_t clip;     /* far_voice */

void echo_bed_open(void);
void echo_bed_close(void);
void make_hybrid(struct hybrid *h, double loss_db, uint32_t length, uint32_t which);
double hybrid_echo(struct hybrid *h, int16_t sample);
uint8_t heard_code(double y);
/* Ticks until a port says that it is aligned; fails after four seconds. */
void until_aligned(void (*tick)(void));
/* What a tap records of the port, below what it was sent less the hybrid's loss: the ERLE, dB. */
double erle_db(void (*tick)(void), uint16_t port, uint32_t ticks, double loss_db);
#endif
