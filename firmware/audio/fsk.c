/* SPDX-License-Identifier: Apache-2.0 */
/* FSK demodulator for caller ID (Bell 202, ITU-T V.23 at 1200 baud; EN 300 659-1, GR-30).
 *
 * Both systems are centred on 1,700 Hz, so one pair of one-bit windows at 1,250 and 2,150 Hz hears
 * either: each is at most 50 Hz off, which costs 0.1 dB. The envelopes' difference, levelled by the
 * twist that earlier bytes showed, is the decision; each byte takes its clock from its start bit,
 * interpolated between samples. The phases' turning tells afterwards which system it was. */
#include "fsk.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 8000.0F
#define BIT (RATE_HZ / 1200.0F)
#define TWO_PI 6.2831853F
#define MARK_HZ 1250.0F
#define SPACE_HZ 2150.0F
#define EDGE 0.8333333F          /* weight of the window's first and last tap: 6.67 in all */
#define SHARE_ONE (0.5F * BIT)   /* a window's output power over its energy, for its own tone alone */
#define PEAK_0DBM0 22828.0F      /* a sine 3.14 dB below full scale, ITU-T G.711 */
#define CARRIER 0.62F            /* of a bit's energy in its tone: noise has 0.45, 8 dB SNR 0.85 */
#define MARK_SHARE 0.55F         /* of the energy in mark: noise has 0.3 */
#define MARK_SMOOTHING (1.0F / 32.0F)
#define TWIST_MOST 4.0F          /* 12 dB */
#define LEVEL_PACE 0.25F
#define LEVEL_JUMP 1.5F
#define EDGE_PULL 0.25F          /* of the error an edge shows: one edge is noise, many are the clock */
#define FORGET_SAMPLES 4000u     /* 0.5 s without a good byte: another burst, another twist */
#define KIND_MEMORY 0.9995F
#define STILL 1e-9F              /* keeps ratios of nothing finite */

/* The window's taps at both tones, folded at its middle, centre first. */
static const float mark_cos[4] = {1.0F, 0.5555702F, -0.3826834F, -0.9807853F};
static const float mark_sin[4] = {0.0F, 0.8314696F, 0.9238795F, 0.1950903F};
static const float space_cos[4] = {1.0F, -0.1175374F, -0.9723699F, 0.3461171F};
static const float space_sin[4] = {0.0F, 0.9930685F, -0.2334454F, -0.9381913F};

void fsk_forget_kind(struct fsk *f)
{
    memset(f->turn_mark, 0, sizeof f->turn_mark);
    memset(f->turn_space, 0, sizeof f->turn_space);
}

void fsk_init(struct fsk *f)
{
    memset(f, 0, sizeof *f);
    f->levels[0] = f->levels[1] = 1.0F;
}

/* Second-order Butterworth high-pass at 300 Hz: ringing, hum and what a reversal leaves. */
static void high_pass(struct fsk *f, const int16_t *samples, size_t n)
{
    float a = f->high_pass[0], b = f->high_pass[1];

    for (size_t i = 0; i < n; i++) {
        const float x = (float)samples[i];
        const float y = 0.8464593F * x + a;
        a = -1.6929185F * x + 1.6692031F * y + b;
        b = 0.8464593F * x - 0.7166337F * y;
        f->past[FSK_TAPS - 1 + i] = y;
    }
    const bool still = fabsf(a) < STILL && fabsf(b) < STILL;
    f->high_pass[0] = still ? 0.0F : a;
    f->high_pass[1] = still ? 0.0F : b;
}

/* Both tones' windows over the n newest samples; plain loops, which compilers make vectors of. */
static void windows_run(struct fsk *f, size_t n)
{
    struct fsk_windows *w = &f->w;

    for (size_t i = 0; i < n; i++) {
        const float *x = f->past + i;
        const float e1 = x[2] + x[4], e2 = x[1] + x[5], e3 = EDGE * (x[0] + x[6]);
        const float o1 = x[2] - x[4], o2 = x[1] - x[5], o3 = EDGE * (x[0] - x[6]);
        w->mark_re[FSK_TAPS + i] = x[3] + e1 * mark_cos[1] + (e2 * mark_cos[2] + e3 * mark_cos[3]);
        w->mark_im[FSK_TAPS + i] = o1 * mark_sin[1] + (o2 * mark_sin[2] + o3 * mark_sin[3]);
        w->space_re[FSK_TAPS + i] = x[3] + e1 * space_cos[1] + (e2 * space_cos[2] + e3 * space_cos[3]);
        w->space_im[FSK_TAPS + i] = o1 * space_sin[1] + (o2 * space_sin[2] + o3 * space_sin[3]);
        w->energy[FSK_TAPS + i] = x[1] * x[1] + x[2] * x[2] + (x[3] * x[3] + x[4] * x[4])
                                + (x[5] * x[5] + EDGE * (x[0] * x[0] + x[6] * x[6]));
    }
}

