/* SPDX-License-Identifier: Apache-2.0 */
/* Touch tones at the limits of ITU-T Q.24, one test for each clause, on synthesised signals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dtmf.h"
#include "synth.h"
#include "tone_gen.h"

#define KEYS "123A456B789C*0#D"
#define MOST 64

static struct synth s;

struct heard {
    char keys[MOST + 1];
    struct dtmf_hit hits[MOST];
    double at_ms[MOST];
};

/* What the detector makes of the signal, fed `block` samples at a time. */
static struct heard listen_by(bool lenient, size_t block)
{
    static struct dtmf d;
    struct heard heard = {.keys = ""};
    size_t count = 0;
    dtmf_init(&d);
    dtmf_set_lenient(&d, lenient);
    for (size_t at = 0; at < s.frames; at += block) {
        const size_t n = s.frames - at < block ? s.frames - at : block;
        const size_t got = dtmf_feed(&d, s.out + at, n, heard.hits + count, MOST - count);
        for (size_t i = 0; i < got; i++, count++) {
            heard.keys[count] = heard.hits[count].digit;
            heard.at_ms[count] = (double)(at + n) / 8.0;
        }
    }
    heard.keys[count] = '\0';
    return heard;
}

static struct heard listen(bool lenient)
{
    return listen_by(lenient, 80);
}

/* Presses `keys` one after another from 100 ms on, at odd moments of the detector's 5 ms. */
static void press(const char *keys, const struct synth_key *key, double pause_ms)
{
    synth_begin(&s, 300 + (double)strlen(keys) * (key->on_ms + pause_ms + 5), 11);
    double at_ms = 100;
    for (; *keys != '\0'; keys++) {
        synth_key(&s, at_ms, *keys, key);
        at_ms += key->on_ms + pause_ms + 2.5 * synth_uniform(&s);
    }
}

static void assert_all_heard(const char *what, const struct synth_key *key)
{
    for (int lenient = 0; lenient < 2; lenient++) {
        press(KEYS, key, 60);
        synth_finish(&s, true);
        const struct heard heard = listen(lenient);
        if (strcmp(heard.keys, KEYS) != 0)
            fail_msg("%s, lenient %d: %s", what, lenient, heard.keys);
    }
}

static void assert_none_heard(const char *what, const struct synth_key *key)
{
    for (int lenient = 0; lenient < 2; lenient++) {
        press(KEYS, key, 60);
        synth_finish(&s, true);
        const struct heard heard = listen(lenient);
        if (heard.keys[0] != '\0')
            fail_msg("%s, lenient %d: %s", what, lenient, heard.keys);
    }
}

static void test_every_key_once(void **state)
{
    (void)state;
    assert_all_heard("plain", &(struct synth_key){.on_ms = 60, .level_dbm0 = -10});
    assert_all_heard("a long press", &(struct synth_key){.on_ms = 900, .level_dbm0 = -10});
}

static void test_levels(void **state)
{
    (void)state;
    assert_all_heard("0 dBm0", &(struct synth_key){.on_ms = 50, .level_dbm0 = 0});
    assert_all_heard("-25 dBm0", &(struct synth_key){.on_ms = 50, .level_dbm0 = -25});
    assert_none_heard("-55 dBm0", &(struct synth_key){.on_ms = 50, .level_dbm0 = -55});
    const struct synth_key faint = {.on_ms = 50, .level_dbm0 = -36};
    press(KEYS, &faint, 60);
    synth_finish(&s, true);
    assert_string_equal(listen(true).keys, KEYS);
    assert_string_equal(listen(false).keys, "");
}

static void test_twist(void **state)
{
    (void)state;
    const double weak[] = {-25, 0};
    for (size_t i = 0; i < 2; i++) {
        assert_all_heard("+4 dB", &(struct synth_key){40, weak[i], 4, 0, 0, 0, 0, 0});
        assert_all_heard("-8 dB", &(struct synth_key){40, weak[i], -8, 0, 0, 0, 0, 0});
    }
    press(KEYS, &(struct synth_key){50, -10, -12, 0, 0, 0, 0, 0}, 60);
    synth_finish(&s, true);
    assert_string_equal(listen(true).keys, KEYS);
    assert_string_equal(listen(false).keys, "");
}

static void test_frequency_operate_limit(void **state)
{
    (void)state;
    for (int low = -1; low <= 1; low++) {
        for (int high = -1; high <= 1; high++) {
            const struct synth_key key = {40, -10, 0, 0.015 * low, 0.015 * high, 2, 0, 0};
            assert_all_heard("1.5 % + 2 Hz", &key);
        }
    }
}

static void test_frequency_non_operate_limit(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        assert_none_heard("3.5 % low", &(struct synth_key){100, -10, 0, 0.035 * sign, 0, 0, 0, 0});
        assert_none_heard("3.5 % high", &(struct synth_key){100, -10, 0, 0, 0.035 * sign, 0, 0, 0});
    }
}

