/* SPDX-License-Identifier: Apache-2.0 */
/* A modem's stream while it flows: priming, pacing, exact prompts, barge-in, codes, what does not fit at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/dle.h"
#include "audio/g711.h"
#include "tests/audio/stream_bed.h"

static void test_prime_then_one_for_one(void **state)
{
    (void)state;
    uint8_t got[20000];

    attach();
    assert_int_equal(tick(80, got), 320 + 80);
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(got[i], 0xFF);
    size_t total = 0;
    for (int t = 0; t < 100; t++)
        total += tick(t % 2 ? 160 : 0, NULL);
    assert_int_equal(total, 100 * 80);
    assert_int_equal(bed_stats(&modem_bed, 0).underruns, 0);
}

static void test_prime_at_most_400_ms(void **state)
{
    (void)state;
    size_t total = 0;

    attach();
    for (int t = 0; t < 200; t++)
        total += tick(0, NULL);
    assert_int_equal(total, 3200);
    assert_int_equal(tick(80, NULL), 80);
}

static void test_prompt_is_exact(void **state)
{
    (void)state;
    static int16_t clip[8000];
    static uint8_t want[8000], heard[20000];
    struct modem modem = {.fd = modem_fds[1], .piece = 160, .heard = heard, .heard_room = sizeof heard};
    uint32_t id = 3;

    srand(3);
    for (int i = 0; i < 8000; i++) { /* every code, and many that need the shield */
        want[i] = i % 3 == 0 ? 0x10 : (uint8_t)rand();
        want[i] = want[i] == 0x7F ? 0xFF : want[i]; /* both codes of zero decode alike */
        clip[i] = ulaw_decode(want[i]);
    }
    attach();
    assert_int_equal(audio_clip_add(modem_bed.loop, 3, clip, 8000), 0);
    for (int t = 0; t < 50; t++) {
        modem_tick(&modem);
        bed_step(&modem_bed);
    }
    assert_int_equal(audio_port_play(modem_bed.loop, 0, 77, &id, 1, 0), 0);
    for (int t = 0; t < 220; t++) /* what is left of the prompt, and a second for its echo */ {
        modem_tick(&modem);
        bed_step(&modem_bed);
    }
    const audio_event *played = bed_first(&modem_bed, AUDIO_PLAYED);
    assert_non_null(played);
    assert_int_equal(played->id, 77);
    assert_int_equal(played->detail, AUDIO_PLAY_FINISHED);
    assert_int_equal(played->value, 8000);
    uint8_t *start = memchr(heard, want[0], modem.heard_len);
    assert_non_null(start);
    assert_true(start + 8000 <= heard + modem.heard_len);
    assert_memory_equal(start, want, 8000);
    assert_int_equal(start[8000], 0xFF);
}

static void test_digit_stops_prompt_in_its_tick(void **state)
{
    (void)state;
    static int16_t clip[80000], tone[1600];
    uint8_t got[20000], code[80], wire[160];
    uint32_t id = 0;

    for (int i = 0; i < 80000; i++)
        clip[i] = 8000;
    bed_tone(tone, 1600, 0, 770, 1336, -90);
    attach();
    audio_clip_add(modem_bed.loop, 0, clip, 80000);
    audio_port_play(modem_bed.loop, 0, 5, &id, 1, AUDIO_STOP_ON_DIGIT);
    audio_port_listen(modem_bed.loop, 0, AUDIO_LISTEN_DIGITS | AUDIO_LISTEN_LENIENT, 0);
    for (int t = 0; t < 20; t++)
        tick(80, got);
    assert_int_equal(got[79], ulaw_encode(8000));
    size_t n = 0;
    int t;
    for (t = 0; t < 20 && bed_first(&modem_bed, AUDIO_PLAYED) == NULL; t++) {
        for (int i = 0; i < 80; i++)
            code[i] = ulaw_encode(tone[t * 80 + i]);
        bed_write(modem_fds[1], wire, dle_encode(code, 80, wire));
        bed_step(&modem_bed);
        n = bed_read(modem_fds[1], got, sizeof got);
    }
    assert_true(t < 12); /* how fast is the detector's own matter */
    assert_int_equal(n, 80);
    for (int i = 20; i < 80; i++) /* 2 ms of fade, then silence, in the very tick of the digit */
        assert_int_equal(got[i], 0xFF);
    uint32_t from = 0;
    const audio_event *digit = bed_find(&modem_bed, AUDIO_DIGIT, &from);
    const audio_event *played = bed_find(&modem_bed, AUDIO_PLAYED, &from);
    assert_non_null(digit);
    assert_non_null(played);
    assert_int_equal(digit->detail, '5');
    print_message("digit told %d ms after its onset, in tick %d of it\n", digit->value, t);
    assert_true(digit->value >= 20 && digit->value <= 10 * t);
    assert_int_equal(played->detail, AUDIO_PLAY_DIGIT);
    assert_int_equal(played->tick, digit->tick);
    assert_true(played->value >= 1600 && played->value <= 2400);
}

/* 300 ms of a key so weak that menu mode alone takes it for one. */
static void press_weakly(void)
{
    static int16_t tone[2400];
    uint8_t code[80], wire[160], got[2000];

    bed_tone(tone, 2400, 0, 770, 1336, -360);
    for (int t = 0; t < 30; t++) {
        for (int i = 0; i < 80; i++)
            code[i] = ulaw_encode(tone[t * 80 + i]);
        bed_write(modem_fds[1], wire, dle_encode(code, 80, wire));
        bed_step(&modem_bed);
        bed_read(modem_fds[1], got, sizeof got);
    }
}