/* The last outputs become the ones before the next block. */
static void windows_keep(struct fsk *f, size_t n)
{
    struct fsk_windows *w = &f->w;

    memmove(f->past, f->past + n, (FSK_TAPS - 1) * sizeof *f->past);
    memmove(w->mark_re, w->mark_re + n, FSK_TAPS * sizeof *w->mark_re);
    memmove(w->mark_im, w->mark_im + n, FSK_TAPS * sizeof *w->mark_im);
    memmove(w->space_re, w->space_re + n, FSK_TAPS * sizeof *w->space_re);
    memmove(w->space_im, w->space_im + n, FSK_TAPS * sizeof *w->space_im);
    memmove(w->lead, w->lead + n, FSK_TAPS * sizeof *w->lead);
}

/* Adds how far a tone's phase turned since the same tone one window before, at outputs[i]. */
static void turn_add(float sum[2], const float *re, const float *im, size_t i)
{
    const size_t then = i - FSK_TAPS;

    sum[0] = KIND_MEMORY * sum[0] + re[i] * re[then] + im[i] * im[then];
    sum[1] = KIND_MEMORY * sum[1] + im[i] * re[then] - re[i] * im[then];
}

/* How many hertz a tone is above `hz`; both window outputs turned with the tone itself. */
static float turn_hz(const float sum[2], float hz)
{
    const float own = TWO_PI * hz * FSK_TAPS / RATE_HZ;
    const float c = cosf(own), s = sinf(own);

    return atan2f(sum[1] * c - sum[0] * s, sum[0] * c + sum[1] * s) * RATE_HZ / (TWO_PI * FSK_TAPS);
}

enum fsk_kind fsk_kind(const struct fsk *f)
{
    return turn_hz(f->turn_space, SPACE_HZ) > turn_hz(f->turn_mark, MARK_HZ) ? FSK_BELL202 : FSK_V23;
}

static void byte_begin(struct fsk *f, float edge_ago)
{
    f->in_byte = true;
    f->bit = 0;
    f->due = 0.5F * BIT - edge_ago;
    f->value = 0;
    f->quality = 0.0F;
    memset(f->amplitude, 0, sizeof f->amplitude);
    memset(f->bits, 0, sizeof f->bits);
}

/* Nothing is known of the tones' levels: they count alike. */
static void forget_levels(struct fsk *f)
{
    f->levels[0] = f->levels[1] = 1.0F;
    f->knows_levels = false;
}

/* What the byte's bits have shown of the line: the next one is sliced accordingly. */
static void learn_levels(struct fsk *f)
{
    for (int tone = 0; tone < 2; tone++) {
        const float seen = f->amplitude[tone] / (float)f->bits[tone];
        f->levels[tone] += (f->knows_levels ? LEVEL_PACE : 1.0F) * (seen - f->levels[tone]);
    }
    f->levels[0] = fmaxf(f->levels[0], f->levels[1] / TWIST_MOST);
    f->levels[1] = fmaxf(f->levels[1], f->levels[0] / TWIST_MOST);
    f->knows_levels = true;
    f->good_at = f->now;
}

/* How far mark is the likelier: of two tones whose levels differ, each is held against its own. */
static float lead_of(const struct fsk *f, float mark, float space)
{
    const float *of = f->levels;

    return of[1] * (mark - 0.5F * of[1]) - of[0] * (space - 0.5F * of[0]);
}

static int16_t level_of(const struct fsk *f)
{
    const float space = f->amplitude[0] / (float)f->bits[0], mark = f->amplitude[1] / (float)f->bits[1];
    const float peak = fmaxf(space, mark) * 2.0F / BIT;

    return (int16_t)lrintf(200.0F * log10f(fmaxf(peak, 1.0F) / PEAK_0DBM0));
}

