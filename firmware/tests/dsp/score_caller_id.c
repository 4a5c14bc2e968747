/* SPDX-License-Identifier: Apache-2.0 */
/* How much caller ID is read through noise, levels, twist, clock errors and short preambles.
 * `score-caller-id [CALLS_PER_CELL]`: the table of docs/audio.md; every cell from its own seeds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caller_id.h"
#include "fsk_synth.h"

static struct synth s;
static unsigned calls = 400;
static unsigned wrong_kind;

/* 01-17 18:05, 09171234567, "JUAN CRUZ ". */
static const uint8_t message[] = {
    0x80, 0x23, 0x01, 0x08, 0x30, 0x31, 0x31, 0x37, 0x31, 0x38, 0x30, 0x35, 0x02, 0x0b, 0x30, 0x39, 0x31, 0x37, 0x31,
    0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x07, 0x0a, 0x4a, 0x55, 0x41, 0x4e, 0x20, 0x43, 0x52, 0x55, 0x5a, 0x20, 0xb0,
};

struct line_state { struct fsk_line line; double snr_db; double hum_dbm0; double click_dbm0; };

/* One call; 1 when it was read. */
static unsigned read_once(const struct line_state *state, uint64_t seed)
{
    struct caller_id detector;
    struct caller_id_report reports[8];
    const bool bell = state->line.mark_hz < 1250;
    unsigned good = 0;

    synth_begin(&s, 1300, seed);
    fsk_synth_send(&s, 200 + 7 * synth_uniform(&s), &state->line, message, sizeof message);
    if (state->snr_db < 90)
        fsk_synth_band_noise(&s, state->line.level_dbm0 - state->snr_db);
    if (state->hum_dbm0 > -90)
        synth_sine(&s, 0, 1300, 50, state->hum_dbm0);
    synth_finish(&s, true);
    caller_id_init(&detector, true);
    const size_t n = caller_id_feed(&detector, s.out, s.frames, reports, 8);
    for (size_t i = 0; i < n; i++) {
        if (!reports[i].whole || reports[i].len != sizeof message || memcmp(reports[i].data, message, sizeof message))
            continue;
        good = 1;
        wrong_kind += (reports[i].kind == CALLER_ID_BELL202) != bell;
    }
    return good;
}

static void score(const char *what, struct line_state state)
{
    struct fsk_line line = state.line;

    printf("%-34s", what);
    for (int v23 = 0; v23 < 2; v23++) {
        const struct fsk_line *kind = v23 ? &fsk_v23 : &fsk_bell202;
        unsigned good = 0;
        state.line = line;
        const double off = line.mark_hz; /* clock error as a ratio, kept here until the tones are known */
        state.line.mark_hz = kind->mark_hz * off;
        state.line.space_hz = kind->space_hz * off;
        for (unsigned i = 0; i < calls; i++)
            good += read_once(&state, 1000 * i + (unsigned)v23 + 17);
        printf("  %7.2f %%", 100.0 * good / calls);
    }
    printf("\n");
}

static struct line_state clean(void)
{
    struct line_state state = {fsk_bell202, 99, -99, -99};
    state.line.mark_hz = 1.0;
    return state;
}

static void score_noise(void)
{
    const double snrs[] = {25, 15, 14, 13, 12, 11, 10, 9, 8, 7};
    char what[64];

    for (size_t i = 0; i < sizeof snrs / sizeof *snrs; i++) {
        struct line_state state = clean();
        state.snr_db = snrs[i];
        snprintf(what, sizeof what, "SNR %.0f dB", snrs[i]);
        score(what, state);
    }
}

static void score_levels(double snr_db)
{
    const double levels[] = {0, -12, -24, -36, -40, -44};
    const double twists[] = {-10, -8, -6, -4, 4, 6, 8, 10};
    char what[64];

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct line_state state = clean();
        state.line.level_dbm0 = levels[i];
        state.snr_db = snr_db;
        snprintf(what, sizeof what, "level %.0f dBm0, SNR %.0f dB", levels[i], snr_db);
        score(what, state);
    }
    for (size_t i = 0; i < sizeof twists / sizeof *twists; i++) {
        struct line_state state = clean();
        state.line.twist_db = twists[i];
        state.snr_db = snr_db;
        snprintf(what, sizeof what, "twist %+.0f dB, SNR %.0f dB", twists[i], snr_db);
        score(what, state);
    }
}

static void score_clocks(double snr_db)
{
    const double errors[] = {-0.03, -0.02, -0.01, 0.01, 0.02, 0.03};
    const int preambles[][2] = {{96, 55}, {300, 60}, {0, 180}, {0, 80}, {0, 24}, {80, 12}, {80, 3}, {300, 1}};
    char what[64];

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct line_state state = clean();
        state.line.baud *= 1 + errors[i];
        state.snr_db = snr_db;
        snprintf(what, sizeof what, "baud %+.0f %%, SNR %.0f dB", 100 * errors[i], snr_db);
        score(what, state);
    }
    for (size_t i = 0; i < sizeof preambles / sizeof *preambles; i++) {
        struct line_state state = clean();
        state.line.seizure_bits = preambles[i][0];
        state.line.mark_bits = preambles[i][1];
        state.snr_db = snr_db;
        snprintf(what, sizeof what, "seizure %d, mark %d, SNR %.0f dB", preambles[i][0], preambles[i][1], snr_db);
        score(what, state);
    }
    struct line_state hum = clean();
    hum.snr_db = snr_db;
    hum.hum_dbm0 = hum.line.level_dbm0 + 6;
    snprintf(what, sizeof what, "hum 50 Hz 6 dB above, SNR %.0f dB", snr_db);
    score(what, hum);
    struct line_state late = clean();
    late.snr_db = snr_db;
    late.line.stop_bits = 10;
    late.line.mark_hz = 1.01;
    late.line.baud *= 1.01;
    snprintf(what, sizeof what, "clock +1 %%, 9 mark stuffed, SNR %.0f", snr_db);
    late.line.stop_bits = 4;
    score(what, late);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        calls = (unsigned)strtoul(argv[1], NULL, 10);
    printf("%u calls a cell, through u-law      Bell 202         V.23\n", calls);
    score_noise();
    score_levels(15);
    score_clocks(15);
    score_levels(12);
    score_clocks(12);
    printf("read as the other kind: %u\n", wrong_kind);
    return 0;
}
