/* SPDX-License-Identifier: Apache-2.0 */
/* Orders from the host, one row of a table each, and the queue of reports to it. */
#include "linecard/core/orders.h"
#include "linecard/core/gain.h"
#include "linecard/core/ports.h"
#include <string.h>

enum { CODECS = 1 << LINK_CODEC_ULAW | 1 << LINK_CODEC_LINEAR, HEALTH_BYTES = 25, REPLY_BYTES = 20, REPLY_2_BYTES = 21, PORT_BYTES = 24 };

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

/* The newest version both speak; 0 when there is none, or no codec in common. */
static uint8_t choose_version(const uint8_t *hello)
{
    uint8_t version = hello[1] < LINK_PROTOCOL ? hello[1] : LINK_PROTOCOL;
    bool fits = version >= hello[0] && version >= LINK_PROTOCOL_LEAST && (hello[2] & CODECS);
    return fits ? version : 0;
}

/* A new host begins with a card at rest. */
static void obey_hello(struct linecard *card, const uint8_t *payload)
{
    bool was_up = card->state == LINECARD_UP;
    card->version = choose_version(payload);
    card->codec = payload[2] >> LINK_CODEC_LINEAR & 1 ? LINK_CODEC_LINEAR : LINK_CODEC_ULAW;
    bool fits = card->version > 0;
    static const uint8_t BUILT[3] = {LINECARD_VERSION_MAJOR, LINECARD_VERSION_MINOR, LINECARD_VERSION_PATCH};
    const struct update *update = &card->update;
    const uint8_t *version = update->version[0] | update->version[1] | update->version[2] ? update->version : BUILT;
    uint8_t reply[REPLY_2_BYTES] = {
        card->version, fits ? card->codec : 0, version[0], version[1], version[2],
        card->config.fxs_mask, card->config.fxo_mask, ports_off_hook_mask(card),
    };
    memcpy(reply + 8, card->config.serial, sizeof card->config.serial);
    memcpy(reply + 16, payload + 3, 4);
    reply[REPLY_BYTES] = (uint8_t)update->outcome;
    if (fits)
        update_greeted(&card->update);
    ports_rest(card);
    ports_default(card);
    playout_reset(&card->playout);
    card->queue_count = 0;
    link_send(&card->link, LINK_MSG_HELLO_REPLY, reply, card->version >= 2 ? REPLY_2_BYTES : REPLY_BYTES);
    card->state = fits ? LINECARD_UP : LINECARD_REFUSED;
    ports_report_lines(card);
    if (fits != was_up)
        card->board.link_changed(card->board.context, fits);
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
    ports_stop_ring(card, payload[0] - 1);
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
    health[24] = card->config.start_cause;
    orders_report(card, LINK_MSG_HEALTH, health, sizeof health);
}

/* --- version 2 ------------------------------------------------------------------------------ */

static void set_country(struct linecard *card, int index, const uint8_t *payload)
{
    struct linecard_socket *socket = &card->sockets[index];
    const char letters[2] = {(char)payload[1], (char)payload[2]};
    const struct si3050_country *country = si3050_country_find(letters);
    bool chosen = payload[3] == CALLER_ID_BELL || payload[3] == CALLER_ID_ETSI;
    si3050_set_country(&socket->chip, country);
    socket->caller_id_standard = chosen ? payload[3] : country->caller_id;
    if (payload[4] >= AG1171_LEAST_HZ && payload[4] <= AG1171_MOST_HZ)
        socket->feed.ring_hz = payload[4];
    else
        socket->feed.ring_hz = AG1171_RING_HZ;
}

/* Socket 0: all. */
static void obey_country(struct linecard *card, const uint8_t *payload)
{
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (payload[0] == 0 || payload[0] == i + 1)
            set_country(card, i, payload);
}

static void obey_ring_supply(struct linecard *card, const uint8_t *payload)
{
    if (payload[0] >= 1 && payload[0] <= RINGER_SOCKETS)
        card->ringer.budget = payload[0];
}

/* Its length is its own, and its bytes add up to 0: type, length, body, checksum (Telcordia GR-30). */
static void obey_caller_id(struct linecard *card, const uint8_t *payload)
{
    struct linecard_socket *socket = &card->sockets[payload[0] - 1];
    size_t n = (size_t)payload[2] + 3;
    uint8_t sum = 0;
    for (size_t i = 0; n <= CALLER_ID_MOST_BYTES && i < n; i++)
        sum = (uint8_t)(sum + payload[1 + i]);
    if (sum == 0 && !hook_is_lifted(&socket->hook) && !socket->caller_id_sending)
        caller_id_sender_load(&socket->caller_id, payload + 1, n, (enum caller_id_standard)socket->caller_id_standard);
}

static void obey_use_port(struct linecard *card, const uint8_t *payload)
{
    card->sockets[payload[0] - 1].used = payload[1] != 0;
}

