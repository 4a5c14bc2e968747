/* SPDX-License-Identifier: Apache-2.0 */
/* A modem's serial PCM: raw 16-bit samples at 8 kHz, little end first, without shield or end mark.
 *
 * The modem's clock is the one that counts: for every sample it sends it is sent one, silence too. Nothing
 * here waits for it: what does not fit is dropped, the oldest first, and counted. Bytes may be cut
 * anywhere, both ways; a sample that is half written is always finished. */
#include <errno.h>
#include <string.h>

#include "audio/internal.h"

#define READ_BYTES 4096u
#define READS_A_TICK 8
#define STALE_READS 32          /* 128 KiB, 8 s: what waited in the kernel before the call */
#define FIRST_CREDIT 160u       /* what waited in the modem is not answered sample by sample */
#define PIECE_MAX 320u          /* 40 ms: SIM7600 sends 640 bytes at once */
#define PRIME 320u              /* 40 ms of silence sent at once, for the modem to play from */
#define AHEAD_MAX 800u          /* 100 ms, the priming included: for a modem that wants bytes before it sends any */
#define CREDIT_MAX 800          /* 100 ms: after a longer stall the modem's own buffer is empty anyway */
#define QUEUE_MAX 480u          /* 60 ms: what waits for a modem that has stopped sending */
#define UNWRITTEN_MAX 640u      /* 80 ms: and for one that takes nothing */
#define STALL_NS (400u * (uint64_t)NS_PER_MS)

/* From the first sample on, or again after a stall; the modem's crystal stays as it is known. */
static void begin(audio_loop *loop, struct port *port)
{
    struct pcm_port *pcm = &port->pcm;

    if (pcm->pace.drift.rate.known)
        pcm->known_ppm = pcm->pace.drift.integral_ppm;
    pace_init(&pcm->pace);
    pcm->pace.piece_max = PIECE_MAX;
    drift_recall(&pcm->pace.drift, pcm->known_ppm);
    port_lanes_clear(port);
    port->has_input = false;
    port_echo_restart(loop, port, false);
    pcm->backlog_tail = pcm->backlog_head;
    pcm->written_ahead = 0;
}

static void queue(struct port *port, const int16_t *samples, uint32_t n)
{
    struct pcm_port *pcm = &port->pcm;
    uint32_t fill = pcm->backlog_head - pcm->backlog_tail;

    for (uint32_t i = 0; i < n; i++)
        pcm->backlog[pcm->backlog_head++ & (PCM_BACKLOG - 1u)] = samples[i];
    if (fill + n > UNWRITTEN_MAX) {
        pcm->backlog_tail += fill + n - UNWRITTEN_MAX;
        port_count(&port->counters.overruns, 1);
    }
}

static void queue_silence(struct port *port, uint32_t n)
{
    static const int16_t silence[UNWRITTEN_MAX];

    queue(port, silence, n < UNWRITTEN_MAX ? n : UNWRITTEN_MAX);
}

static void prime(struct port *port)
{
    queue_silence(port, PRIME);
    port->pcm.written_ahead = PRIME;
}

void pcm_attach(audio_loop *loop, struct port *port, const struct device *device)
{
    struct pcm_port *pcm = &port->pcm;
    uint8_t stale[READ_BYTES];

    port->source = SOURCE_PCM;
    pcm->device = *device;
    pcm_phase_init(&pcm->phase);
    pcm->staged = pcm->staged_done = 0;
    pcm->heard_ns = loop->now_ns;
    pcm->stalled = false;
    begin(loop, port);
    for (int reads = 0; reads < STALE_READS; reads++) {
        long n = device_read(device, stale, sizeof stale);
        if (n <= 0)
            break; /* a device that has failed says so again when it is read */
        pcm->phase.skips ^= n % 2 != 0;
    }
    prime(port);
}

void pcm_detach(audio_loop *loop, struct port *port)
{
    if (port->source != SOURCE_PCM)
        return;
    port_stop_player(loop, port, AUDIO_PLAY_LOST);
    port->player.fading = false;
    comfort_noise_set(&port->comfort, 0);
    begin(loop, port);
    port->source = SOURCE_NONE;
}

static void lose(audio_loop *loop, struct port *port, int error)
{
    pcm_detach(loop, port);
    event_emit(loop, AUDIO_PORT_LOST, port->number, &(struct event_detail){.value = error});
}

static void tell_stall(audio_loop *loop, struct port *port, bool over)
{
    uint64_t ms = (loop->now_ns - port->pcm.heard_ns) / NS_PER_MS;
    struct event_detail detail = {.detail = over ? AUDIO_STALL_OVER : AUDIO_STALL_BEGAN,
                                  .value = ms > INT32_MAX ? INT32_MAX : (int32_t)ms};

    port->pcm.stalled = !over;
    event_emit(loop, AUDIO_STALLED, port->number, &detail);
}

static void take(audio_loop *loop, struct port *port, const uint8_t *bytes, uint32_t n)
{
    struct pcm_port *pcm = &port->pcm;
    uint32_t samples = pcm_phase_join(&pcm->phase, bytes, n, loop->heard), owed = samples;

    if (pcm_phase_judge(&pcm->phase, loop->heard, samples))
        port_count(&port->counters.lost_frames, 1);
    if (!pcm->pace.heard) {
        fifo_clear(&port->out.fifo); /* what the modem was not sent yet is stale */
        owed = owed < FIRST_CREDIT ? owed : FIRST_CREDIT;
    }
    pace_heard(&pcm->pace, samples, owed);
    port_echo_cancel(loop, port, loop->heard, samples);
    port_hear(loop, port, loop->heard, samples);
}

