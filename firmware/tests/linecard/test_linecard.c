/* SPDX-License-Identifier: Apache-2.0 */
/* The whole core of the card opposite a host end of the link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "audio/g711.h"
#include "linecard/core/linecard.h"
#include "linecard/core/orders.h"
#include "linecard/hal/host/ag1171_model.h"
#include "linecard/hal/host/si3050_model.h"
#include <string.h>

typedef int16_t frames[LINK_SOCKETS][LINK_AUDIO_FRAMES];

enum { LINES = 2, RELAYS = 1 << PIN_OUT_LIFELINE1 | 1 << PIN_OUT_LIFELINE2 };

struct bench {
    struct linecard card;
    struct ag1171_model feeds[4];
    struct si3050_model chain[LINES];
    uint32_t outputs;
    uint8_t reversed_mask, parallel_mask; /* of the exchange lines */
    unsigned wave_ms, frames_a_ms, most_frames_a_ms;
    struct link_end host;
    struct link_message heard[64];
    unsigned heard_count, audio_count;
    struct link_audio audio;
    uint8_t ring_mask, line_mask, off_hook_mask, far_ring_mask, far_open_mask;
    bool lifeline, up, host_silent, wire_cut, linear;
    uint32_t now_ms, sent;
    uint8_t voice;               /* code the host sends on socket 1 */
    frames uplink, downlink;
};

static void spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    struct bench *bench = context;
    bench->frames_a_ms++;
    si3050_model_transfer(bench->chain, LINES, out, in, n);
}

static void set_outputs(void *context, uint32_t bits)
{
    struct bench *bench = context;
    bench->outputs = bits;
    bench->lifeline = (bits & RELAYS) != RELAYS;
    for (int i = 0; i < 4; i++)
        ag1171_model_set_pins(&bench->feeds[i], bits >> (PIN_OUT_RM1 + i) & 1,
                              bits >> (PIN_OUT_PD_OFF1 + i) & 1 ? AG1171_PD_LOW : AG1171_PD_OPEN);
}

static void set_chip_reset(void *context, bool held)
{
    struct bench *bench = context;
    for (int i = 0; i < LINES; i++)
        si3050_model_set_reset(&bench->chain[i], held);
}

static void set_polarity(void *context, int fxs, bool forward)
{
    struct bench *bench = context;
    ag1171_model_set_polarity(&bench->feeds[fxs - 1], forward);
}

static uint8_t read_hooks(void *context)
{
    const struct bench *bench = context;
    unsigned mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= ag1171_model_shk(&bench->feeds[i]) ? 1U << i : 0U;
    return (uint8_t)mask;
}

static void link_changed(void *context, bool up)
{
    ((struct bench *)context)->up = up;
}

static void link_write(void *context, const uint8_t *bytes, size_t n)
{
    struct bench *bench = context;
    if (!bench->wire_cut)
        link_receive(&bench->host, bytes, n);
}

static void host_audio(void *context, const struct link_audio *audio)
{
    struct bench *bench = context;
    bench->audio = *audio;
    bench->audio_count++;
}

static void host_message(void *context, const struct link_message *message)
{
    struct bench *bench = context;
    bench->heard[bench->heard_count++ % 64] = *message;
}

static struct bench *bench_new(uint8_t off_hook_mask)
{
    static struct bench bench;
    memset(&bench, 0, sizeof bench);
    const struct linecard_config config = {0x0F, 0x30, "CARD0001", 0};
    const struct linecard_board board = {
        &bench, spi, set_outputs, set_chip_reset, set_polarity, read_hooks, link_write, link_changed,
    };
    const struct link_handler handler = {&bench, host_audio, host_message};
    link_init(&bench.host, &handler);
    for (int i = 0; i < 4; i++) {
        ag1171_model_init(&bench.feeds[i]);
        ag1171_model_ms(&bench.feeds[i], off_hook_mask >> i & 1);
    }
    for (int i = 0; i < LINES; i++)
        si3050_model_init(&bench.chain[i]);
    linecard_init(&bench.card, &config, &board);
    bench.off_hook_mask = off_hook_mask;
    bench.voice = 0x40;
    return &bench;
}

