/* SPDX-License-Identifier: Apache-2.0 */
/* Bursts of sound, by a sliding 40 ms mean of power.
 *
 * A burst's edges lie where that mean passes half of the burst's own, so that the window's length
 * lengthens neither burst nor pause. A tone that steps to another frequency is two bursts. */
#include "tone_bursts.h"

#include <math.h>
#include <string.h>

#define HOP_MS 5.0F
#define LEAST_POWER 10000.0F    /* -44 dBm0: a tone of -40 dBm0 less what filter and edges take */
#define ABOVE_FLOOR 5.0F        /* 7 dB over what is heard in pauses */
#define ABOVE_ECHO 0.03F        /* of the bursts before: what is left of them in a pause */
#define LOUDEST_FADES 0.9977F   /* a hop: 2 dB a second */
#define FLOOR_RISES 1.0116F     /* a hop: 10 dB a second */
#define RISES 2.0F              /* over the lowest of the pause: a burst's end is not the next one */
#define FALLS 0.12F              /* of the burst's power */
#define HALF 0.5F
#define SETTLED 12u             /* windows after a rise was seen until one is full of the burst */
#define LAG 9u                  /* newest windows left out: an end that is not yet seen is in them */
#define QUIETER 0.22F           /* a tone stays between these, of its mean; so does one modulated with 16 Hz */
#define LOUDER 2.5F
#define EVEN 7.0F               /* highest over lowest of what may be a tone */
#define TURN 0.12F              /* of the cosine of the turn from sample to sample: another tone */
#define TURN_HOPS 9u            /* a window full of it, and one more */
#define STEP_HOPS 10u           /* louder for longer than a click is another sound */
#define STEP_EDGE 2.0F          /* windows from the first that is unlike to the edge */
#define ODD_HOPS 6u             /* clicks, and one in ten */
#define CLICK_MS 22.0F
#define SHORT_MS 34.0F          /* room for the short spectrum */
#define LONG_MS 68.0F           /* and for the long one */
#define FIRST_LOOK 15u          /* windows after a rise was seen: 64 ms lie within the burst */
#define LOOK_AGAIN 65u          /* hops: 325 ms, so that 0.4 s of a tone are known by then */
#define SAME_HZ 0.02F
#define STEADY_HZ 0.003F
#define STEADY_POWER 1.122F     /* 0.5 dB */
#define AVERAGED 24u            /* windows that make the mean: two beats of a slow modulation */

void tone_bursts_init(struct tone_bursts *b)
{
    memset(b, 0, sizeof *b);
    /* High-pass of first order at 150 Hz: hum and offset are kept out. */
    biquad_init(&b->filter, 0.9443111F, -0.9443111F, 0.0F, 0.8886221F, 0.0F);
    b->floor = LEAST_POWER;
}

static float power_at(const struct tone_bursts *b, uint32_t window)
{
    return b->power[window % BURST_PAST];
}

/* Filters a hop and sums its energy and the products of neighbours. */
static void hop_sum(struct tone_bursts *b, const int16_t *samples)
{
    float x[BURST_HOP];
    quad energy = {0};
    quad lag = {0};
    memcpy(b->samples[b->clock % BURST_KEPT], samples, BURST_HOP * sizeof *samples);
    floats_from_samples(x, samples, BURST_HOP);
    for (int i = 0; i < BURST_HOP; i += 4) {
        const quad y = biquad_run(&b->filter, quad_at(x + i));
        const quad earlier = {b->before, y[0], y[1], y[2]};
        energy += y * y;
        lag += y * earlier;
        b->before = y[3];
    }
    biquad_drop_dregs(&b->filter);
    b->energy[b->clock % BURST_WINDOW] = quad_sum(energy);
    b->lag[b->clock % BURST_WINDOW] = quad_sum(lag);
}

static void window_sum(struct tone_bursts *b)
{
    float energy = 0.0F;
    float lag = 0.0F;
    for (uint32_t i = 0; i < BURST_WINDOW; i++) {
        energy += b->energy[i];
        lag += b->lag[i];
    }
    b->power[b->clock % BURST_PAST] = energy / (BURST_WINDOW * BURST_HOP);
    b->turn[b->clock % BURST_PAST] = energy > 0.0F ? lag / energy : 0.0F;
}

/* Where power passed `level` going up (or down), in windows; the newest such place. */
static float edge_before_now(const struct tone_bursts *b, float level, bool rising)
{
    uint32_t window = b->clock;
    for (uint32_t i = 1; i < BURST_PAST - 1 && window > 0; i++, window--) {
        const float later = power_at(b, window);
        const float earlier = power_at(b, window - 1);
        if ((later >= level) == rising && (earlier >= level) != rising)
            return (float)(window - 1) + (level - earlier) / (later - earlier);
    }
    return (float)window;
}

