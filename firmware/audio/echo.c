/* SPDX-License-Identifier: Apache-2.0 */
/* The echo canceller's lines of samples, its alignment, and how its work is shared out over the samples heard. */
#include "audio/echo.h"

#include <string.h>

#include "audio/g711.h"

#define MASK (ECHO_LINE - 1u)
#define LEAD 48u                /* taps before the echo's beginning: 6 ms */
#define HALF_FRAME 40           /* a count of played samples may waver by less */
#define EARLY 160u              /* how much earlier than counted a sample may have been played: 20 ms */
#define SETTLE (ECHO_TAPS + 80u) /* after a jump of the device: what it played meanwhile is not known */
#define REPLAY 6000u            /* samples learnt again once the delay is known: 750 ms */
#define SAMPLES_A_STEP 40u      /* at most one learning step and one finder step for so many samples heard */
#define PATIENT_LOOKS 40u       /* without a result, after which looks become rare */
#define RARE_FRAMES 8000u
#define PLACE_BEFORE 40         /* samples by which an echo may move and still be met by the taps */
#define PLACE_AFTER 64
#define SUSPECT_STEPS 16u       /* learning steps in a row that left most of the echo */
#define PROVEN_STEPS 62u        /* of learning, 1 s: earlier there is nothing to doubt */
#define FULL_SCALE 32768.0f

void echo_init(struct echo *e, const struct echo_tables *tables)
{
    memset(e, 0, sizeof *e);
    e->tables = tables;
    echo_restart(e, false);
}

void echo_restart(struct echo *e, bool follows)
{
    e->follows = follows;
    e->news = e->aligned ? ECHO_LOST : e->news;
    e->aligned = e->anchored = e->searching = false;
    memset(e->sent_line, 0, sizeof e->sent_line);
    memset(e->near_line, 0, sizeof e->near_line);
    memset(e->left, 0, sizeof e->left);
    e->sent = e->heard = e->learned = e->since = 0;
    e->learn_credit = e->find_credit = 0;
    echo_filter_reset(&e->filter, 0.1f);
}

void echo_sent(struct echo *e, const uint8_t *codes, uint32_t n)
{
    for (uint32_t i = 0; i < n && !e->off; i++)
        e->sent_line[(e->sent + i) & MASK] = ulaw_decode(codes[i]);
    e->sent += n;
}

void echo_sent_linear(struct echo *e, const int16_t *samples, uint32_t n)
{
    for (uint32_t i = 0; i < n && !e->off; i++)
        e->sent_line[(e->sent + i) & MASK] = samples[i];
    e->sent += n;
}

/* A jump of the device's playout is followed at once: the echo path is the same, only later or earlier. */
void echo_played(struct echo *e, uint32_t played, uint32_t n)
{
    uint32_t anchor = played + EARLY - (e->heard + n);
    int32_t jump = (int32_t)(anchor - e->anchor);

    if (e->anchored && jump < HALF_FRAME && jump > -HALF_FRAME)
        return;
    e->anchor = anchor;
    if (e->anchored) {
        e->origin += (uint32_t)jump;
        e->learned = e->since = e->heard + SETTLE;
        e->searching = false;
    }
    e->anchored = true;
}

void echo_skip(struct echo *e, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        e->near_line[(e->heard + i) & MASK] = 0;
    e->heard += n;
    e->learned = e->since = e->heard;
}

/* n samples of a line from index `first` on. */
static void copy_line(const int16_t *line, uint32_t first, int16_t *out, uint32_t n)
{
    uint32_t at = first & MASK;
    uint32_t straight = ECHO_LINE - at < n ? ECHO_LINE - at : n;

    memcpy(out, line + at, straight * sizeof *out);
    memcpy(out + straight, line, (n - straight) * sizeof *out);
}

/* n reference samples from `first` on; what was not written yet is silence. False when all of it is older than the
 * line holds, or not written. */
static bool copy_sent(const struct echo *e, uint32_t first, int16_t *out, uint32_t n)
{
    int32_t written = (int32_t)(e->sent - first);

    memset(out, 0, n * sizeof *out);
    if (written <= 0 || written > (int32_t)ECHO_LINE)
        return false;
    copy_line(e->sent_line, first, out, (uint32_t)written < n ? (uint32_t)written : n);
    return true;
}

