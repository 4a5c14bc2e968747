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
#define NUDGE 1e-4F
#define QUAD_PAD 8u             /* runs are worked out four outputs at a time */

typedef int32_t whole_quad __attribute__((vector_size(16)));

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
static void weigh(float t, quad weights[2])
{
    static const quad places[2] = {{-3.0F, -2.0F, -1.0F, 0.0F}, {1.0F, 2.0F, 3.0F, 4.0F}};
    static const quad signs = {-1.0F, 1.0F, -1.0F, 1.0F};
    float sum = 0.0F;

    if (fabsf(t) < NUDGE)
        t = NUDGE; /* sin(x)/x at nought is asked for nowhere, and so far from it nobody can tell */
    else if (fabsf(t - 1.0F) < NUDGE)
        t = 1.0F + NUDGE;
    quad sine = signs * (sinf(PI_F * t) / PI_F);
    for (int half = 0; half < 2; half++) {
        quad x = t - places[half];
        quad window = 1.0F - x * x * (1.0F / 16.0F);
        weights[half] = sine / x * (window * window * window);
        sum += quad_sum(weights[half]);
    }
    weights[0] /= sum;
    weights[1] /= sum;
}

/* `in` holds the samples from -3 on; n outputs, rounded up to whole fours. Each weight comes four times. */
static void filter(const float *in, const quad start[TAPS], const quad slope[TAPS], uint32_t n, float *out)
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

/* Rounded and held within 16 bits, four at a time and without a branch. */
static void round_off(const float *y, int16_t *out, uint32_t n)
{
    int32_t whole[RUN_MAX + QUAD_PAD];

    for (uint32_t i = 0; i < n; i += 4) {
        whole_quad v = __builtin_convertvector(quad_at(y + i) + 32768.5F, whole_quad);
        v &= ~(v >> 31);                        /* below: 0 */
        v = (v | ((65535 - v) >> 31)) & 0xFFFF; /* above: 65535 */
        v -= 32768;
        memcpy(whole + i, &v, sizeof v);
    }
    for (uint32_t i = 0; i < n; i++)
        out[i] = (int16_t)whole[i];
}

/* n outputs while the position moves by `drift` (Q32) beyond one sample each. */
static void run(struct resampler *r, struct fifo *f, int64_t drift, int16_t *out, uint32_t n)
{
    int16_t samples[RUN_MAX + TAPS + QUAD_PAD];
    float in[RUN_MAX + TAPS + QUAD_PAD], y[RUN_MAX + QUAD_PAD];
    quad first[2], last[2] /* and then the change */, start[TAPS], slope[TAPS];
    uint32_t length = n + TAPS - 1;
    float t = (float)r->phase * 0x1p-32F, moves = (float)drift * 0x1p-32F * (float)n;

    memcpy(samples, r->previous, sizeof r->previous);
    fifo_copy(f, samples + RESAMPLER_BEFORE, length - RESAMPLER_BEFORE);
    memset(samples + length, 0, QUAD_PAD * sizeof *samples);
    for (uint32_t i = 0; i < length + 3; i += QUAD_PAD) /* as far as whole fours of outputs reach */
        floats_from_samples(in + i, samples + i, QUAD_PAD);
    weigh(t, first);
    weigh(t + moves, last);
    last[0] = (last[0] - first[0]) / (float)n;
    last[1] = (last[1] - first[1]) / (float)n;
    for (int k = 0; k < TAPS; k++) {
        float weight = first[k / 4][k % 4], change = last[k / 4][k % 4];
        start[k] = (quad){weight, weight, weight, weight};
        slope[k] = (quad){change, change, change, change};
    }
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
