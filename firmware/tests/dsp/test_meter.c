/* SPDX-License-Identifier: Apache-2.0 */
/* The meters of a leg: active speech level, clipping, shares of talk, and sides that are dead. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "meter.h"
#include "synth.h"

#define FRAMES_MAX (SYNTH_RATE * SYNTH_SECONDS)

static struct synth s;
static struct meter meter;
static int16_t in[FRAMES_MAX], out[FRAMES_MAX];
static double told_ms, over_ms; /* the first alarm and its end, since the start; 0 = none */
static int told_side;

static void make(int16_t *to, double length_ms, uint64_t seed, double speech_dbm0, double noise_dbm0)
{
    synth_begin(&s, length_ms, seed);
    if (speech_dbm0 > -90)
        synth_speech(&s, speech_dbm0);
    if (noise_dbm0 > -90)
        synth_noise(&s, noise_dbm0);
    synth_finish(&s, true);
    memcpy(to, s.out, s.frames * sizeof *to);
}

/* `missing`: no samples of the incoming side at all. */
static void run(double length_ms, bool missing)
{
    told_ms = over_ms = 0;
    meter_init(&meter);
    for (size_t at = 0; at + METER_BLOCK <= (size_t)(length_ms * 8); at += METER_BLOCK) {
        meter_feed(&meter, METER_IN, missing ? NULL : in + at);
        meter_feed(&meter, METER_OUT, out + at);
        const struct meter_hit hit = meter_tick(&meter);
        if (!hit.found)
            continue;
        const double now_ms = (double)(at + METER_BLOCK) / 8;
        told_side = hit.side;
        if (hit.dead)
            told_ms = told_ms > 0 ? -1 : now_ms;
        else
            over_ms = now_ms;
    }
}

static void assert_near(double got, double wanted, double within, const char *what)
{
    if (fabs(got - wanted) > within)
        fail_msg("%s: %.2f, not %.2f", what, got, wanted);
}

/* P.56's own check: speech with pauses shows the level that it has while there is speech. */
static void test_active_speech_level(void **state)
{
    (void)state;
    for (double dbm0 = -10; dbm0 >= -40; dbm0 -= 10) {
        make(in, 20000, 3, dbm0, -68);
        double energy = 0, count = 0;
        for (int i = 0; i < 160000; i += 400) { /* what is not a pause, by 50 ms */
            double part = 0;
            for (int k = i; k < i + 400; k++)
                part += (double)in[k] * in[k];
            if (10 * log10(part / 400 / 260558792.0 + 1e-12) > dbm0 - 16) {
                energy += part;
                count += 400;
            }
        }
        run(20000, false);
        assert_near(meter.figures.level_db10[METER_IN] / 10.0, 10 * log10(energy / count / 260558792.0), 1.0, "level");
        assert_int_equal(meter.figures.level_db10[METER_OUT], -990);
    }
    synth_begin(&s, 5000, 1);
    synth_sine(&s, 0, 5000, 1004, -13);
    synth_finish(&s, false);
    memcpy(in, s.out, 5000 * 8 * sizeof *in);
    run(5000, false);
    assert_near(meter.figures.level_db10[METER_IN] / 10.0, -13.0, 0.3, "steady tone");
}

static void test_clipping_is_counted_by_the_sample(void **state)
{
    (void)state;
    memset(out, 0, sizeof out);
    for (int i = 0; i < 80000; i++)
        in[i] = (int16_t)(i % 100 == 0 ? 32124 : i % 100 == 50 ? -32124 : 3000);
    run(10000, false);
    assert_near(meter.figures.clipped_ppm[METER_IN], 20000, 1, "clipped");
    make(in, 10000, 1, -12, -90);
    run(10000, false);
    assert_int_equal(meter.figures.clipped_ppm[METER_IN], 0);
}

