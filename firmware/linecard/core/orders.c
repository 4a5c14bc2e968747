/* SPDX-License-Identifier: Apache-2.0 */
/* Orders from the host, one row of a table each, and the queue of reports to it. */
#include "linecard/core/orders.h"
#include "linecard/core/gain.h"
#include <string.h>

enum { CODEC_ULAW = 0, CODEC_ULAW_BIT = 1, HEALTH_BYTES = 24, REPLY_BYTES = 20 };

static uint16_t load16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void store32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* --- reports -------------------------------------------------------------------------------- */

void orders_report(struct linecard *card, uint8_t kind, const uint8_t *payload, uint8_t len)
{
    if (card->state != LINECARD_UP || card->queue_count == LINECARD_QUEUE)
        return; /* full: the window has been closed for long, and the link is about to be declared dead */
    struct linecard_report *slot = &card->queue[(card->queue_first + card->queue_count) % LINECARD_QUEUE];
    slot->kind = kind;
    slot->len = len;
    memcpy(slot->payload, payload, len);
    card->queue_count++;
}

void orders_flush(struct linecard *card)
{
    while (card->queue_count > 0) {
        const struct linecard_report *slot = &card->queue[card->queue_first];
        if (!link_send(&card->link, slot->kind, slot->payload, slot->len))
            return;
        card->queue_first = (uint8_t)((card->queue_first + 1) % LINECARD_QUEUE);
        card->queue_count--;
    }
}

/* --- orders --------------------------------------------------------------------------------- */

static uint8_t off_hook_mask(const struct linecard *card)
{
    uint8_t mask = 0;
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (hook_is_lifted(&card->sockets[i].hook))
            mask = (uint8_t)(mask | 1U << i);
    return mask & card->config.fxs_mask;
}

static void report_lines(struct linecard *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++) {
        const uint8_t yes[2] = {(uint8_t)(i + 1), 1};
        if (!(card->config.fxo_mask >> i & 1))
            continue;
        if (card->sockets[i].line.ringing)
            orders_report(card, LINK_MSG_RING_DETECTED, yes, 2);
        if (card->sockets[i].line.loop_open)
            orders_report(card, LINK_MSG_LOOP, yes, 2);
    }
}

/* A new host begins with a card at rest. */
static void obey_hello(struct linecard *card, const uint8_t *payload)
{
    bool was_up = card->state == LINECARD_UP;
    bool fits = payload[0] <= LINK_PROTOCOL && LINK_PROTOCOL <= payload[1] && (payload[2] & CODEC_ULAW_BIT);
    uint8_t reply[REPLY_BYTES] = {
        fits ? LINK_PROTOCOL : 0, CODEC_ULAW,
        LINECARD_VERSION_MAJOR, LINECARD_VERSION_MINOR, LINECARD_VERSION_PATCH,
        card->config.fxs_mask, card->config.fxo_mask, off_hook_mask(card),
    };
    memcpy(reply + 8, card->config.serial, sizeof card->config.serial);
    memcpy(reply + 16, payload + 3, 4);
    for (int i = 0; i < LINK_SOCKETS; i++) {
        ringer_stop(&card->ringer, i, card->now_ms);
        exchange_release(&card->sockets[i].line);
        card->sockets[i].gain_out = card->sockets[i].gain_in = gain_factor(0);
    }
    playout_reset(&card->playout);
    card->queue_count = 0;
    link_send(&card->link, LINK_MSG_HELLO_REPLY, reply, sizeof reply);
    card->state = fits ? LINECARD_UP : LINECARD_REFUSED;
    report_lines(card);
    if (fits != was_up)
        card->hal.link_changed(card->hal.context, fits);
}

static void obey_ring(struct linecard *card, const uint8_t *payload)
{
    int index = payload[0] - 1;
    uint16_t times_ms[4];        /* what the payload does not reach is 0 */
    for (size_t i = 0; i < 4; i++)
        times_ms[i] = load16(payload + 1 + 2 * i);
    if (times_ms[0] > 0 && !hook_is_lifted(&card->sockets[index].hook))
        ringer_start_double(&card->ringer, index, times_ms, card->now_ms);
}