static void host_speaks(struct bench *bench)
{
    uint8_t wire[4096];
    struct link_audio audio = {.sample_counter = bench->sent, .socket_mask = 1};
    memset(audio.ulaw[0], bench->voice, LINK_AUDIO_FRAMES);
    if (bench->linear) {
        audio.codec = LINK_CODEC_LINEAR;
        for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
            audio.linear[0][i] = (int16_t)(7 * i - 300);
    }
    bench->sent += LINK_AUDIO_FRAMES;
    size_t n = link_encode_audio(&bench->host, &audio, wire, sizeof wire);
    n += link_encode_messages(&bench->host, bench->now_ms, wire + n, sizeof wire - n);
    linecard_receive(&bench->card, wire, n);
}

/* The line of device `i` in this millisecond: 25 Hz ringing, 48 V idle, 25 mA when seized. */
static struct si3050_line far_end(const struct bench *bench, int i)
{
    uint8_t bit = (uint8_t)(0x10 << i);
    bool seized = si3050_model_is_off_hook(&bench->chain[i]);
    bool shared = bench->parallel_mask & bit;
    struct si3050_line line = {.far_power = !(bench->far_open_mask & bit)};
    line.volts = shared ? 7 : seized ? 10 : 48;
    if (bench->reversed_mask & bit)
        line.volts = -line.volts;
    line.ma = seized && line.far_power ? (shared ? 15 : 25) : 0;
    if (bench->far_ring_mask & bit)
        line.ringing = bench->wave_ms / 20 % 2 ? -1 : 1;
    return line;
}

static void pass_ms(struct bench *bench)
{
    bench->wave_ms++;
    bench->ring_mask = bench->line_mask = 0;
    for (int i = 0; i < 4; i++)
        ag1171_model_ms(&bench->feeds[i], bench->off_hook_mask >> i & 1);
    for (int i = 0; i < LINES; i++) {
        struct si3050_line line = far_end(bench, i);
        si3050_model_ms(&bench->chain[i], &line);
    }
    bench->frames_a_ms = 0;
    linecard_ms(&bench->card);
    if (bench->frames_a_ms > bench->most_frames_a_ms)
        bench->most_frames_a_ms = bench->frames_a_ms;
    for (int i = 0; i < 4; i++) {
        bench->ring_mask |= (uint8_t)(ag1171_model_rings(&bench->feeds[i]) << i);
        assert_null(bench->feeds[i].damage);
        assert_int_equal(bench->feeds[i].bell_taps, 0);
    }
    for (int i = 0; i < LINES; i++)
        bench->line_mask |= (uint8_t)(si3050_model_is_off_hook(&bench->chain[i]) << (4 + i));
}

static void run(struct bench *bench, uint32_t ms)
{
    for (uint32_t end_ms = bench->now_ms + ms; bench->now_ms != end_ms;) {
        if (!bench->host_silent)
            host_speaks(bench);
        bench->now_ms += 10;
        for (int i = 0; i < 10; i++)
            pass_ms(bench);
        linecard_tick(&bench->card, bench->now_ms, (const int16_t (*)[LINK_AUDIO_FRAMES])bench->uplink,
                      bench->downlink);
    }
}

static void greet(struct bench *bench, uint8_t nonce)
{
    const uint8_t hello[7] = {1, 1, 1, 0, 0, 0, nonce};
    bench->heard_count = 0;
    assert_true(link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello));
    run(bench, 50);
}

static void order(struct bench *bench, uint8_t kind, const char *payload, uint8_t len)
{
    assert_true(link_send(&bench->host, kind, (const uint8_t *)payload, len));
    run(bench, 20);
}

static void expect(const struct bench *bench, unsigned index, uint8_t kind, uint8_t socket, int detail)
{
    assert_true(bench->heard_count > index);
    assert_int_equal(bench->heard[index].kind, kind);
    assert_int_equal(bench->heard[index].payload[0], socket);
    if (detail >= 0)
        assert_int_equal(bench->heard[index].payload[1], detail);
}

