/* SPDX-License-Identifier: Apache-2.0 */
/* Spectrum of 32 or 64 ms under a Hann window, and its peaks.
 *
 * A real transform of n samples as a complex one of half the size, radix 2, in place. A peak's place
 * between two bins follows from the two bins' magnitudes, exact for one sinusoid under this window. */
#include "tone_spectrum.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 8000.0F
#define LOWEST_HZ 250.0F
#define HIGHEST_HZ 3700.0F
#define FAINTEST 0.004F          /* of the strongest bin: 24 dB below it no peak matters */
#define REACH 3                  /* bins to either side that may belong to a peak */
#define LEAST_PART 0.06F         /* of the tone: 12 dB below the rest */
#define SLACK_HZ 2.0F
#define STRONG_PART 0.1F         /* of everything: what both must have */
#define FAINTER_PART 0.05F

/* sin(2 pi k / 512) for a quarter turn */
static const float quarter[TONE_LONG / 4 + 1] = {
    0.00000000F, 0.01227154F, 0.02454123F, 0.03680722F, 0.04906767F, 0.06132074F, 0.07356456F, 0.08579731F,
    0.09801714F, 0.11022221F, 0.12241068F, 0.13458071F, 0.14673047F, 0.15885814F, 0.17096189F, 0.18303989F,
    0.19509032F, 0.20711138F, 0.21910124F, 0.23105811F, 0.24298018F, 0.25486566F, 0.26671276F, 0.27851969F,
    0.29028468F, 0.30200595F, 0.31368174F, 0.32531029F, 0.33688985F, 0.34841868F, 0.35989504F, 0.37131719F,
    0.38268343F, 0.39399204F, 0.40524131F, 0.41642956F, 0.42755509F, 0.43861624F, 0.44961133F, 0.46053871F,
    0.47139674F, 0.48218377F, 0.49289819F, 0.50353838F, 0.51410274F, 0.52458968F, 0.53499762F, 0.54532499F,
    0.55557023F, 0.56573181F, 0.57580819F, 0.58579786F, 0.59569930F, 0.60551104F, 0.61523159F, 0.62485949F,
    0.63439328F, 0.64383154F, 0.65317284F, 0.66241578F, 0.67155895F, 0.68060100F, 0.68954054F, 0.69837625F,
    0.70710678F, 0.71573083F, 0.72424708F, 0.73265427F, 0.74095113F, 0.74913639F, 0.75720885F, 0.76516727F,
    0.77301045F, 0.78073723F, 0.78834643F, 0.79583690F, 0.80320753F, 0.81045720F, 0.81758481F, 0.82458930F,
    0.83146961F, 0.83822471F, 0.84485357F, 0.85135519F, 0.85772861F, 0.86397286F, 0.87008699F, 0.87607009F,
    0.88192126F, 0.88763962F, 0.89322430F, 0.89867447F, 0.90398929F, 0.90916798F, 0.91420976F, 0.91911385F,
    0.92387953F, 0.92850608F, 0.93299280F, 0.93733901F, 0.94154407F, 0.94560733F, 0.94952818F, 0.95330604F,
    0.95694034F, 0.96043052F, 0.96377607F, 0.96697647F, 0.97003125F, 0.97293995F, 0.97570213F, 0.97831737F,
    0.98078528F, 0.98310549F, 0.98527764F, 0.98730142F, 0.98917651F, 0.99090264F, 0.99247953F, 0.99390697F,
    0.99518473F, 0.99631261F, 0.99729046F, 0.99811811F, 0.99879546F, 0.99932238F, 0.99969882F, 0.99992470F,
    1.00000000F,
};

struct spectrum {
    float re[TONE_LONG / 2], im[TONE_LONG / 2];
    float power[TONE_LONG / 2];
    uint32_t half;
};

/* Samples under a Hann window: it is the same from both ends. */
static void window(float *x, const int16_t *samples, uint32_t n)
{
    const uint32_t step = TONE_LONG / n;
    const uint32_t q = n / 4;
    for (uint32_t i = 0; i < q; i++) {
        const float outer = 0.5F - 0.5F * quarter[(q - i) * step];
        const float inner = 0.5F + 0.5F * quarter[i * step];
        x[i] = outer * (float)samples[i];
        x[q + i] = inner * (float)samples[q + i];
        x[n - 1 - i] = (0.5F - 0.5F * quarter[(q - i - 1) * step]) * (float)samples[n - 1 - i];
        x[n - 1 - q - i] = (0.5F + 0.5F * quarter[(i + 1) * step]) * (float)samples[n - 1 - q - i];
    }
}

