/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a fifo at a slightly different rate.
 *
 * The position between two samples moves by a few thousandths of a sample at most from one output to
 * the next. So the eight weights are worked out at both ends of a run of outputs and taken to change
 * evenly between: what is left is two plain filters, which become vectors. The window, (1 - (x/4)^2)^3,
 * keeps the error of a 1,004 Hz tone about 60 dB below it at any position. */
#include "audio/resampler.h"

#include <math.h>
#include <string.h>

#include "audio/biquad.h"

#define TAPS 8
#define RUN_MAX 80u
#define RUN_DRIFT ((uint64_t)429496730) /* 0.1 sample: how far the position may move in one run */
#define GLIDE ((int64_t)34360)  /* 8 ppm, which no meter tells from none: how fast the phase returns to zero once the rates agree */
#define PI_F 3.14159265F
#define QUAD_PAD 8u             /* runs are worked out four outputs at a time */

void resampler_init(struct resampler *r)
{
    memset(r, 0, sizeof *r);
}

uint64_t resampler_step(double ppm)
{
    return (uint64_t)((double)RESAMPLER_ONE * (1.0 + ppm * 1e-6));
}

void resampler_skip(struct resampler *r, struct fifo *f, uint32_t n)
{
    uint32_t fill = fifo_fill(f);

    if (n > fill)
        n = fill;
    for (uint32_t i = 0; i < RESAMPLER_BEFORE; i++) {
        uint32_t from = i + n; /* place in (previous, fifo) laid end to end */
        r->previous[i] = from < RESAMPLER_BEFORE ? r->previous[from] : fifo_at(f, from - RESAMPLER_BEFORE);
    }
    fifo_drop(f, n);
}

/* Weights of the samples -3..4 for a position t in about 0..1; their sum is one. */
static void weigh(float t, float weights[TAPS])
{
    float sine = sinf(PI_F * t) / PI_F, sum = 0.0F;

    for (int k = 0; k < TAPS; k++) {
        float x = t - (float)(k - (int)RESAMPLER_BEFORE);
        float window = 1.0F - x * x / 16.0F;
        float sinc = fabsf(x) < 1e-3F ? 1.0F : ((k & 1) != 0 ? sine : -sine) / x;
        weights[k] = sinc * window * window * window;
        sum += weights[k];
    }
    for (int k = 0; k < TAPS; k++)
        weights[k] /= sum;
}

/* `in` holds the samples from -3 on; n outputs, rounded up to whole fours. */
static void filter(const float *in, const float *start, const float *slope, uint32_t n, float *out)
{
    quad place = {0.0F, 1.0F, 2.0F, 3.0F};

    for (uint32_t i = 0; i < n; i += 4) {
        quad still = {0}, moving = {0};
        for (uint32_t k = 0; k < TAPS; k++) {
            quad x = quad_at(in + i + k);
            still += x * start[k];
            moving += x * slope[k];
        }
        quad_put(out + i, still + place * moving);
        place += 4.0F;
    }
}

static void round_off(const float *y, int16_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        float bounded = y[i] > 32767.0F ? 32767.0F : y[i] < -32768.0F ? -32768.0F : y[i];
        out[i] = (int16_t)(bounded + (bounded < 0.0F ? -0.5F : 0.5F));
    }
}

/* n outputs while the position moves by `drift` (Q32) beyond one sample each. */
static void run(struct resampler *r, struct fifo *f, int64_t drift, int16_t *out, uint32_t n)
{
    int16_t samples[RUN_MAX + TAPS];
    float in[RUN_MAX + TAPS + QUAD_PAD], y[RUN_MAX + QUAD_PAD], start[TAPS], slope[TAPS];
    uint32_t length = n + TAPS - 1;
    float t = (float)r->phase * 0x1p-32F, moves = (float)drift * 0x1p-32F * (float)n;

    memcpy(samples, r->previous, sizeof r->previous);
    fifo_copy(f, samples + RESAMPLER_BEFORE, length - RESAMPLER_BEFORE);
    for (uint32_t i = 0; i < length; i++)
        in[i] = samples[i];
    memset(in + length, 0, QUAD_PAD * sizeof *in);
    weigh(t, start);
    weigh(t + moves, slope);
    for (int k = 0; k < TAPS; k++)
        slope[k] = (slope[k] - start[k]) / (float)n;
    filter(in, start, slope, n, y);
    round_off(y, out, n);
    int64_t position = (int64_t)r->phase + (int64_t)n * ((int64_t)RESAMPLER_ONE + drift);
    r->phase = (uint32_t)position;
    resampler_skip(r, f, (uint32_t)((uint64_t)position >> 32));
}

/* The drift for n outputs that leads the phase towards zero, or to it exactly. */
static int64_t glide_home(struct resampler *r, struct fifo *f, uint32_t n)
{
    int64_t away = r->phase < 0x80000000U ? (int64_t)r->phase : (int64_t)r->phase - (int64_t)RESAMPLER_ONE;

    if (away > GLIDE * (int64_t)n)
        return -GLIDE;
    if (away < -GLIDE * (int64_t)n)
        return GLIDE;
    if (away < (int64_t)n && away > -(int64_t)n && fifo_fill(f) > 0) { /* less than a float can tell */
        resampler_skip(r, f, away < 0);
        r->phase = 0;
        return 0;
    }
    return -away / (int64_t)n;
}

/* The rates agree and no fraction is left: the samples as they are. */
static uint32_t copy(struct resampler *r, struct fifo *f, int16_t *out, uint32_t n)
{
    uint32_t fill = fifo_fill(f);

    if (n > fill)
        n = fill;
    fifo_copy(f, out, n);
    resampler_skip(r, f, n);
    return n;
}

static uint32_t run_length(uint32_t wanted, uint32_t fill, int64_t drift)
{
    uint64_t speed = (uint64_t)(drift < 0 ? -drift : drift);
    uint32_t most = speed * RUN_MAX > RUN_DRIFT ? (uint32_t)(RUN_DRIFT / speed) : RUN_MAX;
    uint32_t ready = fill - (RESAMPLER_AHEAD - 1);

    most = most < 1 ? 1 : most;
    most = wanted < most ? wanted : most;
    return ready < most ? ready : most;
}

uint32_t resampler_pull(struct resampler *r, struct fifo *f, uint64_t step, int16_t *out, uint32_t n)
{
    uint32_t done = 0;

    while (done < n) {
        uint32_t left = n - done < RUN_MAX ? n - done : RUN_MAX;
        int64_t drift = step == RESAMPLER_ONE ? glide_home(r, f, left) : (int64_t)(step - RESAMPLER_ONE);
        if (r->phase == 0 && drift == 0)
            return done + copy(r, f, out + done, n - done);
        if (fifo_fill(f) < RESAMPLER_AHEAD)
            break;
        uint32_t part = run_length(left, fifo_fill(f), drift);
        run(r, f, drift, out + done, part);
        done += part;
    }
    return done;
}

uint32_t resampler_ready(const struct resampler *r, const struct fifo *f, uint64_t step)
{
    uint32_t fill = fifo_fill(f);

    if (r->phase == 0 && step == RESAMPLER_ONE)
        return fill;
    if (fill <= RESAMPLER_AHEAD + 1)
        return 0;
    uint64_t fastest = step + (uint64_t)GLIDE;
    return (uint32_t)((((uint64_t)(fill - RESAMPLER_AHEAD - 1)) << 32) / fastest);
}
