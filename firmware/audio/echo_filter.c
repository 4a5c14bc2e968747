/* SPDX-License-Identifier: Apache-2.0 */
/* The foreground filter, and which of the two filters is believed. */
#include "audio/echo_filter.h"

#include <math.h>
#include <string.h>

#include "audio/biquad.h"
#include "audio/echo_learn.h"

#define SILENT_REFERENCE 1e-6f   /* mean square: -57 dBm0; quieter speech leaves no echo worth removing */
#define DOUBT 1.0f               /* of a bin's error, against the coupling */
#define LEAST_COUPLING 0.003f
#define BETTER_STEPS 2u
#define WORSE_STEPS 6u
#define WRONG_STEPS 4u
#define SETTLED_STEPS 125u       /* 2 s */

void echo_tables_init(struct echo_tables *tables)
{
    fft_init(&tables->half, ECHO_WINDOW / 2, tables->half_cosine, tables->half_sine);
    fft_init(&tables->whole, ECHO_DELAY_POINTS, tables->whole_cosine, tables->whole_sine);
    for (uint32_t k = 0; k < ECHO_WINDOW / 2; k++) {
        tables->real_cosine[k] = (float)cos(2.0 * M_PI * k / ECHO_WINDOW);
        tables->real_sine[k] = (float)sin(2.0 * M_PI * k / ECHO_WINDOW);
    }
}

void echo_filter_reset(struct echo_filter *f, float coupling)
{
    memset(f, 0, sizeof *f);
    echo_filter_doubt(f, coupling);
}

void echo_filter_doubt(struct echo_filter *f, float coupling)
{
    float doubt = DOUBT * (coupling < LEAST_COUPLING ? LEAST_COUPLING : coupling > 0.5f ? 0.5f : coupling);

    for (uint32_t k = 0; k < ECHO_BINS; k++)
        f->variance[k] = doubt;
    memset(f->w_re, 0, sizeof f->w_re);
    memset(f->w_im, 0, sizeof f->w_im);
    memset(f->taps_back, 0, sizeof f->taps_back);
    f->better = f->worse = 0;
}

/* Sixteen outputs at once: each tap is loaded for all of them. */
static void sixteen(const float *taps, const float *newest, quad sum[4])
{
    for (uint32_t k = 0; k < ECHO_TAPS; k++) {
        const quad tap = {taps[k], taps[k], taps[k], taps[k]};
        for (uint32_t i = 0; i < 4; i++)
            sum[i] += tap * quad_at(newest - k + 4 * i);
    }
}

static float one(const float *taps, const float *newest)
{
    float sum = 0.0f;

    for (uint32_t k = 0; k < ECHO_TAPS; k++)
        sum += taps[k] * newest[-(int32_t)k];
    return sum;
}

void echo_filter_run(const struct echo_filter *f, const float *reference, const float *near, float *out, uint32_t n)
{
    const float *newest = reference + ECHO_TAPS - 1;
    uint32_t i = 0;

    for (; i + 16 <= n; i += 16) {
        quad sum[4] = {{0}};
        sixteen(f->taps, newest + i, sum);
        for (uint32_t j = 0; j < 4; j++)
            quad_put(out + i + 4 * j, quad_at(near + i + 4 * j) - sum[j]);
    }
    for (; i < n; i++)
        out[i] = near[i] - one(f->taps, newest + i);
}

static float energy(const float *x, uint32_t n)
{
    quad sum = {0};

    for (uint32_t i = 0; i < n; i += 4)
        sum += quad_at(x + i) * quad_at(x + i);
    return quad_sum(sum);
}

static void smooth(float *average, float value, float share)
{
    *average += share * (value - *average);
}

/* Sound of one or two frequencies says nothing about the others: what it teaches is not believed. */
static bool is_narrow(const struct echo_spectrum *x)
{
    float power[ECHO_BINS], total = 0.0f, peaks = 0.0f;

    for (uint32_t k = 0; k < ECHO_BINS; k++) {
        power[k] = x->re[k] * x->re[k] + x->im[k] * x->im[k];
        total += power[k];
    }
    for (int peak = 0; peak < 2; peak++) {
        uint32_t best = 0;
        for (uint32_t k = 1; k < ECHO_BINS; k++)
            best = power[k] > power[best] ? k : best;
        for (uint32_t k = best < 3 ? 0 : best - 3; k < ECHO_BINS && k <= best + 3; k++) {
            peaks += power[k];
            power[k] = 0.0f;
        }
    }
    return peaks > 0.97f * total;
}

