/* SPDX-License-Identifier: Apache-2.0 */
/* Caller ID: golden vectors, noise, preambles, hostile bytes, DTMF strings, and nothing out of speech. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caller_id.h"
#include "fsk_synth.h"

#define MOST 16

static struct synth s;
static struct caller_id_report reports[MOST];

static const uint8_t single[] = {0x04, 0x12, 0x30, 0x39, 0x33, 0x30, 0x31, 0x32, 0x32, 0x34, 0x36,
                                 0x30, 0x39, 0x35, 0x35, 0x35, 0x31, 0x32, 0x31, 0x32, 0x51};
static const uint8_t multiple[] = {
    0x80, 0x23, 0x01, 0x08, 0x30, 0x31, 0x31, 0x37, 0x31, 0x38, 0x30, 0x35, 0x02, 0x0b, 0x30, 0x39, 0x31, 0x37, 0x31,
    0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x07, 0x0a, 0x4a, 0x55, 0x41, 0x4e, 0x20, 0x43, 0x52, 0x55, 0x5a, 0x20, 0xb0,
};
static const uint8_t private_call[] = {0x80, 0x10, 0x01, 0x08, 0x30, 0x31, 0x31, 0x37, 0x31, 0x38,
                                       0x30, 0x35, 0x04, 0x01, 0x50, 0x08, 0x01, 0x50, 0x22};
static const uint8_t waiting[] = {0x82, 0x03, 0x0b, 0x01, 0xff, 0x70};

/* Hears the whole signal in pieces of a changing size. */
static size_t hear(bool digits_too)
{
    struct caller_id detector;
    size_t found = 0;

    synth_finish(&s, true);
    caller_id_init(&detector, digits_too);
    for (size_t at = 0, part = 1; at < s.frames; at += part, part = part * 7 % 211 + 1) {
        const size_t n = s.frames - at < part ? s.frames - at : part;
        found += caller_id_feed(&detector, s.out + at, n, reports + found, MOST - found);
        part = n;
    }
    return found;
}

static void assert_frame(const struct caller_id_report *report, enum caller_id_kind kind, const uint8_t *bytes,
                         size_t n)
{
    assert_int_equal(report->kind, kind);
    assert_true(report->whole);
    assert_int_equal(report->len, n);
    assert_memory_equal(report->data, bytes, n);
}

static void test_golden_vectors_in_both_systems(void **state)
{
    (void)state;
    const struct { const uint8_t *bytes; size_t n; } golden[] = {
        {single, sizeof single}, {multiple, sizeof multiple}, {private_call, sizeof private_call},
        {waiting, sizeof waiting},
    };
    for (size_t i = 0; i < 8; i++) {
        const struct fsk_line *line = i < 4 ? &fsk_bell202 : &fsk_v23;
        synth_begin(&s, 1300, i + 1);
        const double end_ms = fsk_synth_send(&s, 100, line, golden[i % 4].bytes, golden[i % 4].n);
        assert_int_equal(hear(true), 1);
        assert_frame(reports, i < 4 ? CALLER_ID_BELL202 : CALLER_ID_V23, golden[i % 4].bytes, golden[i % 4].n);
        assert_in_range(reports[0].level_db10, -145, -125);
        assert_true(end_ms < 1300);
    }
}

static void test_every_level_and_twist(void **state)
{
    (void)state;
    for (int level = 0; level >= -44; level -= 4) {
        for (int twist = -6; twist <= 6; twist += 3) {
            struct fsk_line line = (level / 4) % 2 ? fsk_v23 : fsk_bell202;
            line.level_dbm0 = level;
            line.twist_db = twist;
            synth_begin(&s, 1200, 5);
            fsk_synth_send(&s, 50, &line, multiple, sizeof multiple);
            if (hear(true) != 1)
                fail_msg("level %d, twist %d", level, twist);
            assert_frame(reports, line.mark_hz < 1250 ? CALLER_ID_BELL202 : CALLER_ID_V23, multiple, sizeof multiple);
        }
    }
}

