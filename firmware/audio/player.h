/* SPDX-License-Identifier: Apache-2.0 */
/* What one port is being played: a list of clips or a tone, and the fade when it is cut off. */
#ifndef PLAYER_H
#define PLAYER_H
#include <stdbool.h>
#include <stdint.h>

#include "audio/include/audio_loop.h"
#include "audio/tone_gen.h"

#define PLAYER_FADE 16u         /* 2 ms */

struct clip { const int16_t *samples; uint32_t frames; };

enum player_source { PLAYER_IDLE, PLAYER_CLIPS, PLAYER_TONE };

struct player {
    enum player_source source;
    uint32_t playback, flags;
    uint32_t clips[AUDIO_MAX_PLAYLIST];
    uint32_t count, index, position;
    uint32_t heard;             /* frames of it so far */
    struct tone_gen tone;
    int16_t fade[PLAYER_FADE];  /* what is still to sound of one that was cut off */
    bool fading;
};

void player_clips(struct player *p, uint32_t playback, const uint32_t *clips, uint32_t count, uint32_t flags);
void player_tone(struct player *p, uint32_t playback, const audio_tone *tone);
/* Fills one tick. True when what was playing has just come to its own end. */
bool player_fill(struct player *p, const struct clip *shelf, int16_t out[AUDIO_TICK_FRAMES]);
/* Nothing plays and nothing fades: a fill would give silence. */
static inline bool player_is_silent(const struct player *p)
{
    return p->source == PLAYER_IDLE && !p->fading;
}
/* Stops now; what would have come next fades out within 2 ms of the next fill. */
void player_cut(struct player *p, const struct clip *shelf);
/* The clip is about to go: stop reading it. */
void player_forget(struct player *p, uint32_t clip);
#endif