static void obey_stop_ring(struct linecard *card, const uint8_t *payload)
{
    ringer_stop(&card->ringer, payload[0] - 1, card->now_ms);
}

static void obey_seize(struct linecard *card, const uint8_t *payload)
{
    exchange_seize(&card->sockets[payload[0] - 1].line);
}

static void obey_release(struct linecard *card, const uint8_t *payload)
{
    exchange_release(&card->sockets[payload[0] - 1].line);
}

static void obey_flash_line(struct linecard *card, const uint8_t *payload)
{
    exchange_flash(&card->sockets[payload[0] - 1].line, load16(payload + 1));
}

static void obey_gain(struct linecard *card, const uint8_t *payload)
{
    struct linecard_socket *socket = &card->sockets[payload[0] - 1];
    socket->gain_out = gain_factor((int16_t)load16(payload + 1));
    socket->gain_in = gain_factor((int16_t)load16(payload + 3));
}

static void obey_get_health(struct linecard *card, const uint8_t *payload)
{
    (void)payload;
    const struct link_counters *counters = link_get_counters(&card->link);
    uint8_t health[HEALTH_BYTES];
    store32(health, card->now_ms);
    store32(health + 4, counters->good_frames);
    store32(health + 8, counters->bad_frames);
    store32(health + 12, counters->lost_audio);
    store32(health + 16, card->playout.underruns);
    store32(health + 20, card->playout.overruns);
    orders_report(card, LINK_MSG_HEALTH, health, sizeof health);
}

enum socket_need { NEED_NONE, NEED_FXS, NEED_FXO, NEED_ANY };

static const struct order {
    uint8_t kind, len;
    enum socket_need need;       /* what kind of socket payload[0] must name */
    void (*obey)(struct linecard *card, const uint8_t *payload);
} ORDERS[] = {
    {LINK_MSG_HELLO, 7, NEED_NONE, obey_hello},
    {LINK_MSG_RING, 5, NEED_FXS, obey_ring},
    {LINK_MSG_STOP_RING, 1, NEED_FXS, obey_stop_ring},
    {LINK_MSG_SEIZE, 1, NEED_FXO, obey_seize},
    {LINK_MSG_RELEASE, 1, NEED_FXO, obey_release},
    {LINK_MSG_FLASH_LINE, 3, NEED_FXO, obey_flash_line},
    {LINK_MSG_GAIN, 5, NEED_ANY, obey_gain},
    {LINK_MSG_GET_HEALTH, 0, NEED_NONE, obey_get_health},
};

static bool names_socket(const struct linecard *card, enum socket_need need, uint8_t socket)
{
    const uint8_t fxs = card->config.fxs_mask;
    const uint8_t fxo = card->config.fxo_mask;
    const uint8_t masks[] = {[NEED_NONE] = 0, [NEED_FXS] = fxs, [NEED_FXO] = fxo, [NEED_ANY] = fxs | fxo};
    return socket >= 1 && socket <= LINK_SOCKETS && (masks[need] >> (socket - 1) & 1);
}

static void hear_message(void *context, const struct link_message *message)
{
    struct linecard *card = context;
    if (card->state != LINECARD_UP && message->kind != LINK_MSG_HELLO)
        return;
    for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++) {
        const struct order *order = &ORDERS[i];
        if (order->kind != message->kind || message->len < order->len)
            continue;
        if (order->need == NEED_NONE || names_socket(card, order->need, message->payload[0]))
            order->obey(card, message->payload);
    }
}

static void hear_audio(void *context, const struct link_audio *audio)
{
    struct linecard *card = context;
    if (card->state == LINECARD_UP)
        playout_put(&card->playout, audio);
}

void orders_attach(struct linecard *card)
{
    const struct link_handler handler = {card, hear_audio, hear_message};
    link_init(&card->link, &handler);
    card->state = LINECARD_DOWN;
}

void orders_detach(struct linecard *card)
{
    link_forget_peer(&card->link);
    card->queue_count = 0;
    card->state = LINECARD_DOWN;
}