static void store16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void obey_get_port_health(struct linecard *card, const uint8_t *payload)
{
    const struct linecard_socket *socket = &card->sockets[payload[0] - 1];
    bool fxo = card->config.fxo_mask >> (payload[0] - 1) & 1;
    uint8_t health[PORT_BYTES] = {
        payload[0], fxo, (uint8_t)(fxo ? (int)socket->chip.state : (int)socket->feed.state),
        (uint8_t)socket->chip.country->letters[0], (uint8_t)socket->chip.country->letters[1],
        socket->feed.ring_hz, socket->caller_id_standard, line_watch_flags(&socket->watch, &socket->chip),
        (uint8_t)line_watch_volts(&socket->watch), line_watch_ma(&socket->watch),
    };
    store16(health + 10, fxo ? socket->chip.starts : socket->lifts);
    store16(health + 12, fxo ? socket->chip.losses : socket->feed.trips);
    store16(health + 14, fxo ? socket->chip.overloads : 0);
    store16(health + 16, fxo ? socket->rings : 0);
    store16(health + 18, card->ringer.sockets[payload[0] - 1].heat_ms);
    store32(health + 20, card->now_ms);
    orders_report(card, LINK_MSG_PORT_HEALTH, health, sizeof health);
}

/* --- firmware update ------------------------------------------------------------------------- */

static void obey_update_begin(struct linecard *card, const uint8_t *payload)
{
    update_order(&card->update, UPDATE_IN_BEGIN, payload, ports_are_idle(card));
}

static void obey_update_data(struct linecard *card, const uint8_t *payload)
{
    update_order(&card->update, UPDATE_IN_DATA, payload, ports_are_idle(card));
}

static void obey_update_end(struct linecard *card, const uint8_t *payload)
{
    update_order(&card->update, UPDATE_IN_END, payload, ports_are_idle(card));
}

static void obey_update_reboot(struct linecard *card, const uint8_t *payload)
{
    update_order(&card->update, UPDATE_IN_REBOOT, payload, ports_are_idle(card));
}

/* The key goes ahead of what is queued: it is too long for the queue, and asked for again when there is no room. */
static void obey_update_status(struct linecard *card, const uint8_t *payload)
{
    (void)payload;
    card->update.told = false;
    if (card->update.config.key)
        link_send(&card->link, LINK_MSG_UPDATE_KEY, card->update.config.key, LMS_KEY_BYTES);
}

void orders_report_update(struct linecard *card)
{
    uint8_t report[UPDATE_REPORT_BYTES];
    if (card->state != LINECARD_UP || !update_has_news(&card->update))
        return;
    update_report(&card->update, report);
    orders_report(card, LINK_MSG_UPDATE_REPORT, report, sizeof report);
}

enum socket_need { NEED_NONE, NEED_FXS, NEED_FXO, NEED_ANY, NEED_ANY_OR_ALL };

static const struct order {
    uint8_t kind, len;
    enum socket_need need;       /* what kind of socket payload[0] must name */
    void (*obey)(struct linecard *card, const uint8_t *payload);
    uint8_t version;             /* the first that has it */
} ORDERS[] = {
    {LINK_MSG_HELLO, 7, NEED_NONE, obey_hello, 1},
    {LINK_MSG_RING, 5, NEED_FXS, obey_ring, 1},
    {LINK_MSG_STOP_RING, 1, NEED_FXS, obey_stop_ring, 1},
    {LINK_MSG_SEIZE, 1, NEED_FXO, obey_seize, 1},
    {LINK_MSG_RELEASE, 1, NEED_FXO, obey_release, 1},
    {LINK_MSG_FLASH_LINE, 3, NEED_FXO, obey_flash_line, 1},
    {LINK_MSG_GAIN, 5, NEED_ANY, obey_gain, 1},
    {LINK_MSG_GET_HEALTH, 0, NEED_NONE, obey_get_health, 1},
    {LINK_MSG_COUNTRY, 5, NEED_ANY_OR_ALL, obey_country, 2},
    {LINK_MSG_RING_SUPPLY, 1, NEED_NONE, obey_ring_supply, 2},
    {LINK_MSG_CALLER_ID, 5, NEED_FXS, obey_caller_id, 2},
    {LINK_MSG_GET_PORT_HEALTH, 1, NEED_ANY, obey_get_port_health, 2},
    {LINK_MSG_USE_PORT, 2, NEED_FXS, obey_use_port, 2},
    {LINK_MSG_UPDATE_BEGIN, UPDATE_BEGIN_BYTES, NEED_NONE, obey_update_begin, 2},
    {LINK_MSG_UPDATE_DATA, 6, NEED_NONE, obey_update_data, 2},
    {LINK_MSG_UPDATE_END, 0, NEED_NONE, obey_update_end, 2},
    {LINK_MSG_UPDATE_STATUS, 0, NEED_NONE, obey_update_status, 2},
    {LINK_MSG_UPDATE_REBOOT, 0, NEED_NONE, obey_update_reboot, 2},
};

static bool names_socket(const struct linecard *card, enum socket_need need, uint8_t socket)
{
    const uint8_t fxs = card->config.fxs_mask;
    const uint8_t fxo = card->config.fxo_mask;
    const uint8_t masks[] = {
        [NEED_NONE] = 0, [NEED_FXS] = fxs, [NEED_FXO] = fxo, [NEED_ANY] = fxs | fxo, [NEED_ANY_OR_ALL] = fxs | fxo,
    };
    if (need == NEED_ANY_OR_ALL && socket == 0)
        return true;
    return socket >= 1 && socket <= LINK_SOCKETS && (masks[need] >> (socket - 1) & 1);
}

static void hear_message(void *context, const struct link_message *message)
{
    struct linecard *card = context;
    if (card->state != LINECARD_UP && message->kind != LINK_MSG_HELLO)
        return;
    for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++) {
        const struct order *order = &ORDERS[i];
        if (order->kind != message->kind || message->len < order->len ||
            (order->version > card->version && message->kind != LINK_MSG_HELLO))
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
