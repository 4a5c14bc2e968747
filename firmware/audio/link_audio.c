/* SPDX-License-Identifier: Apache-2.0 */
/* The audio of a HAT's link: uplink frames to its ports, one downlink frame for each uplink frame heard. */
#include <string.h>

#include "audio/internal.h"

#define CONCEAL_MAX 25u         /* 250 ms; a longer hole is a restart */
#define AHEAD_MAX 6u            /* frames made up before it is known what became of theirs: then they are silence */
#define PRIME_FRAMES 2          /* silence sent first: it fills the HAT's playout buffer, 20 ms */
#define RESERVE 40u             /* samples kept to send while the input queue is at the top of its dead band */
#define CREDIT_MAX 1600
#define QUEUE_MAX 480u
#define PLAYOUT_WINDOW 100u     /* uplink frames: 1 s */
#define PLAYOUT_HIGH 280        /* 35 ms between sent and played at the best moment of a second: too late */
#define PLAYOUT_SPARE 220        /* 27 ms, at the best moment of three such stretches: more than it can need */
#define PLAYOUT_STRETCHES 3u
#define PLAYOUT_LOW 60          /* less than a frame: one that comes late and the HAT runs dry */
#define PLAYOUT_BELIEVED 8000   /* beyond it the counters are not of one link */

static void fill_silence(struct link_audio *audio)
{
    if (audio->codec == LINK_CODEC_LINEAR)
        memset(audio->linear, 0, sizeof audio->linear);
    else
        memset(audio->ulaw, 0xFF, sizeof audio->ulaw);
}

void link_audio_set_codec(struct link_feed *feed, uint8_t codec)
{
    feed->down.codec = codec == LINK_CODEC_LINEAR ? LINK_CODEC_LINEAR : LINK_CODEC_ULAW;
    fill_silence(&feed->down);
}

void link_audio_restart(struct link_feed *feed)
{
    double known_ppm = feed->pace.drift.integral_ppm; /* the HAT's crystal is the same after a restart */

    pace_init(&feed->pace);
    drift_recall(&feed->pace.drift, known_ppm);
    feed->sent = 0;
    feed->ahead = 0;
    feed->primed = feed->repeat = false;
    feed->playout_min = INT32_MAX;
    feed->playout_frames = 0;
    memset(feed->plc, 0, sizeof feed->plc);
    fill_silence(&feed->down);
    for (uint16_t s = 0; feed->state == LINK_ON && s < feed->sockets; s++) {
        feed->loop->ports[feed->first_port + s].has_input = false;
        port_lanes_clear(&feed->loop->ports[feed->first_port + s]);
        port_echo_restart(feed->loop, &feed->loop->ports[feed->first_port + s], true);
    }
}

static void conceal(struct link_feed *feed, uint32_t frames)
{
    int16_t samples[TICK];

    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port *port = &feed->loop->ports[feed->first_port + s];
        for (uint32_t k = 0; k < frames; k++) {
            plc_lost(&feed->plc[s], samples);
            port_hear(feed->loop, port, samples, TICK);
        }
    }
}

/* Frames that were sent never came: what was not made up before they were due is made up now. */
static void note_lost(struct link_feed *feed, uint32_t missing)
{
    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port *port = &feed->loop->ports[feed->first_port + s];
        port_count(&port->counters.lost_frames, (int32_t)missing);
        echo_skip(&port->echo, missing * TICK);
    }
    if (missing > feed->ahead)
        conceal(feed, missing - feed->ahead);
}

/* The input would run dry in this tick, its frame late or lost: one is made up. A late one is played all the same, and
 * the queue is longer by it from then on. */
static void make_up_ahead(struct link_feed *feed)
{
    struct lane *in = &feed->loop->ports[feed->first_port].in;
    uint32_t ready = resampler_ready(&in->resampler, &in->fifo, feed->pace.step_in);

    if (!feed->pace.running || ready >= TICK || feed->ahead >= AHEAD_MAX)
        return;
    feed->pace.drift.missing += (int32_t)(TICK - ready);
    for (uint16_t s = 0; s < feed->sockets; s++)
        port_count(&feed->loop->ports[feed->first_port + s].counters.underruns, 1);
    conceal(feed, 1);
    feed->ahead++;
}