static void hello_is_answered_and_the_reply_tells_what_is_there(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0x02);
    run(bench, 1000);
    assert_int_equal(bench->audio_count, 0); /* silent until greeted */
    greet(bench, 7);
    const uint8_t reply[20] = {1, 0, 0, 2, 0, 0x0F, 0x30, 0x02, 'C', 'A', 'R', 'D', '0', '0', '0', '1', 0, 0, 0, 7};
    assert_int_equal(bench->heard_count, 1);
    assert_int_equal(bench->heard[0].kind, LINK_MSG_HELLO_REPLY);
    assert_memory_equal(bench->heard[0].payload, reply, sizeof reply);
    assert_true(bench->up);
    assert_int_equal(bench->audio.socket_mask, 0x3F);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    const uint8_t hello[7] = {3, 9, 1, 0, 0, 0, 1};
    link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello);
    run(bench, 100);
    assert_int_equal(bench->heard[0].kind, LINK_MSG_HELLO_REPLY);
    assert_int_equal(bench->heard[0].payload[0], 0);
    assert_int_equal(bench->audio_count, 0);
    assert_false(bench->up);
    greet(bench, 2);
    assert_true(bench->up);
}

static void lifting_stops_ringing_at_once(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5); /* 1000, 4000 */
    assert_int_equal(bench->ring_mask, 1);
    bench->off_hook_mask = 1;
    run(bench, 60); /* SHK pulses with the ringing: up to 20 ms until it shows, 10 ms until it is believed */
    assert_int_equal(bench->ring_mask, 0);
    expect(bench, 1, LINK_MSG_HOOK, 1, 1);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5); /* a lifted handset is not rung */
    assert_int_equal(bench->ring_mask, 0);
    bench->off_hook_mask = 0;
    run(bench, 900);
    expect(bench, 2, LINK_MSG_HOOK, 1, 0);
}

static void flash_and_pulses_are_reported(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0x08);
    greet(bench, 1);
    bench->off_hook_mask = 0;
    run(bench, 200);
    bench->off_hook_mask = 8;
    run(bench, 500);
    expect(bench, 1, LINK_MSG_HOOK_FLASH, 4, -1);
    for (int i = 0; i < 10; i++) {
        bench->off_hook_mask = 0;
        run(bench, 60);
        bench->off_hook_mask = 8;
        run(bench, 40);
    }
    run(bench, 300);
    expect(bench, 2, LINK_MSG_PULSE_DIGIT, 4, '0');
}

static void exchange_line_orders_and_reports(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    bench->far_ring_mask = 0x10;
    run(bench, 250);
    expect(bench, 1, LINK_MSG_RING_DETECTED, 5, 1);
    order(bench, LINK_MSG_SEIZE, "\5", 1);
    assert_int_equal(bench->line_mask, 0x10);
    run(bench, 300);
    expect(bench, 2, LINK_MSG_RING_DETECTED, 5, 0);
    order(bench, LINK_MSG_FLASH_LINE, "\5\0\144", 3);
    assert_int_equal(bench->line_mask, 0);
    run(bench, 100);
    assert_int_equal(bench->line_mask, 0x10);
    bench->far_open_mask = 0x10;
    run(bench, 300);
    expect(bench, 3, LINK_MSG_LOOP, 5, 1);
    order(bench, LINK_MSG_RELEASE, "\5", 1);
    assert_int_equal(bench->line_mask, 0);
}

static void wrong_orders_do_nothing(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    order(bench, LINK_MSG_RING, "\5\3\350\17\240", 5); /* an exchange line */
    order(bench, LINK_MSG_RING, "\1\3\350", 3);        /* too short */
    order(bench, LINK_MSG_RING, "\0\3\350\17\240", 5);
    order(bench, LINK_MSG_RING, "\11\3\350\17\240", 5);
    order(bench, LINK_MSG_RING, "\1\0\0\17\240", 5);   /* no burst at all */
    order(bench, LINK_MSG_SEIZE, "\1", 1);             /* a telephone */
    order(bench, 0x7F, "\1", 1);
    assert_int_equal(bench->ring_mask | bench->line_mask, 0);
    assert_int_equal(bench->heard_count, 1);
    assert_true(bench->up);
}

