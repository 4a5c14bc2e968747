/* SPDX-License-Identifier: Apache-2.0 */
/* Compares bursts with patterns: frequencies, then on and off, then level, over whole cycles. */
#include "tone_match.h"

#include <math.h>
#include <string.h>

#define HZ_TOLERANCE 30u         /* 0.1 %; a pattern's own goes before */
#define MS_TOLERANCE 100u
#define EDGE_MS 8.0F             /* how well an edge is placed */
#define JOINED_MS 45.0F          /* a pause of nothing; exchanges leave up to 30 ms */
#define SHARE 0.7F               /* of everything heard that must be the tone's frequencies */
#define STEADY_SHARE 0.85F       /* without a rhythm to go by */
#define LEVEL_SPREAD 2.5F        /* 4 dB from burst to burst */
#define LONG_STEADY_MS 2000u     /* from here on a steady tone must not move at all: people whistle */

static void sort_hz(uint16_t *hz, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && hz[k] < hz[k - 1]; k--) {
            const uint16_t swapped = hz[k];
            hz[k] = hz[k - 1];
            hz[k - 1] = swapped;
        }
}

static uint32_t hz_count(const audio_tone_pattern *p)
{
    uint32_t n = 0;
    while (n < 4 && p->hz[n] > 0)
        n++;
    return n;
}

void tone_match_patterns(struct tone_match *m, const audio_tone_pattern *patterns, uint32_t count)
{
    m->count = count < AUDIO_MAX_TONES ? count : AUDIO_MAX_TONES;
    for (uint32_t i = 0; i < m->count; i++) {
        audio_tone_pattern *p = &m->patterns[i];
        *p = patterns[i];
        uint32_t phases = 0;
        while (phases < 4 && p->on_ms[phases] > 0)
            phases++;
        m->phases[i] = phases;
        if (!(p->flags & AUDIO_TONE_SEQUENCE))
            sort_hz(p->hz, hz_count(p));
        if (p->cycles == 0)
            p->cycles = 1;
        if (phases > 0 && p->cycles > MATCH_BURSTS / phases)
            p->cycles = (uint16_t)(MATCH_BURSTS / phases);
    }
    m->told = 0;
}

void tone_match_forget(struct tone_match *m)
{
    m->heard = 0;
    m->told = 0;
}

static bool ms_fits(float ms, uint16_t wanted, const audio_tone_pattern *p)
{
    const uint16_t tolerance = p->ms_tolerance > 0 ? p->ms_tolerance : MS_TOLERANCE;
    if (wanted == 0)
        return ms <= JOINED_MS;
    return fabsf(ms - (float)wanted) <= 0.001F * (float)(tolerance * wanted) + EDGE_MS;
}

static bool hz_fit(const audio_tone_pattern *p, uint32_t phase, const struct tone_burst *b)
{
    const uint16_t tolerance = p->hz_tolerance > 0 ? p->hz_tolerance : HZ_TOLERANCE;
    const float ratio = 0.001F * (float)tolerance;
    const float share = p->on_ms[0] > 0 ? SHARE : STEADY_SHARE;
    if (p->flags & AUDIO_TONE_SEQUENCE)
        return tone_peaks_are(&b->peaks, &p->hz[phase], 1, ratio, SHARE);
    return tone_peaks_are(&b->peaks, p->hz, hz_count(p), ratio, share);
}

static const struct tone_burst *burst_before(const struct tone_match *m, uint32_t back)
{
    return &m->bursts[(m->heard - 1 - back) % MATCH_BURSTS];
}

/* Whether the burst so far back is this phase of it. */
static bool phase_fits(const struct tone_match *m, uint32_t pattern, uint32_t phase, uint32_t back)
{
    const audio_tone_pattern *p = &m->patterns[pattern];
    const struct tone_burst *b = burst_before(m, back);
    const bool ends = back == 0 && phase + 1 == m->phases[pattern] && p->off_ms[phase] == 0;
    return b->is_tone && ms_fits(b->on_ms, p->on_ms[phase], p)
        && (ends || ms_fits(b->off_ms, p->off_ms[phase], p)) && hz_fit(p, phase, b);
}

