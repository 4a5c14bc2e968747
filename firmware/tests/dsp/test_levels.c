/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law, tone generator, level meter and silence. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dtmf.h"
#include "g711.h"
#include "level.h"
#include "synth.h"
#include "tone_gen.h"
#include "tone_watch.h"

static struct synth s;

/* The sixteen decoded values where G.711 table 2a begins a segment, and its ends, scaled by 4. */
static void test_ulaw_values_of_the_standard(void **state)
{
    (void)state;
    const struct { uint8_t code; int16_t value; } known[] = {
        {0xFF, 0}, {0x7F, 0}, {0xFE, 8}, {0x7E, -8}, {0xF0, 120}, {0xEF, 132}, {0xE0, 372},
        {0xDF, 396}, {0xCF, 924}, {0xBF, 1980}, {0xAF, 4092}, {0x9F, 8316}, {0x8F, 16764},
        {0x80, 32124}, {0x00, -32124}, {0x0F, -16764}, {0x90, 15996}, {0x10, -15996},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(ulaw_decode(known[i].code), known[i].value);
}

static void test_ulaw_there_and_back(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        if (code != 0x7F)
            assert_int_equal(ulaw_encode(ulaw_decode((uint8_t)code)), code);
    }
    assert_int_equal(ulaw_encode(ulaw_decode(0x7F)), 0xFF);
}

static void test_ulaw_takes_a_nearest_value(void **state)
{
    (void)state;
    for (int x = -32768; x <= 32767; x++) {
        const int got = ulaw_decode(ulaw_encode((int16_t)x));
        const int clipped = x > 32124 ? 32124 : x < -32124 ? -32124 : x;
        int best = 65536;
        for (int e = 0; e < 8; e++) { /* half a step of the segment is the most between */
            const int top = (0x100 << e) - 0x84;
            if (abs(clipped) < top) {
                best = 4 << e;
                break;
            }
        }
        if (abs(got - clipped) > best)
            fail_msg("%d became %d", x, got);
    }
}

static double level_of(const int16_t *samples, size_t n)
{
    struct level_meter m;
    level_init(&m);
    level_feed(&m, samples, n);
    return m.db10 / 10.0;
}

static void test_level_of_sines(void **state)
{
    (void)state;
    for (double dbm0 = 3; dbm0 >= -60; dbm0 -= 7) {
        synth_begin(&s, 100, 1);
        synth_sine(&s, 0, 100, 1000, dbm0);
        synth_finish(&s, false);
        const double got = level_of(s.out, s.frames);
        if (fabs(got - dbm0) > 0.2)
            fail_msg("%.1f dBm0 measured as %.1f", dbm0, got);
    }
}

static void test_level_needs_100_ms_and_knows_nothing(void **state)
{
    (void)state;
    struct level_meter m;
    const int16_t nothing[800] = {0};
    level_init(&m);
    level_feed(&m, nothing, 799);
    assert_int_equal(m.db10, -990);
    level_feed(&m, nothing, 1);
    assert_int_equal(m.db10, -990);
}

/* What silence_feed says over the whole signal: the first report's moment in ms, or 0. */
static double silence_at_ms(uint32_t limit_ms, uint32_t *length_ms)
{
    struct silence silence;
    double at_ms = 0;
    bool told = false;
    silence_init(&silence, limit_ms);
    for (size_t at = 0; at + 80 <= s.frames; at += 80) {
        const uint32_t ms = silence_feed(&silence, s.out + at, 80);
        if (ms > 0 && !told) {
            told = true;
            at_ms = (double)(at + 80) / 8.0;
            *length_ms = ms;
        }
    }
    return at_ms;
}

static void assert_silence_from(double from_ms, const char *what)
{
    uint32_t length_ms = 0;
    synth_finish(&s, true);
    const double at_ms = silence_at_ms(3000, &length_ms);
    if (fabs(at_ms - from_ms - 3000) > 80)
        fail_msg("%s: found at %.0f ms", what, at_ms);
    assert_in_range(length_ms, 3000, 3010);
}

