/* SPDX-License-Identifier: Apache-2.0 */
/* Has the called party answered? Speech, told from tones, noise and most music; and ringback that has ended. */
#ifndef ANSWER_EAR_H
#define ANSWER_EAR_H
#include <stdbool.h>
#include <stdint.h>

#include "biquad.h"
#include "sound_run.h"
#include "tone_watch.h"

#define ANSWER_HOP 80u          /* samples: 10 ms */
#define ANSWER_PAST TONE_LONG   /* samples kept: a spectrum's; more than a window of 30 ms and the longest pitch period */
#define ANSWER_LOUDEST 8u       /* hops whose power is kept */
#define ANSWER_SHAPE 4u         /* correlations from sample to sample that tell the shape of the spectrum */

struct voice_ear {
    struct biquad filter;
    float past[ANSWER_PAST];    /* filtered, newest last */
    float lag[2][ANSWER_SHAPE + 1]; /* sums of the newest hop and the one before */
    float shape[3][ANSWER_SHAPE];   /* of the last 20 ms; newest first */
    float power[ANSWER_LOUDEST];             /* of the newest hops, newest first */
    float floor;                /* power of what is heard when nobody speaks */
    float score;
    float moved[3];             /* newest first */
    uint64_t pitched;           /* bit n: so many hops ago a pitch was heard */
    struct sound_run run;
    bool voiced;                /* there is a voice, or music, in what sounds */
    bool rung;                  /* ringback was heard before */
    uint32_t next_look;         /* hops until the spectrum is worth another look */
    bool told;
    int16_t samples[ANSWER_HOP];
    uint32_t filled;
};

void voice_ear_init(struct voice_ear *v);
/* It rings: what spoke so far was not who was called, and whatever sounds next and is no tone is. */
void voice_ear_rings(struct voice_ear *v);
/* ms of speech so far, once; else 0. Without ringback before it, continuous music is none. */
uint32_t voice_ear_feed(struct voice_ear *v, const int16_t *samples, uint32_t n);

struct ringback_ear {
    uint32_t pattern;           /* that was told, by its id; 0 = none */
    uint32_t wait_ms;           /* without a burst of it until it is over */
    uint32_t since_ms;          /* its last burst, as far as that is known */
    uint32_t pause_ms, burst_ms; /* the shortest of its cadence */
    float last_end;             /* of the burst that was last judged */
    bool rings;                 /* a burst of it sounds */
    bool cut;                   /* its last burst ended before its time, after a whole pause: no pause is waited for */
    bool over;                  /* told: only a whole cadence begins it anew */
};

void ringback_ear_init(struct ringback_ear *r);
/* After `tones` was fed `ms`: `hit` is what it told, or NULL. Ms since the last burst, once it is over; else 0. */
uint32_t ringback_ear_follow(struct ringback_ear *r, const struct tone_watch *tones, const struct tone_hit *hit, uint32_t ms);
#endif
