/* SPDX-License-Identifier: Apache-2.0 */
/* Voices, hybrids and measuring for the tests of the echo canceller. */
#include "tests/audio/echo_bed.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "audio/g711.h"

int16_t far_voice[CLIP_FRAMES], near_voice[CLIP_FRAMES];
static uint32_t seed;
struct bed bed;
int fds[2];
const uint32_t clip = 0;

static double random_one(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / 8388608.0 - 1.0;
}

/* Like the composite source signal of ITU-T G.168 annex C: 50 ms voiced, 200 ms of speech-shaped noise, 100 ms pause. */
static void make_voice(int16_t *out, uint32_t n, double pitch_hz, double rms)
{
    double shaped = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i % 2800;
        double voiced = 0.0;
        shaped = 0.75 * shaped + random_one();
        for (int h = 1; h <= 16 && at < 400; h++)
            voiced += sin(2.0 * M_PI * pitch_hz * h * i / 8000.0 + h * h) / sqrt(h) * 0.8;
        double y = at < 400 ? voiced : at < 2000 ? shaped * 1.14 : 0.0;
        out[i] = (int16_t)fmax(-32000.0, fmin(32000.0, y * rms));
    }
}

void make_hybrid(struct hybrid *h, double loss_db, uint32_t length, uint32_t which)
{
    double energy = 0.0;

    memset(h, 0, sizeof *h);
    seed = which;
    for (uint32_t i = 0; i < length; i++) {
        h->taps[i] = random_one() * exp(-4.0 * i / length) * (1.0 - exp(-(i + 1.0) / 3.0));
        energy += h->taps[i] * h->taps[i];
    }
    for (uint32_t i = 0; i < length; i++)
        h->taps[i] *= pow(10.0, -loss_db / 20.0) / sqrt(energy);
}

double hybrid_echo(struct hybrid *h, int16_t sample)
{
    double y = 0.0;

    h->at = (h->at + HYBRID_TAPS - 1) % HYBRID_TAPS;
    h->line[h->at] = sample;
    for (uint32_t k = 0; k < HYBRID_TAPS; k++)
        y += h->taps[k] * h->line[(h->at + k) % HYBRID_TAPS];
    return y;
}

uint8_t heard_code(double y)
{
    return ulaw_encode((int16_t)lrint(fmax(-32768.0, fmin(32767.0, y))));
}

void echo_bed_open(void)
{
    seed = 5;
    make_voice(far_voice, CLIP_FRAMES, 140.0, 2600.0);
    make_voice(near_voice, CLIP_FRAMES, 217.0, 2600.0);
    bed_open(&bed);
    bed_pair(fds);
    assert_int_equal(audio_clip_add(bed.loop, clip, far_voice, CLIP_FRAMES), 0);
}

void echo_bed_close(void)
{
    bed_close(&bed);
    close(fds[0]);
    close(fds[1]);
}

void until_aligned(void (*tick)(void))
{
    bed.count = 0;
    for (int t = 0; t < 400; t++) {
        tick();
        bed_step(&bed);
        uint32_t from = 0;
        for (const audio_event *e; (e = bed_find(&bed, AUDIO_ECHO, &from)) != NULL;)
            if (e->detail == 1)
                return;
    }
    fail_msg("not aligned within four seconds");
}

static double tap_power(uint32_t tap, double *out_power)
{
    int16_t frames[2 * 8000];
    double in = 0.0, out = 0.0;
    int n;

    while ((n = audio_tap_read(bed.loop, tap, frames, 8000)) > 0)
        for (int i = 0; i < n; i++) {
            in += (double)frames[2 * i] * frames[2 * i];
            out += (double)frames[2 * i + 1] * frames[2 * i + 1];
        }
    *out_power = out;
    return in;
}

double erle_db(void (*tick)(void), uint16_t port, uint32_t ticks, double loss_db)
{
    double out;

    assert_int_equal(audio_tap_open(bed.loop, 0, port), 0);
    for (uint32_t t = 0; t < ticks; t++) {
        tick();
        bed_step(&bed);
    }
    double in = tap_power(0, &out);
    assert_int_equal(audio_tap_close(bed.loop, 0), 0);
    bed_step(&bed);
    return 10.0 * log10((out + 1.0) / (in + 1.0)) - loss_db;
}
