/* SPDX-License-Identifier: Apache-2.0 */
/* Is what sounds speech or music? Speech falls quiet between its syllables and words, music hardly does. */
#ifndef SOUND_RUN_H
#define SOUND_RUN_H
#include <stdbool.h>
#include <stdint.h>

#define RUN_BLOCK 10u           /* hops of 10 ms */
#define RUN_BLOCKS 20u          /* the last 2 s are judged */
#define RUN_HOPS (RUN_BLOCK * RUN_BLOCKS)

struct sound_run {
    uint32_t hops;              /* since it began; 0: nothing sounds */
    uint32_t since_loud;        /* hops */
    float energy[RUN_BLOCKS], total;
    uint8_t dips[RUN_BLOCKS];   /* hops 10 dB below the mean */
    uint32_t dipped;            /* of them, in all blocks */
    bool music;                 /* a whole 2 s without the gaps of speech; until it pauses or becomes speech */
};

void sound_run_init(struct sound_run *r);
/* 10 ms of that mean power; `loud`: more than the line's noise. */
void sound_run_hop(struct sound_run *r, float power, bool loud);
bool sound_run_is_speech(const struct sound_run *r);
#endif