/* The middle of the stop bit: the byte as far as it was one. */
static void byte_end(struct fsk *f, float lead, struct fsk_byte *byte)
{
    float marked = (float)(f->now - f->mark_since) / BIT - 9.5F;

    byte->value = f->value;
    byte->framed = lead > 0.0F;
    byte->carrier = f->quality > 10.0F * CARRIER && f->bits[1] > 0;
    byte->mark_bits = (uint16_t)fminf(fmaxf(marked, 0.0F), 60000.0F);
    byte->level_db10 = byte->carrier ? level_of(f) : INT16_MIN;
    if (!byte->carrier)
        forget_levels(f); /* noise has taught nothing */
    else if (byte->framed)
        learn_levels(f);
    f->in_byte = false;
    f->mark_since = f->now;
}

/* The middle of a bit has passed. True when that ended a byte. */
static bool bit_take(struct fsk *f, float lead, float mark, float space, float energy, struct fsk_byte *byte)
{
    const bool is_mark = lead > 0.0F;
    const float amplitude = is_mark ? mark : space;

    if (f->bit == 0 && is_mark) { /* a click in the mark */
        f->in_byte = false;
        return false;
    }
    f->quality += amplitude * amplitude / (energy * SHARE_ONE + STILL);
    f->amplitude[is_mark] += amplitude;
    f->bits[is_mark]++;
    if (f->bit == 9) {
        byte_end(f, lead, byte);
        return true;
    }
    if (f->bit > 0)
        f->value = (uint8_t)(f->value >> 1 | (is_mark ? 0x80 : 0));
    f->bit++;
    f->due += BIT;
    return false;
}

/* Between bytes: mark lasts, or a start bit begins. */
static void idle_take(struct fsk *f, float lead, float before, float mark, float energy)
{
    if (f->knows_levels && lead > 0.0F && mark > LEVEL_JUMP * fmaxf(f->levels[0], f->levels[1]))
        forget_levels(f); /* another burst began */
    f->share += MARK_SMOOTHING * (mark * mark / (energy * SHARE_ONE + STILL) - f->share);
    if (lead > 0.0F) {
        if (f->in_space || f->share < MARK_SHARE)
            f->mark_since = f->now;
        f->in_space = false;
    } else if (before > 0.0F) {
        byte_begin(f, lead / (lead - before));
    } else {
        f->in_space = true;
    }
}

/* Between two bits of a byte the tones crossed: the next middle is half a bit after that. */
static void byte_pull(struct fsk *f, float lead, float before)
{
    const float late = f->due - (0.5F * BIT - lead / (lead - before));

    if (fabsf(late) < 0.4F * BIT)
        f->due -= EDGE_PULL * late;
}

/* The outputs at i: one sample's worth of news. True when it ended a byte. */
static bool sample_take(struct fsk *f, size_t i, struct fsk_byte *byte)
{
    struct fsk_windows *w = &f->w;
    const float mark = sqrtf(w->mark_re[i] * w->mark_re[i] + w->mark_im[i] * w->mark_im[i]);
    const float space = sqrtf(w->space_re[i] * w->space_re[i] + w->space_im[i] * w->space_im[i]);
    const float lead = lead_of(f, mark, space), then = w->lead[i - FSK_TAPS], before = w->lead[i - 1];
    bool ended = false;

    w->lead[i] = lead;
    if (mark > 2.0F * space && then > 0.0F)
        turn_add(f->turn_mark, w->mark_re, w->mark_im, i);
    else if (space > 2.0F * mark && then < 0.0F)
        turn_add(f->turn_space, w->space_re, w->space_im, i);
    if (!f->in_byte)
        idle_take(f, lead, before, mark, w->energy[i]);
    else if ((f->due -= 1.0F) <= 0.0F)
        ended = bit_take(f, lead + (before - lead) * -f->due, mark, space, w->energy[i], byte);
    if (f->in_byte && f->bit > 0 && (lead > 0.0F) != (before > 0.0F))
        byte_pull(f, lead, before);
    f->now++;
    return ended;
}

size_t fsk_feed(struct fsk *f, const int16_t *samples, size_t n, struct fsk_byte *out, size_t max)
{
    size_t found = 0;

    while (n > 0) {
        const size_t part = n < FSK_BLOCK ? n : FSK_BLOCK;
        high_pass(f, samples, part);
        windows_run(f, part);
        for (size_t i = 0; i < part; i++) {
            struct fsk_byte byte;
            if (sample_take(f, FSK_TAPS + i, &byte) && found < max) {
                byte.samples_ago = (uint32_t)(n - i - 1);
                out[found++] = byte;
            }
        }
        windows_keep(f, part);
        samples += part;
        n -= part;
        if (f->now - f->good_at > FORGET_SAMPLES) {
            forget_levels(f);
            f->good_at = f->now - FORGET_SAMPLES;
        }
    }
    return found;
}