/* The gate's small share of what score-caller-id counts. */
static unsigned heard_of(unsigned calls, double snr_db)
{
    unsigned good = 0;

    for (unsigned i = 0; i < calls; i++) {
        struct fsk_line line = i % 2 ? fsk_v23 : fsk_bell202;
        line.level_dbm0 = -12 - (int)(i % 7) * 4;
        line.baud *= 1 + ((int)(i % 3) - 1) * 0.01;
        synth_begin(&s, 1200, i + 100);
        fsk_synth_send(&s, 100, &line, multiple, sizeof multiple);
        fsk_synth_band_noise(&s, line.level_dbm0 - snr_db);
        const size_t n = hear(true);
        good += n == 1 && reports[0].whole && reports[0].len == sizeof multiple
            && memcmp(reports[0].data, multiple, sizeof multiple) == 0;
    }
    return good;
}

static void test_noise(void **state)
{
    (void)state;
    assert_int_equal(heard_of(60, 15), 60);
    assert_in_range(heard_of(60, 12), 57, 60);
}

static void test_short_and_missing_seizures(void **state)
{
    (void)state;
    const int preambles[][2] = {{96, 55}, {300, 180}, {0, 180}, {0, 60}, {0, 24}, {80, 12}, {40, 30}};
    for (size_t i = 0; i < sizeof preambles / sizeof *preambles; i++) {
        struct fsk_line line = fsk_v23;
        line.seizure_bits = preambles[i][0];
        line.mark_bits = preambles[i][1];
        line.stop_bits = 1 + (int)(i % 3);
        synth_begin(&s, 1500, i + 1);
        fsk_synth_send(&s, 100, &line, multiple, sizeof multiple);
        if (hear(true) != 1)
            fail_msg("seizure %d, mark %d", preambles[i][0], preambles[i][1]);
        assert_frame(reports, CALLER_ID_V23, multiple, sizeof multiple);
    }
}

static void test_several_messages_in_one_capture(void **state)
{
    (void)state;
    struct fsk_line next = fsk_bell202;
    next.seizure_bits = 0;
    next.mark_bits = 30;
    synth_begin(&s, 4000, 3);
    double at_ms = fsk_synth_send(&s, 50, &fsk_bell202, waiting, sizeof waiting);
    at_ms = fsk_synth_send(&s, at_ms, &next, multiple, sizeof multiple);
    fsk_synth_send(&s, at_ms + 400, &fsk_v23, single, sizeof single);
    assert_int_equal(hear(true), 3);
    assert_frame(&reports[0], CALLER_ID_BELL202, waiting, sizeof waiting);
    assert_frame(&reports[1], CALLER_ID_BELL202, multiple, sizeof multiple);
    assert_frame(&reports[2], CALLER_ID_V23, single, sizeof single);
}

static void test_a_broken_checksum_is_told_as_such(void **state)
{
    (void)state;
    uint8_t broken[sizeof single];
    memcpy(broken, single, sizeof broken);
    broken[12] ^= 1;
    synth_begin(&s, 1300, 4);
    fsk_synth_send(&s, 100, &fsk_bell202, broken, sizeof broken);
    assert_int_equal(hear(true), 1);
    assert_false(reports[0].whole);
}

static void test_wrong_types_and_lengths_are_nothing(void **state)
{
    (void)state;
    uint8_t bytes[200];
    memset(bytes, 0x41, sizeof bytes);
    const struct { uint8_t type, length; size_t sent, frames; } tries[] = {
        {0x81, 5, 8, 0}, {0x80, 126, 129, 0}, {0x80, 255, 190, 0}, {0x04, 20, 10, 0}, {0x80, 125, 128, 1}, {0x80, 0, 3, 1},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        bytes[0] = tries[i].type;
        bytes[1] = tries[i].length;
        synth_begin(&s, 3000, i + 1);
        fsk_synth_send(&s, 100, &fsk_bell202, bytes, tries[i].sent);
        assert_int_equal(hear(true), tries[i].frames);
        if (tries[i].frames == 1)
            assert_int_equal(reports[0].len, tries[i].sent);
    }
}

/* Random bytes after a real preamble: nothing may be written past an end (the sanitizers watch). */
static void test_random_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint8_t bytes[150];
        synth_begin(&s, 1800, seed);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(synth_uniform(&s) * 256);
        if (seed % 2)
            bytes[0] = 0x80;
        fsk_synth_send(&s, 50, &fsk_v23, bytes, sizeof bytes);
        const size_t n = hear(true);
        for (size_t i = 0; i < n; i++)
            assert_in_range(reports[i].len, 3, CALLER_ID_MOST);
    }
}

