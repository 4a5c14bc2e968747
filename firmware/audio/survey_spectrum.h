/* SPDX-License-Identifier: Apache-2.0 */
/* The survey's spectra, of 512 to 8192 points. Not for the tick. */
#ifndef SURVEY_SPECTRUM_H
#define SURVEY_SPECTRUM_H
#include "audio/fft.h"

#define SURVEY_FFT_MAX 8192u
#define SURVEY_FFT_SIZES 5u      /* each half of the one before: down to 512 */

/* Made once; not to be copied, as it points into itself. */
struct survey_turns {
    struct fft sizes[SURVEY_FFT_SIZES];
    float cosine[SURVEY_FFT_MAX], sine[SURVEY_FFT_MAX]; /* the tables of all sizes, one after the other */
    float spare_re[SURVEY_FFT_MAX], spare_im[SURVEY_FFT_MAX];
};
void survey_turns_init(struct survey_turns *turns);

/* Forward transform of n complex points, one of the sizes. */
void survey_fft(struct survey_turns *turns, float *re, float *im, uint32_t n);
/* `count` samples (at most n) under a Hann window, zero-padded to n points, transformed. Returns the sum of the
 * window's squares: |X|^2 over all n bins adds up to n times the windowed energy. */
float survey_spectrum(struct survey_turns *turns, const float *samples, uint32_t count, float *re, float *im,
                      uint32_t n);
#endif
