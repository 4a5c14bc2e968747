/* SPDX-License-Identifier: Apache-2.0 */
/* Secret digits: whatever the key is like, nothing of it that lasts 5 ms stays; speech mostly does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "g711.h"
#include "secret.h"
#include "synth.h"

#define TAU 6.283185307179586
#define FRAMES_MAX (SYNTH_RATE * SYNTH_SECONDS)

static struct synth s;
static int16_t right[FRAMES_MAX];
static bool blank[FRAMES_MAX];

/* Marks in `blank` what a tap would blank, the flag being on from frame `from` to frame `to`. */
static void judge(size_t from, size_t to)
{
    static struct secret guard;
    secret_init(&guard);
    memset(blank, 0, sizeof blank);
    for (size_t at = 0; at + SECRET_BLOCK <= s.frames; at += SECRET_BLOCK) {
        const bool asked = at >= from && at < to;
        const size_t n = secret_feed(&guard, asked, s.out + at, right + at);
        const size_t end = at + SECRET_BLOCK;
        for (size_t i = end - (n < end ? n : end); i < end; i++)
            blank[i] = true;
    }
}

/* Mean-square amplitude of one frequency in 5 ms, rectangular: nothing of the detector's own. */
static double power_at(const double *x, double hz)
{
    double re = 0, im = 0;
    for (int i = 0; i < 40; i++) {
        re += x[i] * cos(TAU * hz * i / SYNTH_RATE);
        im += x[i] * sin(TAU * hz * i / SYNTH_RATE);
    }
    return 2 * (re * re + im * im) / (40.0 * 40.0);
}

/* The strongest 5 ms of the key's low tone that stays in `out`, in dBm0. */
static double residue_dbm0(const int16_t *out, double hz)
{
    double most = 1e-3;
    for (size_t at = 0; at + 40 <= s.frames; at += 10) {
        double piece[40];
        for (size_t i = 0; i < 40; i++)
            piece[i] = blank[at + i] ? 0 : out[at + i];
        most = fmax(most, power_at(piece, hz));
    }
    return 10 * log10(most / 260558792.0);
}

/* A key of the given kind at 300.7 ms (between two ticks) with line noise; its echo on the right. */
static void key_and_echo(char digit, const struct synth_key *key, bool clipped)
{
    static int16_t left[FRAMES_MAX];
    synth_begin(&s, key->on_ms + 1200, 7);
    synth_key(&s, 300.7, digit, key);
    synth_noise(&s, -65);
    synth_finish(&s, true);
    for (size_t i = 0; clipped && i < s.frames; i++)
        s.out[i] = (int16_t)(s.out[i] > 4000 ? 4000 : s.out[i] < -4000 ? -4000 : s.out[i]);
    memcpy(left, s.out, sizeof left);
    for (size_t i = 0; i < s.frames; i++) /* 20 dB down, 130 ms later */
        right[i] = i < 1040 ? 0 : ulaw_decode(ulaw_encode((int16_t)(left[i - 1040] / 10)));
}

static void assert_gone(char digit, double low_hz, const struct synth_key *key, bool clipped)
{
    key_and_echo(digit, key, clipped);
    judge(0, s.frames);
    const double stays = fmax(residue_dbm0(s.out, low_hz), residue_dbm0(right, low_hz));
    if (stays > fmin(key->level_dbm0 - 15, -48))
        fail_msg("key %c of %.0f ms at %.0f dBm0, twist %.0f: %.1f dBm0 stay", digit, key->on_ms,
                 key->level_dbm0, key->twist_db, stays);
}

static void test_every_key_at_every_length_and_level(void **state)
{
    (void)state;
    static const char keys[] = "123A456B789C*0#D";
    static const double low[] = {697, 770, 852, 941};
    static const double on_ms[] = {8, 12, 20, 30, 40, 65, 100, 300};
    static const double dbm0[] = {-3, -10, -20, -25, -36, -42};
    for (size_t k = 0; k < 16; k++) {
        for (size_t i = 0; i < 8; i++) {
            for (size_t j = 0; j < 6; j++) {
                const struct synth_key key = {.on_ms = on_ms[i], .level_dbm0 = dbm0[j]};
                assert_gone(keys[k], low[k / 4], &key, false);
            }
        }
    }
}

