/* SPDX-License-Identifier: Apache-2.0 */
/* Synthesised test signals: every one from its own seed, so a failure repeats itself. */
#include "synth.h"

#include <math.h>
#include <string.h>

#include "g711.h"

#define TAU 6.283185307179586
#define PEAK_0DBM0 22828.0 /* a sine of 0 dBm0: 3.14 dB below full scale */

void synth_begin(struct synth *s, double length_ms, uint64_t seed)
{
    s->frames = (size_t)(length_ms * SYNTH_RATE / 1000.0);
    if (s->frames > SYNTH_RATE * SYNTH_SECONDS)
        s->frames = SYNTH_RATE * SYNTH_SECONDS;
    s->random = seed * 0x9E3779B97F4A7C15ULL + 1;
    memset(s->sum, 0, sizeof s->sum);
}

/* xorshift64*: small and the same everywhere. */
double synth_uniform(struct synth *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (double)((s->random * 0x2545F4914F6CDD1DULL) >> 11) / 9007199254740992.0;
}

static double gaussian(struct synth *s)
{
    const double u = synth_uniform(s) + 1e-12;
    return sqrt(-2.0 * log(u)) * cos(TAU * synth_uniform(s));
}

static double peak_of(double dbm0)
{
    return PEAK_0DBM0 * pow(10.0, dbm0 / 20.0);
}

static size_t frame_at(const struct synth *s, double ms)
{
    const double frame = ms * SYNTH_RATE / 1000.0;
    if (frame <= 0.0)
        return 0;
    return frame >= (double)s->frames ? s->frames : (size_t)(frame + 0.5);
}

void synth_sine(struct synth *s, double at_ms, double on_ms, double hz, double dbm0)
{
    const size_t first = frame_at(s, at_ms);
    const size_t end = frame_at(s, at_ms + on_ms);
    const double phase = TAU * synth_uniform(s);
    for (size_t i = first; i < end; i++)
        s->sum[i] += peak_of(dbm0) * sin(phase + TAU * hz * (double)(i - first) / SYNTH_RATE);
}

static void key_tone(struct synth *s, double at_ms, const struct synth_key *key, double hz,
                     double dbm0)
{
    const size_t first = frame_at(s, at_ms);
    const size_t end = frame_at(s, at_ms + key->on_ms);
    const size_t hole = frame_at(s, at_ms + key->hole_at_ms);
    const size_t hole_end = frame_at(s, at_ms + key->hole_at_ms + key->hole_ms);
    const double phase = TAU * synth_uniform(s);
    for (size_t i = first; i < end; i++) {
        if (i < hole || i >= hole_end)
            s->sum[i] += peak_of(dbm0) * sin(phase + TAU * hz * (double)(i - first) / SYNTH_RATE);
    }
}

void synth_key(struct synth *s, double at_ms, char digit, const struct synth_key *key)
{
    static const char keys[] = "123A456B789C*0#D";
    static const double low[] = {697, 770, 852, 941};
    static const double high[] = {1209, 1336, 1477, 1633};
    const char *found = digit == '\0' ? NULL : strchr(keys, digit);
    if (found == NULL)
        return;
    const size_t k = (size_t)(found - keys);
    const double low_hz = low[k / 4] * (1.0 + key->low_error)
        + (key->low_error < 0 ? -key->error_hz : key->error_hz);
    const double high_hz = high[k % 4] * (1.0 + key->high_error)
        + (key->high_error < 0 ? -key->error_hz : key->error_hz);
    key_tone(s, at_ms, key, low_hz, key->level_dbm0 - fmax(key->twist_db, 0.0));
    key_tone(s, at_ms, key, high_hz, key->level_dbm0 + fmin(key->twist_db, 0.0));
}

void synth_noise(struct synth *s, double dbm0)
{
    const double rms = peak_of(dbm0) / sqrt(2.0);
    for (size_t i = 0; i < s->frames; i++)
        s->sum[i] += rms * gaussian(s);
}

