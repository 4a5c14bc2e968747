/* SPDX-License-Identifier: Apache-2.0 */
/* Finds tones that repeat strictly in a stretch of sound, whatever their frequencies and cadence. */
#include <math.h>
#include <string.h>

#include "audio/survey.h"

#define WINDOW 512u              /* 64 ms, to find which frequencies there are */
#define HZ_MIN 250u
#define TONAL_SHARE 0.85F        /* of a window's power in its four strongest lines */
#define VOTES_MIN 8u
#define TAIL_FRAMES (8u * AUDIO_RATE_HZ)
#define TRIES 4                  /* frequencies looked at, at the end and in all */
#define STEADY_BLOCKS 1500u      /* 3 s */
#define STEADY_SPREAD 0.06F      /* of the amplitude: half a decibel */
#define STEADY_EDGE 30u          /* blocks at each end that are still coming and going */

static void vote(struct survey_work *work, uint32_t start)
{
    const uint32_t low = HZ_MIN * WINDOW / AUDIO_RATE_HZ, bins = SURVEY_HZ_MAX * WINDOW / AUDIO_RATE_HZ;
    float whole = 0, tonal = 0, first = 0, bin;

    survey_spectrum(&work->turns, work->heard + start, WINDOW, work->fft_re, work->fft_im, WINDOW);
    for (uint32_t k = 0; k < bins; k++) {
        work->spectrum[k] = work->fft_re[k] * work->fft_re[k] + work->fft_im[k] * work->fft_im[k];
        whole += k >= low ? work->spectrum[k] : 0;
    }
    for (int line = 0; line < 4; line++) {
        tonal += survey_take_peak(work->spectrum, low, bins, 3, &bin);
        first = line == 0 ? bin : first;
    }
    const uint32_t hz = (uint32_t)lrintf(first * AUDIO_RATE_HZ / WINDOW);
    if (tonal < TONAL_SHARE * whole || hz >= SURVEY_HZ_MAX)
        return;
    work->votes[hz]++;
    if (start + TAIL_FRAMES >= work->frames)
        work->tail_votes[hz]++;
}

static void vote_all(struct survey_work *work)
{
    memset(work->votes, 0, sizeof work->votes);
    memset(work->tail_votes, 0, sizeof work->tail_votes);
    for (uint32_t start = 0; start + WINDOW <= work->frames; start += WINDOW / 2)
        if (work->power[(start + WINDOW / 2) / SURVEY_BLOCK] > SURVEY_QUIET)
            vote(work, start);
}

/* The frequency with most votes within 4 Hz of it; those within 12 Hz are then spent. 0: none left. */
static float elect(uint32_t *votes)
{
    uint32_t best = 0, at = 0;
    float sum = 0;

    for (uint32_t hz = HZ_MIN; hz < SURVEY_HZ_MAX - 4; hz++) {
        uint32_t count = 0;
        for (uint32_t k = hz - 4; k <= hz + 4; k++)
            count += votes[k];
        if (count > best) {
            best = count;
            at = hz;
        }
    }
    if (best < VOTES_MIN)
        return 0;
    for (uint32_t k = at - 4; k <= at + 4; k++)
        sum += (float)(k * votes[k]);
    for (uint32_t k = at - 12; k <= at + 12 && k < SURVEY_HZ_MAX; k++)
        votes[k] = 0;
    return sum / (float)best;
}

/* One unbroken run at the end that does not waver. */
static bool find_steady(const struct survey_work *work, struct survey_repeat *out)
{
    const uint32_t last = work->run_count - 1;
    const struct survey_run *run = &work->runs[last];
    double sum = 0, squares = 0;
    uint32_t n = 0;

    if (work->run_count == 0 || !run->on || run->len < STEADY_BLOCKS)
        return false;
    for (uint32_t b = run->begin + STEADY_EDGE; b < run->begin + run->len - STEADY_EDGE; b++, n++) {
        sum += (double)work->amplitude[b];
        squares += (double)work->amplitude[b] * (double)work->amplitude[b];
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    if (variance > (double)(STEADY_SPREAD * STEADY_SPREAD) * mean * mean)
        return false;
    *out = (struct survey_repeat){.first = last, .runs = 1, .cycles = 1, .on = {(float)run->len}, .at_end = true};
    return true;
}

static bool is_new(const audio_survey *out, const audio_survey_tone *tone)
{
    for (uint32_t i = 0; i < out->tone_count; i++) {
        const audio_survey_tone *known = &out->tones[i];
        if (tone->begin_frame < known->end_frame && known->begin_frame < tone->end_frame)
            return false; /* another line of the same tone */
    }
    return out->tone_count < AUDIO_SURVEY_TONES;
}

static void take(struct survey_work *work, const struct survey_repeat *repeat, float hz, audio_survey *out)
{
    audio_survey_tone tone;

    if (survey_describe(work, repeat, hz, &tone) && is_new(out, &tone))
        out->tones[out->tone_count++] = tone;
}

static void try_frequency(struct survey_work *work, float hz, bool tail, audio_survey *out)
{
    struct survey_repeat repeat;
    const uint32_t from = tail && work->frames > TAIL_FRAMES ? (work->frames - TAIL_FRAMES) / SURVEY_BLOCK : 0;

    survey_follow(work, work->heard, hz);
    const float usual = survey_usual_amplitude(work, from);
    if (usual <= 0)
        return;
    survey_runs(work, usual);
    if (survey_find_repeat(work->runs, work->run_count, true, &repeat) || find_steady(work, &repeat))
        take(work, &repeat, hz, out);
    if (!tail && survey_find_repeat(work->runs, work->run_count, false, &repeat))
        take(work, &repeat, hz, out);
}

void survey_tones(struct survey_work *work, audio_survey *out)
{
    float hz;

    survey_power(work);
    vote_all(work);
    for (int i = 0; i < TRIES && (hz = elect(work->tail_votes)) > 0; i++)
        try_frequency(work, hz, true, out);
    for (int i = 0; i < TRIES && (hz = elect(work->votes)) > 0; i++)
        try_frequency(work, hz, false, out);
}
