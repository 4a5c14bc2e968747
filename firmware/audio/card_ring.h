/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that the audio loop shares with a sound card's process: 8 kHz 16-bit audio both ways.
 *
 * Each lane has one writer and one reader, in two processes, and neither ever waits. Nothing in here is
 * trusted by the other side: counters that can't be true empty the lane, and the size is a constant. */
#ifndef CARD_RING_H
#define CARD_RING_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CARD_RING_MAGIC 0x43425243u /* "CRBC" */
#define CARD_RING_VERSION 1u
#define CARD_RING_RATE_HZ 8000u     /* nominal: a lane's true rate is the card's clock */
#define CARD_RING_FRAMES 8192u      /* 1 s; a power of two */

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "the lanes are shared without locks");

struct card_lane {
    _Alignas(64) _Atomic uint32_t head; /* frames ever written; the writer's */
    _Alignas(64) _Atomic uint32_t tail; /* frames ever read; the reader's */
    int16_t samples[CARD_RING_FRAMES];
};

struct card_ring {
    uint32_t magic, version, rate_hz, frames;
    _Atomic uint32_t joined;        /* the loop's: a port is attached */
    /* the card's process's */
    _Atomic uint32_t generation;    /* one more each time a card was opened */
    _Atomic uint32_t callbacks;
    _Atomic uint32_t xruns_in, xruns_out; /* as the sound system reports them */
    _Atomic uint32_t dry_frames;    /* 8 kHz frames the card wanted and `down` did not have */
    _Atomic uint32_t lost_frames;   /* 8 kHz frames that found `up` full */
    _Atomic uint32_t piece;         /* the largest piece of a callback, 8 kHz frames */
    struct card_lane up;            /* card to loop */
    struct card_lane down;          /* loop to card */
};

/* For the owner of the memory, once, before anybody else sees it. */
void card_ring_prepare(struct card_ring *ring);
/* True when this is such a ring, and of this version. */
bool card_ring_is_sound(const struct card_ring *ring);
/* Appends up to n samples; returns how many had room. The writer's. */
uint32_t card_lane_push(struct card_lane *lane, const int16_t *samples, uint32_t n);
/* Takes up to n samples; returns how many there were. The reader's. */
uint32_t card_lane_pull(struct card_lane *lane, int16_t *samples, uint32_t n);
/* Forgets all that waits. The reader's. */
void card_lane_clear(struct card_lane *lane);
/* How much waits; 0 when the counters can't be true. */
uint32_t card_lane_fill(const struct card_lane *lane);
static inline void card_count(_Atomic uint32_t *counter, uint32_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}
#endif