static void test_silence_after_speech(void **state)
{
    (void)state;
    synth_begin(&s, 9000, 1);
    for (double at = 0; at < 2000; at += 50)
        synth_sine(&s, at, 40, 500 + at / 4, -20);
    assert_silence_from(2000, "digital zero");
    synth_begin(&s, 9000, 1);
    for (double at = 0; at < 2000; at += 50)
        synth_sine(&s, at, 40, 500 + at / 4, -20);
    synth_noise(&s, -50);
    assert_silence_from(2000, "quiet noise");
}

static void test_silence_through_hum_clicks_and_line_noise(void **state)
{
    (void)state;
    synth_begin(&s, 9000, 1);
    synth_sine(&s, 0, 9000, 50, -30);
    assert_silence_from(0, "hum");
    synth_begin(&s, 9000, 1);
    for (double at = 700; at < 9000; at += 1000)
        synth_sine(&s, at, 28, 1800, -10);
    assert_silence_from(0, "clicks");
    synth_begin(&s, 9000, 1);
    synth_noise(&s, -38);
    synth_finish(&s, true);
    uint32_t length_ms = 0;
    assert_true(silence_at_ms(3000, &length_ms) > 0);
}

/* Sound that is lost on the way leaves holes; they say nothing of how loud the noise is. */
static void test_silence_goes_on_through_noise_with_holes(void **state)
{
    (void)state;
    for (size_t hole = 80; hole <= 720; hole += 160) {
        uint32_t length_ms = 0;
        synth_begin(&s, 12000, hole);
        synth_noise(&s, -38);
        synth_finish(&s, true);
        for (size_t at = 20037; at + hole < s.frames; at += 8009)
            memset(s.out + at, 0, hole * sizeof *s.out);
        const double at_ms = silence_at_ms(8000, &length_ms);
        if (fabs(at_ms - 8600) > 600)
            fail_msg("holes of %zu samples: found at %.0f ms", hole, at_ms);
    }
}

static void test_talk_and_music_are_not_silence(void **state)
{
    (void)state;
    uint32_t length_ms = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        synth_begin(&s, 20000, seed);
        if (seed % 2 == 0)
            synth_speech(&s, -30);
        else
            synth_music(&s, -28);
        synth_finish(&s, true);
        if (silence_at_ms(3000, &length_ms) > 0)
            fail_msg("seed %u", (unsigned)seed);
    }
}

static void test_silence_is_told_again_after_a_voice(void **state)
{
    (void)state;
    struct silence silence;
    unsigned reports = 0;
    synth_begin(&s, 5000, 1);
    synth_sine(&s, 2000, 500, 700, -15);
    synth_finish(&s, true);
    silence_init(&silence, 1000);
    for (size_t at = 0; at + 80 <= s.frames; at += 80)
        reports += silence_feed(&silence, s.out + at, 80) > 0 ? 1 : 0;
    assert_int_equal(reports, 4); /* of 2 s, and of 2.5 s */
}

static void test_silence_is_told_again_as_it_lasts(void **state)
{
    (void)state;
    struct silence silence;
    uint32_t told[4] = {0}, count = 0;
    synth_begin(&s, 3500, 1);
    synth_finish(&s, true);
    silence_init(&silence, 1000);
    for (size_t at = 0; at + 80 <= s.frames; at += 80) {
        const uint32_t ms = silence_feed(&silence, s.out + at, 80);
        if (ms > 0)
            told[count++ & 3u] = ms;
    }
    assert_int_equal(count, 3);
    assert_int_equal(told[0], 1000);
    assert_int_equal(told[1], 2000);
    assert_int_equal(told[2], 3000);
}

/* A filter that fades into denormal numbers would cost more in silence than in sound. */
static void test_filters_come_to_rest_in_silence(void **state)
{
    (void)state;
    struct silence silence;
    struct dtmf dtmf;
    static struct tone_watch tones;
    struct tone_hit heard;
    struct dtmf_hit hit;
    synth_begin(&s, 2000, 1);
    synth_sine(&s, 0, 300, 425, -10);
    synth_sine(&s, 0, 300, 1209, -10);
    synth_finish(&s, false);
    silence_init(&silence, 1000);
    dtmf_init(&dtmf);
    tone_watch_init(&tones);
    silence_feed(&silence, s.out, s.frames);
    dtmf_feed(&dtmf, s.out, s.frames, &hit, 1);
    (void)tone_watch_feed(&tones, s.out, s.frames, &heard);
    for (int i = 0; i < 2; i++) {
        assert_true(silence.hum.state[i] == 0.0F && tones.bursts.filter.state[i] == 0.0F);
        for (int k = 0; k < 2; k++)
            assert_true(dtmf.high_pass[i].state[k] == 0.0F && tones.cadence.band_filter[i][k] == 0.0F);
    }
}