/* Even samples become the real parts and odd ones the imaginary, in bit-reversed order. */
static void load(struct spectrum *s, const int16_t *samples, uint32_t n)
{
    float x[TONE_LONG];
    uint32_t to = 0;
    window(x, samples, n);
    s->half = n / 2;
    for (uint32_t i = 0; i < s->half; i++) {
        s->re[to] = x[2 * i];
        s->im[to] = x[2 * i + 1];
        uint32_t bit = s->half >> 1;
        for (; (to & bit) != 0; bit >>= 1)
            to ^= bit;
        to |= bit;
    }
}

/* The first two stages, whose factors are 1 and -i. */
static void fours(struct spectrum *s)
{
    for (uint32_t i = 0; i < s->half; i += 4) {
        float *re = s->re + i;
        float *im = s->im + i;
        const float ar = re[0] + re[1], ai = im[0] + im[1], br = re[0] - re[1], bi = im[0] - im[1];
        const float cr = re[2] + re[3], ci = im[2] + im[3], dr = re[2] - re[3], di = im[2] - im[3];
        re[0] = ar + cr;
        im[0] = ai + ci;
        re[1] = br + di;
        im[1] = bi - dr;
        re[2] = ar - cr;
        im[2] = ai - ci;
        re[3] = br - di;
        im[3] = bi + dr;
    }
}

/* Adds and subtracts element b times (c - id). */
static inline void butterfly(struct spectrum *s, uint32_t a, uint32_t b, float c, float d)
{
    const float re = c * s->re[b] + d * s->im[b];
    const float im = c * s->im[b] - d * s->re[b];
    s->re[b] = s->re[a] - re;
    s->im[b] = s->im[a] - im;
    s->re[a] += re;
    s->im[a] += im;
}

static void transform(struct spectrum *s)
{
    fours(s);
    for (uint32_t width = 4; width < s->half; width *= 2) {
        const uint32_t step = TONE_LONG / (2 * width);
        for (uint32_t i = 0; i < s->half; i += 2 * width) {
            for (uint32_t k = 0; k < width / 2; k++) { /* a quarter turn on: c and d change places */
                const float c = quarter[TONE_LONG / 4 - k * step];
                const float d = quarter[k * step];
                const uint32_t at = i + k;
                butterfly(s, at, at + width, c, d);
                butterfly(s, at + width / 2, at + width + width / 2, -d, c);
            }
        }
    }
}

/* The complex transform's two halves give the real one's bins, from both ends at once. */
static void untangle(struct spectrum *s)
{
    const uint32_t step = TONE_LONG / (2 * s->half);
    const uint32_t middle = s->half / 2;
    s->power[0] = 0.0F;
    for (uint32_t k = 1; k <= middle; k++) {
        const uint32_t m = s->half - k;
        const float even_re = 0.5F * (s->re[k] + s->re[m]);
        const float even_im = 0.5F * (s->im[k] - s->im[m]);
        const float odd_re = 0.5F * (s->im[k] + s->im[m]);
        const float odd_im = 0.5F * (s->re[m] - s->re[k]);
        const float c = quarter[TONE_LONG / 4 - k * step];
        const float d = quarter[k * step];
        const float re = c * odd_re + d * odd_im;
        const float im = c * odd_im - d * odd_re;
        s->power[k] = (even_re + re) * (even_re + re) + (even_im + im) * (even_im + im);
        s->power[m] = (even_re - re) * (even_re - re) + (even_im - im) * (even_im - im);
    }
}

/* Where between two bins a peak at bin k lies, in bins. */
static float peak_place(const float *power, uint32_t k)
{
    const bool right = power[k + 1] > power[k - 1];
    const float ratio = sqrtf((right ? power[k + 1] : power[k - 1]) / power[k]);
    const float off = (2.0F * ratio - 1.0F) / (ratio + 1.0F);
    return (float)k + (right ? off : -off);
}

