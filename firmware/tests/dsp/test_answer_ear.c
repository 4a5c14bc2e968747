/* SPDX-License-Identifier: Apache-2.0 */
/* Has the called party answered? The rules for voices, music and ringback that ends. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "answer_ear.h"
#include "synth.h"

static const audio_tone_pattern single = {.id = 7, .hz = {425}, .on_ms = {1000}, .off_ms = {4000}, .cycles = 1,
                                          .flags = AUDIO_TONE_RINGBACK};
static const audio_tone_pattern twice = {.id = 8, .hz = {400, 450}, .on_ms = {400, 400}, .off_ms = {200, 2000},
                                         .cycles = 1, .flags = AUDIO_TONE_RINGBACK};

static struct synth s;

struct heard {
    uint32_t voices, voice_ms, voice_at_ms; /* of the first */
    uint32_t overs, over_ms, over_at_ms;
};

/* Both ears on the whole sound, as a port joins them. */
static struct heard listen(const audio_tone_pattern *pattern)
{
    static struct tone_watch tones;
    static struct voice_ear voice;
    struct ringback_ear ringback;
    struct heard heard = {0};

    tone_watch_init(&tones);
    tone_watch_patterns(&tones, pattern, 1);
    voice_ear_init(&voice);
    ringback_ear_init(&ringback);
    synth_finish(&s, true);
    for (size_t at = 0; at + 80 <= s.frames; at += 80) {
        struct tone_hit hit;
        const uint32_t now_ms = (uint32_t)(at / 8 + 10), known = ringback.pattern;
        const int found = tone_watch_feed(&tones, s.out + at, 80, &hit);
        const uint32_t over = ringback_ear_follow(&ringback, &tones, found ? &hit : NULL, 10);
        if (ringback.rings || (ringback.pattern != 0 && ringback.pattern != known))
            voice_ear_rings(&voice);
        const uint32_t ms = voice_ear_feed(&voice, s.out + at, 80);
        if (over > 0 && heard.overs++ == 0) {
            heard.over_ms = over;
            heard.over_at_ms = now_ms;
        }
        if (ms > 0 && heard.voices++ == 0) {
            heard.voice_ms = ms;
            heard.voice_at_ms = now_ms;
        }
    }
    return heard;
}

static void begin(double length_ms)
{
    synth_begin(&s, length_ms, 3);
    synth_noise(&s, -60);
}

static void ring(double at_ms, double on_ms)
{
    synth_sine(&s, at_ms, on_ms, 425, -15);
}

/* A vowel of 150 Hz, two formants standing still: without a movement from sound to sound. */
static void vowel(double at_ms, double on_ms)
{
    for (int n = 2; n < 20; n++) {
        const double hz = 150.0 * n, first = (hz - 600) / 120, second = (hz - 1500) / 150;
        const double gain = 1 / (1 + first * first) + 0.6 / (1 + second * second) + 0.02;
        synth_sine(&s, at_ms, on_ms, hz, -22 + 20 * log10(gain));
    }
}

static void test_one_burst_of_its_length_is_a_ringback(void **state)
{
    (void)state;
    begin(8000);
    ring(500, 1000);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.overs, 1);
    assert_int_equal(heard.voices, 0);
    assert_in_range(heard.over_at_ms, 1500 + 4400, 1500 + 4400 + 400);
    assert_in_range(heard.over_ms, 4400, 4700);
}

static void test_one_burst_of_another_length_is_none(void **state)
{
    (void)state;
    begin(9000);
    ring(500, 700);
    assert_int_equal(listen(&single).overs, 0);
}

static void test_a_burst_cut_short_ends_the_ringback_at_once(void **state)
{
    (void)state;
    begin(10000);
    ring(500, 1000);
    ring(5500, 400);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.overs, 1);
    assert_in_range(heard.over_at_ms, 6500, 6800);
    assert_in_range(heard.over_ms, 600, 800);
}