static void test_no_lenience_while_a_prompt_comes_back(void **state)
{
    (void)state;
    static int16_t clip[8000];
    uint32_t id = 0;

    memset(clip, 0, sizeof clip);
    attach();
    audio_clip_add(modem_bed.loop, 0, clip, 8000);
    audio_port_listen(modem_bed.loop, 0, AUDIO_LISTEN_DIGITS | AUDIO_LISTEN_LENIENT, 0);
    audio_port_play(modem_bed.loop, 0, 5, &id, 1, 0);
    tick(80, NULL);
    press_weakly();
    assert_null(bed_first(&modem_bed, AUDIO_DIGIT));
    for (int t = 0; t < 220; t++) /* what is left of the prompt, and a second for its echo */
        tick(80, NULL);
    assert_non_null(bed_first(&modem_bed, AUDIO_PLAYED));
    press_weakly();
    assert_non_null(bed_first(&modem_bed, AUDIO_DIGIT));
}

static void test_codes_split_anywhere(void **state)
{
    (void)state;
    const uint8_t wire[] = {0xFF, 0x10, 'b', 0x10, 0x10, 0x10, 0x1A, 0xFE, 0x10, 'd'};

    attach();
    for (size_t i = 0; i < sizeof wire; i++) {
        bed_write(modem_fds[1], wire + i, 1);
        bed_step(&modem_bed);
    }
    uint32_t from = 0;
    assert_int_equal(bed_find(&modem_bed, AUDIO_MODEM_CODE, &from)->detail, 'b');
    assert_int_equal(bed_find(&modem_bed, AUDIO_MODEM_CODE, &from)->detail, 'd');
    assert_null(bed_find(&modem_bed, AUDIO_MODEM_CODE, &from));
    assert_int_equal(bed_stats(&modem_bed, 0).frames_in, 5);
}

static void test_read_ahead_comes_first(void **state)
{
    (void)state;
    uint8_t ahead[1000];

    memset(ahead, 0xFF, sizeof ahead);
    ahead[999] = 0x10; /* the pair ends in what the loop reads itself */
    bed_write(modem_fds[1], "\x10\x10z", 3);
    assert_int_equal(audio_port_attach_stream(modem_bed.loop, 0, modem_fds[0], ahead, sizeof ahead), 0);
    tick(0, NULL);
    assert_int_equal(bed_stats(&modem_bed, 0).frames_in, 1000);
    assert_int_equal(bed_first(&modem_bed, AUDIO_MODEM_CODE)->detail, 'z');
    assert_int_equal(audio_port_attach_stream(modem_bed.loop, 1, modem_fds[0], ahead, 4097), -EINVAL);
    assert_int_equal(audio_port_attach_stream(modem_bed.loop, 1, -1, NULL, 0), -EBADF);
}

static void test_partial_writes_stay_whole(void **state)
{
    (void)state;
    static int16_t clip[64000];
    static uint8_t got[200000];
    uint8_t quiet[80];
    uint32_t id = 0;
    int small = 2048;
    size_t n = 0;

    memset(quiet, 0xFF, sizeof quiet);
    for (int i = 0; i < 64000; i++)
        clip[i] = ulaw_decode(0x10); /* every sample a pair */
    setsockopt(modem_fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    attach();
    audio_clip_add(modem_bed.loop, 0, clip, 64000);
    audio_port_play(modem_bed.loop, 0, 1, &id, 1, 0);
    for (int t = 0; t < 600; t++) {
        bed_write(modem_fds[1], quiet, 80);
        bed_step(&modem_bed);
        if (t > 300) /* nobody reads for 3 s; then a little at a time */
            n += bed_read(modem_fds[1], got + n, 333);
    }
    assert_true(bed_stats(&modem_bed, 0).overruns > 0);
    assert_true(bed_stats(&modem_bed, 0).fill_out <= 8000 + 480);
    for (size_t i = 0, pairs = 0; i + 1 < n; i += 2, pairs++)
        if (got[i] == 0x10)
            assert_int_equal(got[i + 1], 0x10);
        else
            i--;
    assert_true(n > 20000);
}

static void test_burst_after_stall(void **state)
{
    (void)state;
    static uint8_t burst[16000];

    memset(burst, 0xFF, sizeof burst);
    attach();
    for (int t = 0; t < 100; t++)
        tick(80, NULL);
    for (int t = 0; t < 200; t++)
        tick(0, NULL);
    bed_write(modem_fds[1], burst, sizeof burst);
    for (int t = 0; t < 60; t++)
        tick(80, NULL);
    audio_port_stats stats = bed_stats(&modem_bed, 0);
    assert_true(stats.overruns > 0);
    assert_true(stats.fill_in <= 72 + 320 + 80);
    assert_int_equal(stats.frames_in, 160 * 80 + 16000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_prime_then_one_for_one),
        TEST(test_prime_at_most_400_ms),
        TEST(test_prompt_is_exact),
        TEST(test_digit_stops_prompt_in_its_tick),
        TEST(test_no_lenience_while_a_prompt_comes_back),
        TEST(test_codes_split_anywhere),
        TEST(test_read_ahead_comes_first),
        TEST(test_partial_writes_stay_whole),
        TEST(test_burst_after_stall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
