/* SPDX-License-Identifier: Apache-2.0 */
/* Caller-ID signals for tests; written from the standards, sharing nothing with the demodulator. */
#include "fsk_synth.h"

#include <math.h>

#define TAU 6.283185307179586
#define PEAK_0DBM0 22828.0
#define NOISE_TAPS 161
#define NOISE_FRAMES (1 << 17)

const struct fsk_line fsk_bell202 = {1200, 2200, 1200, 300, 180, 1, -13.5, 0};
const struct fsk_line fsk_v23 = {1300, 2100, 1200, 300, 180, 1, -13.5, 0};

struct sender { struct synth *s; const struct fsk_line *line; double at, phase; };

/* One bit; its borders fall between samples, and the phase runs on. */
static void send_bit(struct sender *sender, int bit)
{
    const struct fsk_line *line = sender->line;
    const double weaker = -fabs(line->twist_db);
    const double own = bit ? (line->twist_db > 0 ? weaker : 0) : (line->twist_db < 0 ? weaker : 0);
    const double peak = PEAK_0DBM0 * pow(10.0, (line->level_dbm0 + own) / 20.0);
    const double turn = TAU * (bit ? line->mark_hz : line->space_hz);
    const double end = sender->at + SYNTH_RATE / line->baud;

    for (size_t i = (size_t)ceil(sender->at); (double)i < end && i < sender->s->frames; i++)
        sender->s->sum[i] += peak * sin(sender->phase + turn * ((double)i - sender->at) / SYNTH_RATE);
    sender->phase = fmod(sender->phase + turn / line->baud, TAU);
    sender->at = end;
}

double fsk_synth_send(struct synth *s, double at_ms, const struct fsk_line *line, const uint8_t *bytes, size_t n)
{
    struct sender sender = {s, line, at_ms * SYNTH_RATE / 1000.0, TAU * synth_uniform(s)};

    for (int i = 0; i < line->seizure_bits; i++)
        send_bit(&sender, i & 1);
    for (int i = 0; i < line->mark_bits; i++)
        send_bit(&sender, 1);
    for (size_t i = 0; i < n; i++) {
        send_bit(&sender, 0);
        for (int b = 0; b < 8; b++)
            send_bit(&sender, bytes[i] >> b & 1);
        for (int b = 0; b < line->stop_bits; b++)
            send_bit(&sender, 1);
    }
    send_bit(&sender, 1); /* EN 300 659-1: the carrier goes on for at least one mark bit */
    return sender.at * 1000.0 / SYNTH_RATE;
}

static double noise[NOISE_FRAMES]; /* of power 1, 300-3,400 Hz */

static double gaussian(struct synth *s)
{
    const double u = synth_uniform(s) + 1e-12;
    return sqrt(-2.0 * log(u)) * cos(TAU * synth_uniform(s));
}

/* White noise through a windowed band-pass, scaled to power 1; made once. */
static void noise_make(struct synth *s)
{
    static double white[NOISE_FRAMES + NOISE_TAPS];
    double taps[NOISE_TAPS], power = 0;

    for (int k = 0; k < NOISE_TAPS; k++) {
        const double t = k - (NOISE_TAPS - 1) / 2.0;
        const double ideal = fabs(t) < 1e-9 ? 2 * (3400.0 - 300.0) / SYNTH_RATE
            : (sin(TAU * 3400 / SYNTH_RATE * t) - sin(TAU * 300 / SYNTH_RATE * t)) / (TAU / 2 * t);
        taps[k] = ideal * (0.54 + 0.46 * cos(TAU * t / (NOISE_TAPS - 1)));
    }
    for (size_t i = 0; i < NOISE_FRAMES + NOISE_TAPS; i++)
        white[i] = gaussian(s);
    for (size_t i = 0; i < NOISE_FRAMES; i++) {
        noise[i] = 0;
        for (int k = 0; k < NOISE_TAPS; k++)
            noise[i] += taps[k] * white[i + (size_t)k];
        power += noise[i] * noise[i] / NOISE_FRAMES;
    }
    for (size_t i = 0; i < NOISE_FRAMES; i++)
        noise[i] /= sqrt(power);
}

void fsk_synth_band_noise(struct synth *s, double dbm0)
{
    static bool made;
    const double rms = PEAK_0DBM0 / sqrt(2.0) * pow(10.0, dbm0 / 20.0);

    if (!made)
        noise_make(s);
    made = true;
    size_t at = (size_t)(synth_uniform(s) * NOISE_FRAMES);
    for (size_t i = 0; i < s->frames; i++, at++)
        s->sum[i] += rms * noise[at % NOISE_FRAMES];
}