static void audio_flows_both_ways_with_gain_and_counters(void **state)
{
    (void)state;
    struct bench *bench = bench_new(1);
    greet(bench, 1);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        bench->uplink[1][i] = ulaw_decode(0xD5);
    run(bench, 200);
    assert_int_equal(bench->downlink[0][0], ulaw_decode(0x40));
    assert_int_equal(bench->downlink[1][0], 0);
    assert_int_equal(bench->audio.ulaw[1][79], 0xD5);
    /* What was sent and not yet played lies in the playout buffer: 10 to 30 ms. */
    assert_in_range(bench->sent - bench->audio.peer_counter, 80, 240);
    uint32_t counter = bench->audio.sample_counter;
    run(bench, 100);
    assert_int_equal(bench->audio.sample_counter - counter, 800);
    order(bench, LINK_MSG_GAIN, "\2\0\0\377\304", 5); /* from the phone: -6.0 dB */
    int16_t before = ulaw_decode(0xD5);
    int16_t after = ulaw_decode(bench->audio.ulaw[1][0]);
    assert_true(after < before * 55 / 100 && after > before * 45 / 100);
}

static void silence_puts_everything_to_rest_and_then_to_the_lifeline(void **state)
{
    (void)state;
    struct bench *bench = bench_new(1);
    greet(bench, 1);
    order(bench, LINK_MSG_RING, "\2\3\350\3\350", 5);
    order(bench, LINK_MSG_SEIZE, "\5", 1);
    run(bench, 200);
    assert_int_equal(bench->ring_mask, 2);
    assert_int_equal(bench->line_mask, 0x10);
    bench->host_silent = true;
    run(bench, 480);
    assert_true(bench->up);
    assert_int_equal(bench->line_mask, 0x10);
    run(bench, 50);
    assert_false(bench->up);
    assert_int_equal(bench->ring_mask | bench->line_mask, 0);
    assert_int_equal(bench->downlink[0][0], 0);
    unsigned audio = bench->audio_count;
    bench->host_silent = false;
    run(bench, 1000); /* frames of the old link: the card stays silent until greeted */
    assert_int_equal(bench->audio_count, audio);
    bench->host_silent = true;
    run(bench, 9900);
    assert_false(bench->lifeline);
    run(bench, 200);
    assert_true(bench->lifeline);
    run(bench, 600000); /* and stays there */
    assert_true(bench->lifeline);
    bench->host_silent = false;
    greet(bench, 1); /* the same nonce will do after so long */
    assert_true(bench->up);
    assert_false(bench->lifeline);
}

static void a_new_host_finds_a_card_at_rest(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5);
    order(bench, LINK_MSG_SEIZE, "\6", 1);
    bench->far_ring_mask = 0x10;
    run(bench, 200);
    greet(bench, 2);
    assert_int_equal(bench->ring_mask | bench->line_mask, 0);
    assert_int_equal(bench->heard_count, 2);
    expect(bench, 1, LINK_MSG_RING_DETECTED, 5, 1); /* still ringing: said again */
}

static void reports_outlast_a_closed_window(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    bench->wire_cut = true; /* towards the host */
    for (int i = 0; i < 12; i++) {
        bench->off_hook_mask = i % 2 ? 0x00 : 0x0F;
        run(bench, i % 2 ? 850 : 50);
        if (i == 2)
            break; /* twelve reports within a second: more than the window */
    }
    bench->wire_cut = false;
    run(bench, 300);
    assert_int_equal(bench->heard_count, 1 + 12);
    for (unsigned i = 0; i < 12; i++)
        expect(bench, i + 1, LINK_MSG_HOOK, (uint8_t)(i % 4 + 1), i / 4 != 1);
}

static void a_host_that_never_acknowledges_is_dead(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    bench->wire_cut = true;
    bench->off_hook_mask = 1;
    run(bench, 1900);
    assert_true(bench->up);
    run(bench, 300);
    assert_false(bench->up);
}

static void health_counts(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    linecard_receive(&bench->card, (const uint8_t *)"\3\1\1\0", 4);
    order(bench, LINK_MSG_GET_HEALTH, NULL, 0);
    run(bench, 20);
    const struct link_message *health = &bench->heard[bench->heard_count - 1];
    assert_int_equal(health->kind, LINK_MSG_HEALTH);
    assert_int_equal(health->len, 25);
    assert_int_equal(health->payload[24], 0); /* started by power */
    assert_int_equal(health->payload[11], 1); /* bad frames */
    assert_int_equal(health->payload[15], 0); /* lost audio */
}

