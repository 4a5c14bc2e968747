/* SPDX-License-Identifier: Apache-2.0 */
/* Generates dial, ringback, busy, howler and beep tones. */
#ifndef TONE_GEN_H
#define TONE_GEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/audio_loop.h"

struct tone_gen { uint32_t phase[2], step[2]; int32_t amplitude; uint32_t at_frame, frames_done;
                  uint32_t on_frames[4], off_frames[4]; uint8_t phases, phase_now; uint32_t limit_frames; };
void tone_gen_init(struct tone_gen *t, const audio_tone *tone);
/* Writes n samples; returns false once the tone's limit is reached (the rest is silence). */
bool tone_gen_fill(struct tone_gen *t, int16_t *out, size_t n);
#endif
