/* SPDX-License-Identifier: Apache-2.0 */
/* Synthesised test signals at 8 kHz: tones, noise, speech-like sound. Levels in dBm0 (G.711). */
#ifndef SYNTH_H
#define SYNTH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYNTH_RATE 8000
#define SYNTH_SECONDS 40

/* A stretch of signal; samples beyond full scale are clipped when it is finished. */
struct synth {
    double sum[SYNTH_RATE * SYNTH_SECONDS];
    int16_t out[SYNTH_RATE * SYNTH_SECONDS];
    size_t frames;
    uint64_t random;
};

/* A key press. A frequency error is a ratio (0.015 is 1.5 %) plus hertz; twist: high minus low. */
struct synth_key {
    double on_ms, level_dbm0, twist_db;
    double low_error, high_error, error_hz;
    double hole_at_ms, hole_ms;
};

void synth_begin(struct synth *s, double length_ms, uint64_t seed);
double synth_uniform(struct synth *s);                   /* 0..1 */
void synth_sine(struct synth *s, double at_ms, double on_ms, double hz, double dbm0);
/* The level is the stronger tone's. Unknown keys are silence. */
void synth_key(struct synth *s, double at_ms, char digit, const struct synth_key *key);
void synth_noise(struct synth *s, double dbm0);          /* white, Gaussian */
/* Vowels of a changing voice with pauses between: harmonics under three moving formants. */
void synth_speech(struct synth *s, double dbm0);
/* Plucked and held chords of a scale: harmonics that stand still, as music's do. */
void synth_music(struct synth *s, double dbm0);
void synth_finish(struct synth *s, bool ulaw);           /* into `out`, through µ-law if asked */
#endif
