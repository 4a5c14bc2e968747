/* SPDX-License-Identifier: Apache-2.0 */
/* Lost frames are hidden: nearer to what was said than silence or the last frame again, without clicks,
 * and no touch tone is split. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/detectors.h"
#include "audio/plc.h"
#include "tests/audio/bed.h"

#define FRAME 80u
#define FRAMES 3000u            /* 30 s */
#define LENGTH (FRAMES * FRAME)

static int16_t said[LENGTH], heard[3][LENGTH];

enum { HIDDEN, ZEROED, REPEATED };

/* A voice with pauses: harmonics under two formants; its pitch glides by up to 94 Hz a second. */
static void speak(void)
{
    double phase = 0.0;

    for (uint32_t i = 0; i < LENGTH; i++) {
        double t = i / 8000.0, pitch = 130.0 + 25.0 * sin(2 * M_PI * 0.6 * t);
        double loud = fmax(0.0, sin(2 * M_PI * 1.3 * t)) * 9000.0, y = 0.0;
        phase += 2 * M_PI * pitch / 8000.0;
        for (int k = 1; k <= 18; k++) {
            double hz = pitch * k, formant = exp(-pow((hz - 600.0) / 300.0, 2)) + 0.5 * exp(-pow((hz - 1500.0) / 350.0, 2));
            y += formant * sin(k * phase + 0.4 * k * k);
        }
        said[i] = (int16_t)(loud * y / 2.5 + rand() % 60 - 30);
    }
}

static void sing(void)
{
    bed_tone(said, LENGTH, 0, 440.0, 350.0, -160.0);
}

/* Loses frames at random, and hears the rest in three ways. */
static uint32_t lose(double share, uint32_t seed)
{
    struct plc plc;
    uint32_t lost = 0;

    plc_init(&plc);
    for (uint32_t f = 0; f < FRAMES; f++) {
        size_t at = (size_t)f * FRAME;
        seed = seed * 1664525u + 1013904223u;
        bool gone = f > 10 && (seed >> 8) / 16777216.0 < share;
        for (int way = 0; way < 3; way++)
            memcpy(heard[way] + at, said + at, FRAME * sizeof *said);
        if (!gone) {
            plc_good(&plc, heard[HIDDEN] + at);
            continue;
        }
        lost++;
        plc_lost(&plc, heard[HIDDEN] + at);
        memset(heard[ZEROED] + at, 0, FRAME * sizeof *said);
        memcpy(heard[REPEATED] + at, heard[REPEATED] + at - FRAME, FRAME * sizeof *said);
    }
    return lost;
}

/* Mean over the 20 ms that differ from what was said, each at most 35 dB (ITU-T P.56 style segments). */
static double segment_snr_db(const int16_t *y)
{
    double sum = 0.0;
    uint32_t count = 0;

    for (uint32_t at = 0; at + 160 <= LENGTH; at += 160) {
        double signal = 0.0, noise = 0.0;
        for (uint32_t i = at; i < at + 160; i++) {
            signal += (double)said[i] * said[i];
            noise += ((double)said[i] - heard[ZEROED][i]) * ((double)said[i] - heard[ZEROED][i]);
        }
        if (noise < 160.0 * 2500.0)
            continue; /* nothing was lost here, or nothing was said */
        noise = 1.0;
        for (uint32_t i = at; i < at + 160; i++)
            noise += ((double)said[i] - y[i]) * ((double)said[i] - y[i]);
        sum += fmin(35.0, 10.0 * log10(signal / noise));
        count++;
    }
    assert_true(count > 0);
    return sum / count;
}

static int32_t largest_step(const int16_t *y)
{
    int32_t most = 0;

    for (uint32_t i = 1; i < LENGTH; i++)
        most = abs(y[i] - y[i - 1]) > most ? abs(y[i] - y[i - 1]) : most;
    return most;
}

static double level_db(const int16_t *y)
{
    double energy = 1.0;

    for (uint32_t i = 0; i < LENGTH; i++)
        energy += (double)y[i] * y[i];
    return 10.0 * log10(energy);
}

