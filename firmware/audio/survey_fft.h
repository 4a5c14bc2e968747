/* SPDX-License-Identifier: Apache-2.0 */
/* The survey's Fourier transform: radix 2, in place, up to 8192 points. Not for the tick. */
#ifndef SURVEY_FFT_H
#define SURVEY_FFT_H
#include <stdint.h>

#define SURVEY_FFT_MAX 8192u

/* The wheel of all its factors, made once. */
struct survey_turns { float re[SURVEY_FFT_MAX / 2], im[SURVEY_FFT_MAX / 2]; };
void survey_turns_init(struct survey_turns *turns);

/* Forward transform of n (a power of two, at most SURVEY_FFT_MAX) complex points. */
void survey_fft(const struct survey_turns *turns, float *re, float *im, uint32_t n);
/* `count` samples (at most n) under a Hann window, zero-padded to n points, transformed. Returns the sum of the
 * window's squares: |X|^2 over all n bins adds up to n times the windowed energy. */
float survey_spectrum(const struct survey_turns *turns, const float *samples, uint32_t count, float *re, float *im,
                      uint32_t n);
#endif