/* Levels of `n` bursts: all alike, or each second one weaker as the pattern says. */
static bool levels_fit(const struct tone_match *m, const audio_tone_pattern *p, uint32_t n)
{
    if (p->flags & AUDIO_TONE_SEQUENCE)
        return true; /* each has its own frequency, and a line's loss goes with that */
    const float weaker = powf(10.0F, -0.01F * (float)p->weaker_db10);
    bool even_is_weak = false;
    if (n > 1 && p->weaker_db10 > 0)
        even_is_weak = burst_before(m, 0)->power < burst_before(m, 1)->power;
    float low = INFINITY;
    float high = 0.0F;
    for (uint32_t i = 0; i < n; i++) {
        const bool weak = p->weaker_db10 > 0 && (i % 2 == 0) == even_is_weak;
        const float power = burst_before(m, i)->power / (weak ? weaker : 1.0F);
        low = fminf(low, power);
        high = fmaxf(high, power);
    }
    return high <= LEVEL_SPREAD * low;
}

/* Whether the newest bursts are `wanted` bursts of the pattern that end with this phase. */
static bool rhythm_fits(const struct tone_match *m, uint32_t pattern, uint32_t phase,
                        uint32_t wanted)
{
    const uint32_t phases = m->phases[pattern];
    if (m->heard < wanted)
        return false;
    for (uint32_t back = 0; back < wanted; back++)
        if (!phase_fits(m, pattern, (phase + phases * MATCH_BURSTS - back) % phases, back))
            return false;
    return levels_fit(m, &m->patterns[pattern], wanted);
}

static bool ends_without_pause(const struct tone_match *m, uint32_t pattern)
{
    return m->patterns[pattern].off_ms[m->phases[pattern] - 1] == 0;
}

static bool pattern_fits(const struct tone_match *m, uint32_t pattern)
{
    const uint32_t phases = m->phases[pattern];
    const uint32_t wanted = phases * m->patterns[pattern].cycles;
    if (m->patterns[pattern].flags & AUDIO_TONE_SEQUENCE)
        return rhythm_fits(m, pattern, phases - 1, wanted);
    for (uint32_t phase = 0; phase < phases; phase++)
        if (rhythm_fits(m, pattern, phase, wanted))
            return true;
    return false;
}

/* Whether the tone that was told goes on with the newest burst. */
static bool told_goes_on(const struct tone_match *m)
{
    if (m->told == 0)
        return false;
    for (uint32_t phase = 0; phase < m->phases[m->told - 1]; phase++)
        if (rhythm_fits(m, m->told - 1, phase, 1))
            return true;
    return false;
}

static uint32_t first_new(struct tone_match *m, bool pause_known)
{
    for (uint32_t i = 0; i < m->count; i++) {
        if (m->phases[i] == 0 || ends_without_pause(m, i) == pause_known || !pattern_fits(m, i))
            continue;
        if (m->told == i + 1)
            return 0;
        m->told = i + 1;
        return m->told;
    }
    return 0;
}

uint32_t tone_match_closed(struct tone_match *m, const struct tone_burst *burst)
{
    m->bursts[m->heard++ % MATCH_BURSTS] = *burst;
    return burst->is_tone ? first_new(m, false) : 0;
}

uint32_t tone_match_followed(struct tone_match *m, float off_ms)
{
    if (m->heard == 0)
        return 0;
    m->bursts[(m->heard - 1) % MATCH_BURSTS].off_ms = off_ms;
    if (!told_goes_on(m))
        m->told = 0;
    return burst_before(m, 0)->is_tone ? first_new(m, true) : 0;
}

uint32_t tone_match_steady(struct tone_match *m, const struct tone_burst *burst, float steady_ms)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const audio_tone_pattern *p = &m->patterns[i];
        const float lasted = p->least_ms < LONG_STEADY_MS ? burst->on_ms : steady_ms;
        if (m->phases[i] == 0 && burst->is_tone && lasted >= (float)p->least_ms && hz_fit(p, 0, burst))
            return i + 1;
    }
    return 0;
}
