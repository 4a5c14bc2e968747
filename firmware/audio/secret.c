/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps touch tones out of what is recorded: says which of the newest frames to blank.
 *
 * This is no key detector: it must not miss what somebody could still decode, and a false alarm
 * costs a moment of the recording only. Two Hann windows look at the tones of ITU-T Q.23 every 5 ms:
 * 10 ms long for a pair that is most of the sound, be it as short as 5 ms; 25 ms long for a pair
 * that stands under other sound. Both sides are blanked together
 * and for a while longer, as the tone comes back from the other side's hybrid. */
#include "secret.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "biquad.h"

#define TONES 8
#define SHORT 80                 /* 10 ms */
#define LONG SECRET_WINDOW
#define LINGER 8000u             /* 1 s: a key that ends the asking is still held down */
#define FLOOR 261.0F             /* mean square of -60 dBm0, ITU-T G.711 */
#define SHORT_SHARE 0.5F         /* of the window's energy in the pair */
#define LONG_SHARE 0.2F
#define TWIST 50.0F              /* 17 dB between the two tones, either way */
#define NEIGHBOUR 3.0F           /* energy over the next strongest tone of its group */
#define STEADY_HOPS 4
#define BRIEF_BACK 160u          /* 20 ms: the short window's length twice */
#define BRIEF_HOLD 400u          /* 50 ms after what was too short to be a key */
#define SURE_RUN 3u              /* blocks in a row that make it one: 30 ms */

/* A pair of tones in a window: powers as mean squares. */
struct pair { int low, high; float low_power, high_power; bool stands_out; };

struct window_tables { float window[LONG], cosine[TONES][LONG], sine[TONES][LONG], sum; };

static struct { pthread_once_t once; struct window_tables small, large; } tables = {.once = PTHREAD_ONCE_INIT};

static void window_make(struct window_tables *t, int n)
{
    static const float hz[TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};

    for (int i = 0; i < n; i++) {
        t->window[i] = 0.5F - 0.5F * cosf(6.2831853F * ((float)i + 0.5F) / (float)n);
        t->sum += t->window[i];
        for (int k = 0; k < TONES; k++) {
            const float turn = 6.2831853F / 8000.0F * hz[k] * (float)i;
            t->cosine[k][i] = t->window[i] * cosf(turn);
            t->sine[k][i] = t->window[i] * sinf(turn);
        }
    }
}

static void tables_make(void)
{
    window_make(&tables.small, SHORT);
    window_make(&tables.large, LONG);
}

static void ear_init(struct secret_ear *ear)
{
    memset(ear, 0, sizeof *ear);
    ear->low = -1;
}

void secret_init(struct secret *s)
{
    pthread_once(&tables.once, tables_make);
    memset(s, 0, sizeof *s);
    ear_init(&s->ears[0]);
    ear_init(&s->ears[1]);
}

static float mean_square(const struct window_tables *t, const float *x, int n)
{
    quad sum = {0};

    for (int i = 0; i < n; i += 4)
        sum += quad_at(t->window + i) * quad_at(x + i) * quad_at(x + i);
    return quad_sum(sum) / t->sum;
}

static float tone_power(const struct window_tables *t, int tone, const float *x, int n)
{
    quad re = {0}, im = {0};

    for (int i = 0; i < n; i += 4) {
        re += quad_at(t->cosine[tone] + i) * quad_at(x + i);
        im += quad_at(t->sine[tone] + i) * quad_at(x + i);
    }
    const float c = quad_sum(re), s = quad_sum(im);
    return 2.0F * (c * c + s * s) / (t->sum * t->sum);
}

/* The strongest of four; `stands_out` turns false when another comes near. */
static int strongest(const float *power, bool *stands_out)
{
    int best = 0;

    for (int i = 1; i < 4; i++)
        best = power[i] > power[best] ? i : best;
    for (int i = 0; i < 4; i++)
        if (i != best && power[i] * NEIGHBOUR > power[best])
            *stands_out = false;
    return best;
}

