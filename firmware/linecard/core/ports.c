/* SPDX-License-Identifier: Apache-2.0 */
/* Telephones through their Ag1171s, exchange lines through their Si3050s, the two lifeline relays, the lamps. */
#include "linecard/core/ports.h"
#include "linecard/core/gain.h"
#include "linecard/core/orders.h"
#include <string.h>

static bool is_fxs(const struct linecard *card, int index)
{
    return card->config.fxs_mask >> index & 1;
}

static bool is_fxo(const struct linecard *card, int index)
{
    return card->config.fxo_mask >> index & 1;
}

static void report(struct linecard *card, uint8_t kind, int index, uint8_t detail, uint8_t len)
{
    const uint8_t payload[2] = {(uint8_t)(index + 1), detail};
    orders_report(card, kind, payload, len);
}

void ports_init(struct linecard *card)
{
    uint8_t off_hook_mask = card->board.read_hooks(card->board.context);
    uint8_t device = 0;
    ringer_init(&card->ringer);
    card->board.set_chip_reset(card->board.context, true);
    card->polarity_mask = 0xFF; /* F/R is high at power-up */
    for (int i = 0; i < BOARD_LIFELINES; i++)
        lifeline_init(&card->lifelines[i]);
    for (int i = 0; i < LINK_SOCKETS; i++) {
        struct linecard_socket *socket = &card->sockets[i];
        hook_init(&socket->hook, is_fxs(card, i) && (off_hook_mask >> i & 1));
        ag1171_init(&socket->feed, is_fxs(card, i));
        exchange_init(&socket->line);
        line_watch_init(&socket->watch);
        si3050_init(&socket->chip, device, i + 1);
        device = (uint8_t)(device + is_fxo(card, i));
        socket->caller_id_standard = CALLER_ID_BELL;
    }
    ports_default(card);
}

void ports_default(struct linecard *card)
{
    card->ringer.budget = RINGER_BUDGET;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        card->sockets[i].used = is_fxs(card, i);
        card->sockets[i].gain_out = card->sockets[i].gain_in = gain_factor(0);
    }
}

/* --- telephones ----------------------------------------------------------------------------- */

static void stop_caller_id(struct linecard *card, int index)
{
    struct linecard_socket *socket = &card->sockets[index];
    caller_id_sender_stop(&socket->caller_id);
    socket->caller_id_sending = false;
    ringer_hold(&card->ringer, index, false);
}

static void lifted(struct linecard *card, int index)
{
    ports_stop_ring(card, index);
    card->ring_mask &= (uint8_t)~(1U << index);
    report(card, LINK_MSG_HOOK, index, 1, 2);
}

static void follow_hook(struct linecard *card, int index, bool off_hook)
{
    struct linecard_socket *socket = &card->sockets[index];
    switch (hook_sample(&socket->hook, off_hook)) {
    case HOOK_LIFTED:
        socket->lifts++;
        lifted(card, index);
        break;
    case HOOK_HUNG_UP:
        report(card, LINK_MSG_HOOK, index, 0, 2);
        break;
    case HOOK_FLASHED:
        report(card, LINK_MSG_HOOK_FLASH, index, 0, 1);
        break;
    case HOOK_DIGIT:
        report(card, LINK_MSG_PULSE_DIGIT, index, (uint8_t)socket->hook.digit, 2);
        break;
    case HOOK_NOTHING:
        break;
    }
}

/* Its relay is released: the exchange feeds it, and SHK says nothing. */
static bool is_away(const struct linecard *card, int index)
{
    return index < BOARD_LIFELINES && is_fxs(card, index) && is_fxo(card, index + 4) &&
           !lifeline_is_held(&card->lifelines[index]);
}

/* While its line is in use the telephone counts as lifted: nobody can ring it. It stays so until the card has it back
 * and sees its hook. */
static void follow_away(struct linecard *card, int index)
{
    struct linecard_socket *socket = &card->sockets[index];
    if (hook_is_lifted(&socket->hook) || !card->sockets[index + 4].watch.in_use.on)
        return;
    hook_init(&socket->hook, true);
    lifted(card, index);
}

