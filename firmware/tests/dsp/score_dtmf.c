/* SPDX-License-Identifier: Apache-2.0 */
/* Scores the touch-tone detector: a table of impairments, each with every key, in both modes.
 *
 * score-dtmf                the table
 * score-dtmf FILE...        counts false keys in raw 8 kHz 16-bit native-endian speech or music */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dtmf.h"
#include "synth.h"

#define ROUNDS 12
#define KEYS "123A456B789C*0#D"
#define PRESS_EVERY_MS 200.0
#define FIRST_MS 150.0
#define MOST_HITS 64

/* What goes with the keys; 0 means none. */
struct impairment {
    const char *name;
    struct synth_key key;
    double snr_db;                       /* 0: no noise */
    double dial_hz[2], dial_dbm0;
    double speech_db;                    /* below the key's stronger tone; 0: none */
    double echo_ms, echo_db;             /* a second, weaker copy */
};

/* What was heard of the 16 * ROUNDS keys. */
struct score {
    unsigned right, wrong, total, late_p95_ms, onset_error_ms;
};

#define PLAIN .key = {.on_ms = 60, .level_dbm0 = -12}
static const struct impairment table[] = {
    {.name = "clean", PLAIN},
    {.name = "0 dBm0, clipped", .key = {.on_ms = 60, .level_dbm0 = 0}},
    {.name = "-25 dBm0", .key = {.on_ms = 60, .level_dbm0 = -25}},
    {.name = "-25 dBm0, twist -8", .key = {.on_ms = 60, .level_dbm0 = -25, .twist_db = -8}},
    {.name = "-36 dBm0", .key = {.on_ms = 60, .level_dbm0 = -36}},
    {.name = "40 ms", .key = {.on_ms = 40, .level_dbm0 = -12}},
    {.name = "40 ms, twist +4", .key = {.on_ms = 40, .level_dbm0 = -12, .twist_db = 4}},
    {.name = "40 ms, twist -8", .key = {.on_ms = 40, .level_dbm0 = -12, .twist_db = -8}},
    {.name = "twist +8", .key = {.on_ms = 60, .level_dbm0 = -12, .twist_db = 8}},
    {.name = "twist -12", .key = {.on_ms = 60, .level_dbm0 = -12, .twist_db = -12}},
    {.name = "+1.5 % both", .key = {40, -12, 0, 0.015, 0.015, 0, 0, 0}},
    {.name = "-1.5 % both", .key = {40, -12, 0, -0.015, -0.015, 0, 0, 0}},
    {.name = "+1.5 % low -1.5 % high", .key = {40, -12, 0, 0.015, -0.015, 0, 0, 0}},
    {.name = "+1.5 % + 2 Hz, twist -8", .key = {40, -12, -8, 0.015, 0.015, 2, 0, 0}},
    {.name = "-1.5 % - 2 Hz, twist +4", .key = {40, -12, 4, -0.015, -0.015, 2, 0, 0}},
    {.name = "+1.8 %", .key = {40, -12, 0, 0.018, 0.018, 0, 0, 0}},
    {.name = "SNR 18 dB, 40 ms", .key = {.on_ms = 40, .level_dbm0 = -12}, .snr_db = 18},
    {.name = "SNR 15 dB, 40 ms", .key = {.on_ms = 40, .level_dbm0 = -12}, .snr_db = 15},
    {.name = "SNR 12 dB, 40 ms", .key = {.on_ms = 40, .level_dbm0 = -12}, .snr_db = 12},
    {.name = "SNR 12 dB, -1.5 %, twist -8", .key = {40, -12, -8, -0.015, -0.015, 0, 0, 0},
     .snr_db = 12},
    {.name = "hole 10 ms in 50 ms", .key = {50, -12, 0, 0, 0, 0, 20, 10}},
    {.name = "hole 10 ms in 60 ms", .key = {60, -12, 0, 0, 0, 0, 25, 10}},
    {.name = "hole 10 ms in 70 ms", .key = {70, -12, 0, 0, 0, 0, 20, 10}},
    {.name = "hole 10 ms in 80 ms", .key = {80, -12, 0, 0, 0, 0, 35, 10}},
    {.name = "hole 10 ms, SNR 15 dB", .key = {80, -12, 0, 0, 0, 0, 50, 10}, .snr_db = 15},
    {.name = "dial tone 350+440", .key = {.on_ms = 50, .level_dbm0 = -10},
     .dial_hz = {350, 440}, .dial_dbm0 = -13},
    {.name = "dial tone 425", .key = {.on_ms = 50, .level_dbm0 = -10},
     .dial_hz = {425, 0}, .dial_dbm0 = -13},
    {.name = "dial 350+440, key -20", .key = {.on_ms = 50, .level_dbm0 = -20},
     .dial_hz = {350, 440}, .dial_dbm0 = -13},
    {.name = "dial 425, key -25", .key = {.on_ms = 50, .level_dbm0 = -25},
     .dial_hz = {425, 0}, .dial_dbm0 = -10},
    {.name = "speech 12 dB down", .key = {.on_ms = 80, .level_dbm0 = -12}, .speech_db = 12},
    {.name = "speech 6 dB down", .key = {.on_ms = 80, .level_dbm0 = -12}, .speech_db = 6},
    {.name = "echo 20 ms, 10 dB down", PLAIN, .echo_ms = 20, .echo_db = 10},
    {.name = "MUST REJECT 23 ms", .key = {.on_ms = 23, .level_dbm0 = -12}},
    {.name = "MUST REJECT 23 ms SNR 15 dB", .key = {.on_ms = 23, .level_dbm0 = -12}, .snr_db = 15},
    {.name = "MUST REJECT +3.5 % low", .key = {60, -12, 0, 0.035, 0, 0, 0, 0}},
    {.name = "MUST REJECT -3.5 % low", .key = {60, -12, 0, -0.035, 0, 0, 0, 0}},
    {.name = "MUST REJECT +3.5 % high", .key = {60, -12, 0, 0, 0.035, 0, 0, 0}},
    {.name = "MUST REJECT -3.5 % high", .key = {60, -12, 0, 0, -0.035, 0, 0, 0}},
    {.name = "MUST REJECT -3 % both", .key = {60, -12, 0, -0.03, -0.03, 0, 0, 0}},
    {.name = "MUST REJECT -55 dBm0", .key = {.on_ms = 60, .level_dbm0 = -55}},
};

