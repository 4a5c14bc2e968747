/* SPDX-License-Identifier: Apache-2.0 */
/* Fast Fourier transforms in split arrays, one radix-2 pass (Stockham) at a time, so that work can be spread. */
#ifndef FFT_H
#define FFT_H
#include <stdint.h>

struct fft {
    uint32_t points, passes;
    const float *cosine, *sine; /* of 2 pi k / points, k < points / 2 */
};

struct fft_complex { float *re, *im; };

/* `points`: a power of two, 8 or more. The tables, points / 2 long, are filled here and stay the caller's. */
void fft_init(struct fft *fft, uint32_t points, float *cosine, float *sine);
/* Pass 0 ... passes-1, each from one pair of arrays to another. For an inverse (not scaled) exchange re and im. */
void fft_pass(const struct fft *fft, uint32_t pass, struct fft_complex in, struct fft_complex out);
/* All passes; the result is in `data`, `spare` is as large. */
void fft_run(const struct fft *fft, struct fft_complex data, struct fft_complex spare);
#endif
