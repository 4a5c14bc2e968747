/* SPDX-License-Identifier: Apache-2.0 */
/* µ-law coding of whole blocks, for the recorder. */
#include "g711.h"
#include "include/audio_loop.h"

void audio_ulaw_encode(const int16_t *samples, uint8_t *codes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        codes[i] = ulaw_encode(samples[i]);
}

void audio_ulaw_decode(const uint8_t *codes, int16_t *samples, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        samples[i] = ulaw_decode(codes[i]);
}
