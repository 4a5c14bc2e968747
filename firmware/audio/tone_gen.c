/* SPDX-License-Identifier: Apache-2.0 */
/* Generates dial, ringback, busy, howler and beep tones with soft edges. */
#include "tone_gen.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 8000.0
#define RAMP_FRAMES 40          /* 5 ms: no click, and far below what a cadence detector measures */
#define PEAK_0DBM0 22828.0      /* 32768 / 10^(3.14/20), ITU-T G.711 */
#define FRAMES_PER_MS 8U

/* sin of a 32-bit phase, better than -90 dB: an odd polynomial over a quarter turn, folded. */
static float phase_sine(uint32_t phase)
{
    const uint32_t quarter = phase + 0x40000000U; /* folded: the second half mirrors the first */
    const int32_t folded = (int32_t)(quarter & 0x80000000U ? 0x80000000U - phase : phase);
    const float x = (float)folded * (1.0F / 1073741824.0F); /* -1..1 is -pi/2..pi/2 */
    const float x2 = x * x;
    return x * (1.5707963F + x2 * (-0.6459636F + x2 * (0.0796885F + x2 * (-0.0046719F
               + x2 * 0.00015082F))));
}

static uint32_t phase_step(uint16_t hz)
{
    return (uint32_t)((double)hz * (4294967296.0 / RATE_HZ) + 0.5);
}

void tone_gen_init(struct tone_gen *t, const audio_tone *tone)
{
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < 2; i++)
        t->step[i] = phase_step(tone->hz[i]);
    t->amplitude = (int32_t)lround(PEAK_0DBM0 * pow(10.0, (double)tone->level_db10 / 200.0));
    while (t->phases < 4 && tone->on_ms[t->phases] > 0) {
        t->on_frames[t->phases] = tone->on_ms[t->phases] * FRAMES_PER_MS;
        t->off_frames[t->phases] = tone->off_ms[t->phases] * FRAMES_PER_MS;
        t->phases++;
    }
    t->limit_frames = tone->limit_ms * FRAMES_PER_MS;
}

/* How loud the tone is at `at` of `on` frames (0..RAMP_FRAMES); on 0 means it has no end yet. */
static int32_t edge_gain(uint32_t at, uint32_t on)
{
    uint32_t gain = at < RAMP_FRAMES ? at : RAMP_FRAMES;
    if (on > 0 && on - at < gain)
        gain = on - at;
    return (int32_t)gain;
}

/* The gain for this frame; moves on to the next phase of the cadence. */
static int32_t cadence_gain(struct tone_gen *t)
{
    if (t->phases == 0)
        return edge_gain(t->frames_done, t->limit_frames);
    const uint32_t on = t->on_frames[t->phase_now];
    const uint32_t off = t->off_frames[t->phase_now];
    if (t->at_frame == 0) { /* every burst starts alike, so that no two clicks differ */
        t->phase[0] = 0;
        t->phase[1] = 0;
    }
    const int32_t gain = t->at_frame < on ? edge_gain(t->at_frame, off > 0 ? on : 0) : 0;
    if (++t->at_frame >= on + off) {
        t->at_frame = 0;
        t->phase_now = (uint8_t)((t->phase_now + 1) % t->phases);
    }
    return gain;
}

bool tone_gen_fill(struct tone_gen *t, int16_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (t->limit_frames > 0 && t->frames_done >= t->limit_frames) {
            memset(out + i, 0, (n - i) * sizeof *out);
            return false;
        }
        const int32_t gain = cadence_gain(t);
        float sample = 0.0F;
        for (size_t k = 0; k < 2; k++) {
            if (t->step[k] == 0)
                continue;
            if (gain > 0)
                sample += phase_sine(t->phase[k]);
            t->phase[k] += t->step[k];
        }
        sample *= (float)t->amplitude * (float)gain * (1.0F / RAMP_FRAMES);
        sample = sample > 32767.0F ? 32767.0F : sample < -32768.0F ? -32768.0F : sample;
        out[i] = (int16_t)lrintf(sample);
        if (t->frames_done < UINT32_MAX)
            t->frames_done++;
    }
    return true;
}
