/* SPDX-License-Identifier: Apache-2.0 */
/* The bench of the card's core: its board, its telephones and lines, and the host at the other end. */
#include "tests/linecard/linecard_bench.h"

static void spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    struct bench *bench = context;
    bench->frames_a_ms++;
    if (bench->chip_gone && in)
        memset(in, 0xFF, n);
    else if (!bench->chip_gone)
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

struct bench *bench_new(uint8_t off_hook_mask)
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
        ag1171_model_ms(&bench.feeds[i], i >= LINES && (off_hook_mask >> i & 1)); /* 1 and 2 are the exchange's */
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

/* Its relay released, telephone `index` is on the line of socket index + 4. */
static bool is_joined(const struct bench *bench, int index)
{
    return index < LINES && !(bench->outputs >> (PIN_OUT_LIFELINE1 + index) & 1);
}

static bool is_lifted(const struct bench *bench, int index)
{
    return bench->off_hook_mask >> index & 1;
}

/* The line of device `i` in this millisecond: 25 Hz ringing, 48 V idle, 25 mA when seized. */
static struct si3050_line far_end(const struct bench *bench, int i)
{
    uint8_t bit = (uint8_t)(0x10 << i);
    bool seized = si3050_model_is_off_hook(&bench->chain[i]);
    bool shared = (bench->parallel_mask & bit) || (is_joined(bench, i) && is_lifted(bench, i));
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
        ag1171_model_ms(&bench->feeds[i], is_lifted(bench, i) && !is_joined(bench, i));
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

void run(struct bench *bench, uint32_t ms)
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

void greet(struct bench *bench, uint8_t nonce)
{
    const uint8_t hello[7] = {1, 1, 1, 0, 0, 0, nonce};
    bench->heard_count = 0;
    assert_true(link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello));
    run(bench, 50);
}

void order(struct bench *bench, uint8_t kind, const char *payload, uint8_t len)
{
    assert_true(link_send(&bench->host, kind, (const uint8_t *)payload, len));
    run(bench, 20);
}

void expect(const struct bench *bench, unsigned index, uint8_t kind, uint8_t socket, int detail)
{
    assert_true(bench->heard_count > index);
    assert_int_equal(bench->heard[index].kind, kind);
    assert_int_equal(bench->heard[index].payload[0], socket);
    if (detail >= 0)
        assert_int_equal(bench->heard[index].payload[1], detail);
}