static void test_shortest_tone(void **state)
{
    (void)state;
    assert_all_heard("40 ms", &(struct synth_key){.on_ms = 40, .level_dbm0 = -10});
    assert_none_heard("23 ms", &(struct synth_key){.on_ms = 23, .level_dbm0 = -10});
}

static void test_a_short_hole_does_not_split(void **state)
{
    (void)state;
    for (double at_ms = 20; at_ms < 60; at_ms += 3.3) {
        const struct synth_key key = {80, -10, 0, 0, 0, 0, at_ms, 10};
        assert_all_heard("hole of 10 ms", &key);
    }
}

static void test_a_pause_parts_the_same_key(void **state)
{
    (void)state;
    const double pauses[] = {30, 40, 60};
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        for (int lenient = 0; lenient < 2; lenient++) {
            const struct synth_key key = {.on_ms = 53, .level_dbm0 = -10};
            press("77777777777777777777", &key, pauses[i]);
            synth_noise(&s, -25);
            synth_finish(&s, true);
            assert_string_equal(listen(lenient).keys, "77777777777777777777");
        }
    }
}

static void test_different_keys_that_touch(void **state)
{
    (void)state;
    press(KEYS, &(struct synth_key){.on_ms = 70, .level_dbm0 = -10}, 0);
    synth_finish(&s, true);
    assert_string_equal(listen(false).keys, KEYS);
}

static void test_white_noise_under_keys(void **state)
{
    (void)state;
    for (double snr_db = 12; snr_db <= 18; snr_db += 3) {
        press(KEYS KEYS, &(struct synth_key){.on_ms = 45, .level_dbm0 = -12}, 50);
        synth_noise(&s, -9 - snr_db);
        synth_finish(&s, true);
        assert_string_equal(listen(false).keys, KEYS KEYS);
        assert_string_equal(listen(true).keys, KEYS KEYS);
    }
}

/* Level, twist, frequency, length, pause and noise drawn at random from within the limits. */
static void test_anything_within_the_limits(void **state)
{
    (void)state;
    unsigned pressed = 0;
    unsigned heard_keys = 0;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        synth_begin(&s, 16 * 180 + 300, seed);
        const double loudest = -22 * synth_uniform(&s);
        for (unsigned k = 0; k < 16; k++) {
            const struct synth_key key = {
                .on_ms = 40 + 60 * synth_uniform(&s),
                .level_dbm0 = loudest - 3 * synth_uniform(&s),
                .twist_db = -8 + 12 * synth_uniform(&s),
                .low_error = -0.015 + 0.03 * synth_uniform(&s),
                .high_error = -0.015 + 0.03 * synth_uniform(&s),
            };
            synth_key(&s, 100 + 180.0 * k + 30 * synth_uniform(&s), KEYS[k], &key);
        }
        synth_noise(&s, loudest - 3 - 15);
        synth_finish(&s, true);
        const struct heard heard = listen(seed % 2 == 0);
        pressed += 16;
        heard_keys += (unsigned)strlen(heard.keys);
        for (unsigned k = 0, at = 0; heard.keys[at] != '\0'; at++, k++) {
            while (k < 16 && KEYS[k] != heard.keys[at])
                k++;
            assert_in_range(k, 0, 15); /* none extra, none wrong */
        }
    }
    assert_in_range(heard_keys, pressed - pressed / 200, pressed);
}

static void test_dial_tone_under_keys(void **state)
{
    (void)state;
    const double dial_hz[][2] = {{350, 440}, {425, 0}, {400, 0}};
    for (size_t i = 0; i < sizeof dial_hz / sizeof *dial_hz; i++) {
        for (double dbm0 = -5; dbm0 >= -20; dbm0 -= 5) {
            press(KEYS, &(struct synth_key){.on_ms = 50, .level_dbm0 = dbm0}, 50);
            synth_sine(&s, 0, 99999, dial_hz[i][0], -13);
            if (dial_hz[i][1] > 0)
                synth_sine(&s, 0, 99999, dial_hz[i][1], -13);
            synth_finish(&s, true);
            assert_string_equal(listen(false).keys, KEYS);
            assert_string_equal(listen(true).keys, KEYS);
        }
    }
}

static void test_our_prompt_leaks_under_keys(void **state)
{
    (void)state;
    press(KEYS, &(struct synth_key){.on_ms = 100, .level_dbm0 = -12}, 100);
    synth_speech(&s, -20);
    synth_finish(&s, true);
    assert_string_equal(listen(true).keys, KEYS);
}

static void test_an_echo_of_the_key(void **state)
{
    (void)state;
    press("5", &(struct synth_key){.on_ms = 60, .level_dbm0 = -10}, 60);
    synth_key(&s, 120, '5', &(struct synth_key){.on_ms = 60, .level_dbm0 = -20});
    synth_finish(&s, true);
    assert_string_equal(listen(false).keys, "5");
    assert_string_equal(listen(true).keys, "5");
}