/* The newest n samples before sample `end`, looked at. */
static void look_at(const struct tone_bursts *b, uint32_t end, uint32_t n, struct tone_peaks *peaks)
{
    int16_t samples[TONE_LONG];
    uint32_t from = end - n;
    for (uint32_t done = 0; done < n;) { /* hop by hop */
        const uint32_t at = from % BURST_HOP;
        const uint32_t part = n - done < BURST_HOP - at ? n - done : BURST_HOP - at;
        memcpy(samples + done, b->samples[from / BURST_HOP % BURST_KEPT] + at, part * sizeof *samples);
        done += part;
        from += part;
    }
    tone_spectrum_peaks(samples, n, peaks);
}

static void burst_begin(struct tone_bursts *b, uint32_t window)
{
    b->on = true;
    b->settled = b->closing = b->edge_known = false;
    b->begun = window;
    b->most = power_at(b, window);
    b->inner = b->odd = b->over = b->turned = 0;
    b->looked = b->changed = false;
    b->next_look = window + FIRST_LOOK;
    b->steady_hops = b->block_hops = 0;
    b->block_energy = 0.0F;
    memset(&b->now, 0, sizeof b->now);
}

/* Places the burst's beginning. The pause before it is over. */
static enum burst_news burst_settle(struct tone_bursts *b)
{
    const bool waited = b->last_waits;
    b->settled = true;
    if (!b->edge_known)
        b->begin = edge_before_now(b, HALF * b->most, true);
    b->mean = b->most;
    b->mean_turn = b->turn[b->clock % BURST_PAST];
    if (waited)
        b->last.off_ms = fmaxf(0.0F, (b->begin - b->last_end) * HOP_MS);
    b->last_waits = false;
    return waited ? BURST_FOLLOWED : BURST_NOTHING;
}

/* Too short to be looked at while it lasted: looks at its middle. */
static void look_late(struct tone_bursts *b)
{
    const float middle = 0.5F * (b->begin + b->end) - 3.0F; /* half a window before its place */
    const uint32_t n = b->now.on_ms >= LONG_MS ? TONE_LONG : TONE_SHORT;
    const float end = middle * BURST_HOP + (float)n / 2.0F;
    if (b->now.on_ms < SHORT_MS || end < (float)n || end > (float)((b->clock + 1) * BURST_HOP))
        return;
    look_at(b, (uint32_t)end, n, &b->now.peaks);
}

static enum burst_news burst_close(struct tone_bursts *b)
{
    b->now.on_ms = (b->end - b->begin) * HOP_MS;
    b->on = b->closing = false;
    b->lowest = power_at(b, b->clock);
    if (b->now.on_ms < CLICK_MS)
        return BURST_NOTHING; /* the pause goes on */
    if (!b->looked)
        look_late(b);
    b->now.power = b->mean;
    b->now.is_tone = !b->changed && b->now.peaks.count > 0 && b->odd <= ODD_HOPS + b->inner / 10;
    b->loudest = fmaxf(b->loudest, b->mean);
    b->last = b->now;
    b->last_end = b->end;
    b->last_waits = true;
    return BURST_CLOSED;
}

/* The sound became another without a pause: one burst ends and the next begins. */
static enum burst_news burst_step(struct tone_bursts *b, uint32_t windows, bool edge_known)
{
    b->end = (float)(b->clock - windows) + STEP_EDGE;
    const enum burst_news news = burst_close(b);
    burst_begin(b, b->clock - windows);
    b->edge_known = edge_known;
    b->begin = b->end;
    for (uint32_t i = 0; i < windows; i++)
        b->most = fmaxf(b->most, power_at(b, b->clock - i));
    return news;
}

/* Compares the time since the last look with the one before. */
static void steady_follow(struct tone_bursts *b, const struct tone_peaks *peaks)
{
    const float energy = b->block_energy / (float)b->block_hops;
    const bool same = tone_peaks_alike(&b->steady, peaks, STEADY_HZ, 0.5F)
        && energy <= STEADY_POWER * b->steady_energy && b->steady_energy <= STEADY_POWER * energy;
    if (same) {
        b->steady_hops += b->block_hops;
    } else {
        b->steady_hops = b->block_hops;
        b->steady = *peaks;
        b->steady_energy = energy;
    }
    b->block_energy = 0.0F;
    b->block_hops = 0;
}