/* --- version 2 --- */

static void greet_as(struct bench *bench, uint8_t nonce, uint8_t newest, uint8_t codecs)
{
    const uint8_t hello[7] = {1, newest, codecs, 0, 0, 0, nonce};
    bench->heard_count = 0;
    assert_true(link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello));
    run(bench, 50);
    assert_int_equal(bench->heard[0].kind, LINK_MSG_HELLO_REPLY);
}

/* The newest message of a kind, NULL when there is none. */
static const struct link_message *newest(const struct bench *bench, uint8_t kind)
{
    for (unsigned i = bench->heard_count; i > 0 && bench->heard_count - i < 64; i--)
        if (bench->heard[(i - 1) % 64].kind == kind)
            return &bench->heard[(i - 1) % 64];
    return NULL;
}

static void versions_and_codecs_are_negotiated(void **state)
{
    (void)state;
    static const struct { uint8_t newest, codecs, version, codec; } CASES[] = {
        {1, 1, 1, 0}, {2, 1, 2, 0}, {2, 2, 2, 1}, {2, 3, 2, 1}, {9, 3, 2, 1}, {1, 3, 1, 1}, {2, 4, 0, 0}, {2, 0, 0, 0},
    };
    for (uint8_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench *bench = bench_new(0);
        run(bench, 100);
        greet_as(bench, (uint8_t)(i + 1), CASES[i].newest, CASES[i].codecs);
        assert_int_equal(bench->heard[0].payload[0], CASES[i].version);
        assert_int_equal(bench->heard[0].payload[1], CASES[i].codec);
        assert_int_equal(bench->up, CASES[i].version > 0);
        run(bench, 300);
        assert_int_equal(newest(bench, LINK_MSG_LINE_STATE) != NULL, CASES[i].version == 2);
        if (CASES[i].version > 0)
            assert_int_equal(bench->audio.codec, CASES[i].codec);
    }
}

static void an_old_host_s_orders_are_those_of_version_1(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 1, 1);
    order(bench, LINK_MSG_RING_SUPPLY, "\4", 1);
    order(bench, LINK_MSG_GET_PORT_HEALTH, "\1", 1);
    run(bench, 50);
    assert_int_equal(bench->card.ringer.budget, RINGER_BUDGET);
    assert_null(newest(bench, LINK_MSG_PORT_HEALTH));
}

static void linear_audio_is_carried_bit_for_bit(void **state)
{
    (void)state;
    struct bench *bench = bench_new(1);
    bench->linear = true;
    greet_as(bench, 1, 2, 2);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        bench->uplink[1][i] = (int16_t)(i * 401 - 16000);
    run(bench, 200);
    assert_int_equal(bench->audio.codec, LINK_CODEC_LINEAR);
    assert_memory_equal(bench->audio.linear[1], bench->uplink[1], sizeof bench->uplink[1]);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        assert_int_equal(bench->downlink[0][i], 7 * i - 300);
    order(bench, LINK_MSG_GAIN, "\2\0\0\0\74", 5); /* from the phone: +6.0 dB */
    run(bench, 20);
    assert_in_range(bench->audio.linear[1][60], 8060 * 1994 / 1000, 8060 * 1996 / 1000);
}

