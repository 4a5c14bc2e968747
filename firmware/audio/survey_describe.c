/* SPDX-License-Identifier: Apache-2.0 */
/* Describes a tone that repeats: its lines, its purity, and what was sent meanwhile. */
#include <math.h>
#include <string.h>

#include "audio/survey.h"

#define FFT 4096u
#define EDGE_FRAMES 96u          /* 12 ms at each end of a burst are left out of its spectrum */
#define SHORTEST_FRAMES 160u
#define LINE_RATIO 0.02F         /* a line 17 dB under the strongest is distortion */
#define SNR_MIN_DB 6.0F
#define CONTRAST_MIN_DB 8.0F
#define LEVEL_MIN_DBM0 (-45.0F)
#define EDGE_BLOCKS 12u          /* 24 ms at each end of a pause still hold some of the tone */

/* Takes the strongest line out of a spectrum of `bins`: its power; `bin` gets its place, in bins. */
float survey_take_peak(float *power, uint32_t low, uint32_t bins, uint32_t lobe, float *bin)
{
    uint32_t at = low;
    float sum = 0;

    for (uint32_t k = low; k < bins; k++)
        if (power[k] > power[at])
            at = k;
    *bin = (float)at;
    if (power[at] > 0 && at > 0 && at + 1 < bins) {
        const float a = logf(power[at - 1] + 1e-9F), b = logf(power[at]), c = logf(power[at + 1] + 1e-9F);
        const float bend = a - 2 * b + c;
        if (bend < 0)
            *bin += fmaxf(-0.5F, fminf(0.5F, 0.5F * (a - c) / bend));
    }
    for (uint32_t k = at > lobe ? at - lobe : 0; k <= at + lobe && k < bins; k++) {
        sum += power[k];
        power[k] = 0;
    }
    return sum;
}

/* The mean spectrum of the bursts, so scaled that its bins add up to the mean square. Returns the
 * length of the shortest piece, in frames; 0 when the bursts are too short. */
static uint32_t burst_spectrum(struct survey_work *work, const struct survey_repeat *repeat)
{
    const float on = repeat->phases == 2 ? fminf(repeat->on[0], repeat->on[1]) : repeat->on[0];
    uint32_t shortest = 0;
    float weight = 0;

    memset(work->spectrum, 0, sizeof work->spectrum);
    for (uint32_t r = repeat->first; r < repeat->first + repeat->runs; r += 2) {
        const struct survey_run *run = &work->runs[r];
        const uint32_t whole = run->len * SURVEY_BLOCK;
        if (whole < 2 * EDGE_FRAMES + SHORTEST_FRAMES || (float)run->len < 0.8F * on)
            continue; /* one that was cut short would blur the lines of all */
        const uint32_t length = whole - 2 * EDGE_FRAMES, pieces = (length + FFT - 1) / FFT, n = length / pieces;
        for (uint32_t piece = 0; piece < pieces; piece++) {
            const uint32_t at = run->begin * SURVEY_BLOCK + EDGE_FRAMES + piece * n;
            const float squares = survey_spectrum(&work->turns, work->heard + at, n, work->fft_re, work->fft_im, FFT);
            const float scale = 2.0F * (float)n / ((float)FFT * squares);
            for (uint32_t k = 0; k < FFT / 2; k++)
                work->spectrum[k] +=
                    scale * (work->fft_re[k] * work->fft_re[k] + work->fft_im[k] * work->fft_im[k]);
            weight += (float)n;
            shortest = shortest == 0 || n < shortest ? n : shortest;
        }
    }
    for (uint32_t k = 0; k < FFT / 2 && weight > 0; k++)
        work->spectrum[k] /= weight;
    return shortest;
}

static bool measure_lines(struct survey_work *work, const struct survey_repeat *repeat, audio_survey_tone *tone)
{
    const uint32_t low = 200u * FFT / AUDIO_RATE_HZ, bins = 3700u * FFT / AUDIO_RATE_HZ;
    const uint32_t shortest = burst_spectrum(work, repeat);
    float whole = 0, lines = 0, strongest = 0, bin;

    if (shortest == 0)
        return false;
    const uint32_t lobe = 2u * FFT / shortest + 2u; /* of the Hann window */
    for (uint32_t k = low; k < bins; k++)
        whole += work->spectrum[k];
    for (int line = 0; line < 4; line++) {
        const float power = survey_take_peak(work->spectrum, low, bins, lobe, &bin);
        if (power < LINE_RATIO * strongest)
            break;
        strongest = power > strongest ? power : strongest;
        tone->hz[tone->lines++] = bin * (float)AUDIO_RATE_HZ / (float)FFT;
        lines += power;
    }
    tone->level_dbm0 = survey_dbm0(lines);
    tone->snr_db = lines <= 0 ? -99.0F : fminf(60.0F, 10.0F * log10f(lines / fmaxf(whole - lines, 1e-6F * lines)));
    return tone->snr_db >= SNR_MIN_DB && tone->level_dbm0 >= LEVEL_MIN_DBM0;
}

