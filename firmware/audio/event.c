/* SPDX-License-Identifier: Apache-2.0 */
/* What happened: from the tick to the posting thread. */
#include <string.h>
#include <unistd.h>

#include "audio/internal.h"

void event_emit(audio_loop *loop, uint32_t type, uint16_t port, const struct event_detail *detail)
{
    audio_event event = {
        .type = type,
        .port = port,
        .detail = detail->detail,
        .id = detail->id,
        .value = detail->value,
        .value2 = detail->value2,
        .len = detail->len,
        .tick = atomic_load_explicit(&loop->ticks, memory_order_relaxed),
    };

    if (detail->len > 0)
        memcpy(event.data, detail->data, detail->len);
    if (spsc_push(&loop->events, &event)) {
        loop->event_added = true;
        return;
    }
    uint64_t dropped = atomic_load_explicit(&loop->dropped_events, memory_order_relaxed);
    atomic_store_explicit(&loop->dropped_events, dropped + 1, memory_order_relaxed);
}

void event_emit_bytes(audio_loop *loop, uint32_t type, uint16_t port, const uint8_t *bytes, uint32_t n)
{
    struct event_detail detail = {.data = bytes, .len = AUDIO_EVENT_BYTES};

    for (; n > AUDIO_EVENT_BYTES; n -= AUDIO_EVENT_BYTES) {
        event_emit(loop, AUDIO_STREAM_LEFTOVER, port, &detail);
        detail.data += AUDIO_EVENT_BYTES;
    }
    detail.len = n;
    event_emit(loop, type, port, &detail);
}

void event_signal(audio_loop *loop)
{
    uint64_t one = 1;

    if (!loop->event_added)
        return;
    loop->event_added = false;
    /* A counter that is already at its end is readable anyway: nothing is lost when this fails. */
    ssize_t done = write(loop->event_fd, &one, sizeof one);
    (void)done;
}

int audio_loop_event_fd(const audio_loop *loop)
{
    return loop->event_fd;
}

int audio_loop_next_event(audio_loop *loop, audio_event *out)
{
    uint64_t count;

    if (spsc_pop(&loop->events, out))
        return 1;
    /* Empty: clear the signal, then look again, as an event may have come in between. */
    ssize_t done = read(loop->event_fd, &count, sizeof count);
    (void)done;
    return spsc_pop(&loop->events, out) ? 1 : 0;
}