static void the_state_of_a_line_is_told(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    run(bench, 300);
    greet_as(bench, 1, 2, 1);
    const struct link_message *line = newest(bench, LINK_MSG_LINE_STATE);
    assert_non_null(line);
    assert_int_equal(line->len, 4);
    assert_int_equal(line->payload[1], LINE_FLAG_CONNECTED | LINE_FLAG_READY);
    assert_in_range(line->payload[2], 47, 48);
    bench->parallel_mask = 0x20;
    bench->reversed_mask = 0x10;
    run(bench, 2000);
    bool in_use = false, reversed = false;
    for (unsigned i = 0; i < bench->heard_count; i++) {
        line = &bench->heard[i];
        if (line->kind != LINK_MSG_LINE_STATE)
            continue;
        in_use |= line->payload[0] == 6 && (line->payload[1] & LINE_FLAG_IN_USE);
        reversed |= line->payload[0] == 5 && (line->payload[1] & LINE_FLAG_REVERSED) && (int8_t)line->payload[2] < -40;
    }
    assert_true(in_use && reversed);
    order(bench, LINK_MSG_SEIZE, "\5", 1);
    run(bench, 1500);
    line = newest(bench, LINK_MSG_LINE_STATE);
    assert_int_equal(line->payload[0], 5);
    assert_true(line->payload[1] & LINE_FLAG_AUDIO);
    assert_in_range(line->payload[3], 22, 27);
}

static void orders_of_version_2(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    run(bench, 100);
    greet_as(bench, 1, 2, 1);
    order(bench, LINK_MSG_COUNTRY, "\0GB\0\0", 5);
    run(bench, 50);
    assert_int_equal(bench->chain[0].registers[30], 5);
    assert_int_equal(bench->chain[1].registers[30], 5);
    assert_int_equal(bench->card.sockets[0].caller_id_standard, CALLER_ID_ETSI);
    order(bench, LINK_MSG_COUNTRY, "\6AU\2\24", 5); /* one socket; V.23 although Australia has Bell; 20 Hz */
    run(bench, 50);
    assert_int_equal(bench->chain[0].registers[30], 5);
    assert_int_equal(bench->chain[1].registers[30], 3);
    assert_int_equal(bench->card.sockets[5].caller_id_standard, CALLER_ID_ETSI);
    assert_int_equal(bench->card.sockets[5].feed.ring_hz, 20);
    order(bench, LINK_MSG_COUNTRY, "\7DE\0\0", 5); /* no such socket */
    assert_int_equal(bench->card.sockets[6].chip.wanted->letters[0], 'G');
    order(bench, LINK_MSG_RING_SUPPLY, "\3", 1);
    assert_int_equal(bench->card.ringer.budget, 3);
    order(bench, LINK_MSG_RING_SUPPLY, "\0", 1);
    order(bench, LINK_MSG_RING_SUPPLY, "\11", 1);
    assert_int_equal(bench->card.ringer.budget, 3);
    order(bench, LINK_MSG_USE_PORT, "\4\0", 2);
    run(bench, 20);
    assert_true(bench->outputs >> PIN_OUT_PD_OFF4 & 1);
    order(bench, LINK_MSG_USE_PORT, "\4\1", 2);
    run(bench, 80);
    assert_false(bench->outputs >> PIN_OUT_PD_OFF4 & 1);
    order(bench, LINK_MSG_GET_PORT_HEALTH, "\5", 1);
    run(bench, 20);
    const struct link_message *health = newest(bench, LINK_MSG_PORT_HEALTH);
    assert_non_null(health);
    assert_int_equal(health->len, 24);
    assert_memory_equal(health->payload, "\5\1\6GB\31\2", 7); /* FXO, ready, 25 Hz, V.23 */
    assert_int_equal(health->payload[11], 2); /* brought up, and settings written anew */
    order(bench, LINK_MSG_GET_PORT_HEALTH, "\1", 1);
    run(bench, 20);
    health = newest(bench, LINK_MSG_PORT_HEALTH);
    assert_memory_equal(health->payload, "\1\0\2", 3);
}

/* SDMF of "1234567": 04 0F, 09-30 12:24, number, checksum. */
static void order_caller_id(struct bench *bench, uint8_t spoil)
{
    uint8_t payload[2 + 1 + 8 + 7 + 1] = {1, 4, 15};
    memcpy(payload + 3, "093012241234567", 15);
    uint8_t sum = spoil;
    for (size_t i = 1; i < 18; i++)
        sum = (uint8_t)(sum + payload[i]);
    payload[18] = (uint8_t)-sum;
    order(bench, LINK_MSG_CALLER_ID, (const char *)payload, sizeof payload);
}

static bool has_sound(const struct bench *bench)
{
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        if (bench->downlink[0][i] != 0)
            return true;
    return false;
}