static float mean_power(const float *power, uint32_t begin, uint32_t end, uint32_t *count)
{
    float sum = 0;

    for (uint32_t b = begin; b < end; b++, (*count)++)
        sum += power[b];
    return sum;
}

/* Its pauses must be pauses, not another tone; in most of them, as somebody may speak into one. */
static bool has_pauses(const struct survey_work *work, const struct survey_repeat *repeat, float on_power)
{
    uint32_t quiet = 0, pauses = 0;

    for (uint32_t r = repeat->first + 1; r < repeat->first + repeat->runs; r += 2) {
        const struct survey_run *run = &work->runs[r];
        const uint32_t edge = run->len > 3 * EDGE_BLOCKS ? EDGE_BLOCKS : run->len / 3;
        uint32_t count = 0;
        const float sum = mean_power(work->power, run->begin + edge, run->begin + run->len - edge, &count);
        pauses++;
        if (count == 0 || sum / (float)count <= on_power * powf(10.0F, -CONTRAST_MIN_DB / 10.0F))
            quiet++;
    }
    return repeat->phases == 0 || 2 * quiet > pauses;
}

/* What was sent at the tone's frequency while it was heard: our own tone comes back as an echo. */
static void measure_sent(struct survey_work *work, const struct survey_repeat *repeat, float hz,
                         audio_survey_tone *tone)
{
    double sum = 0;
    uint32_t count = 0;

    survey_follow(work, work->sent, hz);
    for (uint32_t r = repeat->first; r < repeat->first + repeat->runs; r += 2)
        for (uint32_t b = work->runs[r].begin; b < work->runs[r].begin + work->runs[r].len; b++, count++)
            sum += 0.5 * (double)work->amplitude[b] * (double)work->amplitude[b];
    tone->sent_dbm0 = survey_dbm0((float)(sum / count));
    survey_follow(work, work->heard, hz); /* as it was found */
}

/* Sound that came after it and is not an echo of ours, which may be 400 ms late. */
static uint32_t sound_after_ms(const struct survey_work *work, uint32_t from)
{
    const float fading = 0.99F; /* a block: 9 dB in 400 ms */
    float sent = 0;
    uint32_t loud = 0;

    for (uint32_t b = from; b < work->blocks; b++) {
        float power = 0;
        for (uint32_t n = 0; n < SURVEY_BLOCK; n++)
            power += work->sent[b * SURVEY_BLOCK + n] * work->sent[b * SURVEY_BLOCK + n];
        sent = fmaxf(power / SURVEY_BLOCK, fading * sent);
        loud += work->power[b] > SURVEY_QUIET && work->power[b] > 0.25F * sent;
    }
    return loud * SURVEY_BLOCK_MS;
}

bool survey_describe(struct survey_work *work, const struct survey_repeat *repeat, float hz, audio_survey_tone *tone)
{
    const struct survey_run *first = &work->runs[repeat->first], *last = &work->runs[repeat->first + repeat->runs - 1];

    memset(tone, 0, sizeof *tone);
    if (!measure_lines(work, repeat, tone))
        return false;
    if (!has_pauses(work, repeat, SURVEY_MEAN_SQUARE_0DBM0 * powf(10.0F, tone->level_dbm0 / 10.0F)))
        return false;
    measure_sent(work, repeat, hz, tone);
    tone->phases = repeat->phases;
    tone->cycles = repeat->cycles;
    for (uint32_t p = 0; p < 2; p++) {
        tone->on_ms[p] = repeat->on[p] * SURVEY_BLOCK_MS;
        tone->off_ms[p] = repeat->off[p] * SURVEY_BLOCK_MS;
    }
    tone->jitter_ms = repeat->jitter * SURVEY_BLOCK_MS;
    tone->begin_frame = first->begin * SURVEY_BLOCK;
    tone->end_frame = (last->begin + last->len) * SURVEY_BLOCK;
    tone->at_end = repeat->at_end;
    tone->sound_after_ms = repeat->at_end ? 0 : sound_after_ms(work, last->begin + last->len);
    return true;
}
