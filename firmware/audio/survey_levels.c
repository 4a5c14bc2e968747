/* SPDX-License-Identifier: Apache-2.0 */
/* Levels of a line's sound: idle noise, speech while it is active, and mains hum. */
#include <math.h>
#include <string.h>

#include "audio/survey.h"

#define FRAME 160u               /* 20 ms */
#define NOTHING_DBM0 (-99.0F)
#define NOISE_SHARE 10u          /* the quietest tenth of the frames that are not digital silence */
#define SPEECH_OVER_NOISE_DB 15.0F
#define SPEECH_MIN_DBM0 (-42.0F)
#define SPEECH_MIN_FRAMES 50u    /* 1 s */
#define HUM_FFT 4096u            /* 512 ms tell 50 from 60 Hz at their first harmonics */
#define HUM_HARMONICS 8u
#define HUM_OVER_NOISE_DB 6.0F   /* a window this much louder than the noise is no idle line */
#define HUM_LINE_RATIO 4.0F      /* a line stands 6 dB out of what is beside it */
#define HUM_WINDOWS_MIN 2u

static float frame_dbm0(const int16_t *interleaved, uint32_t first, uint32_t count)
{
    float sum = 0;

    for (uint32_t i = first; i < first + count; i++)
        sum += (float)interleaved[2 * i] * (float)interleaved[2 * i];
    return survey_dbm0(sum / (float)count);
}

static float noise_level(const struct survey_work *work, const int16_t *interleaved)
{
    uint32_t counts[100] = {0}, sounding = 0, passed = 0;

    for (uint32_t at = 0; at + FRAME <= work->frames; at += FRAME) {
        const float level = frame_dbm0(interleaved, at, FRAME);
        if (level < -85.0F)
            continue;
        const long step = lrintf(-level);
        counts[step < 0 ? 0 : step > 99 ? 99 : step]++;
        sounding++;
    }
    for (int step = 99; step >= 0 && sounding > 0; step--) {
        passed += counts[step];
        if (passed * NOISE_SHARE >= sounding)
            return (float)-step;
    }
    return NOTHING_DBM0;
}

static bool in_tone(const audio_survey *found, uint32_t at)
{
    for (uint32_t t = 0; t < found->tone_count; t++)
        if (at + FRAME > found->tones[t].begin_frame && at < found->tones[t].end_frame)
            return true;
    return false;
}

/* The mean of the frames that are speech by their level: a simpler cousin of ITU-T P.56. */
static float speech_level(const struct survey_work *work, const int16_t *interleaved, const audio_survey *found)
{
    const float least = fmaxf(SPEECH_MIN_DBM0, found->noise_dbm0 + SPEECH_OVER_NOISE_DB);
    double sum = 0;
    uint32_t count = 0;

    for (uint32_t at = 0; at + FRAME <= work->frames; at += FRAME) {
        const float level = frame_dbm0(interleaved, at, FRAME);
        if (level < least || in_tone(found, at))
            continue;
        sum += pow(10.0, (double)level / 10.0);
        count++;
    }
    return count < SPEECH_MIN_FRAMES ? NOTHING_DBM0 : 10.0F * (float)log10(sum / count);
}

/* --- hum ---------------------------------------------------------------------------------------- */

static uint32_t idle_spectrum(struct survey_work *work, const int16_t *interleaved, float noise_dbm0)
{
    uint32_t windows = 0;

    memset(work->spectrum, 0, sizeof work->spectrum);
    for (uint32_t at = 0; at + HUM_FFT <= work->frames; at += HUM_FFT / 2) {
        if (frame_dbm0(interleaved, at, HUM_FFT) > noise_dbm0 + HUM_OVER_NOISE_DB)
            continue;
        for (uint32_t i = 0; i < HUM_FFT; i++)
            work->cross_re[i] = (float)interleaved[2 * (at + i)];
        const float squares =
            survey_spectrum(&work->turns, work->cross_re, HUM_FFT, work->fft_re, work->fft_im, HUM_FFT);
        for (uint32_t k = 0; k < HUM_FFT / 2; k++)
            work->spectrum[k] += 2.0F / ((float)HUM_FFT * squares) *
                                 (work->fft_re[k] * work->fft_re[k] + work->fft_im[k] * work->fft_im[k]);
        windows++;
    }
    for (uint32_t k = 0; k < HUM_FFT / 2 && windows > 0; k++)
        work->spectrum[k] /= (float)windows;
    return windows;
}

/* The mean square of the harmonics of `mains_hz` that stand out; 0 with fewer than two of them. */
static float hum_power(const float *spectrum, uint32_t mains_hz)
{
    float whole = 0;
    uint32_t lines = 0;

    for (uint32_t h = 1; h <= HUM_HARMONICS; h++) {
        const uint32_t at = (mains_hz * h * HUM_FFT + AUDIO_RATE_HZ / 2) / AUDIO_RATE_HZ;
        float line = 0, beside = 0;
        for (uint32_t k = at - 2; k <= at + 2; k++)
            line += spectrum[k];
        for (uint32_t k = 6; k <= 10; k++)
            beside += 0.5F * (spectrum[at - k] + spectrum[at + k]);
        if (line <= HUM_LINE_RATIO * beside || line < 1e-3F)
            continue;
        whole += line - beside;
        lines++;
    }
    return lines >= 2 ? whole : 0;
}

static void measure_hum(struct survey_work *work, const int16_t *interleaved, audio_survey *out)
{
    out->hum_dbm0 = NOTHING_DBM0;
    if (idle_spectrum(work, interleaved, out->noise_dbm0) < HUM_WINDOWS_MIN)
        return;
    const float fifty = hum_power(work->spectrum, 50), sixty = hum_power(work->spectrum, 60);
    if (fifty <= 0 && sixty <= 0)
        return;
    out->hum_hz = fifty > sixty ? 50 : 60;
    out->hum_dbm0 = survey_dbm0(fmaxf(fifty, sixty));
}

void survey_levels(struct survey_work *work, const int16_t *interleaved, audio_survey *out)
{
    out->noise_dbm0 = noise_level(work, interleaved);
    out->speech_dbm0 = speech_level(work, interleaved, out);
    measure_hum(work, interleaved, out);
}
