/* SPDX-License-Identifier: Apache-2.0 */
/* The survey of a call's end: tones in no table, sound that is none, levels, hum and echo. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audio/g711.h"
#include "audio/survey.h"

#define RATE 8000
#define SECONDS 24
#define PEAK_0DBM0 22828.0
#define TAU 6.28318530717958647692

static double heard[RATE * SECONDS], sent[RATE * SECONDS];
static int16_t taped[2 * RATE * SECONDS];
static uint64_t seed;
static audio_survey found;

struct cadence { double hz[4]; double on_ms[2], off_ms[2]; };

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 40) / (double)(1u << 24);
}

static double peak_of(double dbm0)
{
    return PEAK_0DBM0 * pow(10.0, dbm0 / 20.0);
}

static void begin(uint64_t number)
{
    memset(heard, 0, sizeof heard);
    memset(sent, 0, sizeof sent);
    seed = number * 7919 + 1;
}

static void add_noise(double dbm0)
{
    for (int i = 0; i < RATE * SECONDS; i++)
        heard[i] += peak_of(dbm0) * 1.22 * (uniform() + uniform() + uniform() + uniform() - 2.0);
}

/* Syllables whose pitch glides, with pauses of every length. */
static void add_speech(double *into, double from_s, double to_s, double dbm0)
{
    int at = (int)(from_s * RATE);
    const int end = (int)(to_s * RATE);

    while (at < end) {
        const int length = (int)(RATE * (0.08 + 0.25 * uniform()));
        const double pitch = 90.0 + 130.0 * uniform(), glide = 0.3 * (uniform() - 0.5);
        for (int i = 0; i < length && at + i < end; i++) {
            const double t = (double)i / RATE, shape = sin(TAU / 2 * i / length);
            for (int h = 1; h <= 12; h++)
                into[at + i] += peak_of(dbm0) * shape * sin(TAU * h * pitch * t * (1 + glide * t)) / h;
        }
        at += length + (int)(RATE * (uniform() < 0.7 ? 0.03 : 0.1 + 0.5 * uniform()));
    }
}

static void add_tone(const struct cadence *c, double from_s, double to_s, double dbm0)
{
    const double cycle = c->on_ms[0] + c->off_ms[0] + c->on_ms[1] + c->off_ms[1];

    for (int i = (int)(from_s * RATE); i < (int)(to_s * RATE); i++) {
        const double ms = fmod((i / (double)RATE - from_s) * 1000.0, cycle);
        const double second = c->on_ms[0] + c->off_ms[0];
        if (!(ms < c->on_ms[0] || (ms >= second && ms < second + c->on_ms[1])))
            continue;
        for (int k = 0; k < 4 && c->hz[k] > 0; k++)
            heard[i] += peak_of(dbm0) * sin(TAU * c->hz[k] * i / RATE);
    }
}

static int16_t coded(double sample)
{
    const double clipped = fmax(-32768.0, fmin(32767.0, sample));

    return ulaw_decode(ulaw_encode((int16_t)lrint(clipped)));
}

static void survey(void)
{
    for (int i = 0; i < RATE * SECONDS; i++) {
        taped[2 * i] = coded(heard[i]);
        taped[2 * i + 1] = coded(sent[i]);
    }
    assert_int_equal(audio_survey_call(taped, RATE * SECONDS, &found), 0);
}

static const audio_survey_tone *ending(void)
{
    for (uint32_t t = 0; t < found.tone_count; t++)
        if (found.tones[t].at_end)
            return &found.tones[t];
    return NULL;
}

static void assert_near(double got, double wanted, double within, const char *what)
{
    if (fabs(got - wanted) > within)
        fail_msg("%s: %.1f, not %.1f", what, got, wanted);
}

static void assert_tone(const struct cadence *c)
{
    const audio_survey_tone *tone = ending();

    if (tone == NULL)
        fail_msg("%.0f Hz %.0f/%.0f ms: nothing was found", c->hz[0], c->on_ms[0], c->off_ms[0]);
    for (int k = 0; k < 4 && c->hz[k] > 0; k++) {
        double nearest = 1e9;
        for (uint32_t l = 0; l < tone->lines; l++)
            nearest = fmin(nearest, fabs((double)tone->hz[l] - c->hz[k]));
        assert_near(nearest, 0, 1.5, "Hz off");
    }
    assert_int_equal(tone->phases, c->on_ms[1] > 0 ? 2 : 1);
    for (uint32_t p = 0; p < tone->phases; p++) {
        const uint32_t turned = tone->phases == 2 && fabs((double)tone->on_ms[0] - c->on_ms[0]) > 40 ? 1 - p : p;
        assert_near((double)tone->on_ms[turned], c->on_ms[p], fmax(20, 0.08 * c->on_ms[p]), "on");
        assert_near((double)tone->off_ms[turned], c->off_ms[p], fmax(20, 0.08 * c->off_ms[p]), "off");
    }
}

