/* SPDX-License-Identifier: Apache-2.0 */
/* A port bound to a sound card: heard and fed through the memory shared with the card's process.
 *
 * The card's one callback both brings and takes frames, so what it brought is what it is owed. Here, unlike
 * with a modem, what waits for the card can be seen: it is primed to last one piece and a late tick, a card
 * that ran dry has by that got more in reserve, and a reserve that is never used is drained. */
#include <errno.h>
#include <string.h>

#include "audio/card_ring.h"
#include "audio/internal.h"

#define AWAY_NS (400u * (uint64_t)NS_PER_MS) /* a card that brings nothing for so long is away */
#define MARGIN 160u             /* a tick and its lateness, above one piece of the card */
#define BACKLOG 1200u           /* 150 ms */
#define PIECE_MAX 2048u         /* a quarter of the ring; more is not believed */
#define QUEUE_MAX 480u          /* and one piece: what waits when the card takes less than it should */
#define RESERVE_WINDOW 300u     /* 3 s */
#define RESERVE_HIGH 160u       /* more above piece and margin at the worst moment of a window: latency for nothing */

static uint32_t piece_of(const struct card_ring *ring)
{
    uint32_t piece = atomic_load_explicit(&ring->piece, memory_order_relaxed);

    return piece < TICK ? TICK : piece > PIECE_MAX ? PIECE_MAX : piece;
}

/* Forgets what was on its way; the card's crystal stays as it is known. */
static void begin(audio_loop *loop, struct port *port)
{
    struct card_port *card = &port->card;
    double known_ppm = port->card.pace.drift.integral_ppm;

    port_lanes_clear(port);
    port_echo_restart(loop, port, false);
    port->has_input = false;
    pace_init(&port->card.pace);
    drift_recall(&port->card.pace.drift, known_ppm);
    card->dry_seen = atomic_load_explicit(&card->ring->dry_frames, memory_order_relaxed);
    card->primed = false;
    card->lowest = UINT32_MAX;
    card->window_ticks = 0;
}

void card_attach(audio_loop *loop, struct port *port, struct card_ring *ring)
{
    struct card_port *card = &port->card;

    *card = (struct card_port){.ring = ring, .state = CARD_UNKNOWN, .heard_ns = loop->now_ns};
    port->source = SOURCE_CARD;
    begin(loop, port);
    card->generation = atomic_load_explicit(&card->ring->generation, memory_order_acquire);
    card_lane_clear(&card->ring->up);
    atomic_store_explicit(&card->ring->joined, 1u, memory_order_release);
}

void card_detach(audio_loop *loop, struct port *port)
{
    if (port->source != SOURCE_CARD)
        return;
    port_stop_player(loop, port, AUDIO_PLAY_LOST);
    port->player.fading = false;
    port->source = SOURCE_NONE;
    port->has_input = false;
    port_lanes_clear(port);
    atomic_store_explicit(&port->card.ring->joined, 0u, memory_order_release);
    port->card.ring = NULL;
}

static void tell(audio_loop *loop, const struct port *port, uint16_t here)
{
    uint64_t ms = (loop->now_ns - port->card.heard_ns) / NS_PER_MS;
    struct event_detail detail = {.detail = here, .value = ms > INT32_MAX ? INT32_MAX : (int32_t)ms};

    event_emit(loop, AUDIO_CARD, port->number, &detail);
}

static void heard(audio_loop *loop, struct port *port, uint32_t n)
{
    struct card_port *card = &port->card;

    if (n > piece_of(card->ring) + BACKLOG) /* nobody called the loop for a while: that says nothing of the card */
        begin(loop, port);
    if (card->state != CARD_HERE) {
        begin(loop, port);
        card->state = CARD_HERE;
        tell(loop, port, AUDIO_CARD_HERE);
    }
    card->heard_ns = loop->now_ns;
    pace_heard(&card->pace, n, card->primed ? n : 0); /* what came before it was primed, it has done without */
    port_echo_cancel(loop, port, loop->heard, n);
    port_hear(loop, port, loop->heard, n);
}

static void heard_nothing(audio_loop *loop, struct port *port)
{
    struct card_port *card = &port->card;

    if (card->state == CARD_AWAY || loop->now_ns - card->heard_ns < AWAY_NS)
        return;
    card->state = CARD_AWAY;
    begin(loop, port);
    tell(loop, port, AUDIO_CARD_AWAY);
}

