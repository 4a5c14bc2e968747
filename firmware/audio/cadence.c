/* SPDX-License-Identifier: Apache-2.0 */
/* Busy cadence and dial tone, by rhythm and steadiness within 300-650 Hz, whatever the frequencies.
 *
 * The samples are thinned to 2 kHz and band-passed. Every 5 ms a window of 40 ms gives the band's
 * power, its part of everything heard and the frequency it centres on. A burst's edges lie where
 * the power crosses half of the burst's own, so a window's length biases neither on nor off. */
#include "cadence.h"

#include <math.h>
#include <string.h>

#define HOP_MS 5.0F
#define BAND_PER_HOP 10              /* samples of the 2 kHz band in a hop */
#define BAND_RATE_HZ 2000.0F
#define TWO_PI 6.2831853F
#define LEAST_POWER 10000.0F         /* -44 dBm0: a tone of -40 dBm0 less what the filters take */
#define LEAST_SHARE 0.4F             /* of all energy; a clean tone gives 0.6 to 0.9 */
#define SPREAD_POWER 2.5F            /* 4 dB within a burst and from burst to burst */
#define SPREAD_HZ 20.0F              /* from burst to burst */
#define WANDER_HZ 4.5F               /* standard deviation within a burst; a voice glides */
#define LEAST_HZ 285.0F              /* 300-650 Hz and what noise moves them by */
#define MOST_HZ 665.0F
#define GAP_SHARE 0.5F               /* most energy left in a pause, of the burst's */
#define LEAST_MS 180.0F              /* 0.2 s less 10 % */
#define MOST_MS 880.0F               /* 0.8 s and 10 % */
#define TOLERANCE 0.1F
#define TOLERANCE_MS 8.0F            /* how well an edge is placed */
#define RISES 0.55F                  /* of the burst's power: just over half, so that noise at */
#define FALLS 0.45F                  /* an edge does not break it in two */
#define HOLD_HOPS 190                /* 0.95 s: how long a pause keeps the burst's level in mind */
#define HOLD_DECAY 0.966F            /* then 3 dB in 100 ms */
#define DIAL_HOPS 1600               /* 8 s: exchanges give 10 s or more; a held note or a test tone is shorter */
#define STEADY_POWER 1.8F
#define STEADY_HZ 10.0F
#define STEADY_WEIGHT 0.01F          /* of a window in the mean it is held against, at least */
#define ODD_HOPS 12                  /* a click does not end a dial tone */
#define ODD_FORGOTTEN 20

static const struct cadence_hit nothing = {CADENCE_NONE, 0, 0, 0, 0, 0};

void cadence_init(struct cadence *c)
{
    memset(c, 0, sizeof *c);
}

/* Butterworth of second order each: high-pass at 240 Hz, then low-pass at 760 Hz, at 2 kHz. */
static float band_pass(struct cadence *c, float x)
{
    float *a = c->band_filter[0];
    const float y = 0.5825178F * x + a[0];
    a[0] = -1.1650356F * x + 0.9824058F * y + a[1];
    a[1] = 0.5825178F * x - 0.3476654F * y;
    float *b = c->band_filter[1];
    const float z = 0.5825178F * y + b[0];
    b[0] = 1.1650356F * y - 0.9824058F * z + b[1];
    b[1] = 0.5825178F * y - 0.3476654F * z;
    return z;
}

/* Sums up the samples of a hop in the band. */
static struct cadence_sums samples_sum(struct cadence *c, const int16_t *samples, float total)
{
    struct cadence_sums hop = {total, 0, 0};
    for (int i = 0; i < CADENCE_HOP; i += 4) {
        const int four = samples[i] + samples[i + 1] + samples[i + 2] + samples[i + 3];
        const float band = band_pass(c, (float)four * 0.25F);
        hop.band += band * band;
        hop.lag += band * c->band_before;
        c->band_before = band;
    }
    for (int i = 0; i < 2; i++) {
        c->band_filter[i][0] = dregs_dropped(c->band_filter[i][0]);
        c->band_filter[i][1] = dregs_dropped(c->band_filter[i][1]);
    }
    return hop;
}

static struct cadence_view window_view(const struct cadence *c)
{
    struct cadence_sums sum = {0, 0, 0};
    for (int i = 0; i < CADENCE_WINDOW; i++) {
        sum.total += c->hops[i].total;
        sum.band += c->hops[i].band;
        sum.lag += c->hops[i].lag;
    }
    struct cadence_view view = {sum.total / (CADENCE_WINDOW * CADENCE_HOP),
                                sum.band / (CADENCE_WINDOW * BAND_PER_HOP), 0.0F};
    if (sum.band > 0.0F) {
        const float turn = fmaxf(-1.0F, fminf(1.0F, sum.lag / sum.band));
        view.hz = acosf(turn) * (BAND_RATE_HZ / TWO_PI);
    }
    return view;
}

static void history_forget(struct cadence *c)
{
    c->cycles = 0;
    c->told_cycles = 0;
}