/* Runs until the second ring; when sound began and ended, ms after the first ring's end; 0 = there was none. */
static void watch_caller_id(struct bench *bench, uint32_t *began_ms, uint32_t *ended_ms, uint32_t *ring_ms)
{
    uint32_t end_ms = 0;
    *began_ms = *ended_ms = *ring_ms = 0;
    for (int tick = 0; tick < 1000 && *ring_ms == 0; tick++) {
        bool rang = bench->ring_mask & 1;
        run(bench, 10);
        if (rang && !(bench->ring_mask & 1))
            end_ms = bench->now_ms;
        if (has_sound(bench)) {
            assert_int_equal(bench->ring_mask & 1, 0);
            *began_ms = *began_ms ? *began_ms : bench->now_ms - end_ms;
            *ended_ms = bench->now_ms - end_ms;
        }
        if (end_ms > 0 && (bench->ring_mask & 1))
            *ring_ms = bench->now_ms - end_ms;
    }
}

static void caller_id_goes_between_the_first_ring_and_the_second(void **state)
{
    (void)state;
    static const char *const CADENCES[] = {"\1\3\350\17\240", "\1\1\364\3\350"}; /* 1/4 s; .5/1 s: too short, waits */
    for (size_t i = 0; i < 2; i++) {
        uint32_t began_ms, ended_ms, ring_ms;
        struct bench *bench = bench_new(0);
        run(bench, 1500);
        greet_as(bench, 1, 2, 1);
        order_caller_id(bench, 0);
        assert_true(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
        order(bench, LINK_MSG_RING, CADENCES[i], 5);
        run(bench, 100);
        watch_caller_id(bench, &began_ms, &ended_ms, &ring_ms);
        assert_in_range(began_ms, 480, 560);
        assert_in_range(ended_ms - began_ms, 520, 600);
        assert_true(ring_ms >= ended_ms + 190);
        assert_in_range(ring_ms, 1200, 4100);
        order_caller_id(bench, 0);
        bench->off_hook_mask = 1; /* answered: nothing is sent into the ear */
        run(bench, 100);
        assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
        order_caller_id(bench, 0);
        assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
    }
}

static void a_spoiled_caller_id_is_not_sent(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    order_caller_id(bench, 1);
    order(bench, LINK_MSG_CALLER_ID, "\1\4\377\0\0", 5); /* longer than can be */
    assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
    order_caller_id(bench, 0);
    greet_as(bench, 2, 2, 1); /* a new host */
    assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
}

static void a_lifeline_in_use_stays_one(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    bench->parallel_mask = 0x10; /* the telephone of socket 1 talks on the line of socket 5 */
    run(bench, 100);
    greet(bench, 1);
    run(bench, 5000);
    assert_false(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    assert_true(bench->outputs >> PIN_OUT_LIFELINE2 & 1);
    bench->parallel_mask = 0;
    run(bench, 900);
    assert_false(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    run(bench, 200);
    assert_true(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
}

static void reports_beyond_the_queue_are_dropped(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    bench->wire_cut = true;
    const uint8_t hook[2] = {1, 1};
    for (int i = 0; i < 60; i++)
        orders_report(&bench->card, LINK_MSG_HOOK, hook, 2);
    assert_int_equal(bench->card.queue_count, LINECARD_QUEUE);
    run(bench, 20);
    assert_int_equal(bench->card.queue_count, LINECARD_QUEUE - LINK_WINDOW);
}

/* Bytes, orders, hooks and lines at random: the parts stay whole (pass_ms looks), the link can be greeted again. */
static void anything_may_happen(void **state)
{
    (void)state;
    uint32_t seed = 99;
    struct bench *bench = bench_new(0);
    for (int round = 0; round < 120; round++) {
        greet_as(bench, (uint8_t)(round + 1), (uint8_t)(1 + (seed >> 9) % 2), 3);
        for (int i = 0; i < 25; i++) {
            uint8_t payload[20];
            for (size_t k = 0; k < sizeof payload; k++)
                payload[k] = (uint8_t)((seed = seed * 1664525U + 1013904223U) >> 24);
            payload[0] = (uint8_t)(payload[0] % 10);
            payload[1] &= 7; /* times up to 2 s, so that something rings */
            uint8_t kind = (uint8_t)(0x10 + (seed >> 12) % 12);
            if (kind != LINK_MSG_HELLO)
                link_send(&bench->host, kind, payload, (uint8_t)((seed >> 20) % sizeof payload));
            bench->off_hook_mask = (uint8_t)(seed >> 13 & seed >> 21 & 15);
            bench->far_ring_mask = (uint8_t)(seed >> 5 & 0x30);
            bench->far_open_mask = (uint8_t)(seed >> 7 & seed >> 11 & 0x30);
            bench->parallel_mask = (uint8_t)(seed >> 6 & 0x30);
            bench->reversed_mask = (uint8_t)(seed >> 4 & 0x30);
            run(bench, (seed >> 22) % 40 * 10);
        }
    }
    assert_true(bench->most_frames_a_ms <= 5 * LINES);
    assert_int_equal(bench->chain[0].breaches + bench->chain[1].breaches, 0);
}

static void it_fits_the_microcontroller(void **state)
{
    (void)state;
    assert_true(sizeof(struct linecard) < 64 * 1024);
}

static void updates_are_answered(void **state)
{
    (void)state;
    static const char BEGIN[UPDATE_BEGIN_BYTES] = {0, 0, 0x10, 0};
    static const char DATA[8] = {0, 0, 0, 0, 3};
    static const uint8_t KEY[LMS_KEY_BYTES] = {0, 0, 0, 5};
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    order(bench, LINK_MSG_UPDATE_BEGIN, BEGIN, sizeof BEGIN);
    order(bench, LINK_MSG_UPDATE_DATA, DATA, sizeof DATA);
    order(bench, LINK_MSG_UPDATE_END, NULL, 0);
    order(bench, LINK_MSG_UPDATE_REBOOT, NULL, 0);
    order(bench, LINK_MSG_UPDATE_STATUS, NULL, 0);
    run(bench, 50);
    const struct link_message *report = newest(bench, LINK_MSG_UPDATE_REPORT);
    assert_non_null(report);
    assert_int_equal(report->len, UPDATE_REPORT_BYTES);
    assert_int_equal(report->payload[1], UPDATE_NO_FLASH);
    assert_null(newest(bench, LINK_MSG_UPDATE_KEY));
    const struct update_config config = {.key = KEY, .slot = FLASH_SLOT_A};
    linecard_use_flash(&bench->card, &config);
    order(bench, LINK_MSG_UPDATE_STATUS, NULL, 0);
    run(bench, 50);
    assert_memory_equal(newest(bench, LINK_MSG_UPDATE_KEY)->payload, KEY, sizeof KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_is_answered_and_the_reply_tells_what_is_there),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(lifting_stops_ringing_at_once),
        cmocka_unit_test(flash_and_pulses_are_reported),
        cmocka_unit_test(exchange_line_orders_and_reports),
        cmocka_unit_test(wrong_orders_do_nothing),
        cmocka_unit_test(audio_flows_both_ways_with_gain_and_counters),
        cmocka_unit_test(silence_puts_everything_to_rest_and_then_to_the_lifeline),
        cmocka_unit_test(a_new_host_finds_a_card_at_rest),
        cmocka_unit_test(reports_outlast_a_closed_window),
        cmocka_unit_test(a_host_that_never_acknowledges_is_dead),
        cmocka_unit_test(health_counts),
        cmocka_unit_test(versions_and_codecs_are_negotiated),
        cmocka_unit_test(an_old_host_s_orders_are_those_of_version_1),
        cmocka_unit_test(linear_audio_is_carried_bit_for_bit),
        cmocka_unit_test(the_state_of_a_line_is_told),
        cmocka_unit_test(orders_of_version_2),
        cmocka_unit_test(updates_are_answered),
        cmocka_unit_test(caller_id_goes_between_the_first_ring_and_the_second),
        cmocka_unit_test(a_spoiled_caller_id_is_not_sent),
        cmocka_unit_test(a_lifeline_in_use_stays_one),
        cmocka_unit_test(reports_beyond_the_queue_are_dropped),
        cmocka_unit_test(anything_may_happen),
        cmocka_unit_test(it_fits_the_microcontroller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