/* Two periodic voices can look alike for a moment, so a foreground that has proved itself yields only to an average. */
static bool is_better(const struct echo_filter *f, float fore, float back)
{
    if (f->converged && f->trusted_steps > SETTLED_STEPS)
        return f->better >= BETTER_STEPS && f->back_energy < 0.6f * f->fore_energy;
    return f->better >= BETTER_STEPS || (f->better > 0 && back < 0.25f * fore);
}

/* Copies the background over the foreground or the other way round, or gives the foreground up. */
static void judge(struct echo_filter *f, const struct echo_tables *tables, float near, float fore, float back)
{
    f->better = back < 0.8f * fore && back < 0.9f * near ? f->better + 1 : 0;
    f->worse = back > 2.0f * fore ? f->worse + 1 : 0;
    f->wrong = fore > 1.3f * near ? f->wrong + 1 : 0;
    if (f->wrong >= WRONG_STEPS) {
        memset(f->taps, 0, sizeof f->taps);
        f->wrong = 0;
        f->converged = false;
        f->trusted_steps = 0;
    }
    if (is_better(f, fore, back)) {
        memcpy(f->taps, f->taps_back, sizeof f->taps);
        f->better = 0;
    }
    if (f->worse >= WORSE_STEPS) {
        echo_learn_set(f, tables, f->taps);
        f->worse = 0;
    }
}

static void measure(struct echo_filter *f, float near, float fore, float back, float reference)
{
    smooth(&f->near_power, near, 0.03f);
    smooth(&f->residual_power, fore, 0.03f);
    smooth(&f->reference_power, reference, 0.03f);
    smooth(&f->near_energy, near, 0.15f);
    smooth(&f->fore_energy, fore, 0.15f);
    smooth(&f->back_energy, back, 0.15f);
    if (f->fore_energy * 31.6f < f->near_energy)
        f->converged = true;
    f->poor_steps = f->fore_energy * 2.0f > f->near_energy ? f->poor_steps + 1 : 0;
    f->steps++;
    f->trusted_steps++;
}

void echo_filter_learn(struct echo_filter *f, const struct echo_tables *tables, const float *reference,
                       const float *near, const float *left)
{
    float error[ECHO_HOP];
    struct echo_spectrum x;
    const float *newest = reference + ECHO_WINDOW - ECHO_HOP;
    float reference_energy = energy(newest, ECHO_HOP);

    if (energy(reference, ECHO_WINDOW) < SILENT_REFERENCE * ECHO_WINDOW)
        return;
    echo_spectrum_of(tables, reference, &x);
    if (is_narrow(&x))
        return;
    echo_learn_error(f, tables, &x, near, error);
    float e_near = energy(near, ECHO_HOP), e_fore = energy(left, ECHO_HOP), e_back = energy(error, ECHO_HOP);
    if (reference_energy >= SILENT_REFERENCE * ECHO_HOP)
        measure(f, e_near, e_fore, e_back, reference_energy);
    judge(f, tables, e_near, e_fore, e_back);
    echo_learn_step(f, tables, &x, error);
}

static int32_t ratio_db10(float above, float below)
{
    if (above <= 0.0f || below <= 0.0f)
        return 0;
    return (int32_t)lrintf(100.0f * log10f(above / below));
}

int32_t echo_filter_erle_db10(const struct echo_filter *f)
{
    return ratio_db10(f->near_power, f->residual_power);
}

int32_t echo_filter_erl_db10(const struct echo_filter *f)
{
    float gain = 0.0f;

    for (uint32_t k = 0; k < ECHO_TAPS; k++)
        gain += f->taps[k] * f->taps[k];
    return f->converged ? ratio_db10(1.0f, gain) : 0;
}
