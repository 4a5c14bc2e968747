/* SPDX-License-Identifier: Apache-2.0 */
/* Joins what is heard of call-progress tones into one report each. */
#include "tone_watch.h"

#include <math.h>
#include <string.h>

void tone_watch_init(struct tone_watch *w)
{
    cadence_init(&w->cadence);
}

void tone_watch_patterns(struct tone_watch *w, const audio_tone_pattern *patterns, uint32_t count)
{
    w->count = count < AUDIO_MAX_TONES ? count : AUDIO_MAX_TONES;
    memcpy(w->patterns, patterns, w->count * sizeof *patterns);
}

int tone_watch_feed(struct tone_watch *w, const int16_t *samples, size_t n, struct tone_hit *hit)
{
    const struct cadence_hit found = cadence_feed(&w->cadence, samples, n);

    if (found.kind == CADENCE_NONE)
        return 0;
    *hit = (struct tone_hit){
        .cycles = found.cycles,
        .on_ms = found.on_ms,
        .off_ms = found.off_ms,
        .heard = {.hz = {found.hz, 0}, .level_db10 = found.level_db10},
    };
    return 1;
}