/* Power from bin k downhill in one direction. */
static float slope_power(const float *power, uint32_t k, int direction)
{
    float sum = 0.0F;
    float before = power[k];
    uint32_t at = k;
    for (int i = 0; i < REACH && at > 1 && at + 2 < TONE_LONG / 2; i++) {
        at = direction > 0 ? at + 1 : at - 1;
        if (power[at] > before)
            break;
        sum += power[at];
        before = power[at];
    }
    return sum;
}

/* Keeps the strongest, in order. */
static void peak_add(struct tone_peaks *peaks, float hz, float power)
{
    uint32_t at = peaks->count < TONE_PEAKS ? peaks->count++ : TONE_PEAKS - 1;
    if (at == TONE_PEAKS - 1 && peaks->power[at] > power)
        return;
    for (; at > 0 && peaks->power[at - 1] < power; at--) {
        peaks->hz[at] = peaks->hz[at - 1];
        peaks->power[at] = peaks->power[at - 1];
    }
    peaks->hz[at] = hz;
    peaks->power[at] = power;
}

static void peaks_find(const struct spectrum *s, float bin_hz, struct tone_peaks *peaks)
{
    const uint32_t first = (uint32_t)(LOWEST_HZ / bin_hz);
    const uint32_t last = (uint32_t)(HIGHEST_HZ / bin_hz);
    const float *power = s->power;
    float most = 0.0F;
    for (uint32_t k = first; k <= last; k++) {
        peaks->total += power[k];
        most = fmaxf(most, power[k]);
    }
    for (uint32_t k = first; k <= last; k++) {
        if (power[k] <= FAINTEST * most || power[k] < power[k - 1] || power[k] <= power[k + 1])
            continue;
        const float sum = power[k] + slope_power(power, k, 1) + slope_power(power, k, -1);
        peak_add(peaks, peak_place(power, k) * bin_hz, sum);
    }
}

void tone_spectrum_peaks(const int16_t *samples, uint32_t n, struct tone_peaks *peaks)
{
    struct spectrum s;
    const float bin_hz = RATE_HZ / (float)n;
    memset(peaks, 0, sizeof *peaks);
    load(&s, samples, n);
    transform(&s);
    untangle(&s);
    s.power[s.half - 1] = 0.0F;
    peaks->apart_hz = 4.0F * bin_hz;
    peaks_find(&s, bin_hz, peaks);
}

/* Power and centre of what was heard between two frequencies. */
static float group_power(const struct tone_peaks *peaks, float low, float high, float *centre)
{
    float sum = 0.0F;
    float moment = 0.0F;
    const float slack = 0.125F * peaks->apart_hz;
    for (uint32_t i = 0; i < peaks->count; i++) {
        if (peaks->hz[i] < low - slack || peaks->hz[i] > high + slack)
            continue;
        sum += peaks->power[i];
        moment += peaks->power[i] * peaks->hz[i];
    }
    *centre = sum > 0.0F ? moment / sum : 0.0F;
    return sum;
}

bool tone_peaks_are(const struct tone_peaks *peaks, const uint16_t *hz, uint32_t count,
                    float tolerance, float share)
{
    float sum = 0.0F;
    for (uint32_t i = 0; i < count;) {
        uint32_t end = i + 1;
        while (end < count && (float)(hz[end] - hz[end - 1]) < peaks->apart_hz)
            end++;
        const float low = (float)hz[i] * (1.0F - tolerance) - SLACK_HZ;
        const float high = (float)hz[end - 1] * (1.0F + tolerance) + SLACK_HZ;
        float centre;
        const float power = group_power(peaks, low, high, &centre);
        if (power < LEAST_PART * peaks->total || centre < low || centre > high)
            return false;
        sum += power;
        i = end;
    }
    return count > 0 && sum >= share * peaks->total;
}

bool tone_peaks_alike(const struct tone_peaks *a, const struct tone_peaks *b, float ratio, float hz)
{
    if (a->count == 0 || b->count == 0)
        return false;
    for (uint32_t i = 0; i < a->count && a->power[i] > STRONG_PART * a->total; i++) {
        float nearest = HIGHEST_HZ;
        for (uint32_t k = 0; k < b->count && b->power[k] > FAINTER_PART * b->total; k++)
            nearest = fminf(nearest, fabsf(a->hz[i] - b->hz[k]));
        if (nearest > ratio * a->hz[i] + hz)
            return false;
    }
    return true;
}