static enum burst_news burst_look(struct tone_bursts *b)
{
    struct tone_peaks peaks;
    b->next_look = b->clock + LOOK_AGAIN;
    if (power_at(b, b->clock) < QUIETER * b->mean && !b->looked)
        return BURST_NOTHING; /* it is ending */
    look_at(b, (b->clock + 1) * BURST_HOP, TONE_LONG, &peaks);
    if (!b->looked) {
        b->looked = true;
        b->now.peaks = b->steady = peaks;
        b->block_energy = 0.0F;
        b->block_hops = 0;
        return BURST_NOTHING;
    }
    b->changed = b->changed || !tone_peaks_alike(&b->now.peaks, &peaks, SAME_HZ, 0.5F * peaks.apart_hz);
    steady_follow(b, &peaks);
    b->now.on_ms = ((float)b->clock - b->begin + 4.0F) * HOP_MS; /* its place lags by half a window */
    b->now.power = b->mean;
    b->now.is_tone = !b->changed && b->odd <= ODD_HOPS + b->inner / 10;
    return BURST_LOOKED;
}

/* Whether what was heard of the burst may be a tone: most of speech is told apart without a look. */
static bool is_even(const struct tone_bursts *b)
{
    float low = b->mean;
    float high = b->mean;
    if (b->looked)
        return !b->changed && b->odd <= ODD_HOPS + b->inner / 10;
    for (uint32_t i = 0; i + BURST_WINDOW <= FIRST_LOOK; i++) {
        low = fminf(low, power_at(b, b->clock - i));
        high = fmaxf(high, power_at(b, b->clock - i));
    }
    return high <= EVEN * low;
}

/* Keeps the measure of a window that lies wholly within the burst. */
static void inner_follow(struct tone_bursts *b)
{
    const float power = power_at(b, b->clock - LAG);
    b->inner++;
    const float weight = 1.0F / (float)(b->inner < AVERAGED ? b->inner : 4 * AVERAGED);
    if (b->inner == 1)
        b->mean = power;
    else if (power < QUIETER * b->mean || power > LOUDER * b->mean)
        b->odd++;
    else
        b->mean += weight * (power - b->mean);
}

static enum burst_news burst_follow(struct tone_bursts *b)
{
    const float power = power_at(b, b->clock);
    const float turn = b->turn[b->clock % BURST_PAST];
    b->block_energy += b->energy[b->clock % BURST_WINDOW];
    b->block_hops++;
    if (b->clock - b->begun >= SETTLED + LAG - 3u)
        inner_follow(b);
    b->over = power > LOUDER * b->mean ? b->over + 1 : 0;
    b->turned = fabsf(turn - b->mean_turn) > TURN ? b->turned + 1 : 0;
    if (b->over > STEP_HOPS)
        return burst_step(b, b->over, false);
    if (b->turned > TURN_HOPS)
        return burst_step(b, b->turned, true);
    if (b->clock < b->next_look || b->over + b->turned > 0 || !is_even(b))
        return BURST_NOTHING;
    return burst_look(b);
}

static enum burst_news hop_on(struct tone_bursts *b)
{
    const float power = power_at(b, b->clock);
    if (b->closing)
        return burst_close(b);
    if (!b->settled)
        b->most = fmaxf(b->most, power);
    const float full = b->settled ? b->mean : b->most;
    if (power < FALLS * full || power < HALF * LEAST_POWER) {
        b->end = edge_before_now(b, HALF * full, false);
        if (b->settled)
            return burst_close(b);
        if (!b->edge_known)
            b->begin = edge_before_now(b, HALF * full, true);
        b->edge_known = true;
        if ((b->end - b->begin) * HOP_MS < CLICK_MS)
            return burst_close(b);
        b->closing = true; /* with the next hop: this one tells of the pause before */
        return burst_settle(b);
    }
    if (!b->settled)
        return b->clock - b->begun >= SETTLED ? burst_settle(b) : BURST_NOTHING;
    return burst_follow(b);
}

static void hop_off(struct tone_bursts *b)
{
    const float power = power_at(b, b->clock);
    const float echo = ABOVE_ECHO * b->loudest;
    b->loudest *= LOUDEST_FADES;
    b->lowest = fminf(b->lowest, power);
    if (power >= fmaxf(LEAST_POWER, fmaxf(ABOVE_FLOOR * b->floor, echo))
        && power >= RISES * b->lowest)
        burst_begin(b, b->clock);
}

enum burst_news tone_bursts_hop(struct tone_bursts *b, const int16_t *samples)
{
    enum burst_news news = BURST_NOTHING;
    hop_sum(b, samples);
    window_sum(b);
    if (b->on)
        news = hop_on(b);
    else
        hop_off(b);
    b->floor = fmaxf(1.0F, fminf(b->floor * FLOOR_RISES, power_at(b, b->clock)));
    b->clock++;
    return news;
}

float tone_bursts_energy(const struct tone_bursts *b)
{
    return b->energy[(b->clock - 1) % BURST_WINDOW];
}

float tone_bursts_steady_ms(const struct tone_bursts *b)
{
    return (float)b->steady_hops * HOP_MS;
}
