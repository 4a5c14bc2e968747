/* SPDX-License-Identifier: Apache-2.0 */
/* A recorder tap: a ring of stereo frames between the tick and one reader thread. */
#ifndef TAP_H
#define TAP_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "audio/secret.h"

#define TAP_FRAMES 131072u      /* 16.4 s; a power of two */
#define TAP_HELD 800u           /* 100 ms: the newest frames are kept from the reader, to be blanked if need be */

struct tap {
    _Atomic(int16_t *) frames;  /* interleaved; made by the posting thread at the first open */
    _Atomic uint32_t head;      /* the tick's: up to here the reader may read */
    _Atomic uint32_t tail;      /* the reader's */
    _Atomic int64_t lost;
    _Atomic bool taken;         /* from audio_tap_open until AUDIO_TAP_CLOSED */
    uint16_t port;              /* the tick's from here on */
    bool open;
    uint32_t begun, written;    /* where it was opened; how far it is written */
    uint32_t blank_begun, blank_end; /* the newest blanked span, told when it is over */
    bool blanks;
    struct secret secret;
};

/* Posting thread. 0, -EBUSY while it is taken, -ENOMEM. */
int tap_prepare(struct tap *t);
void tap_free(struct tap *t);
/* Tick. */
void tap_write(struct tap *t, const int16_t *left, const int16_t *right, uint32_t n);
/* Silence in the newest n frames (at most TAP_HELD) of both channels. */
void tap_blank(struct tap *t, uint32_t n);
/* Opened, and closed: the reader may have all of it. */
void tap_begin(struct tap *t, uint16_t port);
void tap_end(struct tap *t);
/* Reader thread: up to max frames; returns how many. */
int tap_read(struct tap *t, int16_t *interleaved, uint32_t max);
#endif