/* How many frames are missing before this one; 0 too when the HAT began anew. */
static uint32_t missing_before(const struct link_feed *feed, const struct link_audio *audio)
{
    uint8_t missing = (uint8_t)(audio->sequence - feed->next_sequence);

    if (!feed->pace.heard || missing > CONCEAL_MAX)
        return 0;
    return audio->sample_counter == feed->next_counter + missing * (uint32_t)TICK ? missing : 0;
}

/* Sends the HAT one frame less or more when its playout buffer stays too full or too empty. */
static void watch_playout(struct link_feed *feed, uint32_t played)
{
    int32_t ahead = (int32_t)(feed->sent - played);

    if (!feed->primed)
        return;
    if (ahead < feed->playout_min)
        feed->playout_min = ahead;
    if (++feed->playout_frames < PLAYOUT_WINDOW)
        return;
    feed->playout_spare = feed->playout_min > PLAYOUT_SPARE ? feed->playout_spare + 1 : 0;
    if (feed->playout_spare >= PLAYOUT_STRETCHES && feed->playout_min < PLAYOUT_BELIEVED) {
        feed->playout_spare = 0;
        feed->pace.credit -= (int32_t)TICK;
    } else if (feed->playout_min > PLAYOUT_HIGH && feed->playout_min < PLAYOUT_BELIEVED) {
        feed->pace.credit -= (int32_t)TICK;
    } else if (feed->playout_min < PLAYOUT_LOW && feed->playout_min > -PLAYOUT_BELIEVED) {
        feed->repeat = true;
    }
    feed->playout_min = INT32_MAX;
    feed->playout_frames = 0;
}

void link_audio_heard(void *context, const struct link_audio *audio)
{
    struct link_feed *feed = context;
    uint32_t missing = missing_before(feed, audio);

    if (missing > 0)
        note_lost(feed, missing);
    feed->ahead = 0;
    for (uint16_t s = 0; s < feed->sockets; s++) {
        int16_t samples[TICK];
        bool present = (audio->socket_mask >> s & 1) != 0;
        if (!present)
            memset(samples, 0, sizeof samples);
        else if (audio->codec == LINK_CODEC_LINEAR)
            memcpy(samples, audio->linear[s], sizeof samples);
        else
            audio_ulaw_decode(audio->ulaw[s], samples, TICK);
        struct port *port = &feed->loop->ports[feed->first_port + s];
        if (feed->primed)
            echo_played(&port->echo, audio->peer_counter, TICK);
        port_echo_cancel(feed->loop, port, samples, TICK);
        plc_good(&feed->plc[s], samples); /* without echo: what is made up of it has none */
        port_hear(feed->loop, port, samples, TICK);
    }
    feed->next_sequence = (uint8_t)(audio->sequence + 1);
    feed->next_counter = audio->sample_counter + TICK;
    feed->newest_counter = audio->sample_counter;
    pace_heard(&feed->pace, TICK, (missing + 1) * TICK);
    if (missing == 0) /* else nothing was sent for a while, and that is over */
        watch_playout(feed, audio->peer_counter);
}

void link_audio_take_input(struct link_feed *feed)
{
    bool begins = pace_begin_tick(&feed->pace, fifo_fill(&feed->loop->ports[feed->first_port].in.fifo));

    for (uint16_t s = 0; begins && s < feed->sockets; s++)
        port_trim(&feed->loop->ports[feed->first_port + s], &feed->pace);
    make_up_ahead(feed);
    for (uint16_t s = 0; s < feed->sockets; s++)
        port_take_input(&feed->loop->ports[feed->first_port + s], &feed->pace);
}

