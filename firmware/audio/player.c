/* SPDX-License-Identifier: Apache-2.0 */
/* What one port is being played: a list of clips or a tone. */
#include "audio/player.h"

#include <string.h>

#define NO_CLIP UINT32_MAX

void player_clips(struct player *p, uint32_t playback, const uint32_t *clips, uint32_t count, uint32_t flags)
{
    p->source = PLAYER_CLIPS;
    p->playback = playback;
    p->flags = flags;
    p->count = count;
    memcpy(p->clips, clips, count * sizeof *clips);
    p->index = 0;
    p->position = 0;
    p->heard = 0;
}

void player_tone(struct player *p, uint32_t playback, const audio_tone *tone)
{
    p->source = PLAYER_TONE;
    p->playback = playback;
    p->flags = 0;
    p->heard = 0;
    tone_gen_init(&p->tone, tone);
}

/* The next n samples of the clips; fewer at the end of the list. */
static uint32_t read_clips(struct player *p, const struct clip *shelf, int16_t *out, uint32_t n)
{
    uint32_t done = 0, empty = 0; /* `empty` ends a repeated list that has nothing in it */

    while (done < n && empty <= p->count) {
        if (p->index >= p->count) {
            if (!(p->flags & AUDIO_REPEAT) || p->count == 0)
                break;
            p->index = 0;
            p->position = 0;
        }
        uint32_t id = p->clips[p->index];
        const struct clip *clip = id == NO_CLIP ? NULL : &shelf[id];
        if (clip == NULL || clip->samples == NULL || p->position >= clip->frames) {
            p->index++;
            p->position = 0;
            empty++;
            continue;
        }
        uint32_t part = clip->frames - p->position < n - done ? clip->frames - p->position : n - done;
        memcpy(out + done, clip->samples + p->position, part * sizeof *out);
        p->position += part;
        done += part;
        empty = 0;
    }
    return done;
}

/* True when nothing follows the samples already read, so that the end is told in the tick it is heard. */
static bool clips_are_over(const struct player *p, const struct clip *shelf)
{
    if (p->flags & AUDIO_REPEAT)
        return false;
    for (uint32_t i = p->index, position = p->position; i < p->count; i++, position = 0) {
        uint32_t id = p->clips[i];
        if (id != NO_CLIP && shelf[id].samples != NULL && position < shelf[id].frames)
            return false;
    }
    return true;
}

/* Renders n samples; true when the source ended within or right after them. */
static bool render(struct player *p, const struct clip *shelf, int16_t *out, uint32_t n)
{
    bool over = false;
    uint32_t done = n;

    if (p->source == PLAYER_CLIPS) {
        done = read_clips(p, shelf, out, n);
        memset(out + done, 0, (n - done) * sizeof *out);
        over = done < n || clips_are_over(p, shelf);
    } else if (p->source == PLAYER_TONE) {
        over = !tone_gen_fill(&p->tone, out, n);
        if (p->tone.limit_frames > 0 && p->heard + n > p->tone.limit_frames)
            done = p->tone.limit_frames - p->heard;
    } else {
        memset(out, 0, n * sizeof *out);
    }
    p->heard += done;
    return over;
}

static int16_t add_saturating(int16_t a, int16_t b)
{
    int32_t sum = a + b;
    return (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
}

bool player_fill(struct player *p, const struct clip *shelf, int16_t out[AUDIO_TICK_FRAMES])
{
    bool over = render(p, shelf, out, AUDIO_TICK_FRAMES);

    if (p->fading) {
        for (uint32_t i = 0; i < PLAYER_FADE; i++)
            out[i] = add_saturating(out[i], p->fade[i]);
        p->fading = false;
    }
    if (over)
        p->source = PLAYER_IDLE;
    return over;
}

void player_cut(struct player *p, const struct clip *shelf)
{
    uint32_t heard = p->heard;

    if (p->source == PLAYER_IDLE)
        return;
    int16_t next[PLAYER_FADE];
    render(p, shelf, next, PLAYER_FADE);
    for (uint32_t i = 0; i < PLAYER_FADE; i++) {
        int32_t faded = next[i] * (int32_t)(PLAYER_FADE - i) / (int32_t)(PLAYER_FADE + 1);
        p->fade[i] = p->fading ? add_saturating(p->fade[i], (int16_t)faded) : (int16_t)faded;
    }
    p->heard = heard;
    p->fading = true;
    p->source = PLAYER_IDLE;
}

void player_forget(struct player *p, uint32_t clip)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->clips[i] == clip)
            p->clips[i] = NO_CLIP;
}
