/* SPDX-License-Identifier: Apache-2.0 */
/* The background filter. Each bin of the echo path is a state whose uncertainty is known, so that the step is as
 * large as the near end's noise allows (G. Enzner, P. Vary, "Frequency-domain adaptive Kalman filter", 2006):
 * a near talker makes the steps small without a detector that could be late. */
#include "audio/echo_learn.h"

#include <string.h>

#define HALF (ECHO_WINDOW / 2)
/* How much of a bin's power one step explains. Its ideal value is ECHO_HOP / ECHO_WINDOW for both uses; smaller
 * steps with a slower loss of doubt were measured to converge sooner in speech, whose bins leak. */
#define STEP_SHARE 0.5f
#define DOUBT_SHARE 0.12f
#define FORGET 0.9998f          /* of the path in one step; what it lost comes back as uncertainty */
#define NOISE_HOLD 0.4f         /* of the near end's power from step to step */
#define FLOOR 1e-7f

/* Even samples are the real part, odd ones the imaginary part of half as many complex values. */
void echo_spectrum_of(const struct echo_tables *tables, const float *values, struct echo_spectrum *out)
{
    const struct fft *half = &tables->half;
    float re[HALF], im[HALF], spare_re[HALF], spare_im[HALF];

    for (uint32_t i = 0; i < HALF; i++) {
        re[i] = values[2 * i];
        im[i] = values[2 * i + 1];
    }
    fft_run(half, (struct fft_complex){re, im}, (struct fft_complex){spare_re, spare_im});
    out->re[0] = re[0] + im[0];
    out->re[HALF] = re[0] - im[0];
    out->im[0] = out->im[HALF] = 0.0f;
    for (uint32_t k = 1; k < HALF; k++) {
        float even_re = 0.5f * (re[k] + re[HALF - k]), even_im = 0.5f * (im[k] - im[HALF - k]);
        float odd_re = 0.5f * (im[k] + im[HALF - k]), odd_im = 0.5f * (re[HALF - k] - re[k]);
        float c = tables->real_cosine[k], s = tables->real_sine[k];
        out->re[k] = even_re + odd_re * c + odd_im * s;
        out->im[k] = even_im + odd_im * c - odd_re * s;
    }
}

/* The inverse, scaled: spectrum to ECHO_WINDOW real values. */
static void values_of(const struct echo_tables *tables, const struct echo_spectrum *in, float *values)
{
    const float scale = 1.0f / (float)HALF;
    float re[HALF], im[HALF], spare_re[HALF], spare_im[HALF];

    for (uint32_t k = 0; k < HALF; k++) {
        float even_re = 0.5f * (in->re[k] + in->re[HALF - k]), even_im = 0.5f * (in->im[k] - in->im[HALF - k]);
        float turned_re = 0.5f * (in->re[k] - in->re[HALF - k]), turned_im = 0.5f * (in->im[k] + in->im[HALF - k]);
        float c = tables->real_cosine[k], s = tables->real_sine[k];
        float odd_re = turned_re * c - turned_im * s, odd_im = turned_im * c + turned_re * s;
        re[k] = even_re - odd_im;
        im[k] = even_im + odd_re;
    }
    fft_run(&tables->half, (struct fft_complex){im, re}, (struct fft_complex){spare_im, spare_re});
    for (uint32_t i = 0; i < HALF; i++) {
        values[2 * i] = re[i] * scale;
        values[2 * i + 1] = im[i] * scale;
    }
}

void echo_learn_error(const struct echo_filter *f, const struct echo_tables *tables, const struct echo_spectrum *x,
                      const float *near, float *error)
{
    struct echo_spectrum y;
    float echo[ECHO_WINDOW];

    for (uint32_t k = 0; k < ECHO_BINS; k++) {
        y.re[k] = x->re[k] * f->w_re[k] - x->im[k] * f->w_im[k];
        y.im[k] = x->re[k] * f->w_im[k] + x->im[k] * f->w_re[k];
    }
    values_of(tables, &y, echo);
    for (uint32_t i = 0; i < ECHO_HOP; i++)
        error[i] = near[i] - echo[ECHO_WINDOW - ECHO_HOP + i];
}

/* One step of each bin; the change of the path goes to `change`. */
static void update_bins(struct echo_filter *f, const struct echo_spectrum *x, const struct echo_spectrum *e,
                        struct echo_spectrum *change)
{
    for (uint32_t k = 0; k < ECHO_BINS; k++) {
        float power = x->re[k] * x->re[k] + x->im[k] * x->im[k];
        float error = e->re[k] * e->re[k] + e->im[k] * e->im[k];
        float held = NOISE_HOLD * f->noise[k] + (1.0f - NOISE_HOLD) * error;
        float variance = f->variance[k]
                       + (1.0f - FORGET) * (f->w_re[k] * f->w_re[k] + f->w_im[k] * f->w_im[k]);
        float gain = variance / (STEP_SHARE * power * variance + held + FLOOR);
        f->noise[k] = held;
        f->variance[k] = variance * (1.0f - DOUBT_SHARE * gain * power);
        change->re[k] = gain * (x->re[k] * e->re[k] + x->im[k] * e->im[k]);
        change->im[k] = gain * (x->re[k] * e->im[k] - x->im[k] * e->re[k]);
    }
}

void echo_learn_set(struct echo_filter *f, const struct echo_tables *tables, const float *taps)
{
    struct echo_spectrum w;

    memmove(f->taps_back, taps, ECHO_TAPS * sizeof *taps);
    memset(f->taps_back + ECHO_TAPS, 0, (ECHO_WINDOW - ECHO_TAPS) * sizeof *taps);
    echo_spectrum_of(tables, f->taps_back, &w);
    memcpy(f->w_re, w.re, sizeof f->w_re);
    memcpy(f->w_im, w.im, sizeof f->w_im);
}

void echo_learn_step(struct echo_filter *f, const struct echo_tables *tables, const struct echo_spectrum *x,
                     const float *error)
{
    float padded[ECHO_WINDOW] = {0};
    struct echo_spectrum e, change = {{0}, {0}};

    memcpy(padded + ECHO_WINDOW - ECHO_HOP, error, ECHO_HOP * sizeof *error);
    echo_spectrum_of(tables, padded, &e);
    update_bins(f, x, &e, &change);
    values_of(tables, &change, padded);
    for (uint32_t i = 0; i < ECHO_TAPS; i++)
        padded[i] += f->taps_back[i];
    echo_learn_set(f, tables, padded);
}