static void set_polarity(struct linecard *card, int index, bool forward)
{
    uint8_t bit = (uint8_t)(1U << index);
    if (((card->polarity_mask & bit) != 0) == forward)
        return;
    card->polarity_mask ^= bit;
    card->board.set_polarity(card->board.context, index + 1, forward);
}

static void drive_telephone(struct linecard *card, int index, bool shk)
{
    struct linecard_socket *socket = &card->sockets[index];
    const struct ag1171_input input = {socket->used, card->ring_mask >> index & 1, shk};
    ag1171_ms(&socket->feed, input);
    set_polarity(card, index, socket->feed.forward);
    if (is_away(card, index))
        follow_away(card, index);
    else
        follow_hook(card, index, shk && ag1171_is_awake(&socket->feed));
}

/* --- exchange lines ------------------------------------------------------------------------- */

static void report_line_state(struct linecard *card, int index)
{
    const struct linecard_socket *socket = &card->sockets[index];
    const uint8_t payload[4] = {
        (uint8_t)(index + 1), line_watch_flags(&socket->watch, &socket->chip),
        (uint8_t)line_watch_volts(&socket->watch), line_watch_ma(&socket->watch),
    };
    if (card->version >= 2)
        orders_report(card, LINK_MSG_LINE_STATE, payload, sizeof payload);
}

static void drive_line(struct linecard *card, int index)
{
    struct linecard_socket *socket = &card->sockets[index];
    socket->chip.want_off_hook = exchange_is_off_hook(&socket->line);
    si3050_ms(&socket->chip, &card->board);
    line_watch_ms(&socket->watch, &socket->chip);
    bool open = line_watch_is_open(&socket->chip) && socket->line.state != EXCHANGE_FLASHING;
    struct exchange_report change = exchange_sample(&socket->line, socket->chip.ringing, open);
    if (change.ring_changed) {
        socket->rings = (uint16_t)(socket->rings + socket->line.ringing);
        report(card, LINK_MSG_RING_DETECTED, index, socket->line.ringing, 2);
    }
    if (change.loop_changed)
        report(card, LINK_MSG_LOOP, index, socket->line.loop_open, 2);
    if (line_watch_has_news(&socket->watch, &socket->chip))
        report_line_state(card, index);
}

static void release_reset(struct linecard *card)
{
    if (card->reset_ms == LINECARD_RESET_MS)
        return;
    card->reset_ms++;
    if (card->reset_ms < LINECARD_RESET_MS)
        return;
    card->board.set_chip_reset(card->board.context, false);
    for (int i = 0; i < LINK_SOCKETS; i++)
        si3050_begin(&card->sockets[i].chip);
}

/* --- relays and lamps ------------------------------------------------------------------------ */

static void drive_lifelines(struct linecard *card)
{
    for (int i = 0; i < BOARD_LIFELINES; i++) {
        const struct linecard_socket *line = &card->sockets[i + 4];
        bool joins = is_fxs(card, i) && is_fxo(card, i + 4);
        lifeline_ms(&card->lifelines[i], card->host, joins, si3050_is_ready(&line->chip),
                    line_watch_is_idle(&line->watch, &line->chip));
    }
}

static uint32_t bit_if(bool on, int bit)
{
    return on ? 1U << bit : 0;
}

static void set_outputs(struct linecard *card)
{
    uint32_t bits = 0;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        const struct linecard_socket *socket = &card->sockets[i];
        if (is_fxs(card, i) || i < 4) { /* a port that is not populated stays powered down */
            bits |= bit_if(ag1171_rings(&socket->feed), BOARD_OUT_RM(i + 1));
            bits |= bit_if(ag1171_is_powered_down(&socket->feed), BOARD_OUT_PD_OFF(i + 1));
        }
    }
    for (int i = 0; i < 4; i++)
        bits |= bit_if(is_fxs(card, i) && (hook_is_lifted(&card->sockets[i].hook) || (card->ring_mask >> i & 1)),
                       PIN_OUT_FXS_LAMP1 + i);
    for (int i = 0; i < 2; i++) {
        bits |= bit_if(lifeline_is_held(&card->lifelines[i]), PIN_OUT_LIFELINE1 + i);
        bits |= bit_if(card->sockets[i + 4].chip.off_hook || card->sockets[i + 4].line.ringing, PIN_OUT_FXO_LAMP1 + i);
    }
    if (bits != card->outputs)
        card->board.set_outputs(card->board.context, bits);
    card->outputs = bits;
}

