/* SPDX-License-Identifier: Apache-2.0 */
/* A card's callback and the loop's tick at work on one memory at once, under ThreadSanitizer. */
#include <pthread.h>
#include <stdlib.h>

#include "audio/card_ring.h"
#include "audio/include/audio_loop.h"
#include "card_side.h"

#define TICKS 20000u

static _Atomic int done;

static void *call(void *side)
{
    int16_t in[160] = {1000}, out[160];

    while (!atomic_load(&done))
        card_side_callback(in, out, 160, NULL, 0, side);
    return NULL;
}

int main(void)
{
    static struct card_ring ring;
    audio_loop *loop = audio_loop_new();
    audio_tone tone = {.hz = {440, 0}, .level_db10 = -150};
    pthread_t thread;

    if (loop == NULL || audio_card_ring_prepare(&ring, sizeof ring) != 0)
        return 1;
    card_side *side = card_side_open(&ring, sizeof ring, 8000, 1, 1);
    if (side == NULL || pthread_create(&thread, NULL, call, side) != 0)
        return 1;
    audio_port_tone(loop, 0, 1, &tone);
    for (uint64_t tick = 1; tick <= TICKS; tick++) {
        if (tick % 1000 == 1 && audio_port_attach_card(loop, 0, &ring, sizeof ring) != 0)
            return 1;
        if (tick % 1000 == 900 && audio_port_detach(loop, 0) != 0)
            return 1;
        audio_loop_step(loop, tick * 10000000u);
    }
    atomic_store(&done, 1);
    pthread_join(thread, NULL);
    audio_card_stats stats;
    int heard = audio_card_get_stats(&ring, sizeof ring, &stats) == 0 && stats.callbacks > 0;
    card_side_close(side);
    audio_loop_free(loop);
    return heard ? 0 : 1;
}
