/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a pair of tones and decides whether it is a key or a voice that came upon the pair.
 *
 * A key is switched on: both tones at once and within a few milliseconds, alone, without bringing
 * anything below the band with them, and from then on they stand still. Harmonics of a voice swell,
 * glide, and come with their fundamental. A pair that shows all that is reported at once; one whose
 * onset was spoilt by noise, a hole or a speech codec must stand still for longer. */
#include "dtmf_track.h"

#include <math.h>
#include <string.h>

#define HOP_MS 5.0F
#define HALF_WINDOW_MS 12.5F
#define ENOUGH_MS 28.5F          /* between 23 ms, to be ignored, and 40 ms, to be heard (Q.24) */
#define SOON_MS 65.0F            /* a key that shows its onset is sure by then */
#define LATE_MS 110.0F           /* and any other by then */
#define GONE 0.2F                /* of the tone's amplitude; a 10 ms hole leaves 0.3 */
#define GONE_HOPS 2u             /* so a pause of 20 ms or more parts two keys */
#define EVIDENCE 1.6F            /* two clean windows give 2 */

/* An onset: presence walks down from the plateau to nothing. The window alone takes one or two hops
 * from the upper mark to the lower, a voice that swells takes many. */
#define PLATEAU 0.85F
#define UPPER 0.65F
#define MIDDLE 0.5F
#define STEEP 0.25F
#define LOWER 0.12F
#define TURN 0.08F               /* so much up again: here something else ends, as before a hole */
#define SHARP_HOPS 3.0F
#define TOUCH_HOPS 10u
#define BEFORE_HOPS 12u          /* looked at before the onset: 60 ms */

#define TWISTED 0.3F             /* 10.5 dB */
#define REST_SHARE 0.09F         /* of the pair's energy; less below the band proves nothing */
#define REST_GROWTH 1.3F

/* How one tone of the pair began. */
struct rise {
    float hops;                  /* it took, between the upper and the lower mark */
    float steep_hops;            /* the upper part of them, which a voice underneath does not reach */
    float least;                 /* what it had fallen to before, 0..1 */
    float middle;                /* hops ago when it crossed the middle; negative: never */
};

/* How the tracked pair began. */
struct onset {
    float length_ms;             /* of the tone so far, with its holes left out */
    float ms_ago;
    struct rise rise[2];
    float rest_before;           /* the most there was below the band before it */
};

/* A tone's presence in a remembered hop: 1 is its full amplitude. */
static float tone_presence(const struct dtmf *d, int which, uint32_t hops_ago)
{
    const struct dtmf_track *t = &d->track;
    const float *a = d->amplitude[(d->hop - hops_ago) % DTMF_PAST];
    return fminf(a[which == 0 ? t->low : t->high] / t->peak[which], 1.0F);
}

static float presence(const struct dtmf *d, uint32_t hops_ago)
{
    return fminf(tone_presence(d, 0, hops_ago), tone_presence(d, 1, hops_ago));
}

static uint32_t hops_known(const struct dtmf *d)
{
    return d->hops_valid < DTMF_PAST ? d->hops_valid : DTMF_PAST;
}

/* Length of the tracked tone so far, and how long ago it began. */
static void length_measure(const struct dtmf *d, struct onset *onset)
{
    const uint32_t known = hops_known(d);
    float sum = 0.0F;
    float later = 1.0F;
    uint32_t gone = 0;
    onset->ms_ago = 0.0F;
    for (uint32_t ago = 0; ago < known && gone < GONE_HOPS; ago++) {
        const float p = presence(d, ago);
        sum += p;
        gone = p < GONE ? gone + 1 : 0;
        if (p < MIDDLE && later >= MIDDLE) /* here the window's middle was at the onset */
            onset->ms_ago = HOP_MS * ((float)ago - (MIDDLE - p) / (later - p)) + HALF_WINDOW_MS;
        later = p;
    }
    if (onset->ms_ago == 0.0F)
        onset->ms_ago = HOP_MS * (float)known + HALF_WINDOW_MS;
    onset->length_ms = HOP_MS * sum;
}

/* One tone's rise, from now back; returns the hop before it. */
static uint32_t rise_measure(const struct dtmf *d, int which, struct rise *rise)
{
    const uint32_t known = d->hop < DTMF_PAST ? d->hop + 1 : DTMF_PAST;
    float later = 1.0F;
    uint32_t ago = 0;
    *rise = (struct rise){.least = 1.0F, .middle = -1.0F};
    while (ago < known && tone_presence(d, which, ago) < PLATEAU)
        ago++; /* it may be fading already */
    for (; ago < known; ago++) {
        const float p = tone_presence(d, which, ago);
        if (rise->middle < 0.0F && p < MIDDLE && later >= MIDDLE)
            rise->middle = (float)ago - (MIDDLE - p) / (later - p);
        later = p;
        if (rise->least < UPPER && p > rise->least + TURN)
            break;
        rise->least = fminf(rise->least, p);
        if (p < LOWER)
            break;
        rise->hops += p < UPPER ? 1.0F : 0.0F;
        rise->steep_hops += p < UPPER && p > STEEP ? 1.0F : 0.0F;
    }
    return ago;
}