static void to_floats(const int16_t *samples, float *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = (float)samples[i] * (1.0f / FULL_SCALE);
}

/* Up to ECHO_WINDOW reference samples from `first` on. False when all are silent. */
static bool fetch_reference(const struct echo *e, uint32_t first, float *out, uint32_t n)
{
    int16_t samples[ECHO_WINDOW];
    int16_t loud = 0;

    if (!copy_sent(e, first, samples, n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        loud |= samples[i];
    if (loud == 0)
        return false;
    to_floats(samples, out, n);
    return true;
}

static void fetch_near(const struct echo *e, uint32_t first, float *out, uint32_t n)
{
    int16_t samples[ECHO_WINDOW];

    copy_line(e->near_line, first, samples, n);
    to_floats(samples, out, n);
}

/* What the foreground leaves now of near samples heard before. */
static void filter_again(const struct echo *e, uint32_t first, const float *reference, const float *near, float *left)
{
    const float *older = reference + ECHO_WINDOW - ECHO_HOP - (ECHO_TAPS - 1);

    if (e->heard - first <= 2 * ECHO_HOP) {
        for (uint32_t i = 0; i < ECHO_HOP; i++)
            left[i] = e->left[(first + i) % (2 * ECHO_HOP)];
        return;
    }
    echo_filter_run(&e->filter, older, near, left, 64);
    echo_filter_run(&e->filter, older + 64, near + 64, left + 64, ECHO_HOP - 64);
}

/* Another handset was lifted, or somebody speaks: the background learns what was just heard again, from doubt. */
static void doubt(struct echo *e)
{
    uint32_t held = e->learned - e->since, again = SUSPECT_STEPS * ECHO_HOP;

    e->filter.poor_steps++; /* once for one stretch */
    echo_filter_doubt(&e->filter, e->filter.near_power / (e->filter.reference_power + 1e-9f));
    e->learned -= again < held ? again : 0;
}

static void learn(struct echo *e)
{
    float reference[ECHO_WINDOW], near[ECHO_HOP], left[ECHO_HOP];
    uint32_t first = e->learned;

    e->learned += ECHO_HOP;
    if (!fetch_reference(e, first + e->origin + ECHO_HOP - ECHO_WINDOW, reference, ECHO_WINDOW))
        return;
    fetch_near(e, first, near, ECHO_HOP);
    filter_again(e, first, reference, near, left);
    echo_filter_learn(&e->filter, e->tables, reference, near, left);
    if (e->filter.poor_steps == SUSPECT_STEPS && e->filter.steps > PROVEN_STEPS)
        doubt(e);
}

static void begin_search(struct echo *e)
{
    e->searching = true;
    e->search_anchor = e->follows ? e->anchor : e->sent + EARLY - e->heard;
    e->look_at = (int32_t)(e->since - e->heard) > 0 ? e->since + ECHO_NEAR_FRAMES : e->heard;
    echo_delay_reset(&e->delay);
}

static void look(struct echo *e)
{
    int16_t reference[ECHO_REFERENCE_FRAMES], near[ECHO_NEAR_FRAMES];
    uint32_t first = e->heard - ECHO_NEAR_FRAMES;
    uint32_t first_sent = e->heard + e->search_anchor - ECHO_REFERENCE_FRAMES;

    copy_line(e->near_line, first, near, ECHO_NEAR_FRAMES);
    e->look_at = e->heard + (e->delay.looks > PATIENT_LOOKS ? RARE_FRAMES : ECHO_NEAR_FRAMES);
    if (e->delay.agreed == 0)
        e->look_began = first;
    if (copy_sent(e, first_sent, reference, ECHO_REFERENCE_FRAMES))
        echo_delay_look(&e->delay, reference, near);
}

/* Power heard against power sent, in the samples that are about to be learnt. */
static float coupling(const struct echo *e)
{
    float reference[ECHO_HOP], near[ECHO_HOP], sent = 1e-9f, heard = 0.0f;

    for (uint32_t at = e->learned; (int32_t)(e->heard - at) >= (int32_t)ECHO_HOP; at += ECHO_HOP) {
        if (!fetch_reference(e, at + e->origin - LEAD, reference, ECHO_HOP))
            continue;
        fetch_near(e, at, near, ECHO_HOP);
        for (uint32_t i = 0; i < ECHO_HOP; i++) {
            sent += reference[i] * reference[i];
            heard += near[i] * near[i];
        }
    }
    return heard / sent;
}

/* The delay is known: what the lines hold is learnt again from where it holds. */
static void align(struct echo *e)
{
    uint32_t origin = e->search_anchor - (uint32_t)e->delay.lag + LEAD;
    int32_t moved = (int32_t)(origin - e->origin);

    e->searching = false;
    if (e->aligned && moved < PLACE_BEFORE && moved > -PLACE_AFTER)
        return; /* the path changed, or somebody speaks: the background sees to it */
    uint32_t replay = e->aligned ? e->heard - e->look_began : REPLAY;
    uint32_t held = e->heard - e->since;
    e->origin = origin;
    e->learned = e->heard - (replay < held ? replay : held);
    e->aligned = true;
    e->news = ECHO_ALIGNED;
    echo_filter_reset(&e->filter, coupling(e));
}

/* Looks for the delay while it is unknown or doubtful. */
static void find_delay(struct echo *e)
{
    bool doubtful = !e->aligned || e->filter.poor_steps >= SUSPECT_STEPS;

    if (!e->searching && (!doubtful || (e->follows && !e->anchored)))
        return;
    if (!e->searching)
        begin_search(e);
    if (!echo_delay_is_idle(&e->delay)) {
        echo_delay_step(&e->delay, e->tables);
        if (!e->delay.fresh)
            return;
        if (echo_delay_is_found(&e->delay, e->filter.converged ? 3 : 2))
            align(e);
        else if (!doubtful)
            e->searching = false;
        return;
    }
    if ((int32_t)(e->heard - e->look_at) >= 0 && e->heard - e->since >= ECHO_NEAR_FRAMES)
        look(e);
}

static void work(struct echo *e, uint32_t n)
{
    e->learn_credit += n;
    e->find_credit += n;
    for (; e->find_credit >= SAMPLES_A_STEP; e->find_credit -= SAMPLES_A_STEP)
        find_delay(e);
    for (; e->learn_credit >= SAMPLES_A_STEP; e->learn_credit -= SAMPLES_A_STEP)
        if (e->aligned && (int32_t)(e->heard - e->learned) >= (int32_t)ECHO_HOP)
            learn(e);
}

static int16_t to_sample(float x)
{
    float y = x * FULL_SCALE;

    if (y > 32767.0f)
        return 32767;
    if (y < -32768.0f)
        return -32768;
    return (int16_t)(y < 0.0f ? y - 0.5f : y + 0.5f);
}

/* At most ECHO_MAX_BLOCK samples. */
static void cancel_block(struct echo *e, int16_t *samples, uint32_t n)
{
    float reference[ECHO_HISTORY], near[ECHO_MAX_BLOCK], left[ECHO_MAX_BLOCK];
    bool sounds = e->aligned && fetch_reference(e, e->heard + e->origin - (ECHO_TAPS - 1), reference, ECHO_TAPS - 1 + n);

    for (uint32_t i = 0; i < n; i++) {
        e->near_line[(e->heard + i) & MASK] = samples[i];
        near[i] = (float)samples[i] * (1.0f / FULL_SCALE);
    }
    if (sounds)
        echo_filter_run(&e->filter, reference, near, left, n);
    for (uint32_t i = 0; i < n; i++) {
        e->left[(e->heard + i) % (2 * ECHO_HOP)] = sounds ? left[i] : near[i];
        samples[i] = sounds ? to_sample(left[i]) : samples[i];
    }
    e->heard += n;
    work(e, n);
}

void echo_cancel(struct echo *e, int16_t *samples, uint32_t n)
{
    if (e->off)
        return;
    for (uint32_t at = 0; at < n; at += ECHO_MAX_BLOCK)
        cancel_block(e, samples + at, n - at < ECHO_MAX_BLOCK ? n - at : ECHO_MAX_BLOCK);
}

int32_t echo_delay_ms(const struct echo *e)
{
    uint32_t played = e->heard + e->origin - LEAD; /* the reference sample whose echo begins now */

    return e->aligned ? (int32_t)(e->sent - played) / 8 : 0;
}

bool echo_is_cancelled(const struct echo *e)
{
    return e->aligned && e->filter.converged && e->filter.fore_energy * 10.0f < e->filter.near_energy;
}
