/* SPDX-License-Identifier: Apache-2.0 */
/* The line card's millisecond and tick: audio and the rules of the link's life. */
#include "linecard/core/linecard.h"
#include "linecard/core/gain.h"
#include "linecard/core/orders.h"
#include "linecard/core/ports.h"
#include "linecard/core/ulaw.h"
#include <string.h>

void linecard_init(struct linecard *card, const struct linecard_config *config, const struct linecard_board *board)
{
    memset(card, 0, sizeof *card);
    card->config = *config;
    card->board = *board;
    orders_attach(card);
    playout_reset(&card->playout);
    ports_init(card);
    const struct update_config none = {0};
    update_init(&card->update, &none);
}

void linecard_use_flash(struct linecard *card, const struct update_config *config)
{
    update_init(&card->update, config);
}

/* --- the link's life ------------------------------------------------------------------------ */

static void rest(struct linecard *card)
{
    ports_rest(card);
    playout_reset(&card->playout);
}

static void follow_link(struct linecard *card)
{
    uint32_t silent_ms = card->now_ms - card->heard_ms;
    bool dead = silent_ms >= LINECARD_SILENCE_MS || link_is_stuck(&card->link, card->now_ms);
    if (card->state == LINECARD_UP)
        card->host = true;
    if (card->state != LINECARD_DOWN && dead) {
        bool was_up = card->state == LINECARD_UP;
        orders_detach(card);
        rest(card);
        if (was_up)
            card->board.link_changed(card->board.context, false);
    }
    if (card->state != LINECARD_UP && silent_ms >= LINECARD_LIFELINE_MS) {
        card->host = false;
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

static void hear(struct linecard *card, int16_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    playout_take(&card->playout, downlink);
    for (int i = 0; i < LINK_SOCKETS; i++) {
        gain_apply(downlink[i], LINK_AUDIO_FRAMES, card->sockets[i].gain_out);
        ports_mute(card, i, downlink[i]);
    }
}

static size_t speak(struct linecard *card, const int16_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    struct link_audio *audio = &card->uplink;
    audio->sample_counter = card->sent_samples;
    audio->peer_counter = card->playout.played;
    audio->socket_mask = card->config.fxs_mask | card->config.fxo_mask;
    audio->codec = card->codec;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        int16_t samples[LINK_AUDIO_FRAMES];
        if (!(audio->socket_mask >> i & 1))
            continue;
        memcpy(samples, uplink[i], sizeof samples);
        gain_apply(samples, LINK_AUDIO_FRAMES, card->sockets[i].gain_in);
        if (ports_settles(card, i))
            memset(samples, 0, sizeof samples);
        if (audio->codec == LINK_CODEC_LINEAR)
            memcpy(audio->linear[i], samples, sizeof samples);
        else
            for (size_t k = 0; k < LINK_AUDIO_FRAMES; k++)
                audio->ulaw[i][k] = ulaw_from_linear(samples[k]);
    }
    card->sent_samples += LINK_AUDIO_FRAMES;
    return link_encode_audio(&card->link, audio, card->wire, sizeof card->wire);
}

void linecard_ms(struct linecard *card)
{
    ports_ms(card);
}

void linecard_tick(struct linecard *card, uint32_t now_ms, const int16_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES],
                   int16_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    card->now_ms = now_ms;
    follow_link(card);
    ports_tick(card);
    hear(card, downlink);
    update_tick(&card->update, now_ms);
    if (card->state == LINECARD_DOWN)
        return;
    size_t n = 0;
    if (card->state == LINECARD_UP)
        n = speak(card, uplink);
    orders_report_update(card);
    orders_flush(card);
    n += link_encode_messages(&card->link, now_ms, card->wire + n, sizeof card->wire - n);
    if (n > 0)
        card->board.link_write(card->board.context, card->wire, n);
}