static int by_value(const void *a, const void *b)
{
    const unsigned x = *(const unsigned *)a;
    const unsigned y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

/* Presses every key once, each at an odd moment of the detector's hops. */
static void round_make(struct synth *s, const struct impairment *what, unsigned round,
                       double *at_ms)
{
    synth_begin(s, FIRST_MS + 16 * PRESS_EVERY_MS + 200.0, round + 1);
    for (unsigned k = 0; k < 16; k++) {
        at_ms[k] = FIRST_MS + PRESS_EVERY_MS * k + 10.0 * synth_uniform(s);
        synth_key(s, at_ms[k], KEYS[k], &what->key);
        if (what->echo_ms > 0) {
            struct synth_key echo = what->key;
            echo.level_dbm0 -= what->echo_db;
            synth_key(s, at_ms[k] + what->echo_ms, KEYS[k], &echo);
        }
    }
    const double whole_ms = (double)s->frames / 8.0;
    for (int i = 0; i < 2; i++) {
        if (what->dial_hz[i] > 0)
            synth_sine(s, 0, whole_ms, what->dial_hz[i], what->dial_dbm0);
    }
    if (what->snr_db > 0) /* against both tones together: 3 dB over one when there is no twist */
        synth_noise(s, what->key.level_dbm0 + (what->key.twist_db == 0.0 ? 3.0 : 0.6)
                           - what->snr_db);
    if (what->speech_db > 0)
        synth_speech(s, what->key.level_dbm0 - what->speech_db);
    synth_finish(s, true);
}

struct tally {
    struct score score;
    unsigned late_ms[16 * ROUNDS];
};

/* Books a hit at `now_ms`: the key whose 200 ms it falls in, or an extra. */
static void hit_book(struct tally *t, const struct dtmf_hit *hit, double now_ms,
                     const double *at_ms, unsigned *got)
{
    const long k = (long)((now_ms - FIRST_MS) / PRESS_EVERY_MS);
    if (k < 0 || k > 15 || hit->digit != KEYS[k] || got[k]++ > 0) {
        t->score.wrong++;
        return;
    }
    const double error = now_ms - at_ms[k] - hit->onset_ms_ago;
    const unsigned off = (unsigned)(error < 0 ? -error : error);
    t->late_ms[t->score.right++] = (unsigned)(now_ms - at_ms[k] + 0.5);
    if (off > t->score.onset_error_ms)
        t->score.onset_error_ms = off;
}

static void round_score(struct tally *t, struct synth *s, const double *at_ms, bool lenient)
{
    struct dtmf detector;
    unsigned got[16] = {0};
    dtmf_init(&detector);
    dtmf_set_lenient(&detector, lenient);
    for (size_t at = 0; at + 80 <= s->frames; at += 80) {
        struct dtmf_hit hits[4];
        const size_t n = dtmf_feed(&detector, s->out + at, 80, hits, 4);
        for (size_t i = 0; i < n; i++)
            hit_book(t, &hits[i], (double)(at + 80) / 8.0, at_ms, got);
    }
    t->score.total += 16;
}

static struct score impairment_score(struct synth *s, const struct impairment *what, bool lenient)
{
    struct tally t = {.score = {0}};
    for (unsigned round = 0; round < ROUNDS; round++) {
        double at_ms[16];
        round_make(s, what, round, at_ms);
        round_score(&t, s, at_ms, lenient);
    }
    qsort(t.late_ms, t.score.right, sizeof *t.late_ms, by_value);
    t.score.late_p95_ms = t.score.right > 0 ? t.late_ms[(t.score.right - 1) * 95 / 100] : 0;
    return t.score;
}

static void table_print(struct synth *s)
{
    printf("%-30s %28s %28s\n", "", "conversation", "menu");
    printf("%-30s", "impairment");
    for (int mode = 0; mode < 2; mode++)
        printf(" %8s %5s %5s %7s", "heard", "extra", "p95", "onset");
    printf("\n");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        printf("%-30s", table[i].name);
        for (int mode = 0; mode < 2; mode++) {
            const struct score got = impairment_score(s, &table[i], mode == 1);
            printf(" %7.1f%% %5u %5u %4u ms", 100.0 * got.right / got.total, got.wrong,
                   got.late_p95_ms, got.onset_error_ms);
        }
        printf("\n");
    }
}

