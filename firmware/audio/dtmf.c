/* SPDX-License-Identifier: Apache-2.0 */
/* Touch-tone detector (ITU-T Q.23, limits of Q.24): overlapping Hann windows of 25 ms every 5 ms.
 *
 * A window that holds a lone pair of tones names a key. The key is then tracked by the amplitude
 * of its two tones: their sum over the hops is the tone's length whatever the window's shape, a
 * hole of 10 ms leaves a third of the amplitude, a pause of 30 ms leaves nothing. The tones'
 * frequencies are measured by how far their phases turn from one window to the next. */
#include "dtmf_track.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define RATE_HZ 8000.0F
#define TWO_PI 6.2831853F
#define FRAMES_PER_MS 8
#define PEAK_0DBM0 22828.0F      /* a sine 3.14 dB below full scale, ITU-T G.711 */
#define GATE_ENERGY 8240.0F      /* -45 dBm0: below it nothing is computed */
#define FREQUENCY_LIMIT 0.0235F  /* between 1.5 % + 2 Hz (operate) and 3.5 % (do not) of Q.24 */
#define NEIGHBOUR_RATIO 4.0F     /* energy over the next strongest of the same group */

/* What a mode accepts in one window; amplitudes in samples, ratios of energy. */
struct limits {
    float strong, weak;          /* least amplitude of the stronger and of the weaker tone */
    float twist_up, twist_down;  /* most high / low, most low / high */
    float steady;                /* least amplitude 10 ms before or after, of the other */
    float share;                 /* least part of the band's energy in the two tones */
};

static const struct limits strict_limits = {
    .strong = 810.0F,            /* -29 dBm0 */
    .weak = 287.0F,              /* -38 dBm0 */
    .twist_up = 3.55F,           /* 5.5 dB; Q.24 asks 4 */
    .twist_down = 8.91F,         /* 9.5 dB; Q.24 asks 8 */
    .steady = 0.75F,
    .share = 0.80F,
};

static const struct limits lenient_limits = {
    .strong = 287.0F,            /* -38 dBm0 */
    .weak = 102.0F,              /* -47 dBm0 */
    .twist_up = 7.94F,           /* 9 dB */
    .twist_down = 19.9F,         /* 13 dB */
    .steady = 0.7F,
    .share = 0.55F,
};