/* Adds `part` at the level its own mean power, where it is not silent, calls for. */
static void add_levelled(struct synth *s, const double *part, double dbm0)
{
    double energy = 0.0;
    double loud = 0.0;
    for (size_t i = 0; i < s->frames; i++) {
        energy += part[i] * part[i];
        loud += fabs(part[i]) > 1e-9 ? 1.0 : 0.0;
    }
    const double gain = energy > 0.0 ? peak_of(dbm0) / sqrt(2.0 * energy / loud) : 0.0;
    for (size_t i = 0; i < s->frames; i++)
        s->sum[i] += gain * part[i];
}

static double formant_gain(double hz, const double *formant)
{
    static const double width[3] = {90, 120, 180};
    static const double weight[3] = {1.0, 0.6, 0.3};
    double gain = 0.02;
    for (int k = 0; k < 3; k++) {
        const double off = (hz - formant[k]) / width[k];
        gain += weight[k] / (1.0 + off * off);
    }
    return gain;
}

/* One vowel that glides from one shape to another, under a pitch that falls or rises. */
static void syllable(struct synth *s, double *part, size_t first, size_t end)
{
    const double f0 = 90.0 + 160.0 * synth_uniform(s);
    const double glide = 0.8 + 0.4 * synth_uniform(s);
    double from[3] = {300 + 500 * synth_uniform(s), 900 + 1200 * synth_uniform(s), 2400};
    double to[3] = {300 + 500 * synth_uniform(s), 900 + 1200 * synth_uniform(s), 2700};
    double phase = 0.0;
    for (size_t i = first; i < end; i++) {
        const double x = (double)(i - first) / (double)(end - first);
        const double pitch = f0 * (1.0 + (glide - 1.0) * x);
        double formant[3];
        phase += TAU * pitch / SYNTH_RATE;
        for (int k = 0; k < 3; k++)
            formant[k] = from[k] + (to[k] - from[k]) * x;
        double sample = 0.0;
        for (int h = 1; h * pitch < 3400.0; h++)
            sample += sin(phase * h) * formant_gain(h * pitch, formant) / sqrt(h);
        part[i] = sample * sin(TAU / 2 * x);
    }
}

void synth_speech(struct synth *s, double dbm0)
{
    static double part[SYNTH_RATE * SYNTH_SECONDS];
    memset(part, 0, sizeof part);
    size_t at = 0;
    while (at < s->frames) {
        size_t end = at + (size_t)(SYNTH_RATE * (0.08 + 0.25 * synth_uniform(s)));
        end = end > s->frames ? s->frames : end;
        syllable(s, part, at, end);
        at = end + (size_t)(SYNTH_RATE * (synth_uniform(s) < 0.2 ? 0.3 : 0.02));
    }
    add_levelled(s, part, dbm0);
}

void synth_music(struct synth *s, double dbm0)
{
    static double part[SYNTH_RATE * SYNTH_SECONDS];
    memset(part, 0, sizeof part);
    for (size_t at = 0; at < s->frames;) {
        size_t end = at + (size_t)(SYNTH_RATE * (0.1 + 0.5 * synth_uniform(s)));
        end = end > s->frames ? s->frames : end;
        for (int voice = 0; voice < 3; voice++) {
            const double hz = 110.0 * pow(2.0, floor(36.0 * synth_uniform(s)) / 12.0);
            for (int h = 1; h <= 6; h++) {
                for (size_t i = at; i < end && h * hz < 3800.0; i++) {
                    const double t = (double)(i - at) / SYNTH_RATE;
                    part[i] += sin(TAU * h * hz * t) * exp(-3.0 * t) / (h * h);
                }
            }
        }
        at = end;
    }
    add_levelled(s, part, dbm0);
}

void synth_finish(struct synth *s, bool ulaw)
{
    for (size_t i = 0; i < s->frames; i++) {
        const double clipped = fmax(-32768.0, fmin(32767.0, s->sum[i]));
        const int16_t sample = (int16_t)lrint(clipped);
        s->out[i] = ulaw ? ulaw_decode(ulaw_encode(sample)) : sample;
    }
}
