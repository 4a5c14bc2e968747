/* SPDX-License-Identifier: Apache-2.0 */
/* Joins what is heard of call-progress tones into one report each: a pattern's name goes before the
 * rhythm alone. */
#include "tone_watch.h"

#include <math.h>
#include <string.h>

#define WAIT_HOPS 24u            /* 120 ms: both detectors have seen the same edge by then */
#define BY_STEADINESS UINT32_MAX /* told without a pattern */
#define MEAN_SQUARE_0DBM0 260558792.0F /* a sine of peak 22828: 3.14 dB below full scale */

void tone_watch_init(struct tone_watch *w)
{
    cadence_init(&w->cadence);
    tone_bursts_init(&w->bursts);
    tone_match_forget(&w->match);
    w->filled = 0;
    w->steady_told = 0;
    w->wait_hops = 0;
}

void tone_watch_patterns(struct tone_watch *w, const audio_tone_pattern *patterns, uint32_t count)
{
    tone_match_patterns(&w->match, patterns, count);
}

static uint16_t rounded(float x)
{
    return (uint16_t)fminf(65535.0F, fmaxf(0.0F, x) + 0.5F);
}

static struct tone_hit hit_make(const struct tone_match *m, uint32_t number,
                                const struct tone_burst *b)
{
    const audio_tone_pattern *p = &m->patterns[number - 1];
    const uint32_t phases = m->phases[number - 1];
    struct tone_hit hit = {.pattern = p->id, .cycles = p->cycles, .on_ms = rounded(b->on_ms)};
    if (phases > 0)
        hit.off_ms = rounded(fmaxf(1.0F, b->off_ms));
    hit.heard.hz[0] = rounded(b->peaks.hz[0]);
    if (b->peaks.count > 1 && b->peaks.power[1] > 0.05F * b->peaks.power[0])
        hit.heard.hz[1] = rounded(b->peaks.hz[1]);
    hit.heard.level_db10 = (int16_t)lrintf(100.0F * log10f(b->power / MEAN_SQUARE_0DBM0));
    return hit;
}

/* A steady tone is told once while it lasts. */
static uint32_t steady_new(struct tone_watch *w)
{
    if (w->steady_told == BY_STEADINESS)
        return 0;
    const float steady_ms = tone_bursts_steady_ms(&w->bursts);
    const uint32_t number = tone_match_steady(&w->match, &w->bursts.now, steady_ms);
    if (number == 0 || number == w->steady_told)
        return 0;
    w->steady_told = number;
    return number;
}

static int hop_match(struct tone_watch *w, struct tone_hit *hit)
{
    const enum burst_news news = tone_bursts_hop(&w->bursts, w->samples);
    const struct tone_burst *about = &w->bursts.last;
    uint32_t number = 0;
    if (news == BURST_CLOSED) {
        w->steady_told = 0;
        number = tone_match_closed(&w->match, about);
    } else if (news == BURST_FOLLOWED) {
        number = tone_match_followed(&w->match, about->off_ms);
    } else if (news == BURST_LOOKED) {
        about = &w->bursts.now;
        number = steady_new(w);
    }
    if (number == 0)
        return 0;
    *hit = hit_make(&w->match, number, about);
    w->wait_hops = 0; /* the rhythm has its name */
    return 1;
}

/* What rhythm or steadiness alone found: told when no pattern names it. */
static void rhythm_keep(struct tone_watch *w, const struct cadence_hit *found)
{
    const int named = found->off_ms > 0 ? tone_match_goes_on(&w->match) : w->steady_told != 0;
    if (named)
        return;
    w->waiting = (struct tone_hit){
        .cycles = found->cycles,
        .on_ms = found->on_ms,
        .off_ms = found->off_ms,
        .heard = {.hz = {found->hz, 0}, .level_db10 = found->level_db10},
    };
    w->wait_hops = w->match.count > 0 ? WAIT_HOPS : 1;
}

static int hop_hear(struct tone_watch *w, struct tone_hit *hit)
{
    const int named = hop_match(w, hit);
    const float total = tone_bursts_energy(&w->bursts);
    const struct cadence_hit found = cadence_hop(&w->cadence, w->samples, total);
    if (found.kind != CADENCE_NONE)
        rhythm_keep(w, &found);
    if (named || w->wait_hops == 0 || --w->wait_hops > 0)
        return named;
    *hit = w->waiting;
    if (hit->off_ms == 0)
        w->steady_told = BY_STEADINESS;
    return 1;
}

int tone_watch_feed(struct tone_watch *w, const int16_t *samples, size_t n, struct tone_hit *hit)
{
    int found = 0;
    while (n > 0) {
        const size_t room = BURST_HOP - w->filled;
        const size_t part = n < room ? n : room;
        memcpy(w->samples + w->filled, samples, part * sizeof *samples);
        w->filled += (uint32_t)part;
        samples += part;
        n -= part;
        if (w->filled < BURST_HOP)
            break;
        w->filled = 0;
        found |= hop_hear(w, hit);
    }
    return found;
}
