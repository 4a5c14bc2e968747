/* SPDX-License-Identifier: Apache-2.0 */
/* Hides lost frames: the last pitch period goes on, fading to silence within 60 ms. */
#ifndef PLC_H
#define PLC_H
#include <stdint.h>

#include "audio/include/audio_loop.h"

#define PLC_LAG_MAX 160u        /* samples: 50 Hz */
#define PLC_HISTORY (2u * PLC_LAG_MAX + AUDIO_TICK_FRAMES)

struct plc {
    int16_t history[PLC_HISTORY]; /* the newest samples heard, made up or not; oldest first */
    int16_t cycle[PLC_LAG_MAX]; /* one period, made to follow itself */
    uint32_t period, place;     /* length of the cycle; of the next sample in it */
    uint32_t lost;              /* samples made up in a row */
    float step;                 /* between what was heard last and the cycle's own sample before it */
};

void plc_init(struct plc *p);
/* A frame came: it is kept, and joined smoothly to what was made up before it. */
void plc_good(struct plc *p, int16_t frame[AUDIO_TICK_FRAMES]);
/* A frame is missing: makes one up. */
void plc_lost(struct plc *p, int16_t frame[AUDIO_TICK_FRAMES]);
#endif
