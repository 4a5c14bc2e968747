/* SPDX-License-Identifier: Apache-2.0 */
/* How much of what was sent came back, and how late: the line's echo return loss (ITU-T G.168 §3). */
#include <math.h>
#include <string.h>

#include "audio/survey.h"

#define CHUNK 4096u              /* of what was sent; looked for within as much after it */
#define WINDOW 1024u
#define LEAD 40u                 /* frames before the strongest echo: 5 ms */
#define SENT_MIN 82400.0F        /* mean square of -35 dBm0 */
#define WINDOWS_MIN 20u
#define CHUNKS_MIN 3u
#define PEAK_RATIO 8.0F          /* of the correlation's peak to its mean size */
#define BIN_LOW (300u * WINDOW / AUDIO_RATE_HZ)
#define BIN_HIGH (3400u * WINDOW / AUDIO_RATE_HZ)

static float mean_square(const float *samples, uint32_t count)
{
    float sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += samples[i] * samples[i];
    return sum / (float)count;
}

/* Adds one chunk to the whitened cross spectrum (generalised correlation with phase transform). */
static void add_chunk(struct survey_work *work, uint32_t at)
{
    survey_spectrum(&work->turns, work->sent + at, CHUNK, work->fft_re, work->fft_im, SURVEY_FFT_MAX);
    memcpy(work->sent_power, work->fft_re, sizeof work->fft_re);
    memcpy(work->heard_power, work->fft_im, sizeof work->fft_im);
    memcpy(work->fft_re, work->heard + at, sizeof work->fft_re);
    memset(work->fft_im, 0, sizeof work->fft_im);
    survey_fft(&work->turns, work->fft_re, work->fft_im, SURVEY_FFT_MAX);
    for (uint32_t k = 0; k < SURVEY_FFT_MAX; k++) {
        const float sr = work->sent_power[k], si = work->heard_power[k];
        const float re = work->fft_re[k] * sr + work->fft_im[k] * si;
        const float im = work->fft_im[k] * sr - work->fft_re[k] * si;
        const float size = hypotf(re, im) + 1.0F;
        work->cross_re[k] += re / size;
        work->cross_im[k] += im / size;
    }
}

/* The lag of the strongest echo in frames; false when nothing stands out. */
static bool find_delay(struct survey_work *work, uint32_t *delay)
{
    uint32_t chunks = 0, best = 0;
    float mean = 0;

    memset(work->cross_re, 0, sizeof work->cross_re);
    memset(work->cross_im, 0, sizeof work->cross_im);
    for (uint32_t at = 0; at + SURVEY_FFT_MAX <= work->frames; at += CHUNK) {
        if (mean_square(work->sent + at, CHUNK) < SENT_MIN)
            continue;
        add_chunk(work, at);
        chunks++;
    }
    if (chunks < CHUNKS_MIN)
        return false;
    for (uint32_t k = 0; k < SURVEY_FFT_MAX; k++)
        work->cross_im[k] = -work->cross_im[k]; /* the inverse, but for scale and sign */
    survey_fft(&work->turns, work->cross_re, work->cross_im, SURVEY_FFT_MAX);
    for (uint32_t lag = 0; lag < CHUNK; lag++) {
        mean += fabsf(work->cross_re[lag]) / CHUNK;
        if (fabsf(work->cross_re[lag]) > fabsf(work->cross_re[best]))
            best = lag;
    }
    *delay = best;
    return fabsf(work->cross_re[best]) > PEAK_RATIO * mean;
}

static void add_window(struct survey_work *work, uint32_t sent_at, uint32_t heard_at)
{
    float sent_re[WINDOW], sent_im[WINDOW];

    survey_spectrum(&work->turns, work->sent + sent_at, WINDOW, sent_re, sent_im, WINDOW);
    survey_spectrum(&work->turns, work->heard + heard_at, WINDOW, work->fft_re, work->fft_im, WINDOW);
    for (uint32_t k = BIN_LOW; k < BIN_HIGH; k++) {
        const float hr = work->fft_re[k], hi = work->fft_im[k];
        work->sent_power[k] += sent_re[k] * sent_re[k] + sent_im[k] * sent_im[k];
        work->heard_power[k] += hr * hr + hi * hi;
        work->cross_re[k] += hr * sent_re[k] + hi * sent_im[k];
        work->cross_im[k] += hi * sent_re[k] - hr * sent_im[k];
    }
}

static uint32_t add_windows(struct survey_work *work, uint32_t shift)
{
    uint32_t windows = 0;

    memset(work->cross_re, 0, sizeof work->cross_re);
    memset(work->cross_im, 0, sizeof work->cross_im);
    memset(work->sent_power, 0, sizeof work->sent_power);
    memset(work->heard_power, 0, sizeof work->heard_power);
    for (uint32_t at = 0; at + shift + WINDOW <= work->frames; at += WINDOW / 2) {
        if (mean_square(work->sent + at, WINDOW) < SENT_MIN)
            continue;
        add_window(work, at, at + shift);
        windows++;
    }
    return windows;
}

/* What is coherent with the sent is its echo; who speaks meanwhile is not. */
void survey_echo(struct survey_work *work, audio_survey *out)
{
    uint32_t delay;
    float sent = 0, echo = 0, chance = 0;

    out->echo_return_loss_db = -99.0F;
    if (!find_delay(work, &delay))
        return;
    const uint32_t windows = add_windows(work, delay > LEAD ? delay - LEAD : 0);
    if (windows < WINDOWS_MIN)
        return;
    for (uint32_t k = BIN_LOW; k < BIN_HIGH; k++) {
        const float cross = work->cross_re[k] * work->cross_re[k] + work->cross_im[k] * work->cross_im[k];
        const float unrelated = 1.5F * work->heard_power[k] / (float)windows; /* half of each overlaps */
        sent += work->sent_power[k];
        chance += unrelated;
        echo += cross / (work->sent_power[k] + 1.0F);
    }
    if (echo < 3.0F * chance)
        return;
    out->echo_return_loss_db = 10.0F * log10f(sent / (echo - chance));
    out->echo_delay_ms = (float)delay * 1000.0F / AUDIO_RATE_HZ;
}
