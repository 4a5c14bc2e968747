/* SPDX-License-Identifier: Apache-2.0 */
/* Ties the core to the wire and to the apparatus; tells the clients what happens. */
#include "linecard/hal/host/host_card.h"
#include "audio/g711.h"
#include "linecard/hal/host/base64.h"
#include <string.h>

enum { POWERED_MS = 1200, WATCHDOG_MS = 250, READ_PIECE = 4096, READS_PER_TICK = 16 };

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
        if (card->flash.program == HOST_PROGRAM_WELL)
            linecard_receive(&card->core, bytes, n);
    }
}

/* --- the board ------------------------------------------------------------------------------ */

static void spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    struct host_card *card = context;
    si3050_model_transfer(card->chain, card->chain_count, out, in, n);
}

static void set_chip_reset(void *context, bool held)
{
    struct host_card *card = context;
    for (size_t i = 0; i < card->chain_count; i++)
        si3050_model_set_reset(&card->chain[i], held);
}

static void set_outputs(void *context, uint32_t bits)
{
    struct host_card *card = context;
    card->outputs = bits;
    for (int i = 0; i < LINK_SOCKETS; i++)
        ag1171_model_set_pins(&card->feeds[i], bits >> BOARD_OUT_RM(i + 1) & 1,
                              bits >> BOARD_OUT_PD_OFF(i + 1) & 1 ? AG1171_PD_LOW : AG1171_PD_OPEN);
}

static void set_polarity(void *context, int fxs, bool forward)
{
    struct host_card *card = context;
    ag1171_model_set_polarity(&card->feeds[fxs - 1], forward);
}

static uint8_t read_hooks(void *context)
{
    const struct host_card *card = context;
    unsigned mask = 0;
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (is_fxs(card, i) && ag1171_model_shk(&card->feeds[i]))
            mask |= 1U << i;
    return (uint8_t)mask;
}

const char *host_card_damage(const struct host_card *card)
{
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (card->feeds[i].damage)
            return card->feeds[i].damage;
    return NULL;
}

/* --- telephones, lines and relays ------------------------------------------------------------ */

/* Relay n without current takes telephone n from its feed and joins it to the line of socket n + 4. */
static bool is_joined(const struct host_card *card, int index)
{
    return index < BOARD_LIFELINES && is_fxs(card, index) && is_fxo(card, index + 4) &&
           !(card->outputs >> (PIN_OUT_LIFELINE1 + index) & 1);
}

bool host_card_is_lifeline_on(const struct host_card *card)
{
    const uint32_t both = 1U << PIN_OUT_LIFELINE1 | 1U << PIN_OUT_LIFELINE2;
    return (card->outputs & both) != both;
}

static void tell_ringing(struct host_card *card, int index)
{
    uint8_t bit = (uint8_t)(1U << index);
    bool on = ag1171_model_rings(&card->feeds[index]);
    if (on == ((card->ringing_mask & bit) != 0))
        return;
    card->ringing_mask ^= bit;
    stimulus_tell(&card->stimulus, "* ringing %d %s %u\n", index + 1, on ? "on" : "off", card->ms);
}

static void tell_hook(struct host_card *card, int index, bool off_hook)
{
    uint8_t bit = (uint8_t)(1U << index);
    if (off_hook == ((card->off_hook_mask & bit) != 0))
        return;
    card->off_hook_mask ^= bit;
    if (off_hook)
        card->sockets[index].ringing = false; /* the exchange trips its ringing when answered */
    stimulus_tell(&card->stimulus, "* hook %d %s %u\n", index + 1, off_hook ? "on" : "off", card->ms);
}

static void tell_lifeline(struct host_card *card)
{
    bool off = !host_card_is_lifeline_on(card);
    if (off != card->lifeline_off)
        stimulus_tell(&card->stimulus, "* lifeline %s %u\n", off ? "off" : "on", card->ms);
    card->lifeline_off = off;
}

/* What is plugged in moves by a millisecond, then the card's chips, then its program. */
static void pass_ms(struct host_card *card)
{
    bool joined_off_hook[LINK_SOCKETS] = {false};
    card->ms++;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        if (!is_fxs(card, i))
            continue;
        bool contact = apparatus_next_contact(&card->sockets[i], card->bounce_ms);
        bool joined = is_joined(card, i);
        ag1171_model_ms(&card->feeds[i], contact && !joined);
        if (joined)
            joined_off_hook[i + 4] = contact;
    }
    for (size_t i = 0; i < card->chain_count; i++) {
        int index = card->chain_sockets[i];
        bool seized = si3050_model_is_off_hook(&card->chain[i]);
        struct si3050_line line = apparatus_next_line(&card->sockets[index], seized, joined_off_hook[index]);
        si3050_model_ms(&card->chain[i], &line);
    }
    linecard_ms(&card->core);
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (is_fxs(card, i))
            tell_ringing(card, i);
    for (size_t i = 0; i < card->chain_count; i++)
        tell_hook(card, card->chain_sockets[i], si3050_model_is_off_hook(&card->chain[i]));
    tell_lifeline(card);
}

