/* SPDX-License-Identifier: Apache-2.0 */
/* Fast Fourier transforms in split arrays, whose inner loops become vectors. */
#include "audio/fft.h"

#include <math.h>
#include <string.h>

#include "audio/biquad.h"

void fft_init(struct fft *fft, uint32_t points, float *cosine, float *sine)
{
    fft->points = points;
    fft->passes = 0;
    fft->cosine = cosine;
    fft->sine = sine;
    while (1u << fft->passes < points)
        fft->passes++;
    for (uint32_t k = 0; k < points / 2; k++) {
        double angle = 2.0 * M_PI * k / points;
        cosine[k] = (float)cos(angle);
        sine[k] = (float)sin(angle);
    }
}

static void put_pairs(float *out, quad even, quad odd)
{
    quad_put(out, (quad){even[0], odd[0], even[1], odd[1]});
    quad_put(out + 4, (quad){even[2], odd[2], even[3], odd[3]});
}

/* The first pass: neighbours in the result, one twiddle for each. */
static void first_pass(const struct fft *fft, struct fft_complex in, struct fft_complex out)
{
    uint32_t half = fft->points / 2;
    const float *a_re = in.re, *a_im = in.im;
    const float *b_re = in.re + half, *b_im = in.im + half;
    float *y_re = out.re, *y_im = out.im;

    for (uint32_t p = 0; p < half; p += 4) {
        quad re = quad_at(a_re + p) - quad_at(b_re + p), im = quad_at(a_im + p) - quad_at(b_im + p);
        quad c = quad_at(fft->cosine + p), s = quad_at(fft->sine + p);
        put_pairs(y_re + 2 * p, quad_at(a_re + p) + quad_at(b_re + p), re * c + im * s);
        put_pairs(y_im + 2 * p, quad_at(a_im + p) + quad_at(b_im + p), im * c - re * s);
    }
}

/* Two butterflies that share a twiddle. */
static void two(struct fft_complex a, struct fft_complex b, struct fft_complex y, float c, float s)
{
    for (uint32_t q = 0; q < 2; q++) {
        float re = a.re[q] - b.re[q], im = a.im[q] - b.im[q];
        y.re[q] = a.re[q] + b.re[q];
        y.im[q] = a.im[q] + b.im[q];
        y.re[q + 2] = re * c + im * s;
        y.im[q + 2] = im * c - re * s;
    }
}

/* `stride` of them, a multiple of four. */
static void many(uint32_t stride, struct fft_complex a, struct fft_complex b, struct fft_complex y, float c, float s)
{
    const quad cc = {c, c, c, c}, ss = {s, s, s, s};

    for (uint32_t q = 0; q < stride; q += 4) {
        quad a_re = quad_at(a.re + q), a_im = quad_at(a.im + q);
        quad b_re = quad_at(b.re + q), b_im = quad_at(b.im + q);
        quad re = a_re - b_re, im = a_im - b_im;
        quad_put(y.re + q, a_re + b_re);
        quad_put(y.im + q, a_im + b_im);
        quad_put(y.re + q + stride, re * cc + im * ss);
        quad_put(y.im + q + stride, im * cc - re * ss);
    }
}

void fft_pass(const struct fft *fft, uint32_t pass, struct fft_complex in, struct fft_complex out)
{
    uint32_t stride = 1u << pass, half = fft->points / 2;

    if (pass == 0) {
        first_pass(fft, in, out);
        return;
    }
    for (uint32_t at = 0; at < half; at += stride) { /* at = p * stride is the twiddle's place too */
        struct fft_complex a = {in.re + at, in.im + at}, b = {in.re + at + half, in.im + at + half};
        struct fft_complex y = {out.re + 2 * at, out.im + 2 * at};
        if (stride == 2)
            two(a, b, y, fft->cosine[at], fft->sine[at]);
        else
            many(stride, a, b, y, fft->cosine[at], fft->sine[at]);
    }
}

void fft_run(const struct fft *fft, struct fft_complex data, struct fft_complex spare)
{
    for (uint32_t pass = 0; pass < fft->passes; pass += 2) {
        fft_pass(fft, pass, data, spare);
        if (pass + 1 < fft->passes) {
            fft_pass(fft, pass + 1, spare, data);
        } else {
            memcpy(data.re, spare.re, fft->points * sizeof *data.re);
            memcpy(data.im, spare.im, fft->points * sizeof *data.im);
        }
    }
}
