/* SPDX-License-Identifier: Apache-2.0 */
/* A recorder tap: a ring of stereo frames between the tick and one reader thread. */
#ifndef TAP_H
#define TAP_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TAP_FRAMES 131072u      /* 16.4 s; a power of two */

struct tap {
    _Atomic(int16_t *) frames;  /* interleaved; made by the posting thread at the first open */
    _Atomic uint32_t head;      /* the tick's */
    _Atomic uint32_t tail;      /* the reader's */
    _Atomic int64_t lost;
    _Atomic bool taken;         /* from audio_tap_open until AUDIO_TAP_CLOSED */
    uint16_t port;              /* the tick's from here on */
    bool open;
};

/* Posting thread. 0, -EBUSY while it is taken, -ENOMEM. */
int tap_prepare(struct tap *t);
void tap_free(struct tap *t);
/* Tick. */
void tap_write(struct tap *t, const int16_t *left, const int16_t *right, uint32_t n);
/* Reader thread: up to max frames; returns how many. */
int tap_read(struct tap *t, int16_t *interleaved, uint32_t max);
#endif