static void send_keys(double at_ms, const char *keys, double on_ms, double off_ms, double level_dbm0)
{
    const struct synth_key key = {.on_ms = on_ms, .level_dbm0 = level_dbm0};
    for (; *keys; keys++, at_ms += on_ms + off_ms)
        synth_key(&s, at_ms, *keys, &key);
}

static void test_strings(void **state)
{
    (void)state;
    const struct { const char *sent, *heard; bool whole; } tries[] = {
        {"A0281234567C", "A0281234567C", true}, {"D0281234567C", "D0281234567C", true},
        {"A0281234567D55501B00C", "A0281234567D55501B00C", true}, {"0281234567#", "0281234567#", true},
        {"A0281234567#", "A0281234567#", true}, {"D1#", "D1#", true}, {"A1122334455C", "A1122334455C", true},
        {"0281234567", "0281234567", false}, {"12", "", false},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        for (int level = -6; level >= -30; level -= 12) {
            synth_begin(&s, 4500, i + 1);
            send_keys(200, tries[i].sent, level < -10 ? 45 : 70, level < -10 ? 45 : 70, level);
            synth_noise(&s, level - 30);
            const size_t n = hear(true);
            assert_int_equal(n, tries[i].heard[0] != 0);
            if (n == 0)
                continue;
            assert_int_equal(reports[0].kind, CALLER_ID_DTMF);
            assert_int_equal(reports[0].whole, tries[i].whole);
            assert_int_equal(reports[0].len, strlen(tries[i].heard));
            assert_memory_equal(reports[0].data, tries[i].heard, reports[0].len);
        }
    }
}

static unsigned strings_heard_of(unsigned calls, double on_ms, double snr_db)
{
    static const char sent[] = "A09171234567C";
    unsigned good = 0;

    for (unsigned i = 0; i < calls; i++) {
        const double level = -8 - (int)(i % 5) * 5;
        synth_begin(&s, 400 + 2 * on_ms * (sizeof sent - 1), i + 500);
        send_keys(150, sent, on_ms, on_ms, level);
        fsk_synth_band_noise(&s, level + 3 - snr_db); /* held against both tones together */
        const size_t n = hear(true);
        good += n == 1 && reports[0].whole && reports[0].len == sizeof sent - 1
            && memcmp(reports[0].data, sent, sizeof sent - 1) == 0;
    }
    return good;
}

static void test_strings_in_noise(void **state)
{
    (void)state;
    assert_int_equal(strings_heard_of(60, 70, 15), 60);
    assert_in_range(strings_heard_of(60, 70, 12), 57, 60);
    assert_int_equal(strings_heard_of(60, 50, 15), 60);
    assert_in_range(strings_heard_of(60, 50, 12), 57, 60);
    assert_in_range(strings_heard_of(60, 50, 9), 57, 60); /* what a detector that minds voices does not hear */
}

static void test_in_a_call_keys_are_keys(void **state)
{
    (void)state;
    synth_begin(&s, 3000, 1);
    send_keys(200, "A0281234567C", 70, 70, -10);
    assert_int_equal(hear(false), 0);
}

static void test_an_endless_string_is_dropped(void **state)
{
    (void)state;
    synth_begin(&s, 12000, 1);
    for (int i = 0; i < 7; i++)
        send_keys(100 + 1000 * i, "1234567890", 50, 50, -10);
    send_keys(7100, "C", 50, 50, -10);
    send_keys(8500, "A0281C", 60, 60, -10);
    assert_int_equal(hear(true), 1);
    assert_memory_equal(reports[0].data, "A0281C", 6);
}

static void test_nothing_in_speech_music_and_noise(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        synth_begin(&s, 39000, seed);
        if (seed % 3 == 0)
            synth_noise(&s, -20);
        else if (seed % 3 == 1)
            synth_speech(&s, -15);
        else
            synth_music(&s, -15);
        assert_int_equal(hear(false), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_vectors_in_both_systems),
        cmocka_unit_test(test_every_level_and_twist),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_short_and_missing_seizures),
        cmocka_unit_test(test_several_messages_in_one_capture),
        cmocka_unit_test(test_a_broken_checksum_is_told_as_such),
        cmocka_unit_test(test_wrong_types_and_lengths_are_nothing),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_strings_in_noise),
        cmocka_unit_test(test_in_a_call_keys_are_keys),
        cmocka_unit_test(test_an_endless_string_is_dropped),
        cmocka_unit_test(test_nothing_in_speech_music_and_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