/* Some firmwares fall silent in a call (SIM7600): whoever holds the AT port can do something about it. */
static void watch_stall(audio_loop *loop, struct port *port, bool fed)
{
    struct pcm_port *pcm = &port->pcm;

    if (fed && pcm->stalled) {
        tell_stall(loop, port, true);
        if (pcm->written_ahead == 0)
            prime(port); /* it has played long since what it had */
    }
    if (fed) {
        pcm->heard_ns = loop->now_ns;
    } else if (!pcm->stalled && loop->now_ns - pcm->heard_ns >= STALL_NS) {
        tell_stall(loop, port, false);
        if (pcm->pace.heard)
            begin(loop, port);
    }
}

void pcm_read(audio_loop *loop, struct port *port)
{
    struct pcm_port *pcm = &port->pcm;
    uint8_t bytes[READ_BYTES];
    bool fed = false;

    for (int reads = 0; reads < READS_A_TICK; reads++) {
        long n = device_read(&pcm->device, bytes, sizeof bytes);
        if (n < 0) {
            lose(loop, port, (int)-n);
            return;
        }
        if (n > 0)
            take(loop, port, bytes, (uint32_t)n);
        fed = fed || n > 0;
        if (n < (long)sizeof bytes)
            break;
    }
    watch_stall(loop, port, fed);
    if (pace_begin_tick(&pcm->pace, fifo_fill(&port->in.fifo)))
        port_trim(port, &pcm->pace);
    port_take_input(port, &pcm->pace);
}

static bool stage_more(struct port *port)
{
    struct pcm_port *pcm = &port->pcm;
    uint32_t fill = pcm->backlog_head - pcm->backlog_tail, n = fill < PCM_STAGED ? fill : PCM_STAGED;
    int16_t samples[PCM_STAGED];

    for (uint32_t i = 0; i < n; i++) {
        samples[i] = pcm->backlog[pcm->backlog_tail++ & (PCM_BACKLOG - 1u)];
        pcm->staging[2 * i] = (uint8_t)samples[i];
        pcm->staging[2 * i + 1] = (uint8_t)((uint16_t)samples[i] >> 8);
    }
    echo_sent_linear(&port->echo, samples, n);
    pcm->staged_done = 0;
    pcm->staged = 2 * n;
    int64_t frames = atomic_load_explicit(&port->counters.frames_out, memory_order_relaxed);
    atomic_store_explicit(&port->counters.frames_out, frames + n, memory_order_relaxed);
    return n > 0;
}

static void flush(audio_loop *loop, struct port *port)
{
    struct pcm_port *pcm = &port->pcm;

    while (pcm->staged_done < pcm->staged || stage_more(port)) {
        long n = device_write(&pcm->device, pcm->staging + pcm->staged_done, pcm->staged - pcm->staged_done);
        if (n < 0)
            lose(loop, port, (int)-n);
        if (n <= 0)
            return;
        pcm->staged_done += (uint32_t)n;
    }
}

/* Takes up to n samples from the output queue; returns how many there were. */
static uint32_t send_samples(struct port *port, uint32_t n)
{
    int16_t samples[256];
    uint32_t done = 0, got;

    do {
        uint32_t want = n - done < 256 ? n - done : 256;
        got = resampler_pull(&port->out.resampler, &port->out.fifo, port->pcm.pace.step_out, samples, want);
        queue(port, samples, got);
        done += got;
    } while (got > 0 && done < n);
    return done;
}

static void send_owed(struct port *port)
{
    struct pcm_port *pcm = &port->pcm;
    struct pace *pace = &pcm->pace;

    if (!pace->heard) {
        uint32_t room = pcm->stalled ? 0 : AHEAD_MAX - pcm->written_ahead;
        pcm->written_ahead += send_samples(port, room < TICK ? room : TICK);
        return;
    }
    if (pace->credit > 0)
        pace->credit -= (int32_t)send_samples(port, (uint32_t)pace->credit);
    if (pace->credit > CREDIT_MAX) {
        pace->credit = CREDIT_MAX;
        port_count(&port->counters.underruns, 1);
    }
    if (pace->short_by > 0) { /* after long jitter the modem's own buffer may stay nearly empty */
        queue_silence(port, pace->short_by);
        pace->credit -= (int32_t)pace->short_by;
        pace->short_by = 0;
        port_count(&port->counters.underruns, 1);
    }
}

static void settle(struct port *port)
{
    struct pcm_port *pcm = &port->pcm;
    uint32_t queued = fifo_fill(&port->out.fifo);

    if (queued > QUEUE_MAX) {
        resampler_skip(&port->out.resampler, &port->out.fifo, queued - QUEUE_MAX);
        port_count(&port->counters.overruns, pcm->pace.heard);
    }
    port_shorten(port, 1, &pcm->pace);
    uint32_t drop = pace_update(&pcm->pace, fifo_fill(&port->in.fifo), fifo_fill(&port->out.fifo));
    if (drop > 0) {
        resampler_skip(&port->in.resampler, &port->in.fifo, drop);
        port_count(&port->counters.overruns, 1);
    }
    int32_t waiting = (int32_t)(fifo_fill(&port->out.fifo) + pcm->backlog_head - pcm->backlog_tail);
    atomic_store_explicit(&port->counters.fill_out, waiting, memory_order_relaxed);
    atomic_store_explicit(&port->counters.drift_ppm, (int32_t)pcm->pace.drift.integral_ppm, memory_order_relaxed);
}

void pcm_write(audio_loop *loop, struct port *port)
{
    fifo_push(&port->out.fifo, port->output, TICK);
    send_owed(port);
    settle(port);
    flush(loop, port);
}