/* Sends `feed->down` as it is. */
static void send_frame(struct link_feed *feed)
{
    uint8_t wire[LINK_MAX_WIRE];
    struct link_audio *audio = &feed->down;

    audio->sample_counter = feed->sent;
    audio->peer_counter = feed->newest_counter;
    audio->socket_mask = (uint8_t)((1u << feed->sockets) - 1u);
    link_wire_put(&feed->wire, wire, link_encode_audio(&feed->end, audio, wire, sizeof wire));
    feed->sent += TICK;
    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port_counters *c = &feed->loop->ports[feed->first_port + s].counters;
        struct echo *echo = &feed->loop->ports[feed->first_port + s].echo;
        if (audio->codec == LINK_CODEC_LINEAR)
            echo_sent_linear(echo, audio->linear[s], TICK);
        else
            echo_sent(echo, audio->ulaw[s], TICK);
        int64_t frames = atomic_load_explicit(&c->frames_out, memory_order_relaxed);
        atomic_store_explicit(&c->frames_out, frames + TICK, memory_order_relaxed);
    }
}

static void next_frame(struct link_feed *feed)
{
    int16_t samples[TICK];

    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct lane *out = &feed->loop->ports[feed->first_port + s].out;
        uint32_t got = resampler_pull(&out->resampler, &out->fifo, feed->pace.step_out, samples, TICK);
        memset(samples + got, 0, (TICK - got) * sizeof *samples);
        if (feed->down.codec == LINK_CODEC_LINEAR)
            memcpy(feed->down.linear[s], samples, sizeof samples);
        else
            audio_ulaw_encode(samples, feed->down.ulaw[s], TICK);
    }
    send_frame(feed);
}

/* Keeps the queues and the debt within bounds, and follows the HAT's clock. */
static void settle(struct link_feed *feed)
{
    struct pace *pace = &feed->pace;
    struct port *first = &feed->loop->ports[feed->first_port];
    uint32_t queued = fifo_fill(&first->out.fifo);
    uint32_t over = queued > QUEUE_MAX ? queued - QUEUE_MAX : 0;
    port_shorten(first, feed->sockets, pace);
    uint32_t drop = pace_update(pace, fifo_fill(&first->in.fifo), queued - over);
    bool starved = pace->credit > CREDIT_MAX;

    if (starved)
        pace->credit = CREDIT_MAX;
    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port *port = &feed->loop->ports[feed->first_port + s];
        resampler_skip(&port->in.resampler, &port->in.fifo, drop);
        resampler_skip(&port->out.resampler, &port->out.fifo, over);
        port_count(&port->counters.overruns, (drop > 0) + (over > 0));
        port_count(&port->counters.underruns, starved);
        atomic_store_explicit(&port->counters.fill_out, (int32_t)fifo_fill(&port->out.fifo), memory_order_relaxed);
        atomic_store_explicit(&port->counters.drift_ppm, (int32_t)pace->drift.integral_ppm, memory_order_relaxed);
    }
}

static void prime(struct link_feed *feed)
{
    static const int16_t silence[RESERVE];

    for (int i = 0; i < PRIME_FRAMES; i++)
        send_frame(feed);
    for (uint16_t s = 0; s < feed->sockets; s++)
        fifo_push(&feed->loop->ports[feed->first_port + s].out.fifo, silence, RESERVE);
    feed->primed = true;
}

void link_audio_send(struct link_feed *feed)
{
    struct pace *pace = &feed->pace;
    const struct lane *first = &feed->loop->ports[feed->first_port].out;

    if (!pace->heard)
        return;
    if (!feed->primed)
        prime(feed);
    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port *port = &feed->loop->ports[feed->first_port + s];
        fifo_push(&port->out.fifo, port->output, TICK);
        port_count(&port->counters.underruns, feed->repeat);
    }
    if (feed->repeat)
        send_frame(feed);
    feed->repeat = false;
    while (pace->credit >= (int32_t)TICK && resampler_ready(&first->resampler, &first->fifo, pace->step_out) >= TICK) {
        next_frame(feed);
        pace->credit -= (int32_t)TICK;
    }
    settle(feed);
}
