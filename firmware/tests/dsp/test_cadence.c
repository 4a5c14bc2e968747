/* SPDX-License-Identifier: Apache-2.0 */
/* Busy cadence and dial tone on synthesised tones of many countries, and on what must not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "synth.h"
#include "tone_watch.h"

#define MOST 8

/* A tone of up to two frequencies in one rhythm; `modulated_hz` adds both sidebands, 6 dB down. */
struct rhythm {
    const char *name;
    double hz[2], modulated_hz, on_ms, off_ms;
};

struct found {
    struct cadence_hit hits[MOST];
    double at_ms[MOST];
    unsigned count;
};

static struct synth s;

static const struct rhythm busy_tones[] = {
    {"PH busy 480+620 .5/.5", {480, 620}, 0, 500, 500},
    {"PH reorder 480+620 .25/.25", {480, 620}, 0, 250, 250},
    {"PH 450 .4/.2", {450, 0}, 0, 400, 200},
    {"US 480+620 .5/.5", {480, 620}, 0, 500, 500},
    {"DE 425 .48/.48", {425, 0}, 0, 480, 480},
    {"DE 425 .24/.24", {425, 0}, 0, 240, 240},
    {"UK 400 .375/.375", {400, 0}, 0, 375, 375},
    {"CN 450 .35/.35", {450, 0}, 0, 350, 350},
    {"CN 450 .7/.7", {450, 0}, 0, 700, 700},
    {"IN 400 .75/.75", {400, 0}, 0, 750, 750},
    {"AM 400x25 .5/.5", {400, 0}, 25, 500, 500},
    {"JP 400 .5/.5", {400, 0}, 0, 500, 500},
    {"384+416 .5/.5", {384, 416}, 0, 500, 500},
    {"425 .2/.2", {425, 0}, 0, 200, 200},
    {"333/333", {425, 0}, 0, 333, 333},
    {"TH .3/.3", {400, 0}, 0, 300, 300},
    {"350 .5/.5", {350, 0}, 0, 500, 500},
    {"620 .5/.5", {620, 0}, 0, 500, 500},
};

static void tone_at(double at_ms, double on_ms, const struct rhythm *r, double dbm0)
{
    for (int i = 0; i < 2; i++) {
        if (r->hz[i] <= 0)
            continue;
        synth_sine(&s, at_ms, on_ms, r->hz[i], dbm0);
        if (r->modulated_hz > 0) {
            synth_sine(&s, at_ms, on_ms, r->hz[i] - r->modulated_hz, dbm0 - 6);
            synth_sine(&s, at_ms, on_ms, r->hz[i] + r->modulated_hz, dbm0 - 6);
        }
    }
}

/* `cycles` bursts from `at_ms`; gives the moment the last pause ends. */
static double rhythm_at(double at_ms, const struct rhythm *r, unsigned cycles, double dbm0)
{
    for (unsigned i = 0; i < cycles; i++, at_ms += r->on_ms + r->off_ms)
        tone_at(at_ms, r->on_ms, r, dbm0);
    return at_ms;
}

static struct found listen(void)
{
    static struct tone_watch watch;
    struct found found = {.count = 0};
    struct tone_hit hit;
    tone_watch_init(&watch); /* no patterns: what is found is found by rhythm or steadiness */
    for (size_t at = 0; at + 80 <= s.frames; at += 80) {
        if (!tone_watch_feed(&watch, s.out + at, 80, &hit) || found.count == MOST)
            continue;
        found.at_ms[found.count] = (double)(at + 80) / 8.0;
        found.hits[found.count++] = (struct cadence_hit){
            .kind = hit.off_ms > 0 ? CADENCE_BUSY : CADENCE_DIAL,
            .on_ms = hit.on_ms,
            .off_ms = hit.off_ms,
            .cycles = hit.cycles,
        };
    }
    return found;
}

static void assert_near_ms(const char *name, double got, double wanted, double within)
{
    if (got < wanted - within || got > wanted + within)
        fail_msg("%s: %.0f ms, not %.0f within %.0f", name, got, wanted, within);
}

static void busy_check(const struct rhythm *r, double dbm0, double noise_dbm0)
{
    synth_begin(&s, 12000, 7);
    rhythm_at(1234, r, 6, dbm0);
    if (noise_dbm0 > -100)
        synth_noise(&s, noise_dbm0);
    synth_finish(&s, true);
    const double within = r->modulated_hz > 0 ? 16 : 10; /* modulation blurs where a burst ends */
    const struct found found = listen();
    if (found.count != 1 || found.hits[0].kind != CADENCE_BUSY)
        fail_msg("%s at %.0f dBm0, noise %.0f: %u findings", r->name, dbm0, noise_dbm0,
                 found.count);
    assert_near_ms(r->name, found.hits[0].on_ms, r->on_ms, within);
    assert_near_ms(r->name, found.hits[0].off_ms, r->off_ms, within);
    assert_int_equal(found.hits[0].cycles, 4);
    assert_near_ms(r->name, found.at_ms[0], 1234 + 4 * (r->on_ms + r->off_ms), 90);
}

