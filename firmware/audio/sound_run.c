/* SPDX-License-Identifier: Apache-2.0 */
/* Is what sounds speech or music? By how much of the last 2 s lies 10 dB below their mean. */
#include "sound_run.h"

#include <string.h>

#define DIP 0.1F
#define SPEECH_DIPS 15u         /* hops: "hello", and the silence after it */
#define SPEECH_SHARE 0.27F      /* speech has 0.29 to 0.6, music up to 0.24 */
#define PAUSE 40u               /* hops: what comes after it is judged anew */

void sound_run_init(struct sound_run *r)
{
    *r = (struct sound_run){0};
}

static uint32_t judged(const struct sound_run *r)
{
    return r->hops < RUN_HOPS ? r->hops : RUN_HOPS;
}

static void begin_block(struct sound_run *r, uint32_t block)
{
    r->dipped -= r->dips[block];
    r->dips[block] = 0;
    r->energy[block] = 0.0F;
    r->total = 0.0F;
    for (uint32_t i = 0; i < RUN_BLOCKS; i++)
        r->total += r->energy[i];
}

bool sound_run_is_speech(const struct sound_run *r)
{
    return r->dipped >= SPEECH_DIPS && (float)r->dipped >= SPEECH_SHARE * (float)judged(r);
}

void sound_run_hop(struct sound_run *r, float power, bool loud)
{
    uint32_t block = r->hops / RUN_BLOCK % RUN_BLOCKS;

    if (r->hops == 0 && !loud)
        return;
    if (r->hops % RUN_BLOCK == 0)
        begin_block(r, block);
    r->energy[block] += power;
    r->total += power;
    r->hops++;
    bool dips = power * (float)judged(r) < DIP * r->total;
    r->dips[block] = (uint8_t)(r->dips[block] + dips);
    r->dipped += dips;
    r->since_loud = loud && !dips ? 0 : r->since_loud + 1;
    if (r->since_loud > PAUSE)
        sound_run_init(r);
    else if (r->hops >= RUN_HOPS)
        r->music = !sound_run_is_speech(r);
}
