/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes shared with a sound card's process: written and read without waiting or trusting. */
#include "audio/card_ring.h"

#include <errno.h>
#include <string.h>

#include "audio/include/audio_loop.h"

#define MASK (CARD_RING_FRAMES - 1u)

void card_ring_prepare(struct card_ring *ring)
{
    memset(ring, 0, sizeof *ring);
    ring->magic = CARD_RING_MAGIC;
    ring->version = CARD_RING_VERSION;
    ring->rate_hz = CARD_RING_RATE_HZ;
    ring->frames = CARD_RING_FRAMES;
}

bool card_ring_is_sound(const struct card_ring *ring)
{
    return ring->magic == CARD_RING_MAGIC && ring->version == CARD_RING_VERSION &&
           ring->rate_hz == CARD_RING_RATE_HZ && ring->frames == CARD_RING_FRAMES;
}

uint32_t card_lane_push(struct card_lane *lane, const int16_t *samples, uint32_t n)
{
    uint32_t head = atomic_load_explicit(&lane->head, memory_order_relaxed);
    uint32_t fill = head - atomic_load_explicit(&lane->tail, memory_order_acquire);

    if (fill > CARD_RING_FRAMES)
        return 0; /* the reader will empty it */
    uint32_t room = CARD_RING_FRAMES - fill;
    if (n > room)
        n = room;
    uint32_t at = head & MASK;
    uint32_t first = CARD_RING_FRAMES - at < n ? CARD_RING_FRAMES - at : n;
    memcpy(lane->samples + at, samples, first * sizeof *samples);
    memcpy(lane->samples, samples + first, (n - first) * sizeof *samples);
    atomic_store_explicit(&lane->head, head + n, memory_order_release);
    return n;
}

uint32_t card_lane_pull(struct card_lane *lane, int16_t *samples, uint32_t n)
{
    uint32_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    uint32_t fill = atomic_load_explicit(&lane->head, memory_order_acquire) - tail;

    if (fill > CARD_RING_FRAMES) {
        card_lane_clear(lane);
        return 0;
    }
    if (n > fill)
        n = fill;
    uint32_t at = tail & MASK;
    uint32_t first = CARD_RING_FRAMES - at < n ? CARD_RING_FRAMES - at : n;
    memcpy(samples, lane->samples + at, first * sizeof *samples);
    memcpy(samples + first, lane->samples, (n - first) * sizeof *samples);
    atomic_store_explicit(&lane->tail, tail + n, memory_order_release);
    return n;
}

void card_lane_clear(struct card_lane *lane)
{
    uint32_t head = atomic_load_explicit(&lane->head, memory_order_acquire);

    atomic_store_explicit(&lane->tail, head, memory_order_release);
}

uint32_t card_lane_fill(const struct card_lane *lane)
{
    uint32_t tail = atomic_load_explicit(&lane->tail, memory_order_acquire);
    uint32_t fill = atomic_load_explicit(&lane->head, memory_order_acquire) - tail;

    return fill > CARD_RING_FRAMES ? 0 : fill;
}

uint32_t audio_card_ring_bytes(void)
{
    return (uint32_t)sizeof(struct card_ring);
}

int audio_card_ring_prepare(void *shared, uint32_t bytes)
{
    if (shared == NULL || bytes < sizeof(struct card_ring))
        return -EINVAL;
    card_ring_prepare(shared);
    return 0;
}

int audio_card_get_stats(const void *shared, uint32_t bytes, audio_card_stats *out)
{
    const struct card_ring *ring = shared;

    if (ring == NULL || bytes < sizeof *ring)
        return -EINVAL;
    out->generation = atomic_load_explicit(&ring->generation, memory_order_relaxed);
    out->callbacks = atomic_load_explicit(&ring->callbacks, memory_order_relaxed);
    out->xruns_in = atomic_load_explicit(&ring->xruns_in, memory_order_relaxed);
    out->xruns_out = atomic_load_explicit(&ring->xruns_out, memory_order_relaxed);
    out->dry_frames = atomic_load_explicit(&ring->dry_frames, memory_order_relaxed);
    out->lost_frames = atomic_load_explicit(&ring->lost_frames, memory_order_relaxed);
    out->piece_frames = atomic_load_explicit(&ring->piece, memory_order_relaxed);
    return 0;
}
