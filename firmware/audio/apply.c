/* SPDX-License-Identifier: Apache-2.0 */
/* The posted commands, done at the start of the next tick. */
#include "audio/internal.h"

static void clip_remove(audio_loop *loop, uint32_t id)
{
    for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++)
        player_forget(&loop->ports[p].player, id);
    loop->clips[id] = (struct clip){0};
    event_emit(loop, AUDIO_CLIP_FREED, 0, &(struct event_detail){.id = id});
}

static void port_play(audio_loop *loop, struct port *port, const struct command *c)
{
    port_stop_player(loop, port, AUDIO_PLAY_STOPPED);
    if (c->kind == COMMAND_TONE)
        player_tone(&port->player, c->id, &c->u.tone);
    else
        player_clips(&port->player, c->id, c->u.play.clips, c->u.play.count, c->u.play.flags);
}

static void attach_stream(audio_loop *loop, struct port *port, const struct command *c)
{
    struct block *block = c->u.attach.read_ahead;

    stream_attach(loop, port, &c->u.attach.device, block);
    if (block != NULL)
        atomic_store_explicit(&block->done, true, memory_order_release);
}

static void tap_close(audio_loop *loop, uint32_t id)
{
    struct tap *tap = &loop->taps[id];

    tap_finish(loop, tap);
    atomic_store_explicit(&tap->taken, false, memory_order_release);
    event_emit(loop, AUDIO_TAP_CLOSED, tap->port, &(struct event_detail){.id = id});
}

/* Whatever brings the port its sound lets go of it: the next device is about to be attached. */
static void free_port(audio_loop *loop, struct port *port)
{
    card_detach(loop, port);
    pcm_detach(loop, port);
    if (port->source != SOURCE_NONE)
        stream_detach(loop, port);
}

static void port_command(audio_loop *loop, struct port *port, const struct command *c)
{
    switch (c->kind) {
    case COMMAND_ATTACH_STREAM:
        free_port(loop, port);
        attach_stream(loop, port, c);
        break;
    case COMMAND_END_STREAM:
        stream_end(loop, port, c->u.tail.bytes, c->u.tail.len);
        break;
    case COMMAND_FAREWELL:
        stream_set_farewell(port, c->u.tail.bytes, c->u.tail.len);
        break;
    case COMMAND_ATTACH_CARD:
        free_port(loop, port);
        card_attach(loop, port, c->u.card);
        break;
    case COMMAND_ATTACH_PCM:
        free_port(loop, port);
        pcm_attach(loop, port, &c->u.attach.device);
        break;
    case COMMAND_DETACH:
        card_detach(loop, port);
        pcm_detach(loop, port);
        stream_detach(loop, port);
        break;
    case COMMAND_PLAY:
    case COMMAND_TONE:
        port_play(loop, port, c);
        break;
    case COMMAND_STOP:
        port_stop_player(loop, port, AUDIO_PLAY_STOPPED);
        break;
    case COMMAND_LISTEN:
        port_listen(port, c->u.listen.flags, c->u.listen.silence_ms);
        break;
    case COMMAND_TONES:
        port_tones(port, c->u.tones.patterns, c->u.tones.count);
        break;
    case COMMAND_COMFORT:
        comfort_noise_set(&port->comfort, c->u.comfort.level_db10);
        break;
    case COMMAND_GAIN:
        port->gain_in = c->u.gain.in;
        port->gain_out = c->u.gain.out;
        break;
    case COMMAND_SECRET:
        port->secret = c->u.on;
        break;
    case COMMAND_METER:
        port_meter(port, c->u.on);
        break;
    case COMMAND_LEVEL:
        port->automatic = c->u.on;
        agc_init(&port->agc);
        break;
    case COMMAND_ECHO:
        port_echo_switch(loop, port, c->u.on);
        break;
    default: /* COMMAND_ROUTE; the rest never comes here */
        if (c->u.route.on)
            loop->ports[c->u.route.to].hears |= 1u << port->number;
        else
            loop->ports[c->u.route.to].hears &= ~(1u << port->number);
        break;
    }
}

void command_apply(audio_loop *loop, struct command *c)
{
    switch (c->kind) {
    case COMMAND_CLIP_ADD:
        loop->clips[c->id] = c->u.clip;
        break;
    case COMMAND_CLIP_REMOVE:
        clip_remove(loop, c->id);
        break;
    case COMMAND_LINK_ATTACH:
        link_feed_attach(loop, c->port, c);
        break;
    case COMMAND_LINK_SEND:
        link_feed_send(&loop->links[c->port], &c->u.message);
        break;
    case COMMAND_LINK_DETACH:
        link_feed_detach(loop, c->port);
        break;
    case COMMAND_TAP_OPEN:
        tap_begin(&loop->taps[c->id], c->port);
        break;
    case COMMAND_TAP_CLOSE:
        tap_close(loop, c->id);
        break;
    default:
        port_command(loop, &loop->ports[c->port], c);
        break;
    }
}
