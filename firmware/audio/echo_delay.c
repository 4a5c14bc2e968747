/* SPDX-License-Identifier: Apache-2.0 */
/* The bulk delay finder: spectra of both directions at 4 kHz are whitened by their own average power (SCOT), so that
 * speech's pitch makes no second peak, and averaged over looks, so that a near talker fades. */
#include "audio/echo_delay.h"

#include <math.h>
#include <string.h>

#define POINTS ECHO_DELAY_POINTS
#define NEAR_POINTS (ECHO_NEAR_FRAMES / 2)
#define LAGS (ECHO_LAG_MAX / 2)
#define KEEP 0.75f              /* of the averages from look to look */
#define SILENT 400.0f           /* mean square: -58 dBm0 */
#define SPAN 8u                 /* lags whose energy is taken together: 2 ms */
#define BEFORE 24u              /* lags around a peak that belong to its hybrid: 6 ms before ... */
#define AFTER 128u              /* ... and 32 ms after */
#define ONSET 0.1f              /* of the peak's energy: where the echo begins */
#define SURE 3.0f               /* a peak's energy over the highest elsewhere */
#define SAME 12                 /* samples by which looks may differ */

enum { WAIT, FORWARD, SPECTRA = FORWARD + 11, BACKWARD, PEAK = BACKWARD + 11 };

void echo_delay_reset(struct echo_delay *d)
{
    memset(d, 0, sizeof *d);
}

static float halve_rate(float *out, const int16_t *samples, uint32_t n)
{
    float power = 0.0f;

    for (uint32_t i = 0; i < n; i++) {
        out[i] = 0.5f * ((float)samples[2 * i] + (float)samples[2 * i + 1]);
        power += out[i] * out[i];
    }
    return power / (float)n;
}

void echo_delay_look(struct echo_delay *d, const int16_t *reference, const int16_t *near)
{
    memset(d->a_im, 0, (POINTS - NEAR_POINTS) * sizeof *d->a_im);
    if (halve_rate(d->a_im + POINTS - NEAR_POINTS, near, NEAR_POINTS) < SILENT ||
        halve_rate(d->a_re, reference, POINTS) < SILENT)
        return;
    d->stage = FORWARD;
}

/* Two real signals went through one complex transform: parts them, and averages their powers and product. */
static void average_spectra(struct echo_delay *d, const float *re, const float *im)
{
    for (uint32_t k = 0; k < ECHO_DELAY_BINS; k++) {
        uint32_t m = (POINTS - k) & (POINTS - 1);
        float x_re = 0.5f * (re[k] + re[m]), x_im = 0.5f * (im[k] - im[m]);
        float n_re = 0.5f * (im[k] + im[m]), n_im = 0.5f * (re[m] - re[k]);
        d->cross_re[k] = KEEP * d->cross_re[k] + x_re * n_re + x_im * n_im;
        d->cross_im[k] = KEEP * d->cross_im[k] + x_re * n_im - x_im * n_re;
        d->reference_power[k] = KEEP * d->reference_power[k] + x_re * x_re + x_im * x_im;
        d->near_power[k] = KEEP * d->near_power[k] + n_re * n_re + n_im * n_im;
    }
}

static float mean(const float *x, uint32_t n)
{
    float sum = 0.0f;

    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (float)n;
}

/* What lies 30 dB and more below the average is the codec's noise and has no say. */
static void whiten(const struct echo_delay *d, float *re, float *im)
{
    float least = 1e-6f * mean(d->reference_power, ECHO_DELAY_BINS) * mean(d->near_power, ECHO_DELAY_BINS) + 1e-9f;

    for (uint32_t k = 0; k < ECHO_DELAY_BINS; k++) {
        uint32_t m = (POINTS - k) & (POINTS - 1);
        float weight = 1.0f / sqrtf(d->reference_power[k] * d->near_power[k] + least);
        re[k] = re[m] = d->cross_re[k] * weight;
        im[k] = d->cross_im[k] * weight;
        im[m] = -im[k];
    }
    im[0] = im[POINTS / 2] = 0.0f;
}

/* Energy of SPAN lags from each on, in place. */
static void gather(float *lags)
{
    for (uint32_t l = 0; l < LAGS + SPAN; l++)
        lags[l] *= lags[l];
    for (uint32_t l = 0; l < LAGS; l++) {
        float sum = 0.0f;
        for (uint32_t j = 0; j < SPAN; j++)
            sum += lags[l + j];
        lags[l] = sum;
    }
}

static void conclude(struct echo_delay *d, float *lags)
{
    uint32_t best = 0, begin;
    float elsewhere = 0.0f;

    gather(lags);
    for (uint32_t l = 1; l < LAGS; l++)
        best = lags[l] > lags[best] ? l : best;
    for (uint32_t l = 0; l < LAGS; l++)
        if ((l + BEFORE < best || l > best + AFTER) && lags[l] > elsewhere)
            elsewhere = lags[l];
    for (begin = best > BEFORE ? best - BEFORE : 0; lags[begin] < ONSET * lags[best]; begin++)
        ;
    int32_t lag = (int32_t)(2 * (begin + SPAN - 1)); /* where the window first met it */
    bool same = lag - d->lag <= SAME && d->lag - lag <= SAME;
    d->ratio = lags[best] / (elsewhere + 1e-9f);
    d->agreed = d->ratio < SURE ? 0 : d->agreed > 0 && same ? d->agreed + 1 : 1;
    d->lag = lag;
    d->looks++;
    d->fresh = true;
}

void echo_delay_step(struct echo_delay *d, const struct echo_tables *tables)
{
    const struct fft *fft = &tables->whole;
    struct fft_complex a = {d->a_re, d->a_im}, b = {d->b_re, d->b_im};
    uint32_t pass;

    d->fresh = false;
    if (d->stage == WAIT)
        return;
    if (d->stage < SPECTRA) { /* 11 passes: the result is in b */
        pass = d->stage - FORWARD;
        fft_pass(fft, pass, pass & 1 ? b : a, pass & 1 ? a : b);
    } else if (d->stage == SPECTRA) {
        average_spectra(d, d->b_re, d->b_im);
        whiten(d, d->a_re, d->a_im);
    } else if (d->stage < PEAK) { /* an inverse, real and imaginary part exchanged */
        struct fft_complex turned = {d->a_im, d->a_re}, back = {d->b_im, d->b_re};
        pass = d->stage - BACKWARD;
        fft_pass(fft, pass, pass & 1 ? back : turned, pass & 1 ? turned : back);
    } else {
        conclude(d, d->b_re);
        d->stage = WAIT;
        return;
    }
    d->stage++;
}
