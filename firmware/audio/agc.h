/* SPDX-License-Identifier: Apache-2.0 */
/* Automatic level of one leg: slowly towards -20 dBm0 of active speech. Pure. */
#ifndef AGC_H
#define AGC_H
#include <stdbool.h>
#include <stdint.h>

#include "voice_gate.h"

#define AGC_BLOCK 80             /* frames: 10 ms */

struct agc {
    struct voice_gate gate;
    float last_power;
    uint32_t steady_blocks;      /* in a row at the same level: a tone */
    float level;                 /* mean power while there is speech */
    uint32_t speech_blocks;
    bool moving;
    float gain;                  /* what the level calls for */
    float applied;               /* what is given, never so much that it clips */
};

void agc_init(struct agc *a);
void agc_run(struct agc *a, int16_t *samples); /* one block, in place */
#endif
