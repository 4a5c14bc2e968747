/* SPDX-License-Identifier: Apache-2.0 */
/* Ties the core to the wire and to the apparatus; tells the clients what happens. */
#include "linecard/hal/host/host_card.h"
#include "linecard/hal/host/base64.h"
#include <string.h>

enum { READ_PIECE = 4096, READS_PER_TICK = 16 };

static void set_ring(void *context, int socket, bool on)
{
    struct host_card *card = context;
    stimulus_tell(&card->stimulus, "* ringing %d %s %u\n", socket, on ? "on" : "off", card->now_ms);
}

static void set_line_hook(void *context, int socket, bool off_hook)
{
    struct host_card *card = context;
    if (off_hook)
        card->sockets[socket - 1].ringing = false; /* the exchange trips its ringing when answered */
    stimulus_tell(&card->stimulus, "* hook %d %s %u\n", socket, off_hook ? "on" : "off", card->now_ms);
}

static void set_lifeline(void *context, bool on)
{
    struct host_card *card = context;
    stimulus_tell(&card->stimulus, "* lifeline %s %u\n", on ? "on" : "off", card->now_ms);
}

static void link_changed(void *context, bool up)
{
    struct host_card *card = context;
    stimulus_tell(&card->stimulus, "* link %s %u\n", up ? "up" : "down", card->now_ms);
}

static void link_write(void *context, const uint8_t *bytes, size_t n)
{
    struct host_card *card = context;
    host_link_write(&card->link, bytes, n, card->now_ms);
}

void host_card_init(struct host_card *card, const struct linecard_config *config)
{
    const struct linecard_hal hal = {card, set_ring, set_line_hook, set_lifeline, link_changed, link_write};
    memset(card, 0, sizeof *card);
    linecard_init(&card->core, config, &hal, 0);
}

static bool is_fxs(const struct host_card *card, int index)
{
    return card->core.config.fxs_mask >> index & 1;
}

static bool is_fxo(const struct host_card *card, int index)
{
    return card->core.config.fxo_mask >> index & 1;
}

static void read_link(struct host_card *card)
{
    uint8_t bytes[READ_PIECE];
    for (int i = 0; i < READS_PER_TICK; i++) {
        size_t n = host_link_read(&card->link, bytes, sizeof bytes);
        if (n == 0)
            return;
        linecard_receive(&card->core, bytes, n);
    }
}

static void sample_sockets(struct host_card *card)
{
    for (int ms = 0; ms < LINECARD_TICK_MS; ms++)
        for (int i = 0; i < LINK_SOCKETS; i++) {
            struct apparatus *socket = &card->sockets[i];
            if (is_fxs(card, i))
                linecard_sample_hook(&card->core, i + 1, apparatus_next_contact(socket, card->bounce_ms));
            else if (is_fxo(card, i))
                linecard_sample_line(&card->core, i + 1, apparatus_next_ringing(socket), socket->loop_open);
        }
}

static void speak(struct host_card *card, uint8_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    memset(uplink, APPARATUS_SILENCE, (size_t)LINK_SOCKETS * LINK_AUDIO_FRAMES);
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (is_fxo(card, i) || apparatus_can_talk(&card->sockets[i]))
            apparatus_speak(&card->sockets[i], uplink[i], LINK_AUDIO_FRAMES);
    for (int i = 0; i < LINK_SOCKETS; i++)
        hybrid_return(&card->hybrids[i], uplink[i], LINK_AUDIO_FRAMES);
}

/* Whether current flows, so that what the card plays is heard. */
static bool can_hear(const struct host_card *card, int index)
{
    if (is_fxo(card, index))
        return exchange_is_off_hook(&card->core.sockets[index].line) && !card->sockets[index].loop_open;
    return apparatus_can_talk(&card->sockets[index]);
}

static void tell_heard(struct host_card *card, int index)
{
    char text[HOST_HEARD_FRAMES * 4 / 3 + 8];
    bool encoded = false;
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++) {
        struct stimulus_client *client = &card->stimulus.clients[i];
        if (client->fd < 0 || !(client->hear_mask >> index & 1))
            continue;
        if (!encoded)
            base64_encode(card->heard[index], HOST_HEARD_FRAMES, text);
        encoded = true;
        stimulus_print(client, "* heard %d %llu %s\n", index + 1,
                       (unsigned long long)(card->samples - HOST_HEARD_FRAMES), text);
    }
}

static void hear(struct host_card *card, uint8_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    size_t at = (size_t)(card->samples % HOST_HEARD_FRAMES);
    card->samples += LINK_AUDIO_FRAMES;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        if (!can_hear(card, i))
            memset(downlink[i], APPARATUS_SILENCE, LINK_AUDIO_FRAMES);
        hybrid_send(&card->hybrids[i], downlink[i], LINK_AUDIO_FRAMES);
        memcpy(card->heard[i] + at, downlink[i], LINK_AUDIO_FRAMES);
        if (at + LINK_AUDIO_FRAMES == HOST_HEARD_FRAMES)
            tell_heard(card, i);
    }
}

void host_card_tick(struct host_card *card)
{
    uint8_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES];
    uint8_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES];
    read_link(card);
    card->now_ms += LINECARD_TICK_MS;
    sample_sockets(card);
    speak(card, uplink);
    linecard_tick(&card->core, card->now_ms, (const uint8_t (*)[LINK_AUDIO_FRAMES])uplink, downlink);
    hear(card, downlink);
}