static bool length_fits(float ms)
{
    return ms >= LEAST_MS && ms <= MOST_MS;
}

/* Where power rose through half of `full`, in hops before the newest of `rise`. */
static float rising_edge(const float *rise, float full)
{
    uint32_t i = CADENCE_RISE;
    while (i > 0 && rise[i - 1] >= 0.5F * full)
        i--;
    if (i == 0)
        return CADENCE_RISE;
    const float fraction = (rise[i] - 0.5F * full) / fmaxf(rise[i] - rise[i - 1], 1.0F);
    return (float)(CADENCE_RISE - i) + fminf(fraction, 1.0F);
}

/* Adds a window that lies wholly within the burst to what is known of the burst. */
static void burst_add(struct cadence *c, const struct cadence_view *v)
{
    if (c->inner_hops++ == 0) {
        c->power_low = c->power_high = v->power;
        c->hz_first = v->hz;
        c->total_sum = c->power_sum = c->hz_sum = c->hz_square_sum = 0.0F;
    }
    c->power_low = fminf(c->power_low, v->power);
    c->power_high = fmaxf(c->power_high, v->power);
    c->total_sum += v->total;
    c->power_sum += v->power;
    c->hz_sum += v->hz - c->hz_first; /* small numbers keep their precision */
    c->hz_square_sum += (v->hz - c->hz_first) * (v->hz - c->hz_first);
}

static bool burst_is_tone(const struct cadence *c, float on_ms)
{
    if (!length_fits(on_ms) || c->inner_hops == 0)
        return false;
    const float count = (float)c->inner_hops;
    const float mean = c->hz_sum / count;
    const float hz = c->hz_first + mean;
    return hz >= LEAST_HZ && hz <= MOST_HZ && c->power_sum >= LEAST_SHARE * c->total_sum
        && c->power_high <= SPREAD_POWER * c->power_low
        && c->hz_square_sum / count - mean * mean <= WANDER_HZ * WANDER_HZ;
}

static bool near(float value, float mean)
{
    return fabsf(value - mean) <= TOLERANCE * mean + TOLERANCE_MS;
}

/* Whether the remembered bursts are one tone in one rhythm; gives the mean cadence. */
static bool bursts_agree(const struct cadence *c, struct cadence_burst *mean)
{
    const struct cadence_burst *b = c->bursts;
    float quiet = b[0].power;
    float loud = b[0].power;
    *mean = (struct cadence_burst){0, 0, 0, 0};
    for (int i = 0; i < CADENCE_CYCLES; i++) {
        mean->on_ms += b[i].on_ms / CADENCE_CYCLES;
        mean->off_ms += b[i].off_ms / CADENCE_CYCLES;
        mean->hz += b[i].hz / CADENCE_CYCLES;
        mean->power += b[i].power / CADENCE_CYCLES;
        quiet = fminf(quiet, b[i].power);
        loud = fmaxf(loud, b[i].power);
    }
    for (int i = 0; i < CADENCE_CYCLES; i++) {
        if (!near(b[i].on_ms, mean->on_ms) || !near(b[i].off_ms, mean->off_ms)
            || fabsf(b[i].hz - mean->hz) > SPREAD_HZ)
            return false;
    }
    return loud <= SPREAD_POWER * quiet;
}

/* Mean square to 0.1 dBm0: 0 dBm0 is a sine of peak 22828 (ITU-T G.711). */
static int16_t level_of(float power)
{
    return (int16_t)lrintf(100.0F * log10f(power / 260558792.0F));
}

/* A new burst stands: the pause before it closes a cycle. */
static struct cadence_hit cycle_close(struct cadence *c)
{
    const float off_ms = (c->off_edge_hops - c->edge_hops) * HOP_MS;
    struct cadence_burst mean;
    if (c->cycles == 0)
        return nothing;
    if (!length_fits(off_ms)) {
        history_forget(c);
        return nothing;
    }
    c->bursts[CADENCE_CYCLES - 1].off_ms = off_ms;
    if (c->cycles < c->told_cycles + CADENCE_CYCLES || !bursts_agree(c, &mean))
        return nothing;
    c->told_cycles = c->cycles;
    return (struct cadence_hit){CADENCE_BUSY, (uint16_t)lrintf(mean.on_ms),
                                (uint16_t)lrintf(mean.off_ms), (uint16_t)c->cycles,
                                (uint16_t)lrintf(mean.hz), level_of(mean.power)};
}

static void burst_close(struct cadence *c, float on_ms)
{
    if (!burst_is_tone(c, on_ms)) {
        history_forget(c);
        return;
    }
    memmove(c->bursts, c->bursts + 1, (CADENCE_CYCLES - 1) * sizeof *c->bursts);
    const float count = (float)c->inner_hops;
    c->bursts[CADENCE_CYCLES - 1] =
        (struct cadence_burst){on_ms, 0.0F, c->power_sum / count, c->hz_first + c->hz_sum / count};
    c->total_on = c->total_sum / count;
    c->cycles += c->cycles < UINT16_MAX ? 1 : 0;
}

