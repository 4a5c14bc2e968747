/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: the whole card with its chips. Each byte of input is a thing that happens: bytes on the link,
 * orders, hooks, lines, faults, time. No sequence may harm a part, nor break a rule of the data sheets. */
#include "linecard/core/linecard.h"
#include "linecard/hal/host/ag1171_model.h"
#include "linecard/hal/host/si3050_model.h"
#include <string.h>

enum { PHONES = 4, LINES = 2 };

struct bench {
    struct linecard card;
    struct link_end host;
    struct ag1171_model feeds[PHONES];
    struct si3050_model chain[LINES];
    uint8_t hooks, rings, opens, shared;
    uint32_t now_ms, wave_ms;
};

static void spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    si3050_model_transfer(((struct bench *)context)->chain, LINES, out, in, n);
}

static void set_outputs(void *context, uint32_t bits)
{
    struct bench *bench = context;
    for (int i = 0; i < PHONES; i++)
        ag1171_model_set_pins(&bench->feeds[i], bits >> (PIN_OUT_RM1 + i) & 1,
                              bits >> (PIN_OUT_PD_OFF1 + i) & 1 ? AG1171_PD_LOW : AG1171_PD_OPEN);
}

static void set_chip_reset(void *context, bool held)
{
    for (int i = 0; i < LINES; i++)
        si3050_model_set_reset(&((struct bench *)context)->chain[i], held);
}

static void set_polarity(void *context, int fxs, bool forward)
{
    ag1171_model_set_polarity(&((struct bench *)context)->feeds[fxs - 1], forward);
}

static uint8_t read_hooks(void *context)
{
    unsigned mask = 0;
    for (int i = 0; i < PHONES; i++)
        mask |= ag1171_model_shk(&((struct bench *)context)->feeds[i]) ? 1U << i : 0U;
    return (uint8_t)mask;
}

static void link_write(void *context, const uint8_t *bytes, size_t n)
{
    link_receive(&((struct bench *)context)->host, bytes, n);
}

static void link_changed(void *context, bool up)
{
    (void)context;
    (void)up;
}

static void must(bool so)
{
    if (!so)
        __builtin_trap();
}

static void pass_ms(struct bench *bench)
{
    bench->wave_ms++;
    for (int i = 0; i < PHONES; i++)
        ag1171_model_ms(&bench->feeds[i], bench->hooks >> i & 1);
    for (int i = 0; i < LINES; i++) {
        bool seized = si3050_model_is_off_hook(&bench->chain[i]);
        bool shared = bench->shared >> i & 1;
        bool power = !(bench->opens >> i & 1);
        const struct si3050_line line = {
            .volts = shared ? -8 : seized ? 9 : 48, .ma = seized && power ? (shared ? 12 : 26) : 0,
            .ringing = bench->rings >> i & 1 ? (bench->wave_ms / 20 % 2 ? -1 : 1) : 0, .far_power = power,
        };
        si3050_model_ms(&bench->chain[i], &line);
    }
    linecard_ms(&bench->card);
    for (int i = 0; i < PHONES; i++)
        must(!bench->feeds[i].damage && bench->feeds[i].bell_taps == 0);
    must(__builtin_popcount(bench->card.ring_mask) <= bench->card.ringer.budget);
}

static void pass_ticks(struct bench *bench, unsigned ticks, bool host)
{
    static const int16_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES];
    int16_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES];
    uint8_t wire[4096];
    while (ticks-- > 0) {
        bench->now_ms += LINECARD_TICK_MS;
        for (int ms = 0; ms < LINECARD_TICK_MS; ms++)
            pass_ms(bench);
        linecard_tick(&bench->card, bench->now_ms, uplink, downlink);
        if (host) {
            const struct link_audio audio = {.socket_mask = 1};
            size_t n = link_encode_audio(&bench->host, &audio, wire, sizeof wire);
            n += link_encode_messages(&bench->host, bench->now_ms, wire + n, sizeof wire - n);
            linecard_receive(&bench->card, wire, n);
        }
    }
}

static void begin(struct bench *bench)
{
    const struct linecard_config config = {0x0F, 0x30, "FUZZCARD", 0};
    const struct linecard_board board = {
        bench, spi, set_outputs, set_chip_reset, set_polarity, read_hooks, link_write, link_changed,
    };
    const struct link_handler handler = {bench, NULL, NULL};
    memset(bench, 0, sizeof *bench);
    link_init(&bench->host, &handler);
    for (int i = 0; i < PHONES; i++)
        ag1171_model_init(&bench->feeds[i]);
    for (int i = 0; i < LINES; i++)
        si3050_model_init(&bench->chain[i]);
    linecard_init(&bench->card, &config, &board);
}

static void greet(struct bench *bench, uint8_t choice)
{
    const uint8_t hello[7] = {1, (uint8_t)(1 + (choice & 1)), (uint8_t)(choice >> 1 & 3), 1, 2, 3, choice};
    link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello);
    pass_ticks(bench, 3, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct bench bench;
    unsigned ticks = 0;
    begin(&bench);
    for (size_t at = 0; at + 1 < n && ticks < 600;) {
        uint8_t what = data[at++];
        uint8_t how = data[at++];
        size_t left = n - at;
        size_t take = how % 21U < left ? how % 21U : left;
        switch (what % 9) {
        case 0: greet(&bench, how); break;
        case 1: bench.hooks = how & 15; break;
        case 2: bench.rings = how & 3; bench.opens = how >> 2 & 3; bench.shared = how >> 4 & 3; break;
        case 3: bench.chain[how & 1].line_side_dead = how & 2; bench.chain[how & 1].dead = how & 4; break;
        case 4: linecard_receive(&bench.card, data + at, take); at += take; break;
        case 5:
            if (what != LINK_MSG_HELLO)
                link_send(&bench.host, (uint8_t)(0x10 + what / 9 % 12), data + at, (uint8_t)take);
            at += take;
            break;
        default: pass_ticks(&bench, how % 64U, what % 9 != 8); ticks += how % 64U; break;
        }
    }
    return 0;
}
