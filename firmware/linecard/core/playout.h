/* SPDX-License-Identifier: Apache-2.0 */
/* The playout buffer: audio frames from the link wait here until the card's own clock wants them. */
#ifndef LINECARD_PLAYOUT_H
#define LINECARD_PLAYOUT_H
#include "link.h"
#include <stdbool.h>
#include <stdint.h>

#define PLAYOUT_SLOTS 15         /* frames of 10 ms the buffer can hold */
#define PLAYOUT_START 2          /* frames gathered before playing: 20 ms */
#define PLAYOUT_MAX_TARGET 6     /* after repeated underruns it gathers up to this many */
#define PLAYOUT_SPARE 4          /* frames above the target that a burst may add */
#define PLAYOUT_CALM_TICKS 1000  /* 10 s without an underrun: one frame less is gathered next time */
#define PLAYOUT_EXCESS_TICKS 200 /* the fill is judged by its least in 2 s: ... */
#define PLAYOUT_SLACK 1          /* ... over the target by more than this, a frame is dropped */
#define PLAYOUT_CONCEAL 4        /* frames made up before silence */
#define PLAYOUT_MATCH 32         /* samples compared; and the least lag: 250 Hz, or a multiple of what is higher */

struct playout_frame {
    bool lost;                   /* a gap in the sequence: to be concealed */
    uint32_t end_counter;        /* sender's sample counter after this frame */
    int16_t samples[LINK_SOCKETS][LINK_AUDIO_FRAMES];
};

struct playout {
    struct playout_frame slots[PLAYOUT_SLOTS];
    int16_t last[LINK_SOCKETS][LINK_AUDIO_FRAMES], before[LINK_SOCKETS][LINK_AUDIO_FRAMES]; /* played last: it goes on */
    uint8_t first, count, target;
    uint8_t repeated;            /* how often `last` has been repeated */
    bool playing;                /* false: gathering */
    bool trimmed;                /* the fill was judged once since playing began */
    bool heard;                  /* `next_sequence` holds */
    uint8_t next_sequence;
    uint8_t least;               /* smallest fill seen in the present excess window */
    uint16_t calm_ticks, excess_ticks;
    uint32_t played;             /* sender's sample counter after the last sample played */
    uint32_t underruns, overruns;
};

/* Empties the buffer; the under- and overrun counts live on. */
void playout_reset(struct playout *playout);
/* A frame of either codec. */
void playout_put(struct playout *playout, const struct link_audio *audio);
/* The next 10 ms for every socket: always fills `samples`, with silence when there is nothing. */
void playout_take(struct playout *playout, int16_t samples[LINK_SOCKETS][LINK_AUDIO_FRAMES]);
#endif
