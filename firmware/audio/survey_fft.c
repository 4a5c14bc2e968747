/* SPDX-License-Identifier: Apache-2.0 */
/* The survey's Fourier transform: radix 2, in place, up to 8192 points. Not for the tick. */
#include "audio/survey_fft.h"

#include <math.h>
#include <string.h>

#define TAU 6.28318530717958647692

static void swap(float *values, uint32_t a, uint32_t b)
{
    const float kept = values[a];

    values[a] = values[b];
    values[b] = kept;
}

static void reverse_bits(float *re, float *im, uint32_t n)
{
    for (uint32_t i = 1, j = 0; i < n; i++) {
        uint32_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            swap(re, i, j);
            swap(im, i, j);
        }
    }
}

void survey_turns_init(struct survey_turns *turns)
{
    for (uint32_t k = 0; k < SURVEY_FFT_MAX / 2; k++) {
        const double angle = TAU * k / SURVEY_FFT_MAX;
        turns->re[k] = (float)cos(angle);
        turns->im[k] = (float)-sin(angle);
    }
}

/* Joins two transforms of `half` points each, the second right after the first. */
static void join(float *re, float *im, uint32_t half, const float *wr, const float *wi)
{
    for (uint32_t k = 0; k < half; k++) {
        const float xr = re[half + k] * wr[k] - im[half + k] * wi[k];
        const float xi = re[half + k] * wi[k] + im[half + k] * wr[k];
        re[half + k] = re[k] - xr;
        im[half + k] = im[k] - xi;
        re[k] += xr;
        im[k] += xi;
    }
}

void survey_fft(const struct survey_turns *turns, float *re, float *im, uint32_t n)
{
    float wr[SURVEY_FFT_MAX / 2], wi[SURVEY_FFT_MAX / 2];

    reverse_bits(re, im, n);
    for (uint32_t half = 1; half < n; half <<= 1) {
        const uint32_t step = SURVEY_FFT_MAX / 2 / half;
        for (uint32_t k = 0; k < half; k++) {
            wr[k] = turns->re[k * step];
            wi[k] = turns->im[k * step];
        }
        for (uint32_t at = 0; at < n; at += 2 * half)
            join(re + at, im + at, half, wr, wi);
    }
}

float survey_spectrum(const struct survey_turns *turns, const float *samples, uint32_t count, float *re, float *im,
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
