/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of samples inside the tick. */
#include "audio/fifo.h"

#include <string.h>

void fifo_clear(struct fifo *f)
{
    f->head = 0;
    f->tail = 0;
}

uint32_t fifo_push(struct fifo *f, const int16_t *samples, uint32_t n)
{
    uint32_t lost = 0;

    if (n > FIFO_SAMPLES) {
        lost = n - FIFO_SAMPLES;
        samples += lost;
        n = FIFO_SAMPLES;
    }
    if (fifo_fill(f) + n > FIFO_SAMPLES) {
        uint32_t over = fifo_fill(f) + n - FIFO_SAMPLES;
        fifo_drop(f, over);
        lost += over;
    }
    uint32_t at = f->head & (FIFO_SAMPLES - 1u);
    uint32_t first = FIFO_SAMPLES - at < n ? FIFO_SAMPLES - at : n;
    memcpy(f->samples + at, samples, first * sizeof *samples);
    memcpy(f->samples, samples + first, (n - first) * sizeof *samples);
    f->head += n;
    return lost;
}

void fifo_copy(const struct fifo *f, int16_t *out, uint32_t n)
{
    uint32_t at = f->tail & (FIFO_SAMPLES - 1u);
    uint32_t first = FIFO_SAMPLES - at < n ? FIFO_SAMPLES - at : n;

    memcpy(out, f->samples + at, first * sizeof *out);
    memcpy(out + first, f->samples, (n - first) * sizeof *out);
}

void fifo_pad(struct fifo *f, uint32_t n)
{
    uint32_t room = FIFO_SAMPLES - fifo_fill(f);

    for (uint32_t i = 0; i < n && i < room; i++)
        f->samples[--f->tail & (FIFO_SAMPLES - 1u)] = 0;
}
