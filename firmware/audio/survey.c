/* SPDX-License-Identifier: Apache-2.0 */
/* Surveys a stretch of a line's sound after the fact: tones that repeat, levels, hum and echo. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/survey.h"

#define HUM_CUT 0.9F             /* of a one-pole high pass at about 130 Hz: mains hum is no tone */

/* Both directions as floats; what was heard without its offset and deepest hum. */
static void load(struct survey_work *work, const int16_t *interleaved, uint32_t frames)
{
    float before = 0, passed = 0;

    work->frames = frames;
    work->blocks = frames / SURVEY_BLOCK;
    for (uint32_t i = 0; i < frames; i++) {
        const float heard = (float)interleaved[2 * i];
        passed = HUM_CUT * (passed + heard - before);
        before = heard;
        work->heard[i] = passed;
        work->sent[i] = (float)interleaved[2 * i + 1];
    }
}

int audio_survey_call(const int16_t *interleaved, uint32_t frames, audio_survey *out)
{
    if (frames < AUDIO_RATE_HZ / 2 || frames > AUDIO_SURVEY_MAX_FRAMES)
        return -EINVAL;
    struct survey_work *work = malloc(sizeof *work);
    if (work == NULL)
        return -ENOMEM;
    memset(out, 0, sizeof *out);
    survey_turns_init(&work->turns);
    load(work, interleaved, frames);
    survey_tones(work, out);
    survey_levels(work, interleaved, out);
    survey_echo(work, out);
    free(work);
    return 0;
}
