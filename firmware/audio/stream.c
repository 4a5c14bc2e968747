/* SPDX-License-Identifier: Apache-2.0 */
/* A modem's DLE-shielded µ-law stream, from the tick that attaches it to the end mark. */
#include <errno.h>
#include <string.h>

#include "audio/internal.h"

#define READ_BYTES 4096u
#define READS_A_TICK 4
#define FIRST_CREDIT 160u       /* a backlog that waited in the kernel is not answered sample by sample */
#define WORDS_WAIT_NS (200u * NS_PER_MS)  /* a result in words, and then nothing for so long, is no sound */
#define STALL_NS (5000u * (uint64_t)NS_PER_MS) /* a modem that sends nothing for so long has died */
#define MUTE_WAIT_NS (200u * NS_PER_MS)
#define FAREWELL_WAIT_NS (600u * NS_PER_MS) /* after the mute: both end codes have had their 200 ms and more */

static void stream_close(audio_loop *loop, struct port *port)
{
    port_stop_player(loop, port, AUDIO_PLAY_LOST);
    port->player.fading = false;
    comfort_noise_set(&port->comfort, 0);
    port->source = SOURCE_NONE;
    port->has_input = false;
    port->stream.farewell_len = 0;
    port_lanes_clear(port);
    port_echo_restart(loop, port, false);
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

/* How many of the newest bytes are a final result in words. */
static uint32_t words_at_end(const struct stream *s)
{
    static const char *const words[] = {"\r\nNO CARRIER\r\n", "\r\nBUSY\r\n", "\r\nOK\r\n", "\r\nERROR\r\n"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        uint32_t n = (uint32_t)strlen(words[i]);
        if (s->recent_len >= n && memcmp(s->recent + s->recent_len - n, words[i], n) == 0)
            return n;
    }
    return 0;
}

/* Some modems drop a call in words and without an end mark; some just die. */
static void check_stall(audio_loop *loop, struct port *port, bool fed)
{
    struct stream *s = &port->stream;
    uint64_t waited = loop->now_ns - s->fed_ns;
    uint32_t words = waited >= WORDS_WAIT_NS ? words_at_end(s) : 0;

    if (fed)
        s->fed_ns = loop->now_ns;
    else if (words > 0)
        stream_finish(loop, port, s->recent + s->recent_len - words, words);
    else if (waited >= STALL_NS)
        stream_lose(loop, port, ETIMEDOUT);
}

/* Decodes bytes into loop->heard. Returns how many bytes were used: all, or up to the end mark. */
static uint32_t decode(audio_loop *loop, struct port *port, const uint8_t *bytes, uint32_t n, uint32_t *samples)
{
    struct dle_decoder *decoder = &port->stream.decoder;
    uint32_t count = 0, i = 0;

    while (i < n && !decoder->ended) {
        if (!decoder->pending) { /* nearly all of it is plain samples */
            const uint8_t *mark = memchr(bytes + i, DLE, n - i);
            uint32_t plain = mark == NULL ? n - i : (uint32_t)(mark - bytes) - i;
            audio_ulaw_decode(bytes + i, loop->heard + count, plain);
            count += plain;
            i += plain;
            if (i == n)
                break;
        }
        uint8_t byte = bytes[i++];
        switch (dle_decode(decoder, byte)) {
        case DLE_DATA:
            loop->heard[count++] = ulaw_decode(byte);
            break;
        case DLE_TWO:
            loop->heard[count++] = ulaw_decode(DLE);
            loop->heard[count++] = ulaw_decode(DLE);
            break;
        case DLE_CODE:
            event_emit(loop, AUDIO_MODEM_CODE, port->number, &(struct event_detail){.detail = byte});
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

    if (s->state == STREAM_MUTED)
        return; /* nobody is there to read it */
    uint32_t used = decode(loop, port, bytes, n, &samples);

    if (s->state == STREAM_OPEN) {
        uint32_t owed = ahead ? 0 : samples;
        if (!s->pace.heard) {
            fifo_clear(&port->out.fifo); /* what the modem's own buffer has no room for is stale */
            owed = owed < FIRST_CREDIT ? owed : FIRST_CREDIT;
        }
        pace_heard(&s->pace, samples, owed);
        port_echo_cancel(loop, port, loop->heard, samples);
        port_hear(loop, port, loop->heard, samples);
    }
    remember_recent(s, bytes, used);
    if (s->decoder.ended)
        stream_finish(loop, port, bytes + used, n - used);
    else if (s->state == STREAM_ENDING && ends_with_ok(s))
        stream_finish(loop, port, (const uint8_t *)"\r\nOK\r\n", 6);
}

void stream_attach(audio_loop *loop, struct port *port, const struct device *device, struct block *read_ahead)
{
    struct stream *s = &port->stream;
    uint8_t silence[STREAM_PRIME];

    port_lanes_clear(port);
    port_echo_restart(loop, port, false);
    port->source = SOURCE_STREAM;
    s->state = STREAM_OPEN;
    s->device = *device;
    if (s->pace.drift.rate.known)
        s->known_ppm = s->pace.drift.integral_ppm; /* the modem's crystal is the same in every call */
    pace_init(&s->pace);
    drift_recall(&s->pace.drift, s->known_ppm);
    dle_init(&s->decoder);
    s->backlog_head = s->backlog_tail = 0;
    s->staged = s->staged_done = 0;
    s->tail_len = 0;
    s->recent_len = 0;
    s->fed_ns = loop->now_ns;
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

    if (port->source != SOURCE_STREAM || s->state == STREAM_MUTED)
        return;
    port_stop_player(loop, port, AUDIO_PLAY_STOPPED);
    s->state = STREAM_ENDING;
    s->recent_len = 0;
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
    struct stream *s = &port->stream;

    if (port->source != SOURCE_STREAM || (s->state == STREAM_ENDING && s->farewell_len == 0))
        return;
    stream_end(loop, port, end, sizeof end);
    s->second_tail_ns = loop->now_ns + MUTE_WAIT_NS;
    if (s->farewell_len == 0)
        return;
    s->state = STREAM_MUTED;
    s->farewell_ns = loop->now_ns + FAREWELL_WAIT_NS;
    s->farewells_due = s->farewells_said = 0;
}

void stream_set_farewell(struct port *port, const uint8_t *bytes, uint32_t len)
{
    memcpy(port->stream.farewell, bytes, len);
    port->stream.farewell_len = len;
}

void stream_read(audio_loop *loop, struct port *port)
{
    struct stream *s = &port->stream;
    uint8_t bytes[READ_BYTES];
    bool fed = false;

    for (int reads = 0; reads < READS_A_TICK; reads++) {
        long n = device_read(&s->device, bytes, sizeof bytes);
        fed = fed || n > 0;
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
            port_trim(port, &s->pace);
        port_take_input(port, &s->pace);
        check_stall(loop, port, fed);
    }
}
