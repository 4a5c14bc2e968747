/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the survey of a stretch of a line's sound: its working memory and its parts. */
#ifndef SURVEY_H
#define SURVEY_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/include/audio_loop.h"
#include "audio/survey_spectrum.h"

#define SURVEY_BLOCK 16u         /* samples: 2 ms, the grain of every time measured */
#define SURVEY_MAX_BLOCKS (AUDIO_SURVEY_MAX_FRAMES / SURVEY_BLOCK)
#define SURVEY_MAX_RUNS 4096u
#define SURVEY_BLOCK_MS 2u
#define SURVEY_HZ_MAX 3600u
#define SURVEY_QUIET 8240.0F     /* mean square of -45 dBm0 */
#define SURVEY_MEAN_SQUARE_0DBM0 260558792.0F /* as the level meter has it */

/* A stretch in which the tone is there (on) or is not; in blocks. */
struct survey_run { uint32_t begin, len; bool on; };

/* Runs that repeat. `phases` 0: one steady tone. Lengths in blocks. */
struct survey_repeat {
    uint32_t first, runs;        /* of them, in the list of runs */
    uint32_t phases, cycles;
    float on[2], off[2], jitter; /* jitter: the largest difference from the mean length */
    bool at_end;                 /* it lasted until the sound ended */
};

struct survey_work {
    struct survey_turns turns;
    uint32_t frames, blocks;
    float heard[AUDIO_SURVEY_MAX_FRAMES], sent[AUDIO_SURVEY_MAX_FRAMES];
    float power[SURVEY_MAX_BLOCKS]; /* mean square of what was heard over 40 ms */
    float amplitude[SURVEY_MAX_BLOCKS]; /* of one frequency over 40 ms */
    float re[SURVEY_MAX_BLOCKS], im[SURVEY_MAX_BLOCKS], scratch[SURVEY_MAX_BLOCKS];
    struct survey_run runs[SURVEY_MAX_RUNS];
    uint32_t run_count;
    uint32_t votes[SURVEY_HZ_MAX], tail_votes[SURVEY_HZ_MAX]; /* tonal windows, by their Hz */
    float fft_re[SURVEY_FFT_MAX], fft_im[SURVEY_FFT_MAX], spectrum[SURVEY_FFT_MAX];
    float cross_re[SURVEY_FFT_MAX], cross_im[SURVEY_FFT_MAX];
    float sent_power[SURVEY_FFT_MAX], heard_power[SURVEY_FFT_MAX];
};

/* Which runs repeat strictly: the longest stretch that lasts to the end, or the longest that does not.
 * False when there is none worth the name. */
bool survey_find_repeat(const struct survey_run *runs, uint32_t count, bool at_end, struct survey_repeat *out);

/* Of the tones that repeat, what the API tells; false when it is not pure enough to be one. `hz`: of
 * one of its lines, as followed. */
bool survey_describe(struct survey_work *work, const struct survey_repeat *repeat, float hz, audio_survey_tone *tone);
/* Takes the strongest line out of a spectrum of `bins`: its power; `bin` gets its place, in bins. */
float survey_take_peak(float *power, uint32_t low, uint32_t bins, uint32_t lobe, float *bin);

void survey_power(struct survey_work *work);             /* into work->power */
/* The amplitude of one frequency in `samples`, per block, into work->amplitude. */
void survey_follow(struct survey_work *work, const float *samples, float hz);
/* The amplitude it has from block `from` on where it is most of the sound (the upper quartile); 0: hardly ever. */
float survey_usual_amplitude(const struct survey_work *work, uint32_t from);
void survey_runs(struct survey_work *work, float usual); /* into work->runs */
float survey_dbm0(float mean_square);

void survey_tones(struct survey_work *work, audio_survey *out);
/* After the tones; from the sound as it came. */
void survey_levels(struct survey_work *work, const int16_t *interleaved, audio_survey *out);
void survey_echo(struct survey_work *work, audio_survey *out);
#endif
