/* SPDX-License-Identifier: Apache-2.0 */
/* Fast Fourier transforms in split arrays, one radix-2 pass (Stockham) at a time, so that work can be spread. */
#ifndef ECHO_FFT_H
#define ECHO_FFT_H
#include <stdint.h>

#define ECHO_FFT_MAX 2048u      /* complex points; a power of two */

struct echo_fft {
    uint32_t points, passes;
    float cosine[ECHO_FFT_MAX / 2], sine[ECHO_FFT_MAX / 2]; /* of 2 pi k / points */
};

struct echo_complex { float *re, *im; };

void echo_fft_init(struct echo_fft *fft, uint32_t points);
/* Pass 0 ... passes-1, each from one pair of arrays to another. For an inverse (not scaled) exchange re and im. */
void echo_fft_pass(const struct echo_fft *fft, uint32_t pass, struct echo_complex in, struct echo_complex out);
/* All passes; the result is in `data`, `spare` is as large. */
void echo_fft_run(const struct echo_fft *fft, struct echo_complex data, struct echo_complex spare);
#endif
