/* SPDX-License-Identifier: Apache-2.0 */
/* The survey's spectra: the shared transform in a few sizes, and a Hann window. */
#include "audio/survey_spectrum.h"

#include <math.h>
#include <string.h>

#define TAU 6.28318530717958647692

void survey_turns_init(struct survey_turns *turns)
{
    uint32_t points = SURVEY_FFT_MAX, at = 0;

    for (uint32_t i = 0; i < SURVEY_FFT_SIZES; i++) {
        fft_init(&turns->sizes[i], points, turns->cosine + at, turns->sine + at);
        points /= 2;
        at += points;
    }
}

void survey_fft(struct survey_turns *turns, float *re, float *im, uint32_t n)
{
    for (uint32_t i = 0; i < SURVEY_FFT_SIZES; i++)
        if (turns->sizes[i].points == n)
            fft_run(&turns->sizes[i], (struct fft_complex){re, im},
                    (struct fft_complex){turns->spare_re, turns->spare_im});
}

float survey_spectrum(struct survey_turns *turns, const float *samples, uint32_t count, float *re, float *im,
                      uint32_t n)
{
    const double turn_re = cos(TAU / count), turn_im = sin(TAU / count);
    double cosine = cos(TAU * 0.5 / count), sine = sin(TAU * 0.5 / count), squares = 0;

    memset(re, 0, n * sizeof *re);
    memset(im, 0, n * sizeof *im);
    for (uint32_t i = 0; i < count; i++) {
        const double hann = 0.5 - 0.5 * cosine, next = cosine * turn_re - sine * turn_im;
        sine = cosine * turn_im + sine * turn_re;
        cosine = next;
        squares += hann * hann;
        re[i] = samples[i] * (float)hann;
    }
    survey_fft(turns, re, im, n);
    return (float)squares;
}