static void test_tones_in_no_table(void **state)
{
    (void)state;
    static const struct cadence cadences[] = {
        {{600}, {300}, {150}}, {{850, 1100}, {200}, {200}}, {{320}, {80}, {80}}, {{555}, {1100}, {600}},
        {{2900}, {330}, {900}}, {{1400, 2060, 2450, 2600}, {100}, {100}}, {{375, 400, 425}, {600}, {600}},
        {{400}, {400, 225}, {350, 525}}, {{425}, {250, 750}, {250, 250}}, {{480, 620}, {500}, {500}},
    };
    for (size_t i = 0; i < sizeof cadences / sizeof *cadences; i++)
        for (int quiet = 0; quiet < 2; quiet++) {
            begin(i + 1);
            add_noise(-58);
            add_speech(heard, 0, 15, -18);
            add_speech(sent, 0, SECONDS, -20);
            for (int n = 80; n < RATE * SECONDS; n++)
                heard[n] += 0.1 * sent[n - 80]; /* somebody says hello into the tone, 20 dB down */
            add_tone(&cadences[i], 16, SECONDS, quiet ? -30 : -14);
            survey();
            assert_tone(&cadences[i]);
        }
}

static void test_speech_and_noise_end_in_no_tone(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 12; n++) {
        begin(n);
        add_noise(-55);
        add_speech(heard, 0, SECONDS, -15);
        survey();
        assert_null(ending());
        assert_true(found.speech_dbm0 > -30 && found.speech_dbm0 < 0);
    }
}

static void test_a_tone_that_a_call_outlives_is_told_as_such(void **state)
{
    (void)state;
    static const struct cadence beeps = {{1000}, {200}, {300}};

    begin(1);
    add_noise(-60);
    add_tone(&beeps, 5, 10, -15);
    add_speech(heard, 11, SECONDS, -15);
    survey();
    assert_null(ending());
    assert_int_equal(found.tone_count, 1);
    assert_true(found.tones[0].sound_after_ms > 3000);
}

static void test_our_own_tone_coming_back_is_told_by_what_was_sent(void **state)
{
    (void)state;
    static const struct cadence ringback = {{440, 480}, {1000}, {2000}};

    begin(1);
    add_tone(&ringback, 4, SECONDS, -15);
    memcpy(sent, heard, sizeof sent);
    for (int i = 0; i < RATE * SECONDS; i++)
        heard[i] *= 0.25;
    survey();
    assert_non_null(ending());
    assert_true(ending()->sent_dbm0 > ending()->level_dbm0);
}

static void test_levels_hum_and_echo(void **state)
{
    (void)state;
    begin(3);
    add_noise(-62);
    for (int i = 0; i < RATE * SECONDS; i++)
        for (int h = 1; h <= 5; h++)
            heard[i] += peak_of(-58) * sin(TAU * 50 * h * i / RATE) / h;
    add_speech(sent, 2, 12, -15);
    for (int i = 960; i < RATE * SECONDS; i++)
        heard[i] += 0.12 * sent[i - 960] - 0.05 * sent[i - 956];
    add_speech(heard, 8, 16, -20); /* both at once for a while */
    survey();
    assert_int_equal(found.hum_hz, 50);
    assert_near((double)found.hum_dbm0, -56.5, 3, "hum");
    assert_near((double)found.echo_delay_ms, 120, 1, "echo delay");
    assert_near((double)found.echo_return_loss_db, 20.5, 3, "echo return loss");
    assert_near((double)found.noise_dbm0, -55, 5, "noise");
}

static void test_what_cannot_be_surveyed_is_refused(void **state)
{
    (void)state;
    assert_int_equal(audio_survey_call(taped, 100, &found), -EINVAL);
    assert_int_equal(audio_survey_call(taped, AUDIO_SURVEY_MAX_FRAMES + 1, &found), -EINVAL);
    begin(1);
    survey();
    assert_int_equal(found.tone_count, 0);
    assert_true(found.noise_dbm0 <= -99 && found.hum_hz == 0 && found.echo_return_loss_db <= -99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tones_in_no_table),
        cmocka_unit_test(test_speech_and_noise_end_in_no_tone),
        cmocka_unit_test(test_a_tone_that_a_call_outlives_is_told_as_such),
        cmocka_unit_test(test_our_own_tone_coming_back_is_told_by_what_was_sent),
        cmocka_unit_test(test_levels_hum_and_echo),
        cmocka_unit_test(test_what_cannot_be_surveyed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