static void onset_measure(const struct dtmf *d, struct onset *onset)
{
    const uint32_t low = rise_measure(d, 0, &onset->rise[0]);
    const uint32_t high = rise_measure(d, 1, &onset->rise[1]);
    const uint32_t first = low > high ? low : high;
    if (d->hop - d->last_hop < TOUCH_HOPS) { /* a key without a pause before it: they may share a tone */
        if (d->track.low == d->last_low)
            onset->rise[0] = onset->rise[1];
        else if (d->track.high == d->last_high)
            onset->rise[1] = onset->rise[0];
    }
    onset->rest_before = 0.0F;
    for (uint32_t ago = first; ago < first + BEFORE_HOPS && ago < DTMF_PAST; ago++)
        onset->rest_before = fmaxf(onset->rest_before, d->rest[(d->hop - ago) % DTMF_PAST]);
}

static float mean_share(const struct dtmf_track *t)
{
    return t->share_sum / (float)t->windows;
}

/* Whether something below the band came with the pair, as a voice's fundamental does. Dial tone was
 * there before; so was the bass of music, but there the pair is not so much alone. */
static bool rest_objects(const struct dtmf *d, const struct onset *onset)
{
    const struct dtmf_track *t = &d->track;
    const float energy = 0.5F * (t->peak[0] * t->peak[0] + t->peak[1] * t->peak[1]);
    return t->rest_least > REST_SHARE * energy
        && (t->rest_least > REST_GROWTH * onset->rest_before || mean_share(t) < 0.93F);
}

/* How much a figure varied, beside a unit: the amplitude's mean, or 1 for hertz. */
static float deviation(const struct dtmf_spread *s, uint32_t count)
{
    const float mean = s->sum / (float)count;
    return sqrtf(fmaxf(s->squares / (float)count - mean * mean, 0.0F));
}

static float unsteadiness(const struct dtmf_track *t, int which)
{
    return deviation(&t->amplitude[which], t->windows) * (float)t->windows / t->amplitude[which].sum;
}

static float wander_hz(const struct dtmf_track *t)
{
    return fmaxf(deviation(&t->error_hz[0], t->windows), deviation(&t->error_hz[1], t->windows));
}

static bool is_sharp(const struct rise *rise, float least)
{
    return rise->hops <= SHARP_HOPS && rise->least <= least;
}

static float apart_ms(const struct onset *onset)
{
    return HOP_MS * fabsf(onset->rise[0].middle - onset->rise[1].middle);
}

static float steadier(const struct dtmf_track *t)
{
    return fminf(unsteadiness(t, 0), unsteadiness(t, 1));
}

static float unsteadier(const struct dtmf_track *t)
{
    return fmaxf(unsteadiness(t, 0), unsteadiness(t, 1));
}

/* Both tones at once, out of nothing. What came below the band with them is forgiven when they are
 * as even as only a key's are. */
static bool is_switched_on(const struct dtmf *d, const struct onset *onset)
{
    const struct dtmf_track *t = &d->track;
    if (mean_share(t) < 0.84F || t->share_most < 0.93F || t->bend_most > 0.35F || wander_hz(t) > 8.0F)
        return false;
    if (!is_sharp(&onset->rise[0], 0.45F) || !is_sharp(&onset->rise[1], 0.45F) || apart_ms(onset) > 4.5F)
        return false;
    const bool even = t->windows >= 5 && t->bend_most <= 0.1F && wander_hz(t) <= 1.5F
                   && apart_ms(onset) <= 1.0F && steadier(t) <= 0.01F;
    return even || !rest_objects(d, onset);
}

/* Both at once, one of them over something weaker that was there before, as an echo of our prompt. */
static bool is_switched_on_over_sound(const struct dtmf *d, const struct onset *onset)
{
    const struct dtmf_track *t = &d->track;
    const struct rise *r = onset->rise;
    if (t->windows < 5 || mean_share(t) < 0.92F || t->bend_most > 0.2F || wander_hz(t) > 2.5F
        || steadier(t) > 0.02F)
        return false;
    return (is_sharp(&r[0], 0.2F) || is_sharp(&r[1], 0.2F)) && fmaxf(r[0].least, r[1].least) <= 0.3F
        && fmaxf(r[0].steep_hops, r[1].steep_hops) <= 2.0F && apart_ms(onset) <= 2.5F
        && !rest_objects(d, onset);
}

/* One at once, the other after a frame or two: a speech codec had to find it first. */
static bool is_half_switched_on(const struct dtmf *d, const struct onset *onset)
{
    const struct dtmf_track *t = &d->track;
    const int sharp = is_sharp(&onset->rise[0], 0.3F) ? 0 : 1;
    const struct rise *other = &onset->rise[1 - sharp];
    return t->windows >= 5 && mean_share(t) >= 0.95F && t->bend_most <= 0.55F
        && unsteadiness(t, sharp) <= 0.1F && is_sharp(&onset->rise[sharp], 0.2F)
        && other->hops <= 5.0F && other->least <= 0.65F && !rest_objects(d, onset);
}

