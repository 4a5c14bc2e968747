/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a fifo at a slightly different rate. */
#include "audio/resampler.h"

/* How fast the phase returns to zero once the rates agree: 300 ppm, far below what an ear can tell. */
#define GLIDE ((uint64_t)1288490)
#define LOOK_AHEAD 3u           /* samples the interpolator must see from its position on */

void resampler_init(struct resampler *r)
{
    r->phase = 0;
    r->previous = 0;
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
    if (n == 0)
        return;
    r->previous = fifo_at(f, n - 1);
    fifo_drop(f, n);
}

static int16_t interpolate(const struct resampler *r, const struct fifo *f)
{
    float before = r->previous, here = fifo_at(f, 0), next = fifo_at(f, 1), after = fifo_at(f, 2);
    float t = (float)r->phase * (1.0f / 4294967296.0f);
    float slope = next - before;
    float bend = 2.0f * before - 5.0f * here + 4.0f * next - after;
    float twist = 3.0f * (here - next) + after - before;
    float y = here + 0.5f * t * (slope + t * (bend + t * twist));

    if (y > 32767.0f)
        return 32767;
    if (y < -32768.0f)
        return -32768;
    return (int16_t)(y < 0.0f ? y - 0.5f : y + 0.5f);
}

/* The step that leads the phase to zero, or exactly one once it is there. */
static uint64_t glide_home(struct resampler *r)
{
    if (r->phase < 0x80000000u) {
        if (r->phase <= GLIDE)
            r->phase = 0;
        return r->phase == 0 ? RESAMPLER_ONE : RESAMPLER_ONE - GLIDE;
    }
    uint64_t missing = RESAMPLER_ONE - r->phase;
    return RESAMPLER_ONE + (missing < GLIDE ? missing : GLIDE);
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

uint32_t resampler_pull(struct resampler *r, struct fifo *f, uint64_t step, int16_t *out, uint32_t n)
{
    uint32_t done;

    for (done = 0; done < n; done++) {
        uint64_t move = step == RESAMPLER_ONE ? glide_home(r) : step;
        if (r->phase == 0 && move == RESAMPLER_ONE)
            return done + copy(r, f, out + done, n - done);
        if (fifo_fill(f) < LOOK_AHEAD)
            break;
        out[done] = interpolate(r, f);
        uint64_t position = r->phase + move;
        r->phase = (uint32_t)position;
        resampler_skip(r, f, (uint32_t)(position >> 32));
    }
    return done;
}

uint32_t resampler_ready(const struct resampler *r, const struct fifo *f, uint64_t step)
{
    uint32_t fill = fifo_fill(f);

    if (r->phase == 0 && step == RESAMPLER_ONE)
        return fill;
    if (fill <= LOOK_AHEAD + 1)
        return 0;
    uint64_t fastest = step + GLIDE;
    return (uint32_t)((((uint64_t)(fill - LOOK_AHEAD - 1)) << 32) / fastest);
}