static void boot(struct host_card *card)
{
    const struct linecard_config config = card->core.config;
    const struct linecard_board board = {
        card, spi, set_outputs, set_chip_reset, set_polarity, read_hooks, link_write, link_changed,
    };
    for (uint8_t i = 0; i < LINK_SOCKETS; i++) {
        ag1171_model_init(&card->feeds[i]);
        si3050_model_init(&card->chain[i]);
    }
    const uint32_t ms = card->ms;
    if (card->core.state == LINECARD_UP)
        link_changed(card, false);
    linecard_init(&card->core, &config, &board);
    for (int i = 0; i < POWERED_MS; i++)
        pass_ms(card);
    card->ms = ms;
    card->booted_ms = card->now_ms;
    if (!card->flash.bytes)
        return;
    const struct update_config update = host_flash_boot(&card->flash);
    linecard_use_flash(&card->core, &update);
}

/* The card has had power for a while when its clock and its wire begin: its chips are up. */
void host_card_init(struct host_card *card, const struct linecard_config *config)
{
    memset(card, 0, sizeof *card);
    card->core.config = *config;
    for (uint8_t i = 0; i < LINK_SOCKETS; i++)
        if (config->fxo_mask >> i & 1)
            card->chain_sockets[card->chain_count++] = i;
    boot(card);
}

void host_card_use_flash(struct host_card *card, const struct host_flash *flash)
{
    card->flash = *flash;
    boot(card);
}

/* --- audio ----------------------------------------------------------------------------------- */

static void decode(const uint8_t *codes, int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++)
        samples[i] = ulaw_decode(codes[i]);
}

static void encode(const int16_t *samples, uint8_t *codes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        codes[i] = ulaw_encode(samples[i]);
}

typedef uint8_t socket_codes[LINK_SOCKETS][LINK_AUDIO_FRAMES];

/* What the sockets say, as the PCM highway carries it: a line goes where its chip's registers put it. */
static void speak(struct host_card *card, int16_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    socket_codes said;
    memset(said, APPARATUS_SILENCE, sizeof said);
    memset(uplink, 0, sizeof said * 2);
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (is_fxo(card, i) || apparatus_can_talk(&card->sockets[i]))
            apparatus_speak(&card->sockets[i], said[i], LINK_AUDIO_FRAMES);
    for (int i = 0; i < LINK_SOCKETS; i++)
        hybrid_return(&card->hybrids[i], said[i], LINK_AUDIO_FRAMES);
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (is_fxs(card, i) && ag1171_model_passes_audio(&card->feeds[i]) && !is_joined(card, i))
            decode(said[i], uplink[i], LINK_AUDIO_FRAMES);
    for (size_t i = 0; i < card->chain_count; i++) {
        int socket = si3050_model_socket_up(&card->chain[i]);
        if (socket > 0)
            decode(said[card->chain_sockets[i]], uplink[socket - 1], LINK_AUDIO_FRAMES);
    }
}

/* Which socket's slots this one hears, -1 when no current flows. A telephone at rest hears what its feed carries. */
static int heard_slot(const struct host_card *card, int index)
{
    for (size_t i = 0; i < card->chain_count; i++)
        if (card->chain_sockets[i] == index)
            return si3050_model_socket_down(&card->chain[i]) - 1;
    bool at_rest = !card->sockets[index].lifted && card->sockets[index].script_count == 0;
    bool closed = at_rest || apparatus_can_talk(&card->sockets[index]);
    return is_fxs(card, index) && closed && ag1171_model_passes_audio(&card->feeds[index]) && !is_joined(card, index)
               ? index
               : -1;
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

static void hear(struct host_card *card, int16_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    size_t at = (size_t)(card->samples % HOST_HEARD_FRAMES);
    card->samples += LINK_AUDIO_FRAMES;
    for (int i = 0; i < LINK_SOCKETS; i++) {
        uint8_t heard[LINK_AUDIO_FRAMES];
        int slot = heard_slot(card, i);
        if (slot < 0)
            memset(heard, APPARATUS_SILENCE, sizeof heard);
        else
            encode(downlink[slot], heard, LINK_AUDIO_FRAMES);
        hybrid_send(&card->hybrids[i], heard, LINK_AUDIO_FRAMES);
        memcpy(card->heard[i] + at, heard, LINK_AUDIO_FRAMES);
        if (at + LINK_AUDIO_FRAMES == HOST_HEARD_FRAMES)
            tell_heard(card, i);
    }
}

void host_card_tick(struct host_card *card)
{
    int16_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES];
    int16_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES] = {0};
    if (card->flash.rebooting)
        boot(card);
    read_link(card);
    card->ms = card->now_ms;
    card->now_ms += LINECARD_TICK_MS;
    if (card->flash.program == HOST_PROGRAM_HANGS) {
        card->flash.rebooting = card->now_ms - card->booted_ms >= WATCHDOG_MS;
        hear(card, downlink);
        return;
    }
    for (int ms = 0; ms < LINECARD_TICK_MS; ms++)
        pass_ms(card);
    speak(card, uplink);
    linecard_tick(&card->core, card->now_ms - card->booted_ms, (const int16_t (*)[LINK_AUDIO_FRAMES])uplink, downlink);
    hear(card, downlink);
}
