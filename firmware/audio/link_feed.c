/* SPDX-License-Identifier: Apache-2.0 */
/* A HAT's link in the tick: its descriptor, its control messages, and whether it lives. */
#include <errno.h>
#include <string.h>

#include "audio/internal.h"

#define READ_BYTES 4096u
#define READS_A_TICK 4
#define LOST_NS (500u * (uint64_t)NS_PER_MS)

static void message_heard(void *context, const struct link_message *message)
{
    struct link_feed *feed = context;
    struct event_detail detail = {.detail = message->kind, .data = message->payload, .len = message->len};

    if (message->kind == LINK_MSG_HELLO_REPLY && message->len > 1)
        link_audio_set_codec(feed, message->payload[1]); /* the card has chosen among what HELLO offered */
    event_emit(feed->loop, AUDIO_LINK_MESSAGE, feed->number, &detail);
}

static void release_ports(struct link_feed *feed)
{
    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port *port = &feed->loop->ports[feed->first_port + s];
        port_stop_player(feed->loop, port, AUDIO_PLAY_LOST);
        port->player.fading = false;
        port->source = SOURCE_NONE;
        port->has_input = false;
        port_lanes_clear(port);
        port_echo_restart(feed->loop, port, false);
    }
}

void link_feed_attach(audio_loop *loop, uint16_t link, const struct command *command)
{
    struct link_feed *feed = &loop->links[link];
    struct link_handler handler = {.context = feed, .audio = link_audio_heard, .message = message_heard};

    if (feed->state != LINK_OFF)
        link_feed_detach(loop, link);
    feed->loop = loop;
    feed->number = link;
    feed->state = LINK_ON;
    feed->device = command->u.link.device;
    feed->first_port = command->u.link.first_port;
    feed->sockets = command->u.link.sockets;
    feed->good = false;
    feed->stuck = false;
    feed->good_frames = 0;
    feed->wire.len = 0;
    feed->queue_head = feed->queue_tail = 0;
    link_init(&feed->end, &handler);
    pace_init(&feed->pace);
    link_audio_restart(feed);
    for (uint16_t s = 0; s < feed->sockets; s++) {
        struct port *port = &loop->ports[feed->first_port + s];
        if (port->source == SOURCE_STREAM)
            stream_detach(loop, port);
        port_lanes_clear(port);
        port->source = SOURCE_LINK;
    }
}

void link_feed_detach(audio_loop *loop, uint16_t link)
{
    struct link_feed *feed = &loop->links[link];

    if (feed->state == LINK_ON)
        release_ports(feed);
    feed->state = LINK_OFF;
    event_emit(loop, AUDIO_LINK_DETACHED, link, &(struct event_detail){0});
}

/* The descriptor failed: never touched again. */
static void link_failed(struct link_feed *feed, int error)
{
    release_ports(feed);
    feed->state = LINK_DEAD;
    event_emit(feed->loop, AUDIO_LINK_LOST, feed->number, &(struct event_detail){.value = error});
}

/* The HAT fell silent or stopped listening: the ports fall silent, and a HELLO may bring it back. */
static void link_lost(struct link_feed *feed, int error)
{
    feed->good = false;
    feed->queue_head = feed->queue_tail = 0;
    link_audio_restart(feed);
    event_emit(feed->loop, AUDIO_LINK_LOST, feed->number, &(struct event_detail){.value = error});
}

void link_feed_send(struct link_feed *feed, const struct link_message *message)
{
    if (feed->state != LINK_ON)
        return;
    if (message->kind == LINK_MSG_HELLO)
        feed->queue_head = feed->queue_tail = 0; /* HELLO restarts the link: older messages are void */
    if (feed->queue_head - feed->queue_tail >= LINK_QUEUE) {
        link_lost(feed, ENOBUFS);
        return;
    }
    feed->queue[feed->queue_head++ % LINK_QUEUE] = *message;
}

/* Told once; a HELLO clears the link's window, and with it the fault. */
static void check_stuck(struct link_feed *feed)
{
    bool stuck = link_is_stuck(&feed->end, (uint32_t)(feed->loop->now_ns / NS_PER_MS));

    if (stuck && !feed->stuck)
        link_lost(feed, ETIMEDOUT);
    feed->stuck = stuck;
}

static void check_life(struct link_feed *feed)
{
    audio_loop *loop = feed->loop;
    uint32_t good_frames = link_get_counters(&feed->end)->good_frames;

    if (good_frames != feed->good_frames) {
        feed->good_frames = good_frames;
        feed->good_ns = loop->now_ns;
        feed->good = true;
        check_stuck(feed);
        return;
    }
    if (feed->good && loop->now_ns - feed->good_ns > LOST_NS)
        link_lost(feed, ETIMEDOUT);
}

void link_feed_read(audio_loop *loop, struct link_feed *feed)
{
    uint8_t bytes[READ_BYTES];

    feed->loop = loop;
    for (int reads = 0; reads < READS_A_TICK; reads++) {
        long n = device_read(&feed->device, bytes, sizeof bytes);
        if (n < 0) {
            link_failed(feed, (int)-n);
            return;
        }
        link_receive(&feed->end, bytes, (size_t)n);
        if (n < (long)sizeof bytes)
            break;
    }
    check_life(feed);
    link_audio_take_input(feed);
}

static void put_messages(struct link_feed *feed)
{
    uint8_t wire[LINK_WINDOW * (LINK_MAX_PAYLOAD + 16)];

    while (feed->queue_tail != feed->queue_head) {
        const struct link_message *m = &feed->queue[feed->queue_tail % LINK_QUEUE];
        if (!link_send(&feed->end, m->kind, m->payload, m->len))
            break;
        feed->queue_tail++;
    }
    size_t n = link_encode_messages(&feed->end, (uint32_t)(feed->loop->now_ns / NS_PER_MS), wire, sizeof wire);
    link_wire_put(&feed->wire, wire, n);
}

void link_feed_write(audio_loop *loop, struct link_feed *feed)
{
    int error;

    if (!loop->muted) { /* a HAT that hears nothing for 500 ms falls back by itself */
        put_messages(feed);
        link_audio_send(feed);
    }
    if (!link_wire_write(&feed->wire, &feed->device, &error))
        link_failed(feed, error);
}
