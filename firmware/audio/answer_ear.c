/* SPDX-License-Identifier: Apache-2.0 */
/* Has the called party answered?
 *
 * A voice has a pitch and at the same time a spectrum that moves all the while: a vowel is on its way to
 * the next sound. A tone has a pitch and stands still; noise moves and has no pitch; a note of music moves
 * where it begins and then stands, or fades, still. The spectrum's shape is told by how far each sample goes
 * with the next four, over 20 ms, whatever the level. Where sound begins or ends everything moves: only what
 * has a pitch before and after counts. From one pure tone to another is a melody, and no voice. */
#include "answer_ear.h"

#include <math.h>
#include <string.h>

#define LEAST_POWER 16441.0F    /* -42 dBm0 */
#define OVER_FLOOR 8.0F         /* 9 dB */
#define FLOOR_FIRST 2605.6F     /* -50 dBm0 */
#define FLOOR_LEAST 261.0F
#define FLOOR_RISE 1.005F       /* a hop: 2 dB a second; it falls at once */
#define EDGE 0.05F              /* 13 dB below what was just heard it ends, or is the trough of a modulated tone */
#define MOVES 0.25F              /* the sum of the four changes within 20 ms */
#define MOVES_MOST 1.0F         /* more counts for no more */
#define PURE 0.08F              /* how near to those of one sinusoid the correlations of a single tone are */
#define WINDOW 240u
#define PITCH_SHORT 20u         /* samples: 400 Hz */
#define PITCH_LONG 116u         /* 69 Hz */
#define PITCH_STEP 2u
#define PITCHED 0.5F
#define AROUND 0x3Eu            /* hops that must have a pitch: one after the one that moved, and those before it */
#define FADES 0.975F            /* a hop: 0.4 s */
#define ENOUGH 0.8F
#define LATELY 0xFFFFFFFFFFu    /* 40 hops */
#define PITCHED_LATELY 10       /* of them */
#define NOW 0x7u                /* and the newest three */
#define LINES 0.8F              /* of the power is in two lines of a tone's spectrum; in a voice's there is more */
#define FOUR_LINES 0.95F
#define ALIKE 0.25F             /* 6 dB */
#define LOOK_EACH 3u            /* hops */

static const float *newest(const struct voice_ear *v, uint32_t n)
{
    return v->past + ANSWER_PAST - n;
}

void voice_ear_init(struct voice_ear *v)
{
    memset(v, 0, sizeof *v);
    biquad_init(&v->filter, 0.904859F, -1.809717F, 0.904859F, 1.800645F, -0.818790F); /* high-pass at 180 Hz */
    v->floor = FLOOR_FIRST;
}

void voice_ear_rings(struct voice_ear *v)
{
    v->told = v->voiced = false;
    v->rung = true;
    v->score = 0.0F;
    v->pitched = 0;
    sound_run_init(&v->run);
}

static void take_hop(struct voice_ear *v)
{
    float x[ANSWER_HOP];

    memmove(v->past, v->past + ANSWER_HOP, (ANSWER_PAST - ANSWER_HOP) * sizeof *v->past);
    floats_from_samples(x, v->samples, ANSWER_HOP);
    for (uint32_t i = 0; i < ANSWER_HOP; i += 4)
        quad_put(v->past + ANSWER_PAST - ANSWER_HOP + i, biquad_run(&v->filter, quad_at(x + i)));
    biquad_drop_dregs(&v->filter);
}

static float product(const float *a, const float *b, uint32_t n)
{
    quad sum = {0};

    for (uint32_t i = 0; i < n; i += 4)
        sum += quad_at(a + i) * quad_at(b + i);
    return quad_sum(sum);
}

/* How far the shape moved in 20 ms. */
static float movement(struct voice_ear *v)
{
    const float *x = newest(v, ANSWER_HOP);
    float moved = 0.0F;

    memcpy(v->lag[1], v->lag[0], sizeof v->lag[1]);
    for (uint32_t k = 0; k <= ANSWER_SHAPE; k++)
        v->lag[0][k] = product(x, x - k, ANSWER_HOP);
    memmove(v->shape[1], v->shape[0], 2 * sizeof v->shape[0]);
    float energy = v->lag[0][0] + v->lag[1][0] + 1.0F;
    for (uint32_t k = 0; k < ANSWER_SHAPE; k++) {
        v->shape[0][k] = (v->lag[0][k + 1] + v->lag[1][k + 1]) / energy;
        moved += fabsf(v->shape[0][k] - v->shape[2][k]);
    }
    memmove(v->power + 1, v->power, (ANSWER_LOUDEST - 1) * sizeof *v->power);
    v->power[0] = v->lag[0][0] / (float)ANSWER_HOP;
    return moved;
}

