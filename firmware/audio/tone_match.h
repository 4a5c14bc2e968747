/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a table's tones the bursts heard so far are. */
#ifndef TONE_MATCH_H
#define TONE_MATCH_H
#include <stdint.h>

#include "include/audio_loop.h"
#include "tone_bursts.h"

#define MATCH_BURSTS 32u    /* remembered: whole cycles times phases of any pattern fit */

struct tone_match {
    audio_tone_pattern patterns[AUDIO_MAX_TONES]; /* frequencies rising */
    uint32_t phases[AUDIO_MAX_TONES];             /* of each; 0 = steady */
    uint32_t count;
    struct tone_burst bursts[MATCH_BURSTS];
    uint32_t heard;             /* bursts so far */
    uint32_t told;              /* pattern told last and still going on, by number from 1; 0 = none */
};

void tone_match_patterns(struct tone_match *m, const audio_tone_pattern *patterns, uint32_t count);
/* Forgets what was heard. */
void tone_match_forget(struct tone_match *m);
/* A burst is over: a pattern that ends with it, by number from 1; 0 = none that was not told. */
uint32_t tone_match_closed(struct tone_match *m, const struct tone_burst *burst);
/* The pause after the newest burst is over, too. */
uint32_t tone_match_followed(struct tone_match *m, float off_ms);
/* A burst lasts; `steady_ms` of it exactly the same. */
uint32_t tone_match_steady(struct tone_match *m, const struct tone_burst *burst, float steady_ms);
/* Whether a tone with a rhythm was told and goes on. */
static inline int tone_match_goes_on(const struct tone_match *m)
{
    return m->told != 0;
}
#endif
