/* SPDX-License-Identifier: Apache-2.0 */
/* Automatic level: where it settles, that it neither pumps nor lifts noise, that tones stay true. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agc.h"
#include "dtmf.h"
#include "meter.h"
#include "synth.h"

#define BLOCKS_MAX (SYNTH_RATE * SYNTH_SECONDS / AGC_BLOCK)

static struct synth s;
static struct agc agc;
static float gain_db[BLOCKS_MAX]; /* given after each block */
static bool voiced[BLOCKS_MAX];

static double db(double ratio)
{
    return 20 * log10(ratio);
}

static size_t run_on(size_t from_block)
{
    const size_t blocks = s.frames / AGC_BLOCK;
    for (size_t b = from_block; b < blocks; b++) {
        agc_run(&agc, s.out + b * AGC_BLOCK);
        gain_db[b] = (float)db(agc.applied);
        voiced[b] = agc.gate.voice;
    }
    return blocks;
}

static size_t run(void)
{
    agc_init(&agc);
    return run_on(0);
}

/* Active speech level of what came out in the last `ms`. */
static double level_at_end(uint32_t ms)
{
    struct meter meter;
    meter_init(&meter);
    for (size_t at = s.frames - ms * 8; at + METER_BLOCK <= s.frames; at += METER_BLOCK) {
        meter_feed(&meter, METER_IN, s.out + at);
        meter_feed(&meter, METER_OUT, NULL);
        meter_tick(&meter);
    }
    return meter.figures.level_db10[METER_IN] / 10.0;
}

static void test_quiet_and_loud_speech_come_to_minus_20(void **state)
{
    (void)state;
    for (double dbm0 = -31; dbm0 <= -9; dbm0 += 4) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            synth_begin(&s, 30000, seed);
            synth_speech(&s, dbm0);
            synth_noise(&s, -65);
            synth_finish(&s, true);
            run();
            if (fabs(level_at_end(15000) + 20) > 2.5)
                fail_msg("%.0f dBm0 came to %.1f", dbm0, level_at_end(15000));
        }
    }
}

static void test_the_gain_has_limits(void **state)
{
    (void)state;
    synth_begin(&s, 30000, 1);
    synth_speech(&s, -42);
    synth_finish(&s, true);
    size_t blocks = run();
    assert_true(fabs(gain_db[blocks - 1] - 12) < 0.4);
    synth_begin(&s, 20000, 1);
    synth_speech(&s, -2);
    synth_finish(&s, true);
    blocks = run();
    for (size_t b = 0; b < blocks; b++)
        assert_true(gain_db[b] >= -12.1);
}

static void test_nothing_pumps(void **state)
{
    (void)state;
    synth_begin(&s, 38000, 2);
    synth_speech(&s, -30);
    synth_noise(&s, -60);
    synth_finish(&s, true);
    const size_t blocks = run();
    double least = 99, most = -99;
    for (size_t b = 1; b < blocks; b++) {
        const double moved = gain_db[b] - gain_db[b - 1];
        if (!voiced[b] && !voiced[b - 1] && fabs(moved) > 0.001)
            fail_msg("the gain moved by %.3f dB in a pause", moved);
        assert_true(moved < 0.061); /* 6 dB a second up at most */
        if (b > blocks / 2) {
            least = fmin(least, gain_db[b]);
            most = fmax(most, gain_db[b]);
        }
    }
    assert_true(most - least < 3.0); /* settled: it follows the speaker, not the words */
}

static void test_a_louder_talker_is_taken_down_soon(void **state)
{
    (void)state;
    static int16_t quiet[20000 * 8];
    synth_begin(&s, 20000, 3);
    synth_speech(&s, -30);
    synth_finish(&s, true);
    memcpy(quiet, s.out, sizeof quiet);
    synth_begin(&s, 40000, 4);
    synth_speech(&s, -12);
    synth_finish(&s, true);
    memcpy(s.out, quiet, sizeof quiet);
    run();
    assert_true(gain_db[1990] > 7);
    assert_true(gain_db[2000 + 400] < -4); /* 4 s later */
    for (size_t i = 0; i < s.frames; i++)
        assert_in_range(s.out[i] + 32768, 32768 - 29001, 32768 + 29001); /* and nothing clipped */
}

static void test_noise_and_hum_are_not_lifted(void **state)
{
    (void)state;
    for (double dbm0 = -60; dbm0 <= -35; dbm0 += 5) {
        synth_begin(&s, 20000, 1);
        synth_noise(&s, dbm0);
        synth_finish(&s, true);
        static int16_t before[SYNTH_RATE * SYNTH_SECONDS];
        memcpy(before, s.out, sizeof before);
        run();
        assert_memory_equal(before, s.out, s.frames * sizeof *before);
    }
}

static void test_tones_and_keys_keep_their_level(void **state)
{
    (void)state;
    static const double hz[] = {425, 1004, 2100};
    for (size_t i = 0; i < 3; i++) {
        synth_begin(&s, 10000, 1);
        synth_sine(&s, 0, 10000, hz[i], -9);
        synth_finish(&s, true);
        const size_t blocks = run();
        assert_true(fabs(gain_db[blocks - 1]) < 0.01);
    }
    const struct synth_key key = {.on_ms = 80, .level_dbm0 = -25, .twist_db = 3};
    synth_begin(&s, 20000, 1);
    for (double at = 0; at < 19900; at += 160)
        synth_key(&s, at, '6', &key);
    synth_finish(&s, true);
    const size_t blocks = run();
    double most = 0;
    for (size_t b = 1; b < blocks; b++)
        most = fmax(most, fabs(gain_db[b] - gain_db[b - 1]));
    assert_true(most < 0.25); /* within a key */
    static struct dtmf detector;
    struct dtmf_hit hits[200];
    dtmf_init(&detector);
    assert_int_equal(dtmf_feed(&detector, s.out, s.frames, hits, 200), 125);
}

static void test_speech_after_a_long_pause_is_as_loud_as_before(void **state)
{
    (void)state;
    synth_begin(&s, 20000, 5);
    synth_speech(&s, -30);
    synth_finish(&s, true);
    const size_t blocks = run();
    const float before = gain_db[blocks - 1];
    synth_begin(&s, 30000, 5);
    synth_noise(&s, -55);
    synth_finish(&s, true);
    run_on(0);
    assert_true(fabs(gain_db[2999] - before) < 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet_and_loud_speech_come_to_minus_20),
        cmocka_unit_test(test_the_gain_has_limits),
        cmocka_unit_test(test_nothing_pumps),
        cmocka_unit_test(test_a_louder_talker_is_taken_down_soon),
        cmocka_unit_test(test_noise_and_hum_are_not_lifted),
        cmocka_unit_test(test_tones_and_keys_keep_their_level),
        cmocka_unit_test(test_speech_after_a_long_pause_is_as_loud_as_before),
    };
    return cmocka_run_group_tests_name("automatic level", tests, NULL, NULL);
}