/* One frequency alone: from one such to the next is a melody, or special information, and no voice. */
static bool is_pure(const float *shape)
{
    return fabsf(shape[1] - (2.0F * shape[0] * shape[0] - 1.0F)) < PURE;
}

/* Whether the last 30 ms repeat themselves with a period of a voice. */
static bool has_pitch(const struct voice_ear *v)
{
    const float *x = newest(v, WINDOW);
    float energy = product(x, x, WINDOW) + 1.0F;
    float earlier = product(x - PITCH_SHORT, x - PITCH_SHORT, WINDOW) + 1.0F;

    for (uint32_t lag = PITCH_SHORT; lag <= PITCH_LONG; lag += PITCH_STEP) {
        float alike = product(x, x - lag, WINDOW);
        if (alike > 0.0F && alike * alike > PITCHED * PITCHED * energy * earlier)
            return true;
        for (uint32_t i = 1; i <= PITCH_STEP; i++) { /* the window one lag further back */
            float in = x[-(int32_t)(lag + i)], out = x[(int32_t)WINDOW - (int32_t)(lag + i)];
            earlier += in * in - out * out;
        }
    }
    return false;
}

static bool is_loud(struct voice_ear *v)
{
    float high = 0.0F;

    for (uint32_t i = 1; i < ANSWER_LOUDEST; i++)
        high = fmaxf(high, v->power[i]);
    v->floor = fmaxf(FLOOR_LEAST, fminf(v->floor * FLOOR_RISE, v->power[0]));
    float least = fmaxf(LEAST_POWER, OVER_FLOOR * v->floor);
    return v->power[0] >= least && v->power[0] >= EDGE * high;
}

/* Whether two lines are most of the last 64 ms' spectrum, or four alike are: the howler. */
static bool is_tone(const struct voice_ear *v)
{
    int16_t samples[TONE_LONG];
    struct tone_peaks peaks;

    for (uint32_t i = 0; i < TONE_LONG; i++)
        samples[i] = (int16_t)fmaxf(-32768.0F, fminf(32767.0F, v->past[i]));
    tone_spectrum_peaks(samples, TONE_LONG, &peaks);
    float two = peaks.power[0] + peaks.power[1], four = two + peaks.power[2] + peaks.power[3];
    bool alike = peaks.power[3] >= ALIKE * peaks.power[0];
    return two >= LINES * peaks.total || (alike && four >= FOUR_LINES * peaks.total);
}

/* Sound with a pitch for a while whose spectrum is no tone's. Looked at until there is one. */
static bool is_voiced(struct voice_ear *v)
{
    if ((v->pitched & NOW) != NOW || __builtin_popcountll(v->pitched & LATELY) < PITCHED_LATELY)
        return false;
    if (v->next_look > 0) {
        v->next_look--;
        return false;
    }
    v->next_look = LOOK_EACH - 1;
    return !is_tone(v);
}

static uint32_t hear_hop(struct voice_ear *v)
{
    take_hop(v);
    float moved = movement(v);
    bool loud = is_loud(v);
    v->pitched = v->pitched << 1 | (loud && has_pitch(v));
    memmove(v->moved + 1, v->moved, 2 * sizeof *v->moved);
    v->moved[0] = is_pure(v->shape[0]) || is_pure(v->shape[2]) ? 0.0F : moved;
    moved = v->moved[2]; /* with the voice going on before and after */
    bool speaks = moved > MOVES && (v->pitched & AROUND) == AROUND;

    v->score = v->score * FADES + (speaks ? fminf(moved, MOVES_MOST) : 0.0F);
    sound_run_hop(&v->run, v->power[0], loud);
    if (v->run.hops == 0)
        v->voiced = false;
    else if (!v->voiced && !v->told)
        v->voiced = v->score >= ENOUGH || is_voiced(v);
    if (v->told || !v->voiced || !(v->rung || sound_run_is_speech(&v->run)))
        return 0;
    v->told = true;
    return 10 * (v->run.hops < RUN_HOPS ? v->run.hops + 1 : RUN_HOPS);
}

uint32_t voice_ear_feed(struct voice_ear *v, const int16_t *samples, uint32_t n)
{
    uint32_t heard = 0;

    while (n > 0) {
        uint32_t room = ANSWER_HOP - v->filled, part = n < room ? n : room;
        memcpy(v->samples + v->filled, samples, part * sizeof *samples);
        v->filled += part;
        samples += part;
        n -= part;
        if (v->filled < ANSWER_HOP)
            break;
        v->filled = 0;
        uint32_t ms = hear_hop(v);
        heard = ms > 0 ? ms : heard;
    }
    return heard;
}
