/* SPDX-License-Identifier: Apache-2.0 */
/* The strongest frequencies within a stretch of sound, and how much of it they are. */
#ifndef TONE_SPECTRUM_H
#define TONE_SPECTRUM_H
#include <stdbool.h>
#include <stdint.h>

#define TONE_PEAKS 6
#define TONE_LONG 512U               /* samples: 64 ms tell tones 50 Hz apart */
#define TONE_SHORT 256U

struct tone_peaks {
    float hz[TONE_PEAKS], power[TONE_PEAKS]; /* strongest first */
    uint32_t count;                          /* 0: nothing was looked at */
    float total;                             /* of all between 250 and 3,700 Hz */
    float apart_hz;                          /* tones nearer than this run into one peak */
};

/* `n` is TONE_LONG or TONE_SHORT. */
void tone_spectrum_peaks(const int16_t *samples, uint32_t n, struct tone_peaks *peaks);
/* Whether `hz` (rising, `count` of them) were heard, each within the ratio `tolerance`, and are at
 * least `share` of all; those too near to be told apart count as one. */
bool tone_peaks_are(const struct tone_peaks *peaks, const uint16_t *hz, uint32_t count,
                    float tolerance, float share);
/* Whether both are the same sound: each strong frequency to so much of itself and so many Hz. */
bool tone_peaks_alike(const struct tone_peaks *a, const struct tone_peaks *b, float ratio, float hz);
#endif