static void test_keys_that_are_held_twisted_off_and_clipped(void **state)
{
    (void)state;
    static const double twist[] = {-13, -8, 0, 4, 10, 13};
    static const double error[] = {-0.03, 0, 0.03};
    const struct synth_key held = {.on_ms = 5000, .level_dbm0 = -12};
    assert_gone('5', 770, &held, false);
    for (size_t t = 0; t < 6; t++) {
        for (size_t e = 0; e < 3; e++) {
            const struct synth_key key = {.on_ms = 60, .level_dbm0 = -14, .twist_db = twist[t],
                                          .low_error = error[e], .high_error = error[e]};
            assert_gone('9', 852 * (1 + error[e]), &key, false);
        }
    }
    const struct synth_key loud = {.on_ms = 80, .level_dbm0 = 0};
    assert_gone('1', 697, &loud, true);
}

/* A key of a modem in a fast dialler's rhythm, 50 ms on and 50 off, under a prompt's echo. */
static void test_keys_under_our_own_prompt(void **state)
{
    (void)state;
    const struct synth_key key = {.on_ms = 80, .level_dbm0 = -12};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        synth_begin(&s, 2000, seed);
        synth_speech(&s, -20);
        for (double at = 103; at < 1800; at += 230)
            synth_key(&s, at, '7', &key);
        synth_finish(&s, true);
        memset(right, 0, sizeof right);
        judge(0, s.frames);
        for (double at = 103; at < 1800; at += 230) { /* the key's own 80 ms, whole */
            size_t kept = 0;
            for (size_t i = (size_t)(at * 8); i < (size_t)((at + 80) * 8); i++)
                kept += blank[i] ? 0 : 1;
            if (kept > 0)
                fail_msg("seed %u: %.0f ms of the key at %.0f ms stay", (unsigned)seed,
                         (double)kept / 8, at);
        }
    }
}

/* The key that ends the asking is held on; one that began before it is cut from then on. */
static void test_the_flag_goes_off_while_the_key_is_held(void **state)
{
    (void)state;
    const struct synth_key held = {.on_ms = 4000, .level_dbm0 = -12};
    key_and_echo('5', &held, false);
    judge(0, 350 * 8);
    assert_true(residue_dbm0(s.out, 770) < -55);
    assert_true(residue_dbm0(right, 770) < -55);
}

static void test_without_the_flag_nothing_is_touched(void **state)
{
    (void)state;
    const struct synth_key key = {.on_ms = 200, .level_dbm0 = -12};
    key_and_echo('5', &key, false);
    judge(0, 0);
    for (size_t i = 0; i < s.frames; i++)
        assert_false(blank[i]);
}

static void test_speech_and_noise_stay_for_the_most_part(void **state)
{
    (void)state;
    memset(right, 0, sizeof right);
    size_t kept = 0, all = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        synth_begin(&s, 20000, seed);
        synth_speech(&s, -20);
        synth_finish(&s, true);
        judge(0, s.frames);
        for (size_t i = 0; i < s.frames; i++)
            kept += blank[i] ? 0 : 1;
        all += s.frames;
    }
    assert_true(kept * 3 > all); /* of nothing but held vowels */
    synth_begin(&s, 20000, 1);
    synth_noise(&s, -40);
    synth_finish(&s, true);
    judge(0, s.frames);
    for (size_t i = 0; i < s.frames; i++)
        assert_false(blank[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_at_every_length_and_level),
        cmocka_unit_test(test_keys_that_are_held_twisted_off_and_clipped),
        cmocka_unit_test(test_keys_under_our_own_prompt),
        cmocka_unit_test(test_the_flag_goes_off_while_the_key_is_held),
        cmocka_unit_test(test_without_the_flag_nothing_is_touched),
        cmocka_unit_test(test_speech_and_noise_stay_for_the_most_part),
    };
    return cmocka_run_group_tests_name("secret digits", tests, NULL, NULL);
}
