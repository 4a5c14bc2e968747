/* SPDX-License-Identifier: Apache-2.0 */
/* A sound card in virtual time, and the sine fit by which its sound is judged. */
#include "tests/card/emulated_card.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL 8000.0
#define KEEP (48000u * 70u)

void card_begin(struct card *c, const struct bed *bed)
{
    c->begun_ns = bed->now_ns;
    c->due = 0;
}

void card_open(struct card *c, struct bed *bed, uint32_t rate_hz, uint32_t piece, double ppm)
{
    *c = (struct card){.rate_hz = rate_hz, .piece = piece, .ppm = ppm, .jitter_state = 1};
    c->ring = aligned_alloc(64, (sizeof *c->ring + 63u) / 64u * 64u);
    assert_non_null(c->ring);
    assert_int_equal(audio_card_ring_prepare(c->ring, sizeof *c->ring), 0);
    c->side = card_side_open(c->ring, sizeof *c->ring, rate_hz, 1, 2);
    assert_non_null(c->side);
    c->played = malloc(KEEP * sizeof *c->played);
    assert_non_null(c->played);
    card_begin(c, bed);
}

void card_close(struct card *c)
{
    card_side_close(c->side);
    free(c->ring);
    free(c->played);
}

static void card_callback(struct card *c)
{
    int16_t in[8192], out[8192];

    for (uint32_t i = 0; i < c->piece; i++) {
        double t = (double)(c->frames + i) / c->rate_hz;
        in[i] = c->hz > 0.0 ? (int16_t)lrint(LEVEL * sin(2.0 * PI * c->hz * t)) : 0;
    }
    assert_int_equal(card_side_callback(in, out, c->piece, NULL, 0, c->side), 0);
    c->frames += c->piece;
    for (uint32_t i = 0; i < c->piece && c->played_len < KEEP; i++) {
        assert_int_equal(out[2 * i], out[2 * i + 1]);
        c->played[c->played_len++] = out[2 * i];
    }
}

/* The callbacks that are due by now. */
void card_tick(struct card *c, uint64_t now_ns)
{
    for (;;) {
        double seconds = (double)(c->due + 1) * c->piece / (c->rate_hz * (1.0 + c->ppm * 1e-6));
        uint64_t late = c->jitter_ns == 0 ? 0 : (c->jitter_state >> 33) % c->jitter_ns;
        if (c->begun_ns + (uint64_t)(seconds * 1e9) + late > now_ns)
            return;
        c->due++;
        c->jitter_state = c->jitter_state * 6364136223846793005u + 1442695040888963407u;
        if (!c->is_stalled)
            card_callback(c);
    }
}

void run(struct bed *bed, struct card *c, double seconds)
{
    for (uint32_t ticks = (uint32_t)(seconds * 100.0); ticks > 0; ticks--) {
        card_tick(c, bed->now_ns);
        bed_step(bed);
    }
}

/* One Gauss-Newton step of the four-parameter sine fit (IEEE 1057 §4.1.4): a cos + b sin + offset, hz. */
static void fit_step(const int16_t *x, uint32_t n, double rate, double p[4], bool moves_hz)
{
    double m[4][5] = {{0}};

    for (uint32_t i = 0; i < n; i++) {
        double t = i / rate, w = 2.0 * PI * p[3] * t;
        double row[5] = {cos(w), sin(w), 1.0, 2.0 * PI * t * (p[1] * cos(w) - p[0] * sin(w)), x[i]};
        for (int r = 0; r < 4; r++)
            for (int k = 0; k < 5; k++)
                m[r][k] += row[r] * row[k];
    }
    for (int r = 0; r < 4; r++) {
        double pivot = m[r][r] + 1e-9;
        for (int k = 0; k < 5; k++)
            m[r][k] /= pivot;
        for (int o = 0; o < 4; o++)
            for (int k = 4; o != r && k >= 0; k--)
                m[o][k] -= m[o][r] * m[r][k];
    }
    for (int r = 0; r < 3; r++)
        p[r] = m[r][4];
    p[3] += moves_hz ? m[3][4] : 0.0;
}

static double snr_db(const int16_t *x, uint32_t n, double rate, double hz)
{
    double p[4] = {1.0, 1.0, 0.0, hz}, signal = 0.0, noise = 0.0;

    for (int step = 0; step < 8; step++)
        fit_step(x, n, rate, p, step > 0);
    for (uint32_t i = 0; i < n; i++) {
        double w = 2.0 * PI * p[3] * i / rate;
        double y = p[0] * cos(w) + p[1] * sin(w);
        signal += y * y;
        noise += (x[i] - y - p[2]) * (x[i] - y - p[2]);
    }
    return fabs(p[3] - hz) > hz * 0.01 ? -99.0 : 10.0 * log10(signal / (noise + 1e-9));
}

/* The worst 100 ms of a carried tone. */
double worst_snr_db(const int16_t *x, uint64_t n, double rate, double hz)
{
    uint32_t window = (uint32_t)(rate / 10.0);
    double worst = 200.0;

    for (uint64_t at = 0; at + window <= n; at += window) {
        double db = snr_db(x + at, window, rate, hz);
        worst = db < worst ? db : worst;
    }
    return worst;
}