static void test_shares_of_talk(void **state)
{
    (void)state;
    static const struct { double at_ms, on_ms; int side; } turns[] = {
        {1000, 3000, 0}, {5000, 2000, 1}, {6000, 2000, 0}, {14000, 1000, 1},
    };
    int16_t *to[2] = {in, out};
    for (int side = 0; side < 2; side++) {
        synth_begin(&s, 20000, 5 + (uint64_t)side);
        for (size_t i = 0; i < 4; i++) {
            for (double at = 0; turns[i].side == side && at < turns[i].on_ms; at += 100)
                synth_sine(&s, turns[i].at_ms + at, 80, 600 + at / 10, -18);
        }
        synth_noise(&s, -62);
        synth_finish(&s, true);
        memcpy(to[side], s.out, s.frames * sizeof *in);
    }
    run(20000, false);
    assert_near(meter.figures.voice_ms[METER_IN], 5000, 500, "caller");
    assert_near(meter.figures.voice_ms[METER_OUT], 3000, 500, "shop");
    assert_near(meter.figures.overtalk_ms, 1000, 300, "both");
    assert_near(meter.figures.dead_air_ms, 6000 + 5000, 600, "nobody, in stretches of over 2 s");
    assert_true(told_ms == 0.0);
}

static void test_a_dead_side_is_told_within_five_seconds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        make(out, 20000, seed, -22, -65);
        memset(in, 0, sizeof in);
        run(20000, false);
        assert_true(told_ms > 0 && told_ms <= 5000 && told_side == METER_IN);
        run(20000, true);
        assert_true(told_ms > 0 && told_ms <= 5000 && told_side == METER_IN);
        for (int i = 0; i < 160000; i++)
            in[i] = -32124; /* a codec that is stuck */
        run(20000, false);
        assert_true(told_ms > 0 && told_ms <= 5000);
        make(in, 20000, seed, -22, -65);
        memset(out, 0, sizeof out);
        run(20000, false);
        assert_true(told_ms > 0 && told_ms <= 5000 && told_side == METER_OUT);
        assert_int_equal(meter.figures.one_way, 2);
    }
}

static void test_a_side_that_dies_and_comes_back(void **state)
{
    (void)state;
    make(out, 20000, 2, -22, -65);
    make(in, 20000, 3, -22, -65);
    memset(in + 64000, 0, 56000 * sizeof *in); /* dead from 8 to 15 s */
    memset(in + 144000, 0, 16000 * sizeof *in);
    run(20000, false);
    assert_true(told_ms > 8000 && told_ms <= 13000);
    assert_near(over_ms, 15000, 100, "heard again");
}

static void test_a_polite_listener_is_not_dead(void **state)
{
    (void)state;
    for (double noise = -70; noise <= -40; noise += 6) {
        make(out, 30000, 4, -18, -65);
        make(in, 30000, 9, -99, noise);
        run(30000, false);
        if (told_ms != 0.0)
            fail_msg("noise at %.0f dBm0 told as dead at %.0f ms", noise, told_ms);
    }
    make(in, 30000, 9, -99, -60); /* and a speaker into a line where nobody says a word back */
    make(out, 30000, 9, -99, -60);
    run(30000, false);
    assert_true(told_ms == 0.0);
}

static void test_nobody_speaks_into_the_dead_side(void **state)
{
    (void)state;
    memset(in, 0, sizeof in);
    make(out, 30000, 4, -99, -55);
    run(30000, false);
    assert_true(told_ms == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_active_speech_level),
        cmocka_unit_test(test_clipping_is_counted_by_the_sample),
        cmocka_unit_test(test_shares_of_talk),
        cmocka_unit_test(test_a_dead_side_is_told_within_five_seconds),
        cmocka_unit_test(test_a_side_that_dies_and_comes_back),
        cmocka_unit_test(test_a_polite_listener_is_not_dead),
        cmocka_unit_test(test_nobody_speaks_into_the_dead_side),
    };
    return cmocka_run_group_tests_name("meters", tests, NULL, NULL);
}