void card_read(audio_loop *loop, struct port *port)
{
    struct card_port *card = &port->card;
    uint32_t generation = atomic_load_explicit(&card->ring->generation, memory_order_acquire);

    if (generation != card->generation) { /* another process has taken over: nothing of the old one counts */
        card->generation = generation;
        begin(loop, port);
    }
    uint32_t n = card_lane_pull(&card->ring->up, loop->heard, CARD_RING_FRAMES);
    if (n > 0)
        heard(loop, port, n);
    else
        heard_nothing(loop, port);
    if (card->state != CARD_HERE)
        return;
    if (pace_begin_tick(&port->card.pace, fifo_fill(&port->in.fifo)))
        port_trim(port, &port->card.pace);
    port_take_input(port, &port->card.pace);
}

static uint32_t push(struct port *port, const int16_t *samples, uint32_t n)
{
    uint32_t fitted = card_lane_push(&port->card.ring->down, samples, n);

    echo_sent_linear(&port->echo, samples, fitted);
    return fitted;
}

static void prime(struct port *port)
{
    static const int16_t silence[PIECE_MAX + MARGIN];

    port->card.primed = true;
    push(port, silence, piece_of(port->card.ring) + MARGIN);
}

/* What the card does without now, it finds in the ring later: that is its reserve from then on. */
static void count_dry(struct port *port)
{
    struct card_port *card = &port->card;
    uint32_t dry = atomic_load_explicit(&card->ring->dry_frames, memory_order_relaxed);

    port_count(&port->counters.underruns, dry != card->dry_seen);
    card->dry_seen = dry;
}

/* Once a tick, before the card is given more: is there always more in reserve than it can need? */
static void watch_reserve(struct port *port)
{
    struct card_port *card = &port->card;
    uint32_t fill = card_lane_fill(&card->ring->down);

    if (fill < card->lowest)
        card->lowest = fill;
    if (++card->window_ticks < RESERVE_WINDOW)
        return;
    if (card->lowest > MARGIN + RESERVE_HIGH)
        port->card.pace.credit -= (int32_t)(card->lowest - MARGIN);
    card->lowest = UINT32_MAX;
    card->window_ticks = 0;
}

static void send_owed(struct port *port)
{
    int16_t samples[256];
    struct pace *pace = &port->card.pace;
    uint32_t got = 1, sent = 0;

    while (pace->credit > 0 && got > 0) {
        uint32_t want = pace->credit < 256 ? (uint32_t)pace->credit : 256;
        got = resampler_pull(&port->out.resampler, &port->out.fifo, pace->step_out, samples, want);
        uint32_t fitted = push(port, samples, got);
        if (fitted < got)
            port_count(&port->counters.overruns, 1);
        pace->credit -= (int32_t)got;
        sent += got;
    }
    int32_t most = (int32_t)(piece_of(port->card.ring) + MARGIN); /* more is owed only after a stall of ours */
    if (pace->credit > most)
        pace->credit = most;
    int64_t frames = atomic_load_explicit(&port->counters.frames_out, memory_order_relaxed);
    atomic_store_explicit(&port->counters.frames_out, frames + sent, memory_order_relaxed);
}

static void settle(struct port *port)
{
    const struct card_port *card = &port->card;
    uint32_t bound = QUEUE_MAX + piece_of(card->ring), queued = fifo_fill(&port->out.fifo);

    if (queued > bound) {
        resampler_skip(&port->out.resampler, &port->out.fifo, queued - bound);
        port_count(&port->counters.overruns, 1);
    }
    port_shorten(port, 1, &port->card.pace);
    uint32_t drop = pace_update(&port->card.pace, fifo_fill(&port->in.fifo), fifo_fill(&port->out.fifo));
    if (drop > 0) {
        resampler_skip(&port->in.resampler, &port->in.fifo, drop);
        port_count(&port->counters.overruns, 1);
    }
    uint32_t waiting = fifo_fill(&port->out.fifo) + card_lane_fill(&card->ring->down);
    atomic_store_explicit(&port->counters.fill_out, (int32_t)waiting, memory_order_relaxed);
    atomic_store_explicit(&port->counters.drift_ppm, (int32_t)port->card.pace.drift.integral_ppm, memory_order_relaxed);
}

void card_write(struct port *port)
{
    if (port->card.state != CARD_HERE)
        return;
    if (port->card.primed)
        fifo_push(&port->out.fifo, port->output, TICK);
    else
        prime(port);
    count_dry(port);
    watch_reserve(port);
    send_owed(port);
    settle(port);
}