/* False keys in 20 minutes each of synthesised speech, music and noise. */
static void talk_print(struct synth *s)
{
    for (int kind = 0; kind < 3; kind++) {
        unsigned hits[2] = {0, 0};
        for (uint64_t seed = 1; seed <= 30; seed++) {
            synth_begin(s, 40000, seed);
            if (kind == 0)
                synth_speech(s, -15);
            else if (kind == 1)
                synth_music(s, -15);
            else
                synth_noise(s, -15);
            synth_finish(s, true);
            for (int mode = 0; mode < 2; mode++) {
                struct dtmf detector;
                struct dtmf_hit found[MOST_HITS];
                dtmf_init(&detector);
                dtmf_set_lenient(&detector, mode == 1);
                hits[mode] += (unsigned)dtmf_feed(&detector, s->out, s->frames, found, MOST_HITS);
            }
        }
        static const char *const names[] = {"speech-like", "music-like", "white noise"};
        printf("false keys in 20 min of %s: conversation %u, menu %u\n", names[kind],
               hits[0], hits[1]);
    }
}

static int file_score(const char *path)
{
    struct dtmf detector[2];
    unsigned hits[2] = {0, 0};
    size_t frames = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    for (int mode = 0; mode < 2; mode++) {
        dtmf_init(&detector[mode]);
        dtmf_set_lenient(&detector[mode], mode == 1);
    }
    int16_t block[80];
    for (size_t n; (n = fread(block, sizeof *block, 80, file)) > 0; frames += n) {
        for (int mode = 0; mode < 2; mode++) {
            struct dtmf_hit found[4];
            hits[mode] += (unsigned)dtmf_feed(&detector[mode], block, n, found, 4);
        }
    }
    fclose(file);
    printf("%s: %.1f s, conversation %u, menu %u\n", path, (double)frames / SYNTH_RATE,
           hits[0], hits[1]);
    return 0;
}

int main(int argc, char **argv)
{
    static struct synth s;
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= file_score(argv[i]);
    if (argc == 1) {
        table_print(&s);
        talk_print(&s);
    }
    return failed;
}
