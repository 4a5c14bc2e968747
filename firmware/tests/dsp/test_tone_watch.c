/* SPDX-License-Identifier: Apache-2.0 */
/* Tones of a table: rhythms of one and of many phases, any frequency, and what must not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "synth.h"
#include "tone_watch.h"

#define MOST 8

enum { BUSY = 1, REORDER, RINGBACK, DIAL, SIT, CNG, ANSWER, LEARNED, HOWLER, WEAKER, UNOBTAINABLE };

static const audio_tone_pattern table[] = {
    {.id = LEARNED, .hz = {600, 700}, .on_ms = {300}, .off_ms = {150}, .cycles = 4},
    {.id = LEARNED + 100, .hz = {2950}, .on_ms = {50}, .off_ms = {70}, .cycles = 6},
    {.id = LEARNED + 200, .hz = {950, 1450}, .on_ms = {2500}, .off_ms = {1200}, .cycles = 3},
    {.id = BUSY, .hz = {425}, .on_ms = {375}, .off_ms = {375}, .cycles = 4},
    {.id = BUSY + 100, .hz = {480, 620}, .on_ms = {500}, .off_ms = {500}, .cycles = 4},
    {.id = WEAKER, .hz = {425}, .on_ms = {375, 375}, .off_ms = {375, 375}, .cycles = 2, .weaker_db10 = 100},
    {.id = REORDER, .hz = {400}, .on_ms = {400, 225}, .off_ms = {350, 525}, .cycles = 4},
    {.id = REORDER + 100, .hz = {425}, .on_ms = {250, 750}, .off_ms = {250, 250}, .cycles = 4},
    {.id = RINGBACK, .hz = {400, 450}, .on_ms = {400, 400}, .off_ms = {200, 2000}, .cycles = 1},
    {.id = RINGBACK + 100, .hz = {440, 480}, .on_ms = {2000}, .off_ms = {4000}, .cycles = 1},
    {.id = DIAL, .hz = {350, 440}, .least_ms = 3000, .hz_tolerance = 10},
    {.id = SIT, .hz = {950, 1400, 1800}, .on_ms = {330, 330, 330}, .cycles = 1, .hz_tolerance = 55,
     .ms_tolerance = 210, .flags = AUDIO_TONE_SEQUENCE},
    {.id = CNG, .hz = {1100}, .on_ms = {500}, .off_ms = {3000}, .cycles = 1, .hz_tolerance = 35},
    {.id = ANSWER, .hz = {2100}, .least_ms = 400, .hz_tolerance = 10},
    {.id = HOWLER, .hz = {1400, 2060, 2450, 2600}, .on_ms = {100}, .off_ms = {100}, .cycles = 4},
    {.id = UNOBTAINABLE, .hz = {400}, .least_ms = 5000, .hz_tolerance = 10},
};

struct found {
    struct tone_hit hits[MOST];
    double at_ms[MOST];
    unsigned count;
};

static struct synth s;

static struct found listen(void)
{
    static struct tone_watch watch;
    struct found found = {.count = 0};
    struct tone_hit hit;
    tone_watch_init(&watch);
    tone_watch_patterns(&watch, table, sizeof table / sizeof *table);
    for (size_t at = 0; at + 80 <= s.frames; at += 80) {
        if (!tone_watch_feed(&watch, s.out + at, 80, &hit) || found.count == MOST)
            continue;
        found.at_ms[found.count] = (double)(at + 80) / 8.0;
        found.hits[found.count++] = hit;
    }
    return found;
}

/* Plays a pattern from 700 ms on, with all of its times and frequencies off by a ratio. */
static void play(const audio_tone_pattern *p, double dbm0, double hz_ratio, double ms_ratio)
{
    double at_ms = 700;
    unsigned phases = 0;
    while (phases < 4 && p->on_ms[phases] > 0)
        phases++;
    for (unsigned burst = 0; burst < phases * (p->cycles + 1U); burst++) {
        const unsigned phase = burst % phases;
        const double weaker = burst % 2 == 1 ? p->weaker_db10 / 10.0 : 0.0;
        if ((p->flags & AUDIO_TONE_SEQUENCE) && burst == phases)
            return;
        for (unsigned i = 0; i < 4; i++)
            if (p->hz[i] > 0 && (i == phase || !(p->flags & AUDIO_TONE_SEQUENCE)))
                synth_sine(&s, at_ms, p->on_ms[phase] * ms_ratio, p->hz[i] * hz_ratio, dbm0 - weaker);
        at_ms += (p->on_ms[phase] + p->off_ms[phase]) * ms_ratio;
    }
    for (unsigned i = 0; phases == 0 && i < 4; i++)
        if (p->hz[i] > 0)
            synth_sine(&s, at_ms, p->least_ms + 900.0, p->hz[i] * hz_ratio, dbm0);
}

static void check(const audio_tone_pattern *p, double dbm0, double hz_ratio, double ms_ratio,
                  double noise_dbm0)
{
    synth_begin(&s, 24000, p->id);
    play(p, dbm0, hz_ratio, ms_ratio);
    if (noise_dbm0 > -90)
        synth_noise(&s, noise_dbm0);
    synth_finish(&s, true);
    const struct found found = listen();
    if (found.count != 1 || found.hits[0].pattern != p->id)
        fail_msg("pattern %u at %.0f dBm0, hz %.3f, ms %.2f, noise %.0f: %u findings, first %u",
                 (unsigned)p->id, dbm0, hz_ratio, ms_ratio, noise_dbm0, found.count,
                 (unsigned)found.hits[0].pattern);
}

