/* SPDX-License-Identifier: Apache-2.0 */
/* Single-producer single-consumer ring: acquire/release indices, no lock. */
#include "audio/spsc.h"

#include <stdlib.h>
#include <string.h>

bool spsc_init(struct spsc *ring, uint32_t slots, size_t item_bytes)
{
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
    ring->slots = slots;
    ring->item_bytes = item_bytes;
    ring->items = malloc(slots * item_bytes);
    if (ring->items == NULL)
        return false;
    memset(ring->items, 0, slots * item_bytes); /* touch every page now, not in the tick */
    return true;
}

void spsc_free(struct spsc *ring)
{
    free(ring->items);
    ring->items = NULL;
}

bool spsc_push(struct spsc *ring, const void *item)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

    if (head - tail >= ring->slots)
        return false;
    memcpy(ring->items + (head & (ring->slots - 1)) * ring->item_bytes, item, ring->item_bytes);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}

bool spsc_pop(struct spsc *ring, void *item)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    if (head == tail)
        return false;
    memcpy(item, ring->items + (tail & (ring->slots - 1)) * ring->item_bytes, ring->item_bytes);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}
