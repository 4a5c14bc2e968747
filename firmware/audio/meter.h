/* SPDX-License-Identifier: Apache-2.0 */
/* How good one leg of a bridge is: levels, clipping, who talks, and a side that is dead. Pure. */
#ifndef METER_H
#define METER_H
#include <stdbool.h>
#include <stdint.h>

#include "voice_gate.h"

#define METER_BLOCK 80           /* frames of one tick: 10 ms */
#define METER_STEPS 15           /* thresholds of ITU-T P.56: 1, 2, 4 ... 16384 */
#define METER_IN 0               /* what comes in at the port */
#define METER_OUT 1              /* what it is sent */

/* Figures since meter_init; levels are active speech levels (ITU-T P.56), -990 until there is speech. */
struct meter_figures {
    int32_t ms;
    int32_t level_db10[2];       /* 0.1 dBm0 */
    int32_t clipped_ppm[2];      /* samples at full scale */
    int32_t voice_ms[2], overtalk_ms;
    int32_t dead_air_ms;         /* in stretches of over 2 s in which neither side spoke */
    int32_t one_way;             /* bit 0: nothing came in for so long that it was told; bit 1: nothing to send */
};

struct meter_side {
    bool present, dead;
    float power;                 /* of the block, without its mean */
    struct voice_gate gate;
    float fast, slow;            /* P.56's envelope */
    double energy;
    uint32_t active[METER_STEPS], hang[METER_STEPS];
    uint64_t samples, clipped;
    uint32_t dead_blocks, alive_blocks;
    uint32_t unheard_blocks;     /* in which the other side spoke into this death */
    enum { ONE_WAY_NO, ONE_WAY_TOLD, ONE_WAY_OVER } one_way;
};

struct meter {
    struct meter_side sides[2];
    uint32_t blocks, silent_blocks;
    uint32_t overtalk_blocks, dead_air_blocks, voice_blocks[2];
    struct meter_figures figures;
};

/* A side that is dead, or is heard again, told once each. */
struct meter_hit { bool found; int side; bool dead; uint32_t ms; };

void meter_init(struct meter *m);
/* One block of a side; NULL: no samples came. Each side once before each meter_tick. */
void meter_feed(struct meter *m, int side, const int16_t *samples);
struct meter_hit meter_tick(struct meter *m);
#endif