static void test_tone_has_its_level_and_frequency(void **state)
{
    (void)state;
    const audio_tone tone = {{1000, 0}, -130, {0}, {0}, 0};
    struct tone_gen gen;
    tone_gen_init(&gen, &tone);
    assert_true(tone_gen_fill(&gen, s.out, 8800));
    assert_true(fabs(level_of(s.out + 800, 800) + 13.0) <= 0.1);
    double error = 0;
    for (size_t i = 800; i < 8800; i++) { /* a pure sine solves x[n+1] + x[n-1] = 2 cos w x[n] */
        const double ideal = 2 * cos(6.283185307179586 / 8) * s.out[i - 1];
        error = fmax(error, fabs(s.out[i] + s.out[i - 2] - ideal));
    }
    assert_true(error < 2.5); /* rounding alone */
}

static void test_tone_keeps_its_rhythm(void **state)
{
    (void)state;
    const audio_tone tone = {{400, 450}, -150, {400, 400}, {200, 2000}, 0};
    struct tone_gen gen;
    tone_gen_init(&gen, &tone);
    for (size_t at = 0; at < 8 * 6000; at += 80)
        assert_true(tone_gen_fill(&gen, s.out + at, 80));
    const struct { size_t from_ms, to_ms; bool on; } parts[] = {
        {0, 400, true}, {400, 600, false}, {600, 1000, true}, {1000, 3000, false},
        {3000, 3400, true}, {3400, 3600, false}, {3600, 4000, true}, {4000, 6000, false},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t n = (parts[i].to_ms - parts[i].from_ms) * 8;
        int peak = 0;
        for (size_t k = 0; k < n; k++)
            peak = (int)fmax(peak, abs(s.out[parts[i].from_ms * 8 + k]));
        assert_true(parts[i].on ? peak > 4000 : peak == 0);
    }
}

static void test_tone_ends_at_its_limit_without_a_click(void **state)
{
    (void)state;
    const audio_tone tone = {{941, 1633}, 0, {0}, {0}, 150};
    struct tone_gen gen;
    int16_t out[1600];
    tone_gen_init(&gen, &tone);
    memset(out, 1, sizeof out);
    assert_false(tone_gen_fill(&gen, out, 1600));
    assert_in_range(abs(out[0]), 0, 600);
    assert_in_range(abs(out[1199]), 0, 1200);
    for (size_t i = 1200; i < 1600; i++)
        assert_int_equal(out[i], 0);
    assert_false(tone_gen_fill(&gen, out, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ulaw_values_of_the_standard),
        cmocka_unit_test(test_ulaw_there_and_back),
        cmocka_unit_test(test_ulaw_takes_a_nearest_value),
        cmocka_unit_test(test_level_of_sines),
        cmocka_unit_test(test_level_needs_100_ms_and_knows_nothing),
        cmocka_unit_test(test_silence_after_speech),
        cmocka_unit_test(test_silence_through_hum_clicks_and_line_noise),
        cmocka_unit_test(test_silence_goes_on_through_noise_with_holes),
        cmocka_unit_test(test_talk_and_music_are_not_silence),
        cmocka_unit_test(test_silence_is_told_again_after_a_voice),
        cmocka_unit_test(test_silence_is_told_again_as_it_lasts),
        cmocka_unit_test(test_filters_come_to_rest_in_silence),
        cmocka_unit_test(test_tone_has_its_level_and_frequency),
        cmocka_unit_test(test_tone_keeps_its_rhythm),
        cmocka_unit_test(test_tone_ends_at_its_limit_without_a_click),
    };
    return cmocka_run_group_tests_name("levels", tests, NULL, NULL);
}