static void test_a_click_within_a_burst_does_not_cut_it(void **state)
{
    (void)state;
    begin(12000);
    ring(500, 1000);
    ring(5500, 480);
    ring(6040, 460);
    ring(10500, 1000);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.overs, 0);
    assert_int_equal(heard.voices, 0);
}

static void test_the_pause_within_a_double_ring_is_no_end(void **state)
{
    (void)state;
    begin(20000);
    for (double at_ms = 500; at_ms < 13000; at_ms += 3000) {
        for (double burst_ms = at_ms; burst_ms < at_ms + 700; burst_ms += 600) {
            synth_sine(&s, burst_ms, 400, 400, -18);
            synth_sine(&s, burst_ms, 400, 450, -18);
        }
    }
    const struct heard heard = listen(&twice);
    assert_int_equal(heard.overs, 1);
    assert_in_range(heard.over_at_ms, 13500 + 2200, 13500 + 2200 + 500);
    assert_int_equal(heard.voices, 0);
}

static void test_any_voice_after_ringback_is_told_soon(void **state)
{
    (void)state;
    begin(8000);
    ring(500, 1000);
    ring(5500, 400);
    vowel(5950, 300);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.voices, 1);
    assert_in_range(heard.voice_at_ms, 5950 + 60, 5950 + 300);
    assert_in_range(heard.voice_at_ms - heard.voice_ms, 5850, 6000); /* dated back to where it began */
}

static void test_a_voice_without_ringback_is_told_when_it_pauses(void **state)
{
    (void)state;
    begin(4000);
    vowel(1000, 400);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.voices, 1);
    assert_in_range(heard.voice_at_ms, 1400, 1700);
    assert_in_range(heard.voice_at_ms - heard.voice_ms, 950, 1050);
}

static void test_a_voice_before_ringback_is_forgotten(void **state)
{
    (void)state;
    begin(13000);
    vowel(500, 400); /* "please wait" */
    ring(2000, 1000);
    ring(7000, 1000);
    vowel(9000, 400);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.voices, 2);
}

static void test_each_voice_is_told_once(void **state)
{
    (void)state;
    begin(10000);
    vowel(1000, 400);
    vowel(2500, 400);
    vowel(6000, 400);
    assert_int_equal(listen(&single).voices, 1);
}

static void test_continuous_sound_with_a_pitch_is_music(void **state)
{
    (void)state;
    begin(20000);
    synth_music(&s, -18);
    assert_int_equal(listen(&single).voices, 0);
    begin(20000);
    for (double at_ms = 500; at_ms < 19000; at_ms += 500)
        vowel(at_ms, 460); /* sung, without a breath */
    assert_int_equal(listen(&single).voices, 0);
}

static void test_a_voice_after_music_is_told_and_dated_to_itself(void **state)
{
    (void)state;
    begin(16000);
    for (double at_ms = 500; at_ms < 9000; at_ms += 500)
        vowel(at_ms, 460);
    vowel(10000, 400);
    const struct heard heard = listen(&single);
    assert_int_equal(heard.voices, 1);
    assert_in_range(heard.voice_at_ms, 10400, 10800);
    assert_in_range(heard.voice_at_ms - heard.voice_ms, 9900, 10100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_burst_of_its_length_is_a_ringback),
        cmocka_unit_test(test_one_burst_of_another_length_is_none),
        cmocka_unit_test(test_a_burst_cut_short_ends_the_ringback_at_once),
        cmocka_unit_test(test_a_click_within_a_burst_does_not_cut_it),
        cmocka_unit_test(test_the_pause_within_a_double_ring_is_no_end),
        cmocka_unit_test(test_any_voice_after_ringback_is_told_soon),
        cmocka_unit_test(test_a_voice_without_ringback_is_told_when_it_pauses),
        cmocka_unit_test(test_a_voice_before_ringback_is_forgotten),
        cmocka_unit_test(test_each_voice_is_told_once),
        cmocka_unit_test(test_continuous_sound_with_a_pitch_is_music),
        cmocka_unit_test(test_a_voice_after_music_is_told_and_dated_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
