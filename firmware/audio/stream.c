/* SPDX-License-Identifier: Apache-2.0 */
/* A modem's DLE-shielded µ-law stream, from the tick that attaches it to the end mark. */
#include <string.h>

#include "audio/internal.h"

#define READ_BYTES 4096u
#define READS_A_TICK 4
#define FIRST_CREDIT 160u       /* a backlog that waited in the kernel is not answered sample by sample */
#define MUTE_WAIT_NS (200u * NS_PER_MS)

static void stream_close(audio_loop *loop, struct port *port)
{
    port_stop_player(loop, port, AUDIO_PLAY_LOST);
    port->player.fading = false;
    port->source = SOURCE_NONE;
    port->has_input = false;
    port_lanes_clear(port);
}

void stream_lose(audio_loop *loop, struct port *port, int error)
{
    stream_close(loop, port);
    event_emit(loop, AUDIO_PORT_LOST, port->number, &(struct event_detail){.value = error});
}

static void stream_finish(audio_loop *loop, struct port *port, const uint8_t *left, uint32_t n)
{
    stream_close(loop, port);
    event_emit_bytes(loop, AUDIO_STREAM_ENDED, port->number, left, n);
}

void stream_detach(audio_loop *loop, struct port *port)
{
    struct stream *s = &port->stream;
    bool ending = port->source == SOURCE_STREAM && s->state == STREAM_ENDING;

    if (port->source == SOURCE_STREAM)
        stream_close(loop, port);
    event_emit_bytes(loop, AUDIO_PORT_DETACHED, port->number, s->recent, ending ? s->recent_len : 0);
}

static void remember_recent(struct stream *s, const uint8_t *bytes, uint32_t n)
{
    if (n >= sizeof s->recent) {
        bytes += n - sizeof s->recent;
        n = sizeof s->recent;
    }
    uint32_t keep = s->recent_len + n > sizeof s->recent ? (uint32_t)sizeof s->recent - n : s->recent_len;
    memmove(s->recent, s->recent + s->recent_len - keep, keep);
    memcpy(s->recent + keep, bytes, n);
    s->recent_len = keep + n;
}

/* Some modems (USR5637) answer the end of a duplex stream with OK and no end mark of their own. */
static bool ends_with_ok(const struct stream *s)
{
    static const uint8_t ok[] = {'\r', '\n', 'O', 'K', '\r', '\n'};

    return s->recent_len >= sizeof ok && memcmp(s->recent + s->recent_len - sizeof ok, ok, sizeof ok) == 0;
}

/* Decodes bytes into loop->heard. Returns how many bytes were used: all, or up to the end mark. */
static uint32_t decode(audio_loop *loop, struct port *port, const uint8_t *bytes, uint32_t n, uint32_t *samples)
{
    uint32_t count = 0, i;

    for (i = 0; i < n && !port->stream.decoder.ended; i++) {
        switch (dle_decode(&port->stream.decoder, bytes[i])) {
        case DLE_DATA:
            loop->heard[count++] = ulaw_decode(bytes[i]);
            break;
        case DLE_TWO:
            loop->heard[count++] = ulaw_decode(DLE);
            loop->heard[count++] = ulaw_decode(DLE);
            break;
        case DLE_CODE:
            event_emit(loop, AUDIO_MODEM_CODE, port->number, &(struct event_detail){.detail = bytes[i]});
            break;
        case DLE_NOTHING:
        case DLE_END:
            break;
        }
    }
    *samples = count;
    return i;
}

static void stream_take(audio_loop *loop, struct port *port, const uint8_t *bytes, uint32_t n, bool ahead)
{
    struct stream *s = &port->stream;
    uint32_t samples;
    uint32_t used = decode(loop, port, bytes, n, &samples);

    if (s->state == STREAM_OPEN) {
        uint32_t owed = ahead ? 0 : samples;
        if (!s->pace.heard) {
            fifo_clear(&port->out.fifo); /* what the modem's own buffer has no room for is stale */
            owed = owed < FIRST_CREDIT ? owed : FIRST_CREDIT;
        }
        pace_heard(&s->pace, samples, owed);
        port_hear(loop, port, loop->heard, samples);
    } else {
        remember_recent(s, bytes, used);
    }
    if (s->decoder.ended)
        stream_finish(loop, port, bytes + used, n - used);
    else if (s->state == STREAM_ENDING && ends_with_ok(s))
        stream_finish(loop, port, (const uint8_t *)"\r\nOK\r\n", 6);
}

void stream_attach(audio_loop *loop, struct port *port, const struct device *device, struct block *read_ahead)
{
    struct stream *s = &port->stream;
    uint8_t silence[STREAM_PRIME];

    if (port->source != SOURCE_NONE)
        stream_detach(loop, port);
    port_lanes_clear(port);
    port->source = SOURCE_STREAM;
    s->state = STREAM_OPEN;
    s->device = *device;
    pace_init(&s->pace);
    dle_init(&s->decoder);
    s->backlog_head = s->backlog_tail = 0;
    s->staged = s->staged_done = 0;
    s->tail_len = 0;
    s->recent_len = 0;
    s->second_tail_ns = 0;
    s->second_tail_due = false;
    s->written_ahead = STREAM_PRIME;
    memset(silence, 0xFF, sizeof silence);
    stream_queue(port, silence, sizeof silence);
    if (read_ahead == NULL)
        return;
    stream_take(loop, port, read_ahead->bytes, read_ahead->len, true);
}

void stream_end(audio_loop *loop, struct port *port, const uint8_t *tail, uint32_t len)
{
    struct stream *s = &port->stream;

    if (port->source != SOURCE_STREAM)
        return;
    port_stop_player(loop, port, AUDIO_PLAY_STOPPED);
    s->state = STREAM_ENDING;
    s->second_tail_ns = 0;
    s->second_tail_due = false;
    memcpy(s->tail, tail, len);
    s->tail_len = len;
    port->has_input = false;
    port_lanes_clear(port);
}

void stream_mute(audio_loop *loop, struct port *port)
{
    static const uint8_t end[] = {DLE, DLE_ETX};

    if (port->source != SOURCE_STREAM || port->stream.state == STREAM_ENDING)
        return;
    stream_end(loop, port, end, sizeof end);
    port->stream.second_tail_ns = loop->now_ns + MUTE_WAIT_NS;
}

void stream_read(audio_loop *loop, struct port *port)
{
    struct stream *s = &port->stream;
    uint8_t bytes[READ_BYTES];

    for (int reads = 0; reads < READS_A_TICK; reads++) {
        long n = device_read(&s->device, bytes, sizeof bytes);
        if (n < 0)
            stream_lose(loop, port, (int)-n);
        else if (n > 0)
            stream_take(loop, port, bytes, (uint32_t)n, false);
        if (port->source != SOURCE_STREAM)
            return;
        if (n < (long)sizeof bytes)
            break;
    }
    if (s->state == STREAM_OPEN) {
        if (pace_begin_tick(&s->pace, fifo_fill(&port->in.fifo)))
            port_trim(port);
        port_take_input(port, &s->pace);
    }
}