static void compare(const char *what, double gain_zeroed_db, double gain_repeated_db)
{
    static const double shares[] = {0.01, 0.03, 0.05, 0.10};

    for (size_t i = 0; i < 4; i++) {
        uint32_t lost = lose(shares[i], 7 + (uint32_t)i);
        double snr[3];
        for (int way = 0; way < 3; way++)
            snr[way] = segment_snr_db(heard[way]);
        print_message("%s, %.0f %% lost (%u frames): %.1f dB; zeros %.1f, last again %.1f; largest step %d of %d, "
                      "with zeros %d; level %+.2f dB\n", what, 100 * shares[i], lost, snr[HIDDEN], snr[ZEROED], snr[REPEATED],
                      largest_step(heard[HIDDEN]), largest_step(said), largest_step(heard[ZEROED]),
                      level_db(heard[HIDDEN]) - level_db(said));
        assert_true(snr[HIDDEN] >= snr[ZEROED] + gain_zeroed_db);
        assert_true(snr[HIDDEN] >= snr[REPEATED] + gain_repeated_db);
        assert_true(largest_step(heard[HIDDEN]) <= largest_step(said) * 5 / 4);
        assert_true(fabs(level_db(heard[HIDDEN]) - level_db(said)) <= 0.5);
    }
}

static void test_speech(void **state)
{
    (void)state;
    speak();
    compare("speech", 3.0, 3.0);
}

static void test_tones(void **state)
{
    (void)state;
    sing();
    compare("two tones", 8.0, 8.0);
}

/* A long gap: full for 10 ms, falling, silent from 60 ms on; and back without a jump. */
static void test_long_gap_fades(void **state)
{
    (void)state;
    struct plc plc;
    int16_t frame[FRAME], before = 0;
    double energy[12];

    sing();
    plc_init(&plc);
    for (uint32_t f = 0; f < 20; f++) {
        memcpy(frame, said + f * FRAME, sizeof frame);
        if (f < 6 || f >= 18)
            plc_good(&plc, frame);
        else
            plc_lost(&plc, frame);
        if (f >= 6 && f < 18) {
            energy[f - 6] = 0.0;
            for (uint32_t i = 0; i < FRAME; i++)
                energy[f - 6] += (double)frame[i] * frame[i];
        }
        for (uint32_t i = 0; i < FRAME; i++) {
            assert_true(abs(frame[i] - before) <= largest_step(said) * 5 / 4);
            before = frame[i];
        }
    }
    assert_true(energy[0] > energy[2] && energy[2] > energy[4] && energy[4] > 0.0);
    for (int f = 6; f < 12; f++)
        assert_true(energy[f] == 0.0);
}

/* Each key of 60 ms, with any one of its frames lost: one digit, neither split nor missed. */
static void test_keys_are_not_split(void **state)
{
    (void)state;
    static const double low[] = {697, 770, 852, 941}, high[] = {1209, 1336, 1477, 1633};
    static const char keys[] = "123A456B789C*0#D";
    uint32_t wrong = 0;

    for (uint32_t key = 0; key < 16; key++)
        for (uint32_t gone = 1; gone < 7; gone++) {
            struct dtmf dtmf;
            struct plc plc;
            int16_t frame[FRAME];
            char found[8] = "";
            size_t count = 0;
            dtmf_init(&dtmf);
            plc_init(&plc);
            for (uint32_t f = 0; f < 30; f++) {
                struct dtmf_hit hits[4];
                memset(frame, 0, sizeof frame);
                if (f >= 10 && f < 18)
                    bed_tone(frame, FRAME, f * FRAME, low[key / 4], high[key % 4], -100);
                if (f == 10 + gone)
                    plc_lost(&plc, frame);
                else
                    plc_good(&plc, frame);
                size_t n = dtmf_feed(&dtmf, frame, FRAME, hits, 4);
                for (size_t i = 0; i < n && count < 7; i++)
                    found[count++] = hits[i].digit;
            }
            wrong += count != 1 || found[0] != keys[key];
        }
    print_message("keys of 80 ms with one frame lost: %u of 96 wrong\n", wrong);
    assert_int_equal(wrong, 0);
}

/* Frames of silence, of full scale and of noise: no sample leaves its 16 bits, whatever is lost. */
static void test_any_sound(void **state)
{
    (void)state;
    struct plc plc;
    int16_t frame[FRAME];

    srand(3);
    plc_init(&plc);
    for (uint32_t f = 0; f < 3000; f++) {
        for (uint32_t i = 0; i < FRAME; i++)
            frame[i] = (int16_t)(f % 3 == 0 ? 0 : f % 3 == 1 ? (i & 8 ? 32767 : -32768) : rand() % 65536 - 32768);
        if (rand() % 3 == 0)
            plc_lost(&plc, frame);
        else
            plc_good(&plc, frame);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speech),         cmocka_unit_test(test_tones),
        cmocka_unit_test(test_long_gap_fades), cmocka_unit_test(test_keys_are_not_split),
        cmocka_unit_test(test_any_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