/* Whatever its onset, no voice holds two tones so even for so long. */
static bool stands_still(const struct dtmf *d, const struct onset *onset)
{
    const struct dtmf_track *t = &d->track;
    return t->windows >= 6 && mean_share(t) >= 0.97F && unsteadier(t) <= 0.02F && wander_hz(t) <= 1.0F
        && fmaxf(onset->rise[0].least, onset->rise[1].least) <= 0.7F;
}

/* While a key is awaited: less alone, but switched on and even. */
static bool stands_out(const struct dtmf *d, const struct onset *onset)
{
    const struct dtmf_track *t = &d->track;
    const float energy = 0.5F * (t->peak[0] * t->peak[0] + t->peak[1] * t->peak[1]);
    return t->windows >= 8 && mean_share(t) >= 0.80F && unsteadier(t) <= 0.1F && wander_hz(t) <= 3.0F
        && t->rest_least <= 0.25F * energy && is_sharp(&onset->rise[0], 0.45F)
        && is_sharp(&onset->rise[1], 0.45F) && !rest_objects(d, onset);
}

/* Beyond what Q.24 asks anybody to hear, as instruments' notes often are. */
static bool is_twisted(const struct dtmf_track *t)
{
    return fminf(t->peak[0], t->peak[1]) < TWISTED * fmaxf(t->peak[0], t->peak[1]);
}

static bool is_key(const struct dtmf *d, const struct onset *onset)
{
    if (d->voiceless)
        return true; /* there is nothing it could be told from */
    if (is_twisted(&d->track) && mean_share(&d->track) < 0.95F)
        return false;
    const bool soon = onset->length_ms <= SOON_MS;
    const bool late = onset->length_ms <= LATE_MS;
    return (soon && is_switched_on(d, onset)) || (soon && is_switched_on_over_sound(d, onset))
        || (soon && is_half_switched_on(d, onset)) || (late && stands_still(d, onset))
        || (late && d->lenient && stands_out(d, onset));
}

static void track_begin(struct dtmf *d, const struct dtmf_pair *pair)
{
    d->track = (struct dtmf_track){.low = pair->low, .high = pair->high, .rest_least = 1e30F};
}

/* Follows the pair by amplitude; forgets it when it has been gone for long enough. */
static void track_follow(struct dtmf *d)
{
    struct dtmf_track *t = &d->track;
    const float *a = d->amplitude[d->hop % DTMF_PAST];
    t->peak[0] = fmaxf(t->peak[0], a[t->low]);
    t->peak[1] = fmaxf(t->peak[1], a[t->high]);
    t->gap_hops = presence(d, 0) < GONE ? t->gap_hops + 1 : 0;
    if (t->gap_hops >= GONE_HOPS) {
        if (t->reported) {
            d->last_low = t->low;
            d->last_high = t->high;
            d->last_hop = d->hop;
        }
        t->low = -1;
        d->hops_valid = 1;
    }
}

static void track_add(struct dtmf *d, const struct dtmf_pair *pair)
{
    struct dtmf_track *t = &d->track;
    const float rest = d->rest[d->hop % DTMF_PAST];
    t->windows++;
    t->evidence += pair->share * pair->share;
    t->share_sum += pair->share;
    t->share_most = fmaxf(t->share_most, pair->share);
    t->bend_most = fmaxf(t->bend_most, pair->bend);
    t->rest_least = fminf(t->rest_least, rest);
    for (int i = 0; i < 2; i++) {
        t->amplitude[i].sum += pair->amplitude[i];
        t->amplitude[i].squares += pair->amplitude[i] * pair->amplitude[i];
        t->error_hz[i].sum += pair->error_hz[i];
        t->error_hz[i].squares += pair->error_hz[i] * pair->error_hz[i];
    }
    track_follow(d);
}

bool dtmf_track_judge(struct dtmf *d, const struct dtmf_pair *pair, struct dtmf_hit *hit)
{
    struct dtmf_track *t = &d->track;
    if (t->low >= 0)
        track_follow(d);
    const bool other = pair->low != t->low || pair->high != t->high;
    if (pair->low >= 0 && (t->low < 0 || (!t->reported && other)))
        track_begin(d, pair);
    if (t->low < 0 || t->reported)
        return false;
    if (pair->low >= 0)
        track_add(d, pair);
    if (t->low < 0 || t->evidence < EVIDENCE)
        return false;
    struct onset onset;
    length_measure(d, &onset);
    if (onset.length_ms < ENOUGH_MS)
        return false;
    onset_measure(d, &onset);
    if (!is_key(d, &onset))
        return false;
    t->reported = true;
    hit->onset_ms_ago = (uint32_t)lrintf(onset.ms_ago);
    return true;
}
