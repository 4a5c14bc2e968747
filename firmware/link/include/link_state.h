/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of one end of a link; included by link.h so that it can be embedded. Don't touch the fields. */
#ifndef LINK_STATE_H
#define LINK_STATE_H
#include "link.h"

/* One message that waits for its acknowledgement. */
struct link_slot {
    bool sent;               /* at least once */
    uint8_t sequence;
    uint32_t first_ms;       /* of the first transmission */
    uint32_t last_ms;        /* of the newest */
    struct link_message message;
};

struct link_end {
    struct link_handler handler;
    struct link_counters counters;
    /* receiving */
    uint8_t wire[LINK_MAX_WIRE]; /* the frame being collected, still stuffed */
    size_t wire_len;
    bool wire_overflow;      /* too long for a frame: wait for the next delimiter */
    bool audio_heard;        /* audio_expected holds */
    uint8_t audio_expected;
    uint8_t accepted;        /* last message accepted in order, LINK_NONE before the first */
    uint8_t expected;        /* sequence of the next message to accept */
    bool has_nonce;          /* a HELLO was accepted: `nonce` is its */
    bool greeting;           /* we sent HELLO and wait for the reply that names `nonce` */
    uint8_t nonce[4];
    struct link_audio audio; /* scratch for the handler */
    /* sending */
    uint8_t audio_sequence;  /* of the next audio frame */
    uint8_t next_sequence;   /* of the next message */
    uint8_t first;           /* index of the oldest slot */
    uint8_t count;           /* slots in use */
    struct link_slot slots[LINK_WINDOW];
};
#endif