static const float tone_hz[DTMF_TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
static const char keys[4][5] = {"123A", "456B", "789C", "*0#D"};

#define HALF (DTMF_WINDOW / 2)

/* The window times each tone, folded at the window's middle; made once, the same for every detector. */
static struct {
    pthread_once_t once;
    float cosine[DTMF_TONES][HALF], sine[DTMF_TONES][HALF];
    float window[HALF];          /* rising half */
    float window_sum;
} tables = {.once = PTHREAD_ONCE_INIT};

static void tables_make(void)
{
    for (int n = 0; n < HALF; n++) {
        const float w = 0.5F - 0.5F * cosf(TWO_PI * ((float)n + 0.5F) / DTMF_WINDOW);
        const float before = 0.5F * (DTMF_WINDOW - 1) - (float)n; /* samples before the middle */
        tables.window[n] = w;
        tables.window_sum += 2.0F * w;
        for (int i = 0; i < DTMF_TONES; i++) {
            const float turn = TWO_PI * tone_hz[i] / RATE_HZ * before;
            tables.cosine[i][n] = w * cosf(turn);
            tables.sine[i][n] = w * sinf(turn);
        }
    }
}

void dtmf_init(struct dtmf *d)
{
    pthread_once(&tables.once, tables_make);
    memset(d, 0, sizeof *d);
    for (int i = 0; i < DTMF_TONES; i++) {
        struct dtmf_tone *t = &d->tones[i];
        const float w = TWO_PI * tone_hz[i] / RATE_HZ;
        t->turn1[0] = cosf(w * DTMF_HOP);
        t->turn1[1] = sinf(w * DTMF_HOP);
        t->turn2[0] = cosf(w * 2 * DTMF_HOP);
        t->turn2[1] = sinf(w * 2 * DTMF_HOP);
    }
    biquad_init(&d->high_pass[0], 0.5431045F, -1.0753667F, 0.5431045F, 1.0833178F, -0.3863360F);
    biquad_init(&d->high_pass[1], 1.0F, -1.9044921F, 1.0F, 1.6609495F, -0.8765706F);
    d->track.low = -1;
    d->last_low = -1;
    d->last_high = -1;
}

void dtmf_set_lenient(struct dtmf *d, bool lenient)
{
    d->lenient = lenient;
}

void dtmf_set_voiceless(struct dtmf *d, bool voiceless)
{
    d->voiceless = voiceless;
}

/* Fourth-order elliptic high-pass: 440 Hz and below 26 dB down, 680 Hz and above within 0.3 dB. */
static void high_pass(struct dtmf *d, float *out)
{
    floats_from_samples(out, d->fresh, DTMF_HOP);
    memmove(d->raw, d->raw + DTMF_HOP, (DTMF_WINDOW - DTMF_HOP) * sizeof *d->raw);
    memcpy(d->raw + DTMF_WINDOW - DTMF_HOP, out, DTMF_HOP * sizeof *d->raw);
    for (int i = 0; i < DTMF_HOP; i += 4)
        quad_put(out + i, biquad_run(&d->high_pass[1], biquad_run(&d->high_pass[0], quad_at(out + i))));
    biquad_drop_dregs(&d->high_pass[0]);
    biquad_drop_dregs(&d->high_pass[1]);
}

/* The window about its middle: `even` is what cosines see, `odd` what sines see. Returns its energy. */
static float window_fold(const struct dtmf *d, float *even, float *odd)
{
    quad energy = {0};
    for (int n = 0; n < HALF; n += 4) {
        const float *mirror = d->past + DTMF_WINDOW - 4 - n;
        const quad m = quad_at(mirror);
        const quad after = {m[3], m[2], m[1], m[0]};
        const quad before = quad_at(d->past + n);
        quad_put(even + n, before + after);
        quad_put(odd + n, before - after);
        energy += quad_at(tables.window + n) * (before * before + after * after);
    }
    return quad_sum(energy);
}

/* Mean square of the window's samples as they came, without their mean. */
static float raw_energy(const struct dtmf *d)
{
    quad energy = {0};
    quad sum = {0};
    for (int n = 0; n < HALF; n += 4) {
        const quad m = quad_at(d->raw + DTMF_WINDOW - 4 - n);
        const quad after = {m[3], m[2], m[1], m[0]};
        const quad before = quad_at(d->raw + n);
        const quad window = quad_at(tables.window + n);
        energy += window * (before * before + after * after);
        sum += window * (before + after);
    }
    const float mean = quad_sum(sum) / tables.window_sum;
    return quad_sum(energy) / tables.window_sum - mean * mean;
}

/* Eight sums of products side by side, so that no addition waits for the one before. */
static void correlate(const float *samples, const float table[DTMF_TONES][HALF], float *sums)
{
    quad sum[DTMF_TONES] = {0};
    for (int n = 0; n < HALF; n += 4) {
        const quad x = quad_at(samples + n);
        for (int i = 0; i < DTMF_TONES; i++)
            sum[i] += x * quad_at(table[i] + n);
    }
    for (int i = 0; i < DTMF_TONES; i++)
        sums[i] = quad_sum(sum[i]);
}

/* The window's spectrum at the eight tones. */
static void spectrum_measure(struct dtmf *d, const float *even, const float *odd)
{
    float re[DTMF_TONES], im[DTMF_TONES];
    correlate(even, tables.cosine, re);
    correlate(odd, tables.sine, im);
    float *amplitude = d->amplitude[d->hop % DTMF_PAST];
    const float scale = 2.0F / tables.window_sum;
    for (int i = 0; i < DTMF_TONES; i++) {
        d->spectrum[0][i][0] = re[i];
        d->spectrum[0][i][1] = im[i];
        amplitude[i] = scale * sqrtf(re[i] * re[i] + im[i] * im[i]);
    }
}

/* Mean square of the window's samples; the spectrum is measured only when there is something. */
static float window_measure(struct dtmf *d)
{
    float even[HALF], odd[HALF];
    const float energy = window_fold(d, even, odd) / tables.window_sum;
    if (d->hop % 2 == 0) /* it changes slowly: every 10 ms is enough */
        d->rest_now = fmaxf(raw_energy(d) - energy, 0.0F);
    d->rest[d->hop % DTMF_PAST] = d->rest_now;
    memmove(d->spectrum[1], d->spectrum[0], 2 * sizeof d->spectrum[0]);
    if (energy < GATE_ENERGY) {
        memset(d->spectrum[0], 0, sizeof d->spectrum[0]);
        memset(d->amplitude[d->hop % DTMF_PAST], 0, sizeof d->amplitude[0]);
    } else {
        spectrum_measure(d, even, odd);
    }
    return energy;
}

/* How far the phase went beyond a tone's own turn between two windows, -pi..pi. */
static float phase_excess(const float *now, const float *then, const float *turn)
{
    const float re = now[0] * then[0] + now[1] * then[1];
    const float im = now[1] * then[0] - now[0] * then[1];
    return atan2f(im * turn[0] - re * turn[1], re * turn[0] + im * turn[1]);
}

/* How far the tone is off its nominal frequency: two hops are precise, one is unambiguous. A tone
 * that stands still turns as far in the one hop as in the other: `bend` is the difference. */
static float frequency_error_hz(const struct dtmf *d, int tone, float *bend)
{
    const struct dtmf_tone *t = &d->tones[tone];
    const float hop_s = DTMF_HOP / RATE_HZ;
    const float coarse = phase_excess(d->spectrum[0][tone], d->spectrum[1][tone], t->turn1);
    float fine = phase_excess(d->spectrum[0][tone], d->spectrum[2][tone], t->turn2);
    fine += TWO_PI * roundf((2.0F * coarse - fine) / TWO_PI);
    *bend = fabsf(2.0F * coarse - fine);
    return fine / (TWO_PI * 2.0F * hop_s);
}

/* A tone off its nominal frequency passes the window weaker: the factor that makes up for it. */
static float window_loss(float error_hz)
{
    const float bins = error_hz * (DTMF_WINDOW / RATE_HZ);
    const float b2 = bins * bins;
    return 1.0F + b2 * (0.645F + 0.27F * b2);
}

static int strongest(const float *amplitude)
{
    int best = 0;
    for (int i = 1; i < 4; i++)
        best = amplitude[i] > amplitude[best] ? i : best;
    return best;
}

/* Whether no other tone of the group comes near the best one. */
static bool stands_out(const float *amplitude, int best)
{
    const float most = amplitude[best] * amplitude[best] / NEIGHBOUR_RATIO;
    for (int i = 0; i < 4; i++) {
        if (i != best && amplitude[i] * amplitude[i] > most)
            return false;
    }
    return true;
}

/* Whether a tone stands still: at its edges, and in most of speech, it grows or fades in 10 ms. */
static bool is_steady(const struct dtmf *d, int tone, float least)
{
    const float now = d->amplitude[d->hop % DTMF_PAST][tone];
    const float then = d->amplitude[(d->hop - 2) % DTMF_PAST][tone];
    return now >= least * then && then >= least * now;
}

/* The key's pair of tones if this window holds one and nothing else that matters. */
static struct dtmf_pair pair_find(const struct dtmf *d, float energy)
{
    const struct limits *limits = d->lenient ? &lenient_limits : &strict_limits;
    const struct dtmf_pair none = {.low = -1, .high = -1};
    const float *a = d->amplitude[d->hop % DTMF_PAST];
    const int low = strongest(a);
    const int high = 4 + strongest(a + 4);
    if (a[low] < 0.5F * limits->weak || a[high] < 0.5F * limits->weak)
        return none;
    if (!stands_out(a, low) || !stands_out(a + 4, high - 4))
        return none;
    if (!is_steady(d, low, limits->steady) || !is_steady(d, high, limits->steady))
        return none;
    float bend[2];
    const float low_error = frequency_error_hz(d, low, &bend[0]);
    const float high_error = frequency_error_hz(d, high, &bend[1]);
    if (fabsf(low_error) > FREQUENCY_LIMIT * tone_hz[low]
        || fabsf(high_error) > FREQUENCY_LIMIT * tone_hz[high])
        return none;
    const float l = a[low] * window_loss(low_error);
    const float h = a[high] * window_loss(high_error);
    if (fmaxf(l, h) < limits->strong || fminf(l, h) < limits->weak)
        return none;
    if (h * h > l * l * limits->twist_up || l * l > h * h * limits->twist_down)
        return none;
    const float share = fminf(0.5F * (l * l + h * h) / energy, 1.0F);
    if (share < limits->share)
        return none;
    return (struct dtmf_pair){low, high, share, {l, h}, {low_error, high_error}, fmaxf(bend[0], bend[1])};
}

/* Judges the newest window; true when a key became sure. */
static bool hop_judge(struct dtmf *d, struct dtmf_hit *hit)
{
    const float energy = window_measure(d);
    if (d->hops_valid < DTMF_PAST)
        d->hops_valid++;
    struct dtmf_pair pair = {.low = -1, .high = -1};
    if (energy >= GATE_ENERGY)
        pair = pair_find(d, energy);
    if (!dtmf_track_judge(d, &pair, hit))
        return false;
    hit->digit = keys[d->track.low][d->track.high - 4];
    hit->level_db10 = (int16_t)lrintf(200.0F * log10f(fmaxf(d->track.peak[0], d->track.peak[1]) / PEAK_0DBM0));
    return true;
}

size_t dtmf_feed(struct dtmf *d, const int16_t *samples, size_t n, struct dtmf_hit *hits,
                 size_t max)
{
    size_t found = 0;
    while (n > 0) {
        const size_t room = DTMF_HOP - d->fresh_count;
        const size_t part = n < room ? n : room;
        memcpy(d->fresh + d->fresh_count, samples, part * sizeof *samples);
        samples += part;
        n -= part;
        d->fresh_count += (uint32_t)part;
        if (d->fresh_count < DTMF_HOP)
            break;
        struct dtmf_hit hit;
        d->fresh_count = 0;
        memmove(d->past, d->past + DTMF_HOP, (DTMF_WINDOW - DTMF_HOP) * sizeof *d->past);
        high_pass(d, d->past + DTMF_WINDOW - DTMF_HOP);
        if (hop_judge(d, &hit) && found < max) {
            hit.onset_ms_ago += (uint32_t)(n / FRAMES_PER_MS);
            hits[found++] = hit;
        }
        d->hop++;
    }
    return found;
}