void ports_ms(struct linecard *card)
{
    uint8_t hooks = card->board.read_hooks(card->board.context);
    release_reset(card);
    for (int i = 0; i < LINK_SOCKETS; i++) {
        if (is_fxs(card, i))
            drive_telephone(card, i, hooks >> i & 1);
        if (is_fxo(card, i))
            drive_line(card, i);
    }
    drive_lifelines(card);
    set_outputs(card);
}

/* --- every 10 ms ----------------------------------------------------------------------------- */

/* Between the first ring and the second (GR-30, EN 300 659-1); the second waits until all is said. */
static void follow_caller_id(struct linecard *card, int index)
{
    struct linecard_socket *socket = &card->sockets[index];
    bool busy = caller_id_sender_is_busy(&socket->caller_id);
    int32_t pause_ms = ringer_pause_ms(&card->ringer, index, card->now_ms);
    if (busy && !socket->caller_id_sending && pause_ms >= LINECARD_CALLER_ID_AFTER_MS)
        socket->caller_id_sending = true;
    if (busy) {
        ringer_hold(&card->ringer, index, pause_ms >= 0);
        socket->caller_id_quiet_ms = 0;
    } else if (socket->caller_id_sending) {
        socket->caller_id_quiet_ms = (uint16_t)(socket->caller_id_quiet_ms + LINECARD_TICK_MS);
        if (socket->caller_id_quiet_ms >= LINECARD_CALLER_ID_BEFORE_MS)
            stop_caller_id(card, index);
    }
}

void ports_tick(struct linecard *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++)
        follow_caller_id(card, i);
    card->ring_mask = ringer_tick(&card->ringer, card->now_ms);
}

void ports_stop_ring(struct linecard *card, int index)
{
    ringer_stop(&card->ringer, index, card->now_ms);
    stop_caller_id(card, index);
}

void ports_rest(struct linecard *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++) {
        ports_stop_ring(card, i);
        exchange_release(&card->sockets[i].line);
    }
    card->ring_mask = 0;
}

uint8_t ports_off_hook_mask(const struct linecard *card)
{
    uint8_t mask = 0;
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (hook_is_lifted(&card->sockets[i].hook))
            mask = (uint8_t)(mask | 1U << i);
    return mask & card->config.fxs_mask;
}

bool ports_are_idle(const struct linecard *card)
{
    bool busy = ports_off_hook_mask(card) != 0 || card->ring_mask != 0;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        busy |= card->ringer.sockets[i].state != RINGER_IDLE;
        busy |= is_fxo(card, i) && (card->sockets[i].line.state != EXCHANGE_ON_HOOK || card->sockets[i].line.ringing);
    }
    return !busy;
}

void ports_report_lines(struct linecard *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++) {
        if (!is_fxo(card, i))
            continue;
        if (card->sockets[i].line.ringing)
            report(card, LINK_MSG_RING_DETECTED, i, 1, 2);
        if (card->sockets[i].line.loop_open)
            report(card, LINK_MSG_LOOP, i, 1, 2);
        report_line_state(card, i);
    }
}

void ports_mute(struct linecard *card, int index, int16_t samples[LINK_AUDIO_FRAMES])
{
    struct linecard_socket *socket = &card->sockets[index];
    bool deaf = is_fxs(card, index) ? !hook_is_lifted(&socket->hook) : !si3050_has_audio(&socket->chip);
    if (socket->caller_id_sending && caller_id_sender_is_busy(&socket->caller_id))
        caller_id_sender_fill(&socket->caller_id, samples, LINK_AUDIO_FRAMES);
    else if (deaf)
        memset(samples, 0, LINK_AUDIO_FRAMES * sizeof *samples);
}

bool ports_settles(const struct linecard *card, int index)
{
    const struct si3050 *chip = &card->sockets[index].chip;
    return is_fxo(card, index) && chip->off_hook && !si3050_has_audio(chip);
}