static void test_reported_soon_and_dated_right(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 48; k++) {
        const double at_ms = 100 + 0.375 * k;
        synth_begin(&s, 400, k + 1);
        synth_key(&s, at_ms, KEYS[k % 16], &(struct synth_key){.on_ms = 80, .level_dbm0 = -16});
        synth_finish(&s, true);
        const struct heard heard = listen(k % 2 == 0);
        assert_int_equal(strlen(heard.keys), 1);
        const double late_ms = heard.at_ms[0] - at_ms;
        if (late_ms < 28 || late_ms > 60)
            fail_msg("%c after %.1f ms", heard.keys[0], late_ms);
        const double dated_ms = heard.hits[0].onset_ms_ago;
        if (dated_ms < late_ms - 3 || dated_ms > late_ms + 3)
            fail_msg("%c: %.0f ms said, %.1f ms true", heard.keys[0], dated_ms, late_ms);
        assert_in_range(-heard.hits[0].level_db10, 150, 170);
    }
}

static void test_any_block_length_hears_the_same(void **state)
{
    (void)state;
    press(KEYS, &(struct synth_key){.on_ms = 50, .level_dbm0 = -12}, 50);
    synth_noise(&s, -28);
    synth_finish(&s, true);
    const size_t blocks[] = {1, 7, 39, 41, 160, 100000};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        assert_string_equal(listen_by(false, blocks[i]).keys, KEYS);
}

static void test_a_full_list_of_hits_loses_only_what_does_not_fit(void **state)
{
    (void)state;
    struct dtmf d;
    struct dtmf_hit hits[3] = {{'x', 0, 0}, {'x', 0, 0}, {'x', 0, 0}};
    press("12345", &(struct synth_key){.on_ms = 50, .level_dbm0 = -12}, 50);
    synth_finish(&s, true);
    dtmf_init(&d);
    assert_int_equal(dtmf_feed(&d, s.out, s.frames, hits, 2), 2);
    assert_int_equal(hits[1].digit, '2');
    assert_int_equal(hits[2].digit, 'x');
}

/* Dial, ringback, busy and howler as we make them, as loud as they get. */
static void test_our_own_tones_are_no_keys(void **state)
{
    (void)state;
    const audio_tone tones[] = {
        {{350, 440}, -90, {0}, {0}, 0},        {{425, 0}, -60, {500}, {500}, 0},
        {{440, 480}, -90, {1000}, {400}, 0},   {{480, 620}, -60, {250}, {250}, 0},
        {{1400, 2060}, -30, {100}, {100}, 0},  {{900, 0}, -90, {200}, {50}, 0},
        {{941, 0}, -90, {200}, {50}, 0},       {{400, 450}, -90, {400, 400}, {200, 2000}, 0},
    };
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        struct tone_gen gen;
        synth_begin(&s, 10000, 1);
        tone_gen_init(&gen, &tones[i]);
        assert_true(tone_gen_fill(&gen, s.out, s.frames));
        assert_string_equal(listen(false).keys, "");
        assert_string_equal(listen(true).keys, "");
    }
}

static void test_talk_is_no_key_in_either_mode(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        for (int kind = 0; kind < 3; kind++) {
            synth_begin(&s, 20000, seed);
            if (kind == 0)
                synth_speech(&s, -15);
            else if (kind == 1)
                synth_music(&s, -15);
            else
                synth_noise(&s, -15);
            synth_finish(&s, true);
            assert_string_equal(listen(false).keys, "");
            assert_string_equal(listen(true).keys, "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_once),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_twist),
        cmocka_unit_test(test_frequency_operate_limit),
        cmocka_unit_test(test_frequency_non_operate_limit),
        cmocka_unit_test(test_shortest_tone),
        cmocka_unit_test(test_a_short_hole_does_not_split),
        cmocka_unit_test(test_a_pause_parts_the_same_key),
        cmocka_unit_test(test_different_keys_that_touch),
        cmocka_unit_test(test_white_noise_under_keys),
        cmocka_unit_test(test_anything_within_the_limits),
        cmocka_unit_test(test_dial_tone_under_keys),
        cmocka_unit_test(test_our_prompt_leaks_under_keys),
        cmocka_unit_test(test_an_echo_of_the_key),
        cmocka_unit_test(test_reported_soon_and_dated_right),
        cmocka_unit_test(test_any_block_length_hears_the_same),
        cmocka_unit_test(test_a_full_list_of_hits_loses_only_what_does_not_fit),
        cmocka_unit_test(test_our_own_tones_are_no_keys),
        cmocka_unit_test(test_talk_is_no_key_in_either_mode),
    };
    return cmocka_run_group_tests_name("dtmf", tests, NULL, NULL);
}
