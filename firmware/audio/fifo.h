/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of samples inside the tick (one thread). */
#ifndef FIFO_H
#define FIFO_H
#include <stdint.h>

#define FIFO_SAMPLES 4096u      /* 512 ms; a power of two */

struct fifo {
    uint32_t head, tail;        /* run free; their difference is the fill */
    int16_t samples[FIFO_SAMPLES];
};

void fifo_clear(struct fifo *f);
static inline uint32_t fifo_fill(const struct fifo *f)
{
    return f->head - f->tail;
}
/* Appends n samples; the oldest give way. Returns how many were lost. */
uint32_t fifo_push(struct fifo *f, const int16_t *samples, uint32_t n);
/* Puts n samples of silence before the first; as many as there is room for. */
void fifo_pad(struct fifo *f, uint32_t n);
static inline void fifo_drop(struct fifo *f, uint32_t n)
{
    uint32_t fill = fifo_fill(f);
    f->tail += n < fill ? n : fill;
}
/* The first n samples, which must be there. */
void fifo_copy(const struct fifo *f, int16_t *out, uint32_t n);
static inline int16_t fifo_at(const struct fifo *f, uint32_t index)
{
    return f->samples[(f->tail + index) & (FIFO_SAMPLES - 1u)];
}
#endif