static void test_busy_of_many_countries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof busy_tones / sizeof *busy_tones; i++)
        busy_check(&busy_tones[i], -15, -999);
}

static void test_busy_loud_quiet_and_noisy(void **state)
{
    (void)state;
    const double levels[] = {-3, -10, -25, -40};
    for (size_t i = 0; i < sizeof busy_tones / sizeof *busy_tones; i++) {
        for (size_t k = 0; k < sizeof levels / sizeof *levels; k++)
            busy_check(&busy_tones[i], levels[k], levels[k] - 15);
    }
}

static void test_busy_begins_in_the_middle_of_a_burst(void **state)
{
    (void)state;
    synth_begin(&s, 8000, 3);
    rhythm_at(-130, &busy_tones[0], 7, -12);
    synth_finish(&s, true);
    const struct found found = listen();
    assert_int_equal(found.count, 1);
    assert_int_equal(found.hits[0].kind, CADENCE_BUSY);
}

static void test_busy_after_loud_speech(void **state)
{
    (void)state;
    static int16_t talk[SYNTH_RATE * 4];
    synth_begin(&s, 4000, 5);
    synth_speech(&s, -6);
    synth_finish(&s, true);
    for (size_t i = 0; i < s.frames; i++)
        talk[i] = s.out[i];
    synth_begin(&s, 12000, 6);
    rhythm_at(4000, &busy_tones[1], 12, -22);
    synth_finish(&s, true);
    for (size_t i = 0; i < SYNTH_RATE * 4; i++)
        s.out[i] = talk[i];
    const struct found found = listen();
    assert_in_range(found.count, 1, 2); /* told again after eight cycles */
    assert_int_equal(found.hits[0].kind, CADENCE_BUSY);
}

static void test_busy_under_a_leaking_prompt(void **state)
{
    (void)state;
    synth_begin(&s, 12000, 8);
    rhythm_at(1000, &busy_tones[0], 10, -15);
    synth_speech(&s, -28);
    synth_finish(&s, true);
    const struct found found = listen();
    assert_in_range(found.count, 1, 2); /* told again after eight cycles */
    assert_int_equal(found.hits[0].kind, CADENCE_BUSY);
}

static void test_three_cycles_are_not_enough(void **state)
{
    (void)state;
    synth_begin(&s, 9000, 7);
    rhythm_at(1000, &busy_tones[0], 3, -12);
    synth_finish(&s, true);
    assert_int_equal(listen().count, 0);
}

static void test_busy_is_found_again_after_a_pause(void **state)
{
    (void)state;
    synth_begin(&s, 20000, 7);
    rhythm_at(1000, &busy_tones[0], 6, -12);
    rhythm_at(11000, &busy_tones[0], 6, -12);
    synth_finish(&s, true);
    assert_int_equal(listen().count, 2);
}

static void test_busy_in_no_table_is_told_again_each_four_cycles(void **state)
{
    (void)state;
    synth_begin(&s, 16000, 7);
    rhythm_at(1000, &busy_tones[0], 13, -12);
    synth_finish(&s, true);
    const struct found found = listen();
    assert_int_equal(found.count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(found.hits[i].cycles, 4 * (i + 1));
}

static void test_ringback_is_not_busy(void **state)
{
    (void)state;
    static const struct rhythm rings[] = {
        {"US 440+480 2/4", {440, 480}, 0, 2000, 4000}, {"US, slow", {440, 480}, 0, 2200, 4000},
        {"DE 425 1/4", {425, 0}, 0, 1000, 4000},       {"JP 1/2", {384, 416}, 0, 1000, 2000},
        {"shortest", {425, 0}, 0, 800, 2000},
    };
    for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
        synth_begin(&s, 36000, i + 1);
        rhythm_at(500, &rings[i], 8, -15);
        synth_finish(&s, true);
        if (listen().count != 0)
            fail_msg("%s", rings[i].name);
    }
}

static void test_double_ring_is_not_busy(void **state)
{
    (void)state;
    const struct rhythm burst = {"UK 400+450", {400, 450}, 0, 400, 200};
    synth_begin(&s, 30000, 4);
    for (unsigned i = 0; i < 9; i++)
        rhythm_at(500 + 3000.0 * i, &burst, 2, -15);
    synth_finish(&s, true);
    assert_int_equal(listen().count, 0);
}

static void test_irregular_bursts_are_not_busy(void **state)
{
    (void)state;
    synth_begin(&s, 30000, 4);
    double at_ms = 500;
    for (unsigned i = 0; i < 30; i++) {
        const double on_ms = i % 2 == 0 ? 300 : 500;
        synth_sine(&s, at_ms, on_ms, 425, -12);
        at_ms += on_ms + 400;
    }
    synth_finish(&s, true);
    assert_int_equal(listen().count, 0);
}

