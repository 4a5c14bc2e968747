/* SPDX-License-Identifier: Apache-2.0 */
/* A recorder tap: a ring of stereo frames between the tick and one reader thread. */
#include "audio/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAP_BYTES (TAP_FRAMES * 2u * sizeof(int16_t))

int tap_prepare(struct tap *t)
{
    int16_t *frames = atomic_load_explicit(&t->frames, memory_order_relaxed);

    if (atomic_load_explicit(&t->taken, memory_order_acquire))
        return -EBUSY;
    if (frames == NULL) {
        frames = malloc(TAP_BYTES);
        if (frames == NULL)
            return -ENOMEM;
        memset(frames, 0, TAP_BYTES); /* touch every page now, not in the tick */
        atomic_store_explicit(&t->frames, frames, memory_order_release);
    }
    atomic_store_explicit(&t->tail, atomic_load_explicit(&t->head, memory_order_acquire), memory_order_release);
    atomic_store_explicit(&t->lost, 0, memory_order_relaxed);
    atomic_store_explicit(&t->taken, true, memory_order_release);
    return 0;
}

void tap_free(struct tap *t)
{
    free(atomic_load_explicit(&t->frames, memory_order_relaxed));
    atomic_store_explicit(&t->frames, NULL, memory_order_relaxed);
}

void tap_write(struct tap *t, const int16_t *left, const int16_t *right, uint32_t n)
{
    int16_t *frames = atomic_load_explicit(&t->frames, memory_order_relaxed);
    uint32_t head = t->written;
    uint32_t room = TAP_FRAMES - (head - atomic_load_explicit(&t->tail, memory_order_acquire));

    if (room < n) {
        int64_t lost = atomic_load_explicit(&t->lost, memory_order_relaxed);
        atomic_store_explicit(&t->lost, lost + (int64_t)(n - room), memory_order_relaxed);
        n = room;
    }
    for (uint32_t done = 0; done < n;) {
        uint32_t at = (head + done) & (TAP_FRAMES - 1u);
        uint32_t end = TAP_FRAMES - at < n - done ? done + TAP_FRAMES - at : n;
        for (int16_t *frame = frames + at * 2u; done < end; done++, frame += 2) {
            frame[0] = left[done];
            frame[1] = right[done];
        }
    }
    t->written = head + n;
    if (t->written - t->begun > TAP_HELD)
        atomic_store_explicit(&t->head, t->written - TAP_HELD, memory_order_release);
}

void tap_blank(struct tap *t, uint32_t n)
{
    int16_t *frames = atomic_load_explicit(&t->frames, memory_order_relaxed);

    for (uint32_t done = 0; done < n; done++) {
        int16_t *frame = frames + ((t->written - n + done) & (TAP_FRAMES - 1u)) * 2u;
        frame[0] = frame[1] = 0;
    }
}

void tap_begin(struct tap *t, uint16_t port)
{
    t->port = port;
    t->open = true;
    t->begun = t->written = atomic_load_explicit(&t->head, memory_order_relaxed);
    t->blanks = false;
    secret_init(&t->secret);
}

void tap_end(struct tap *t)
{
    t->open = false;
    atomic_store_explicit(&t->head, t->written, memory_order_release);
}

int tap_read(struct tap *t, int16_t *interleaved, uint32_t max)
{
    const int16_t *frames = atomic_load_explicit(&t->frames, memory_order_acquire);
    uint32_t tail = atomic_load_explicit(&t->tail, memory_order_relaxed);
    uint32_t fill = atomic_load_explicit(&t->head, memory_order_acquire) - tail;

    if (frames == NULL)
        return 0;
    if (max > fill)
        max = fill;
    for (uint32_t done = 0; done < max;) {
        uint32_t at = (tail + done) & (TAP_FRAMES - 1u);
        uint32_t part = TAP_FRAMES - at < max - done ? TAP_FRAMES - at : max - done;
        memcpy(interleaved + done * 2u, frames + at * 2u, part * 2u * sizeof *frames);
        done += part;
    }
    atomic_store_explicit(&t->tail, tail + max, memory_order_release);
    return (int)max;
}
