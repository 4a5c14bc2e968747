/* SPDX-License-Identifier: Apache-2.0 */
/* Follows one frequency through a stretch of sound: how strong, and when it is there. */
#include <math.h>
#include <string.h>

#include "audio/survey.h"

#define TAU 6.28318530717958647692
#define RATE ((double)AUDIO_RATE_HZ)
#define LINE_BLOCKS 5u           /* 10 ms: lets through 50 Hz on either side */
#define MEAN_BLOCKS 20u          /* 40 ms: the edges of a burst are where half its power is */
#define EDGE_AMPLITUDE 0.7071F
#define GAP_BLOCKS 15u           /* shorter gaps are the beat of two lines, shorter bursts are clicks */
#define PURE_BLOCKS 50u          /* 100 ms */

float survey_dbm0(float mean_square)
{
    return mean_square < 0.01F ? -99.0F : 10.0F * log10f(mean_square / SURVEY_MEAN_SQUARE_0DBM0);
}

/* The mean of the `span` blocks around each block. */
static void smooth(struct survey_work *work, float *values, uint32_t span)
{
    const uint32_t n = work->blocks, ahead = span / 2;
    double sum = 0;

    memcpy(work->scratch, values, n * sizeof *values);
    for (uint32_t i = 0; i < n + ahead; i++) {
        if (i < n)
            sum += (double)work->scratch[i];
        if (i >= span)
            sum -= (double)work->scratch[i - span];
        if (i < ahead)
            continue;
        const uint32_t first = i >= span ? i - span + 1 : 0, last = i < n ? i : n - 1;
        values[i - ahead] = (float)(sum / (double)(last - first + 1));
    }
}

void survey_follow(struct survey_work *work, const float *samples, float hz)
{
    float turn_re[SURVEY_BLOCK], turn_im[SURVEY_BLOCK];

    for (uint32_t n = 0; n < SURVEY_BLOCK; n++) {
        turn_re[n] = (float)cos(TAU * hz * n / RATE);
        turn_im[n] = (float)-sin(TAU * hz * n / RATE);
    }
    for (uint32_t b = 0; b < work->blocks; b++) {
        const double phase = -TAU * fmod((double)hz * (b * SURVEY_BLOCK) / RATE, 1.0);
        const float c = (float)cos(phase), s = (float)sin(phase);
        float re = 0, im = 0;
        for (uint32_t n = 0; n < SURVEY_BLOCK; n++) {
            re += samples[b * SURVEY_BLOCK + n] * turn_re[n];
            im += samples[b * SURVEY_BLOCK + n] * turn_im[n];
        }
        work->re[b] = re * c - im * s;
        work->im[b] = re * s + im * c;
    }
    smooth(work, work->re, LINE_BLOCKS);
    smooth(work, work->im, LINE_BLOCKS);
    for (uint32_t b = 0; b < work->blocks; b++)
        work->amplitude[b] = work->re[b] * work->re[b] + work->im[b] * work->im[b];
    smooth(work, work->amplitude, MEAN_BLOCKS);
    for (uint32_t b = 0; b < work->blocks; b++)
        work->amplitude[b] = 2.0F / SURVEY_BLOCK * sqrtf(fmaxf(0.0F, work->amplitude[b]));
}

void survey_power(struct survey_work *work)
{
    for (uint32_t b = 0; b < work->blocks; b++) {
        float sum = 0;
        for (uint32_t n = 0; n < SURVEY_BLOCK; n++)
            sum += work->heard[b * SURVEY_BLOCK + n] * work->heard[b * SURVEY_BLOCK + n];
        work->power[b] = sum / SURVEY_BLOCK;
    }
    smooth(work, work->power, MEAN_BLOCKS);
}

/* Where it is most of the sound: a line of three has a third of the power. */
static bool is_pure(const struct survey_work *work, uint32_t b)
{
    return work->power[b] > SURVEY_QUIET && work->amplitude[b] * work->amplitude[b] > 0.4F * work->power[b];
}

/* The mean of what is within 1.5 dB of `about`. */
static float mean_amplitude(const struct survey_work *work, uint32_t from, float about)
{
    double sum = 0;
    uint32_t count = 0;

    for (uint32_t b = from; b < work->blocks; b++) {
        const float ratio = work->amplitude[b] / about;
        if (!is_pure(work, b) || ratio > 1.19F || ratio < 0.84F)
            continue;
        sum += (double)work->amplitude[b];
        count++;
    }
    return count > 0 ? (float)(sum / count) : about;
}

float survey_usual_amplitude(const struct survey_work *work, uint32_t from)
{
    uint32_t counts[64] = {0}, pure = 0, passed = 0;

    for (uint32_t b = from; b < work->blocks; b++) {
        if (!is_pure(work, b))
            continue;
        const long step = lrintf(4.0F * log2f(work->amplitude[b]));
        counts[step < 0 ? 0 : step > 63 ? 63 : step]++;
        pure++;
    }
    for (uint32_t i = 0; i < 64 && pure >= PURE_BLOCKS; i++) {
        passed += counts[i];
        if (4 * passed >= 3 * pure) /* the edges of short bursts are many */
            return mean_amplitude(work, from, exp2f((float)i / 4.0F));
    }
    return 0;
}

static void add_run(struct survey_work *work, uint32_t begin, uint32_t end, bool on)
{
    struct survey_run *last = work->run_count > 0 ? &work->runs[work->run_count - 1] : NULL;

    if (last != NULL && last->on == on)
        last->len = end - last->begin;
    else if (work->run_count < SURVEY_MAX_RUNS)
        work->runs[work->run_count++] = (struct survey_run){begin, end - begin, on};
}

/* Joins what only a gap shorter than GAP_BLOCKS parts, for one of on and off. */
static void close_gaps(struct survey_work *work, bool on)
{
    const uint32_t count = work->run_count;

    work->run_count = 0;
    for (uint32_t r = 0; r < count; r++) {
        const struct survey_run run = work->runs[r];
        const bool is_gap = run.on != on && run.len < GAP_BLOCKS && r > 0 && r + 1 < count;
        add_run(work, run.begin, run.begin + run.len, is_gap ? on : run.on);
    }
}

void survey_runs(struct survey_work *work, float usual)
{
    uint32_t begin = 0;

    work->run_count = 0;
    for (uint32_t b = 1; b <= work->blocks; b++) {
        const bool on = work->amplitude[b - 1] > EDGE_AMPLITUDE * usual;
        if (b < work->blocks && (work->amplitude[b] > EDGE_AMPLITUDE * usual) == on)
            continue;
        add_run(work, begin, b, on);
        begin = b;
    }
    close_gaps(work, true);
    close_gaps(work, false);
}
