/* SPDX-License-Identifier: Apache-2.0 */
/* The line card's tick: sockets, ringing, audio and the rules of the link's life. */
#include "linecard/core/linecard.h"
#include "linecard/core/gain.h"
#include "linecard/core/orders.h"
#include <string.h>

void linecard_init(struct linecard *card, const struct linecard_config *config, const struct linecard_hal *hal,
                   uint8_t off_hook_mask)
{
    memset(card, 0, sizeof *card);
    card->config = *config;
    card->hal = *hal;
    orders_attach(card);
    playout_reset(&card->playout);
    ringer_init(&card->ringer);
    for (int i = 0; i < LINK_SOCKETS; i++) {
        hook_init(&card->sockets[i].hook, off_hook_mask >> i & 1);
        exchange_init(&card->sockets[i].line);
        card->sockets[i].gain_out = card->sockets[i].gain_in = gain_factor(0);
    }
}

/* --- sockets -------------------------------------------------------------------------------- */

static void set_ring_mask(struct linecard *card, uint8_t mask)
{
    uint8_t changed = card->ring_mask ^ mask;
    card->ring_mask = mask;
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (changed >> i & 1)
            card->hal.set_ring(card->hal.context, i + 1, mask >> i & 1);
}

static void set_line_hooks(struct linecard *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++) {
        struct linecard_socket *socket = &card->sockets[i];
        bool off_hook = exchange_is_off_hook(&socket->line);
        if (off_hook == socket->line_off_hook)
            continue;
        socket->line_off_hook = off_hook;
        card->hal.set_line_hook(card->hal.context, i + 1, off_hook);
    }
}

static void report(struct linecard *card, uint8_t kind, int index, uint8_t detail, uint8_t len)
{
    const uint8_t payload[2] = {(uint8_t)(index + 1), detail};
    orders_report(card, kind, payload, len);
}

void linecard_sample_hook(struct linecard *card, int socket, bool off_hook)
{
    int index = socket - 1;
    struct hook *hook = &card->sockets[index].hook;
    switch (hook_sample(hook, off_hook)) {
    case HOOK_LIFTED:
        ringer_stop(&card->ringer, index, card->now_ms);
        set_ring_mask(card, card->ring_mask & (uint8_t)~(1U << index));
        report(card, LINK_MSG_HOOK, index, 1, 2);
        break;
    case HOOK_HUNG_UP:
        report(card, LINK_MSG_HOOK, index, 0, 2);
        break;
    case HOOK_FLASHED:
        report(card, LINK_MSG_HOOK_FLASH, index, 0, 1);
        break;
    case HOOK_DIGIT:
        report(card, LINK_MSG_PULSE_DIGIT, index, (uint8_t)hook->digit, 2);
        break;
    case HOOK_NOTHING:
        break;
    }
}

void linecard_sample_line(struct linecard *card, int socket, bool ringing, bool loop_open)
{
    struct exchange_line *line = &card->sockets[socket - 1].line;
    struct exchange_report change = exchange_sample(line, ringing, loop_open);
    if (change.ring_changed)
        report(card, LINK_MSG_RING_DETECTED, socket - 1, line->ringing, 2);
    if (change.loop_changed)
        report(card, LINK_MSG_LOOP, socket - 1, line->loop_open, 2);
    set_line_hooks(card);
}

/* --- the link's life ------------------------------------------------------------------------ */

static void rest(struct linecard *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++) {
        ringer_stop(&card->ringer, i, card->now_ms);
        exchange_release(&card->sockets[i].line);
    }
    set_ring_mask(card, 0);
    set_line_hooks(card);
    playout_reset(&card->playout);
}

static void set_lifeline(struct linecard *card, bool on)
{
    if (card->lifeline != on)
        card->hal.set_lifeline(card->hal.context, on);
    card->lifeline = on;
}

static void follow_link(struct linecard *card)
{
    if (card->state == LINECARD_UP)
        set_lifeline(card, false);
    uint32_t silent_ms = card->now_ms - card->heard_ms;
    bool dead = silent_ms >= LINECARD_SILENCE_MS || link_is_stuck(&card->link, card->now_ms);
    if (card->state != LINECARD_DOWN && dead) {
        bool was_up = card->state == LINECARD_UP;
        orders_detach(card);
        rest(card);
        if (was_up)
            card->hal.link_changed(card->hal.context, false);
    }
    if (card->state != LINECARD_UP && silent_ms >= LINECARD_LIFELINE_MS) {
        set_lifeline(card, true);
        card->heard_ms = card->now_ms - LINECARD_LIFELINE_MS; /* stays true when the clock wraps */
    }
}

void linecard_receive(struct linecard *card, const uint8_t *bytes, size_t n)
{
    link_receive(&card->link, bytes, n);
    uint32_t good = link_get_counters(&card->link)->good_frames;
    if (good != card->seen_good)
        card->heard_ms = card->now_ms;
    card->seen_good = good;
}

/* --- audio ---------------------------------------------------------------------------------- */

static void hear(struct linecard *card, uint8_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    playout_take(&card->playout, downlink);
    for (int i = 0; i < LINK_SOCKETS; i++)
        gain_apply(downlink[i], LINK_AUDIO_FRAMES, card->sockets[i].gain_out);
}

static size_t speak(struct linecard *card, const uint8_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    struct link_audio *audio = &card->uplink;
    audio->sample_counter = card->sent_samples;
    audio->peer_counter = card->playout.played;
    audio->socket_mask = card->config.fxs_mask | card->config.fxo_mask;
    memcpy(audio->ulaw, uplink, sizeof audio->ulaw);
    for (int i = 0; i < LINK_SOCKETS; i++)
        gain_apply(audio->ulaw[i], LINK_AUDIO_FRAMES, card->sockets[i].gain_in);
    card->sent_samples += LINK_AUDIO_FRAMES;
    return link_encode_audio(&card->link, audio, card->wire, sizeof card->wire);
}

void linecard_tick(struct linecard *card, uint32_t now_ms, const uint8_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES],
                   uint8_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    card->now_ms = now_ms;
    follow_link(card);
    set_ring_mask(card, ringer_tick(&card->ringer, now_ms));
    set_line_hooks(card);
    hear(card, downlink);
    if (card->state == LINECARD_DOWN)
        return;
    size_t n = 0;
    if (card->state == LINECARD_UP)
        n = speak(card, uplink);
    orders_flush(card);
    n += link_encode_messages(&card->link, now_ms, card->wire + n, sizeof card->wire - n);
    if (n > 0)
        card->hal.link_write(card->hal.context, card->wire, n);
}
