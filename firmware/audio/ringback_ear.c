/* SPDX-License-Identifier: Apache-2.0 */
/* Ringback that was told and misses its next burst, or stops within one: the exchange has connected the call, or
 * given it up. */
#include "answer_ear.h"

#include <math.h>
#include <stddef.h>

#define LATE 1.1F               /* of the longest pause: exchanges keep their time to 10 % */
#define SLACK_MS 150u
#define YOUNG_HOPS 80u          /* 400 ms: by then a burst was looked at */
#define HZ_RATIO 0.05F          /* less strict than to be told: a burst with noise on it is a burst */
#define SHARE 0.4F
#define CUT 0.75F               /* of its shortest burst: what is shorter was cut off */
#define CUT_MS 600u             /* without another burst: longer than a click, and than the pause within a double ring */
#define HOP_MS 5.0F
#define LENGTH_RATIO 0.1F       /* how near to the table's a first burst's length must be */

void ringback_ear_init(struct ringback_ear *r)
{
    *r = (struct ringback_ear){0};
}

static const audio_tone_pattern *pattern_of(const struct tone_watch *tones, uint32_t id)
{
    for (uint32_t i = 0; i < tones->match.count; i++)
        if (tones->match.patterns[i].id == id && (tones->match.patterns[i].flags & AUDIO_TONE_RINGBACK))
            return &tones->match.patterns[i];
    return NULL;
}

static bool fits(const audio_tone_pattern *p, const struct tone_peaks *peaks)
{
    uint32_t count = 0;

    while (count < 4 && p->hz[count] > 0)
        count++;
    return peaks->count > 0 && tone_peaks_are(peaks, p->hz, count, HZ_RATIO, SHARE);
}

/* The first burst of a ringback: whoever answers it leaves no second one. */
static const audio_tone_pattern *first_burst(const struct tone_watch *tones)
{
    const struct tone_burst *last = &tones->bursts.last;

    for (uint32_t i = 0; last->is_tone && i < tones->match.count; i++) {
        const audio_tone_pattern *p = &tones->match.patterns[i];
        float on_ms = (float)p->on_ms[0];
        if ((p->flags & AUDIO_TONE_RINGBACK) && fits(p, &last->peaks) && fabsf(last->on_ms - on_ms) < LENGTH_RATIO * on_ms)
            return p;
    }
    return NULL;
}

static void begin(struct ringback_ear *r, const audio_tone_pattern *p)
{
    uint32_t longest = 0;

    r->pause_ms = r->burst_ms = UINT32_MAX;
    for (uint32_t i = 0; i < 4 && p->on_ms[i] > 0; i++) {
        longest = p->off_ms[i] > longest ? p->off_ms[i] : longest;
        r->pause_ms = p->off_ms[i] < r->pause_ms ? p->off_ms[i] : r->pause_ms;
        r->burst_ms = p->on_ms[i] < r->burst_ms ? p->on_ms[i] : r->burst_ms;
    }
    r->cut = false;
    r->pattern = p->id;
    r->wait_ms = (uint32_t)((float)longest * LATE) + SLACK_MS;
    r->since_ms = 0;
}

/* Whether the burst that just ended was cut short. One that began too soon after another is the rest of that. */
static bool was_cut(const struct ringback_ear *r, const struct tone_bursts *b)
{
    float pause_ms = (b->last_end - r->last_end) * HOP_MS - b->last.on_ms;

    return b->last.on_ms < CUT * (float)r->burst_ms && pause_ms > CUT * (float)r->pause_ms;
}

/* Keeps when the last burst of the pattern was heard, and how it ended. */
static void follow_burst(struct ringback_ear *r, const struct tone_bursts *b, const audio_tone_pattern *p)
{
    bool ended = b->last_end != r->last_end && fits(p, &b->last.peaks);

    r->rings = b->on && b->looked && !b->changed && fits(p, &b->now.peaks);
    if (ended)
        r->cut = was_cut(r, b);
    else if (r->rings)
        r->cut = false;
    r->last_end = b->last_end;
    if (ended || r->rings)
        r->since_ms = 0;
}

uint32_t ringback_ear_follow(struct ringback_ear *r, const struct tone_watch *tones, const struct tone_hit *hit, uint32_t ms)
{
    const struct tone_bursts *b = &tones->bursts;
    const audio_tone_pattern *p = hit != NULL ? pattern_of(tones, hit->pattern) : NULL;

    if (p == NULL && r->pattern == 0 && !r->over && b->last_end != r->last_end)
        p = first_burst(tones);
    if (p != NULL)
        begin(r, p);
    p = pattern_of(tones, r->pattern);
    r->rings = false;
    if (r->pattern == 0 || p == NULL)
        return 0;
    r->since_ms += ms;
    follow_burst(r, b, p);
    bool may_be = b->on && b->clock - b->begun < YOUNG_HOPS;
    if (r->since_ms <= (r->cut ? CUT_MS : r->wait_ms) || may_be)
        return 0;
    r->pattern = 0;
    r->rings = false;
    r->over = true;
    return r->since_ms;
}
