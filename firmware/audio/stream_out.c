/* SPDX-License-Identifier: Apache-2.0 */
/* What a modem's stream is sent: paced by the samples it sends us, shielded, written when it fits. */
#include <errno.h>
#include <string.h>

#include "audio/internal.h"

#define AHEAD_MAX 3200u         /* 400 ms: what a modem that wants bytes before it sends any is given */
#define CREDIT_MAX 800          /* 100 ms: after a longer stall the modem's own buffer is empty anyway */
#define FAREWELLS 2u
#define FAREWELL_AGAIN_NS (300u * (uint64_t)NS_PER_MS)
#define QUEUE_MAX 480u          /* 60 ms: what waits for a modem that has stopped sending */

void stream_queue(struct port *port, const uint8_t *codes, uint32_t n)
{
    struct stream *s = &port->stream;
    uint32_t fill = s->backlog_head - s->backlog_tail;

    if (fill + n > AUDIO_RATE_HZ) { /* a second unwritten: the oldest give way */
        s->backlog_tail += fill + n - AUDIO_RATE_HZ;
        port_count(&port->counters.overruns, 1);
    }
    uint32_t at = s->backlog_head & (BACKLOG_SAMPLES - 1u);
    uint32_t first = BACKLOG_SAMPLES - at < n ? BACKLOG_SAMPLES - at : n;
    memcpy(s->backlog + at, codes, first);
    memcpy(s->backlog, codes + first, n - first);
    s->backlog_head += n;
}

static bool stage_more(struct port *port)
{
    static const uint8_t conexant_end[] = {DLE, '^'};
    struct stream *s = &port->stream;
    uint32_t fill = s->backlog_head - s->backlog_tail;
    uint32_t n = fill < sizeof s->staging / 2 ? fill : (uint32_t)sizeof s->staging / 2;

    s->staged_done = 0;
    s->staged = 0;
    if (n > 0) {
        uint32_t at = s->backlog_tail & (BACKLOG_SAMPLES - 1u); /* up to the ring's end; the rest next time */
        n = BACKLOG_SAMPLES - at < n ? BACKLOG_SAMPLES - at : n;
        echo_sent(&port->echo, s->backlog + at, n);
        s->backlog_tail += n;
        s->staged = (uint32_t)dle_encode(s->backlog + at, n, s->staging);
        int64_t frames = atomic_load_explicit(&port->counters.frames_out, memory_order_relaxed);
        atomic_store_explicit(&port->counters.frames_out, frames + n, memory_order_relaxed);
    } else if (s->tail_len > 0) {
        memcpy(s->staging, s->tail, s->tail_len);
        s->staged = s->tail_len;
        s->tail_len = 0;
    } else if (s->second_tail_due) {
        memcpy(s->staging, conexant_end, sizeof conexant_end);
        s->staged = sizeof conexant_end;
        s->second_tail_due = false;
    } else if (s->farewells_said < s->farewells_due) {
        memcpy(s->staging, s->farewell, s->farewell_len);
        s->staged = s->farewell_len;
        s->farewells_said++;
    }
    return s->staged > 0;
}

static void flush(audio_loop *loop, struct port *port)
{
    struct stream *s = &port->stream;

    while (s->staged_done < s->staged || stage_more(port)) {
        long n = device_write(&s->device, s->staging + s->staged_done, s->staged - s->staged_done);
        if (n < 0)
            stream_lose(loop, port, (int)-n);
        if (n <= 0)
            return;
        s->staged_done += (uint32_t)n;
    }
}

/* Takes up to n samples from the output queue to the backlog; returns how many there were. */
static uint32_t send_samples(struct port *port, uint32_t n)
{
    struct stream *s = &port->stream;
    int16_t samples[256];
    uint8_t codes[256];
    uint32_t done = 0, got;

    do {
        uint32_t want = n - done < 256 ? n - done : 256;
        got = resampler_pull(&port->out.resampler, &port->out.fifo, s->pace.step_out, samples, want);
        audio_ulaw_encode(samples, codes, got);
        stream_queue(port, codes, got);
        done += got;
    } while (got > 0 && done < n);
    return done;
}

static void send_owed(struct port *port)
{
    struct stream *s = &port->stream;

    if (!s->pace.heard) {
        uint32_t room = AHEAD_MAX - s->written_ahead;
        s->written_ahead += send_samples(port, room < TICK ? room : TICK);
        return;
    }
    if (s->pace.credit > 0)
        s->pace.credit -= (int32_t)send_samples(port, (uint32_t)s->pace.credit);
    if (s->pace.credit > CREDIT_MAX) {
        s->pace.credit = CREDIT_MAX;
        port_count(&port->counters.underruns, 1);
    }
}

/* After long jitter the modem's own buffer may stay nearly empty: silence fills it once. */
static void refill_device(struct port *port)
{
    struct pace *pace = &port->stream.pace;
    uint8_t silence[CREDIT_MAX];

    if (pace->short_by == 0)
        return;
    memset(silence, 0xFF, sizeof silence);
    stream_queue(port, silence, pace->short_by < CREDIT_MAX ? pace->short_by : CREDIT_MAX);
    pace->credit -= (int32_t)pace->short_by;
    pace->short_by = 0;
    port_count(&port->counters.underruns, 1);
}

static void bound_queue(struct port *port)
{
    uint32_t fill = fifo_fill(&port->out.fifo);

    if (fill <= QUEUE_MAX)
        return;
    resampler_skip(&port->out.resampler, &port->out.fifo, fill - QUEUE_MAX);
    if (port->stream.pace.heard)
        port_count(&port->counters.overruns, 1);
}

/* Without Python: the other end code, then the farewell, again in case the modem was still busy with
 * the end codes, and the descriptor is let go. */
static void hang_up_alone(audio_loop *loop, struct port *port)
{
    struct stream *s = &port->stream;

    if (s->second_tail_ns > 0 && loop->now_ns >= s->second_tail_ns) {
        s->second_tail_ns = 0;
        s->second_tail_due = true;
    }
    if (s->state != STREAM_MUTED || loop->now_ns < s->farewell_ns)
        return;
    s->farewell_ns = loop->now_ns + FAREWELL_AGAIN_NS;
    if (++s->farewells_due > FAREWELLS)
        stream_lose(loop, port, ECANCELED);
}

void stream_write(audio_loop *loop, struct port *port)
{
    struct stream *s = &port->stream;

    if (s->state == STREAM_OPEN) {
        fifo_push(&port->out.fifo, port->output, TICK);
        send_owed(port);
        refill_device(port);
        bound_queue(port);
        port_shorten(port, 1, &s->pace);
        uint32_t drop = pace_update(&s->pace, fifo_fill(&port->in.fifo), fifo_fill(&port->out.fifo));
        if (drop > 0) {
            resampler_skip(&port->in.resampler, &port->in.fifo, drop);
            port_count(&port->counters.overruns, 1);
        }
        int32_t waiting = (int32_t)(fifo_fill(&port->out.fifo) + s->backlog_head - s->backlog_tail);
        atomic_store_explicit(&port->counters.fill_out, waiting, memory_order_relaxed);
        atomic_store_explicit(&port->counters.drift_ppm, (int32_t)s->pace.drift.integral_ppm, memory_order_relaxed);
    } else {
        hang_up_alone(loop, port);
    }
    if (port->source == SOURCE_STREAM)
        flush(loop, port);
}
