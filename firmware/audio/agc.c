/* SPDX-License-Identifier: Apache-2.0 */
/* Automatic level of one leg: slowly towards -20 dBm0 of active speech.
 *
 * The gain moves only while somebody speaks: in pauses, noise and tones it stands still, so nothing
 * pumps. It is at most 12 dB either way, and given back in the same block where it would clip. */
#include "agc.h"

#include <math.h>

#include "biquad.h"

#define TARGET 2605588.0F        /* -20 dBm0 */
#define GAIN_MOST 3.98F          /* 12 dB */
#define GAIN_LEAST 0.2512F
#define UP 1.0057730F            /* a block: 5 dB a second */
#define DOWN 0.9772372F          /* 20 dB a second */
#define MOVES_AT 1.19F           /* 1.5 dB off: it moves, until it is 0.3 dB off */
#define RESTS_AT 1.035F
#define SAME 1.25F               /* 1 dB between two blocks */
#define TONE_BLOCKS 4u
#define FIRST_BLOCKS 50u         /* half a second of speech before anything moves */
#define MEMORY_BLOCKS 200u       /* 2 s of speech */
#define PEAK_MOST 29000.0F
#define RECOVER 1.0471285F       /* a block: 40 dB a second, after a peak */

void agc_init(struct agc *a)
{
    *a = (struct agc){.gain = 1.0F, .applied = 1.0F};
    voice_gate_init(&a->gate);
}

static float block_power(const int16_t *samples, float *peak)
{
    float x[AGC_BLOCK];
    quad squares = {0};

    floats_from_samples(x, samples, AGC_BLOCK);
    for (int i = 0; i < AGC_BLOCK; i += 4)
        squares += quad_at(x + i) * quad_at(x + i);
    *peak = (float)peak_of_samples(samples, AGC_BLOCK);
    return quad_sum(squares) / AGC_BLOCK;
}

/* Speech changes from one 10 ms to the next; a tone, a key's pair of tones too, does not. */
static bool is_speech(struct agc *a, float power)
{
    voice_gate_feed(&a->gate, power);
    const bool same = power < a->last_power * SAME && a->last_power < power * SAME;
    a->steady_blocks = same && a->gate.voice ? a->steady_blocks + 1 : 0;
    a->last_power = power;
    return a->gate.hang > 0 && a->steady_blocks < TONE_BLOCKS;
}

static void follow_level(struct agc *a, float power)
{
    if (a->speech_blocks < MEMORY_BLOCKS)
        a->speech_blocks++;
    a->level += (power - a->level) / (float)a->speech_blocks;
}

static void move_gain(struct agc *a)
{
    const float wanted = fminf(fmaxf(sqrtf(TARGET / (a->level + 1.0F)), GAIN_LEAST), GAIN_MOST);
    const float off = wanted > a->gain ? wanted / a->gain : a->gain / wanted;

    a->moving = off > (a->moving ? RESTS_AT : MOVES_AT);
    if (a->moving)
        a->gain = wanted > a->gain ? fminf(a->gain * UP, wanted) : fmaxf(a->gain * DOWN, wanted);
}

/* From one gain to the next within the block; at once where the old one would clip. */
static void give_gain(int16_t *samples, float from, float to, float peak)
{
    const float begin = from * peak > PEAK_MOST ? to : from;
    const float step = (to - begin) / AGC_BLOCK;

    for (int i = 0; i < AGC_BLOCK; i++) {
        const float y = (float)samples[i] * (begin + step * (float)(i + 1));
        samples[i] = (int16_t)((int)(y + 32768.5F) - 32768); /* nearest: what is cut off is positive */
    }
}

void agc_run(struct agc *a, int16_t *samples)
{
    float peak;
    const float power = block_power(samples, &peak);

    if (is_speech(a, power)) {
        follow_level(a, power);
        if (a->gate.voice && a->speech_blocks >= FIRST_BLOCKS)
            move_gain(a);
    }
    float give = fminf(a->gain, a->applied * RECOVER);
    if (give * peak > PEAK_MOST && give > GAIN_LEAST)
        give = fmaxf(PEAK_MOST / peak, fminf(1.0F, give)); /* what came loud may leave as loud */
    const float from = a->applied;
    a->applied = give;
    if (from != 1.0F || give != 1.0F)
        give_gain(samples, from, give, peak);
}