static void burst_begin(struct cadence *c, const struct cadence_view *v)
{
    c->on = true;
    c->run_hops = 0;
    c->edge_hops = 0.0F;
    c->inner_hops = 0;
    c->reference = v->power;
    c->rise[0] = v->power;
}

/* A window while the tone is on. */
static struct cadence_hit hop_on(struct cadence *c, const struct cadence_view *v)
{
    struct cadence_hit hit = nothing;
    if (c->run_hops > CADENCE_RISE && v->power > SPREAD_POWER * c->settled) {
        history_forget(c); /* what was on was noise or talk: the tone begins here */
        burst_begin(c, v);
        return hit;
    }
    c->run_hops++;
    c->edge_hops += 1.0F;
    c->off_edge_hops += 1.0F;
    if (c->run_hops <= CADENCE_RISE)
        c->rise[c->run_hops] = v->power;
    c->reference = fmaxf(c->reference, v->power);
    if (c->run_hops == CADENCE_RISE) {
        c->edge_hops = rising_edge(c->rise, c->reference);
        c->settled = c->reference;
        hit = cycle_close(c);
    }
    if (v->power < FALLS * c->reference || v->power < FALLS * LEAST_POWER) {
        const float step = fmaxf(c->power_before - v->power, 1.0F);
        c->off_edge_hops = fminf((FALLS * c->reference - v->power) / step, 1.0F);
        const float on_hops = c->run_hops < CADENCE_RISE ? 0.0F : c->edge_hops - c->off_edge_hops;
        burst_close(c, on_hops * HOP_MS);
        c->on = false;
        c->run_hops = 0;
    } else if (c->run_hops >= CADENCE_RISE + CADENCE_LAG) {
        burst_add(c, &c->recent[c->hop % CADENCE_LAG]);
    }
    return hit;
}

/* A window while it is quiet, or quieter. */
static void hop_off(struct cadence *c, const struct cadence_view *v)
{
    c->run_hops++;
    c->off_edge_hops += 1.0F;
    if (c->off_edge_hops * HOP_MS > MOST_MS + HOP_MS * CADENCE_RISE)
        history_forget(c);
    if (c->run_hops > HOLD_HOPS)
        c->reference *= HOLD_DECAY;
    if (c->run_hops == CADENCE_WINDOW + 2 && v->total > GAP_SHARE * c->total_on)
        history_forget(c); /* the pause is full of something else */
    if (v->power < LEAST_POWER || v->power < RISES * c->reference)
        return;
    burst_begin(c, v);
}

/* Follows a steady tone; a dial tone is one that lasts. */
static struct cadence_hit hop_steady(struct cadence *c, const struct cadence_view *v)
{
    const bool tone = v->power >= LEAST_POWER && v->power >= LEAST_SHARE * v->total;
    const bool same = tone && v->power <= STEADY_POWER * c->steady_power
        && c->steady_power <= STEADY_POWER * v->power && fabsf(v->hz - c->steady_hz) <= STEADY_HZ;
    if (same) {
        const float weight = fmaxf(STEADY_WEIGHT, 1.0F / (float)(c->steady_hops + 2));
        c->steady_power += weight * (v->power - c->steady_power);
        c->steady_hz += weight * (v->hz - c->steady_hz);
        if (c->odd_hops > 0 && c->steady_hops % ODD_FORGOTTEN == 0)
            c->odd_hops--; /* slowly: vowels with short stops between are no tone */
    } else if (c->steady_hops < ODD_HOPS || ++c->odd_hops > ODD_HOPS) {
        c->steady_power = v->power;
        c->steady_hz = v->hz;
        c->steady_hops = 0;
        c->odd_hops = 0;
        c->dial_reported = false;
    }
    if (c->steady_hops < UINT16_MAX / 5)
        c->steady_hops++;
    if (c->steady_hops < DIAL_HOPS || c->dial_reported || !same)
        return nothing;
    c->dial_reported = true;
    return (struct cadence_hit){CADENCE_DIAL, (uint16_t)(c->steady_hops * 5), 0, 1,
                                (uint16_t)lrintf(c->steady_hz), level_of(c->steady_power)};
}

static struct cadence_hit hop_judge(struct cadence *c)
{
    const struct cadence_view view = window_view(c);
    struct cadence_hit hit = nothing;
    if (c->on)
        hit = hop_on(c, &view);
    else
        hop_off(c, &view);
    const struct cadence_hit steady = hop_steady(c, &view);
    c->recent[c->hop % CADENCE_LAG] = view;
    c->power_before = view.power;
    return steady.kind == CADENCE_NONE ? hit : steady;
}

struct cadence_hit cadence_hop(struct cadence *c, const int16_t *samples, float total)
{
    c->hops[c->hop % CADENCE_WINDOW] = samples_sum(c, samples, total);
    const struct cadence_hit hit = hop_judge(c);
    c->hop++;
    return hit;
}