static void test_bursts_outside_the_band_are_not_busy(void **state)
{
    (void)state;
    const double out_of_band[] = {120, 900, 1004, 1500, 2100};
    for (size_t i = 0; i < sizeof out_of_band / sizeof *out_of_band; i++) {
        const struct rhythm beep = {"beep", {out_of_band[i], 0}, 0, 500, 500};
        synth_begin(&s, 10000, 4);
        rhythm_at(500, &beep, 9, -12);
        synth_finish(&s, true);
        if (listen().count != 0)
            fail_msg("%.0f Hz", out_of_band[i]);
    }
}

static void test_a_melody_in_time_is_not_busy(void **state)
{
    (void)state;
    const double notes[] = {330, 440, 392, 523, 349, 494};
    synth_begin(&s, 20000, 4);
    for (unsigned i = 0; i < 36; i++)
        synth_sine(&s, 500 + 500.0 * i, 250, notes[i % 6], -12);
    synth_finish(&s, true);
    assert_int_equal(listen().count, 0);
}

static void test_speech_music_and_noise_are_neither(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 9; seed++) {
        synth_begin(&s, 40000, seed);
        if (seed % 3 == 0)
            synth_speech(&s, -15);
        else if (seed % 3 == 1)
            synth_music(&s, -15);
        else
            synth_noise(&s, -20);
        synth_finish(&s, true);
        if (listen().count != 0)
            fail_msg("seed %u", (unsigned)seed);
    }
}

/* "One ... two ... three ...": the same word in strict time, which is speech all the same. */
static void test_counting_in_time_is_not_busy(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        synth_begin(&s, 400, seed);
        synth_speech(&s, -12);
        synth_finish(&s, false);
        static int16_t word[3200];
        for (size_t i = 0; i < 3200; i++)
            word[i] = s.out[i];
        synth_begin(&s, 12000, seed);
        synth_finish(&s, false);
        for (size_t at = 0; at + 8000 <= s.frames; at += 6400) {
            for (size_t i = 0; i < 3200; i++)
                s.out[at + i] = word[i];
        }
        if (listen().count != 0)
            fail_msg("seed %u", (unsigned)seed);
    }
}

static void test_dial_tones(void **state)
{
    (void)state;
    static const struct rhythm tones[] = {
        {"350+440", {350, 440}, 0, 0, 0}, {"425", {425, 0}, 0, 0, 0},
        {"AM 400x25", {400, 0}, 25, 0, 0}, {"AM 400x50", {400, 0}, 50, 0, 0},
        {"JP 400", {400, 0}, 0, 0, 0},     {"480+620", {480, 620}, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++) {
        synth_begin(&s, 12000, i + 1);
        tone_at(1000, 11000, &tones[i], -16);
        synth_noise(&s, -35);
        synth_finish(&s, true);
        const struct found found = listen();
        if (found.count != 1 || found.hits[0].kind != CADENCE_DIAL)
            fail_msg("%s: %u findings", tones[i].name, found.count);
        assert_near_ms(tones[i].name, found.at_ms[0], 9050, 100);
        assert_in_range(found.hits[0].on_ms, 7600, 8200);
    }
}

static void test_dial_tone_survives_a_click(void **state)
{
    (void)state;
    synth_begin(&s, 12000, 2);
    tone_at(500, 11500, &busy_tones[0], -16);
    synth_sine(&s, 1500, 5, 1800, 0);
    synth_finish(&s, true);
    const struct found found = listen();
    assert_int_equal(found.count, 1);
    assert_near_ms("click", found.at_ms[0], 8550, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_busy_of_many_countries),
        cmocka_unit_test(test_busy_loud_quiet_and_noisy),
        cmocka_unit_test(test_busy_begins_in_the_middle_of_a_burst),
        cmocka_unit_test(test_busy_after_loud_speech),
        cmocka_unit_test(test_busy_under_a_leaking_prompt),
        cmocka_unit_test(test_three_cycles_are_not_enough),
        cmocka_unit_test(test_busy_is_found_again_after_a_pause),
        cmocka_unit_test(test_busy_in_no_table_is_told_again_each_four_cycles),
        cmocka_unit_test(test_ringback_is_not_busy),
        cmocka_unit_test(test_double_ring_is_not_busy),
        cmocka_unit_test(test_irregular_bursts_are_not_busy),
        cmocka_unit_test(test_bursts_outside_the_band_are_not_busy),
        cmocka_unit_test(test_a_melody_in_time_is_not_busy),
        cmocka_unit_test(test_speech_music_and_noise_are_neither),
        cmocka_unit_test(test_counting_in_time_is_not_busy),
        cmocka_unit_test(test_dial_tones),
        cmocka_unit_test(test_dial_tone_survives_a_click),
    };
    return cmocka_run_group_tests_name("cadence", tests, NULL, NULL);
}