static struct pair pair_measure(const struct window_tables *t, const float *x, int n)
{
    struct pair pair = {.stands_out = true};
    float power[TONES];

    for (int k = 0; k < TONES; k++)
        power[k] = tone_power(t, k, x, n);
    pair.low = strongest(power, &pair.stands_out);
    pair.high = strongest(power + 4, &pair.stands_out);
    pair.low_power = power[pair.low];
    pair.high_power = power[4 + pair.high];
    return pair;
}

static bool is_pair(const struct pair *pair, float energy, float share)
{
    const float low = pair->low_power, high = pair->high_power;

    return low + high >= share * energy && low * TWIST >= high && high * TWIST >= low;
}

/* The same pair for some hops, though it is a small part of the sound. */
static bool long_suspects(struct secret_ear *ear)
{
    const float energy = mean_square(&tables.large, ear->past, LONG);

    if (energy < FLOOR) {
        ear->low = -1;
        return false;
    }
    const struct pair pair = pair_measure(&tables.large, ear->past, LONG);
    if (!pair.stands_out || !is_pair(&pair, energy, LONG_SHARE)) {
        ear->low = -1;
        return false;
    }
    ear->steady = ear->low == pair.low && ear->high == pair.high ? ear->steady + 1 : 1;
    ear->low = pair.low;
    ear->high = pair.high;
    return ear->steady >= STEADY_HOPS;
}

enum secret_suspicion secret_ear_hop(struct secret_ear *ear, const int16_t *samples)
{
    const float *newest = ear->past + LONG - SHORT;

    memmove(ear->past, ear->past + SECRET_HOP, (LONG - SECRET_HOP) * sizeof *ear->past);
    floats_from_samples(ear->past + LONG - SECRET_HOP, samples, SECRET_HOP);
    if (long_suspects(ear))
        return SECRET_SURE;
    const float energy = mean_square(&tables.small, newest, SHORT);
    if (energy < FLOOR)
        return SECRET_NOTHING;
    const struct pair pair = pair_measure(&tables.small, newest, SHORT);
    return is_pair(&pair, energy, SHORT_SHARE) ? SECRET_MAYBE : SECRET_NOTHING;
}

static enum secret_suspicion block_judge(struct secret *s, const int16_t *left, const int16_t *right)
{
    enum secret_suspicion most = SECRET_NOTHING;

    for (int at = 0; at < SECRET_BLOCK; at += SECRET_HOP) {
        const enum secret_suspicion l = secret_ear_hop(&s->ears[0], left + at);
        const enum secret_suspicion r = secret_ear_hop(&s->ears[1], right + at);
        most = l > most ? l : most;
        most = r > most ? r : most;
    }
    return most;
}

/* The block is suspect: how far back to blank, and for how long to go on. */
static uint32_t suspect_block(struct secret *s, enum secret_suspicion suspicion)
{
    s->run++;
    const uint32_t hold = suspicion == SECRET_SURE || s->run >= SURE_RUN ? SECRET_HOLD : BRIEF_HOLD;
    s->hold = hold > s->hold ? hold : s->hold;
    s->linger = s->linger < SECRET_HOLD ? SECRET_HOLD : s->linger;
    s->awake = true;
    return SECRET_BLOCK + (suspicion == SECRET_SURE ? SECRET_BACK : BRIEF_BACK);
}

uint32_t secret_feed(struct secret *s, bool asked, const int16_t *left, const int16_t *right)
{
    if (asked)
        s->linger = LINGER;
    if (s->linger == 0)
        return 0;
    if (!s->awake) {
        ear_init(&s->ears[0]);
        ear_init(&s->ears[1]);
    }
    s->linger -= SECRET_BLOCK;
    s->awake = s->linger > 0;
    const enum secret_suspicion suspicion = block_judge(s, left, right);
    if (suspicion != SECRET_NOTHING)
        return suspect_block(s, suspicion);
    s->run = 0;
    if (s->hold == 0)
        return 0;
    s->hold -= SECRET_BLOCK;
    return SECRET_BLOCK;
}