static void test_each_pattern_loud_quiet_and_noisy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        check(&table[i], -8, 1, 1, -99);
        check(&table[i], table[i].weaker_db10 > 0 ? -28 : -38, 1, 1, -99);
        check(&table[i], -15, 1, 1, -35);
    }
}

static void test_each_pattern_a_little_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const double hz = table[i].hz_tolerance == 10 ? 0.006 : 0.02;
        check(&table[i], -15, 1 + hz, 1.07, -99);
        check(&table[i], -15, 1 - hz, 0.93, -99);
    }
}

static void test_what_was_measured_is_told(void **state)
{
    (void)state;
    synth_begin(&s, 6000, 1);
    play(&table[0], -15, 1, 1);
    synth_finish(&s, true);
    const struct found found = listen();
    assert_int_equal(found.count, 1);
    const struct tone_hit *hit = &found.hits[0];
    const unsigned low = hit->heard.hz[0] < hit->heard.hz[1] ? 0 : 1;
    assert_in_range(hit->heard.hz[low], 596, 604);
    assert_in_range(hit->heard.hz[1 - low], 696, 704);
    assert_in_range(hit->on_ms, 290, 310);
    assert_in_range(hit->off_ms, 140, 160);
    assert_in_range(hit->heard.level_db10 + 1000, 870, 890); /* two of -15 dBm0 are -12 */
    assert_in_range((int)found.at_ms[0], 2500, 2620);      /* 700 + 4 x 450, and the next edge */
}

static void test_answer_tone_with_phase_reversals(void **state)
{
    (void)state;
    synth_begin(&s, 4000, 1);
    for (int i = 0; i < 5; i++) /* each begins with a phase of its own */
        synth_sine(&s, 500 + 450.0 * i, 450, 2100, -12);
    synth_finish(&s, true);
    const struct found found = listen();
    assert_int_equal(found.count, 1);
    assert_int_equal(found.hits[0].pattern, ANSWER);
    assert_in_range((int)found.at_ms[0], 880, 1000);
}

static void test_special_information_with_gaps(void **state)
{
    (void)state;
    const double gaps[] = {0, 15, 30};
    for (int i = 0; i < 3; i++) {
        synth_begin(&s, 4000, 3);
        for (int k = 0; k < 3; k++)
            synth_sine(&s, 900 + (330 + gaps[i]) * k, 330, (double[]){950, 1400, 1800}[k], -14);
        synth_finish(&s, true);
        const struct found found = listen();
        if (found.count != 1 || found.hits[0].pattern != SIT)
            fail_msg("gap %.0f ms: %u findings", gaps[i], found.count);
    }
}

static void test_wrong_order_rhythm_or_frequency_is_none_of_them(void **state)
{
    (void)state;
    static const audio_tone_pattern wrong[] = {
        {.hz = {1800, 1400, 950}, .on_ms = {330, 330, 330}, .cycles = 1, .flags = AUDIO_TONE_SEQUENCE},
        {.hz = {780, 910}, .on_ms = {300}, .off_ms = {150}, .cycles = 6},
        {.hz = {1004}, .on_ms = {500}, .off_ms = {500}, .cycles = 6},
        {.hz = {2500}, .on_ms = {50}, .off_ms = {70}, .cycles = 12},
        {.hz = {1100}, .on_ms = {1200}, .off_ms = {3000}, .cycles = 2},
        {.hz = {600, 700}, .on_ms = {100}, .off_ms = {150}, .cycles = 9},
        {.hz = {425}, .on_ms = {1000}, .off_ms = {4000}, .cycles = 3},
        {.hz = {384, 416}, .on_ms = {1000}, .off_ms = {2000}, .cycles = 6},
        {.hz = {440}, .on_ms = {1500}, .off_ms = {3500}, .cycles = 3},
        {.hz = {420}, .on_ms = {1000}, .off_ms = {5000}, .cycles = 2},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        synth_begin(&s, 24000, 9);
        play(&wrong[i], -12, 1, 1);
        synth_finish(&s, true);
        if (listen().count != 0)
            fail_msg("%u Hz, %u ms", wrong[i].hz[0], wrong[i].on_ms[0]);
    }
}

static void test_keys_speech_music_and_whistles_are_none_of_them(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        synth_begin(&s, 40000, seed);
        if (seed % 4 == 0)
            for (double at_ms = 300; at_ms < 39000; at_ms += 500)
                synth_key(&s, at_ms, "1590"[seed / 4], &(struct synth_key){.on_ms = 250, .level_dbm0 = -10});
        else if (seed % 4 == 1)
            synth_music(&s, -15);
        else if (seed % 4 == 2)
            synth_speech(&s, -15);
        else /* a whistle that holds a note: it wanders by 2 % */
            for (double at_ms = 500; at_ms < 39000; at_ms += 200)
                synth_sine(&s, at_ms, 200, 400.0 * (1.0 + 0.04 * (synth_uniform(&s) - 0.5)), -15);
        synth_finish(&s, true);
        const struct found found = listen();
        if (found.count != 0)
            fail_msg("seed %u: %u", (unsigned)seed, (unsigned)found.hits[0].pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_pattern_loud_quiet_and_noisy),
        cmocka_unit_test(test_each_pattern_a_little_off),
        cmocka_unit_test(test_what_was_measured_is_told),
        cmocka_unit_test(test_answer_tone_with_phase_reversals),
        cmocka_unit_test(test_special_information_with_gaps),
        cmocka_unit_test(test_wrong_order_rhythm_or_frequency_is_none_of_them),
        cmocka_unit_test(test_keys_speech_music_and_whistles_are_none_of_them),
    };
    return cmocka_run_group_tests_name("tone watch", tests, NULL, NULL);
}
