/* SPDX-License-Identifier: Apache-2.0 */
/* The serial link between appliance and line-card HAT: framing, checksum, reliable messages.
 * Used by both ends; docs/linecard-protocol.md is the law. Portable C11, no allocation, no clock, no I/O. */
#ifndef LINK_H
#define LINK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_PROTOCOL 2               /* the newest version spoken; 1 lacks the messages marked so */
#define LINK_PROTOCOL_LEAST 1
#define LINK_SOCKETS 8
#define LINK_AUDIO_FRAMES 80          /* samples of a socket in one audio frame: 10 ms */
#define LINK_MAX_BODY (16 + LINK_SOCKETS * LINK_AUDIO_FRAMES * 2)
#define LINK_MAX_WIRE (LINK_MAX_BODY + 16) /* COBS overhead, checksum, delimiter */
#define LINK_MAX_PAYLOAD 64           /* of one message */
#define LINK_HELLO_BYTES 7            /* least payload of HELLO: versions, codecs, nonce */
#define LINK_WINDOW 8                 /* unacknowledged messages each way */

/* Frame kinds (first byte of every frame). */
#define LINK_FRAME_AUDIO 0x01         /* both ways, every 10 ms while the link is up */
#define LINK_FRAME_MESSAGE 0x02       /* one reliable message */
#define LINK_FRAME_AUDIO_LINEAR 0x03  /* as AUDIO, 16-bit linear: only when HELLO agreed on it */

/* Codecs of audio frames; HELLO's mask has bit n for codec n. */
#define LINK_CODEC_ULAW 0
#define LINK_CODEC_LINEAR 1

/* Message kinds. Host to HAT: */
#define LINK_MSG_HELLO 0x01
#define LINK_MSG_RING 0x10
#define LINK_MSG_STOP_RING 0x11
#define LINK_MSG_SEIZE 0x12           /* FXO off-hook */
#define LINK_MSG_RELEASE 0x13         /* FXO on-hook */
#define LINK_MSG_FLASH_LINE 0x14
#define LINK_MSG_GAIN 0x15
#define LINK_MSG_GET_HEALTH 0x16
#define LINK_MSG_COUNTRY 0x17         /* version 2, as all below */
#define LINK_MSG_RING_SUPPLY 0x18
#define LINK_MSG_CALLER_ID 0x19
#define LINK_MSG_GET_PORT_HEALTH 0x1A
#define LINK_MSG_USE_PORT 0x1B
#define LINK_MSG_UPDATE_BEGIN 0x1C    /* firmware update: linecard/core/update.h */
#define LINK_MSG_UPDATE_DATA 0x1D
#define LINK_MSG_UPDATE_END 0x1E
#define LINK_MSG_UPDATE_STATUS 0x1F
#define LINK_MSG_UPDATE_REBOOT 0x20
/* HAT to host: */
#define LINK_MSG_HELLO_REPLY 0x81
#define LINK_MSG_HOOK 0x90            /* FXS: payload socket (1-8), 1 off-hook / 0 on-hook */
#define LINK_MSG_HOOK_FLASH 0x91
#define LINK_MSG_PULSE_DIGIT 0x92     /* payload socket, ASCII digit */
#define LINK_MSG_RING_DETECTED 0x93   /* FXO: payload socket, 1 burst began / 0 burst ended */
#define LINK_MSG_LOOP 0x94            /* FXO: payload socket, 1 loop open (disconnect) */
#define LINK_MSG_HEALTH 0x95
#define LINK_MSG_LINE_STATE 0x96      /* version 2, as all below */
#define LINK_MSG_PORT_HEALTH 0x97
#define LINK_MSG_UPDATE_REPORT 0x98
#define LINK_MSG_UPDATE_KEY 0x99

/* One audio frame, decoded. */
struct link_audio {
    uint8_t sequence;                 /* of audio frames, one count each way */
    uint32_t sample_counter;          /* sender's: samples sent so far on this link */
    uint32_t peer_counter;            /* downlink: last uplink counter heard; uplink: downlink samples PLAYED */
    uint8_t socket_mask;              /* sockets present, lowest first in `ulaw` */
    uint8_t codec;                    /* LINK_CODEC_*: which of the two below holds */
    union {                           /* index = socket number - 1 */
        uint8_t ulaw[LINK_SOCKETS][LINK_AUDIO_FRAMES];
        int16_t linear[LINK_SOCKETS][LINK_AUDIO_FRAMES];
    };
};

struct link_message { uint8_t kind; uint8_t len; uint8_t payload[LINK_MAX_PAYLOAD]; };

struct link_counters { uint32_t good_frames, bad_frames, lost_audio, resent, duplicates; };

/* What the caller is told while bytes are fed. */
struct link_handler {
    void *context;
    void (*audio)(void *context, const struct link_audio *audio);
    void (*message)(void *context, const struct link_message *message);
};

/* One end of a link. Definition in link_state.h; embed it, don't touch it. */
struct link_end;
void link_init(struct link_end *end, const struct link_handler *handler);
/* Forget the other end (sequences, queue, nonce) until the next HELLO; counters live on. */
void link_forget_peer(struct link_end *end);
/* Feed received bytes, any split. Corrupt frames are counted and skipped. */
void link_receive(struct link_end *end, const uint8_t *bytes, size_t n);
/* Queue a reliable message. HELLO restarts this end; until the reply that names its nonce, nothing else
 * is heard; further messages follow it. false when LINK_WINDOW messages wait for acknowledgement. */
bool link_send(struct link_end *end, uint8_t kind, const uint8_t *payload, uint8_t len);
/* Encode an audio frame of its `codec` (carries the acknowledgement; `sequence` is counted here, the field is not read). Returns the number of wire bytes written. */
size_t link_encode_audio(struct link_end *end, const struct link_audio *audio, uint8_t *wire, size_t room);
/* Encode the messages due at `now_ms`: new ones at once, old ones again every 40 ms. Call each tick. */
size_t link_encode_messages(struct link_end *end, uint32_t now_ms, uint8_t *wire, size_t room);
/* True when a message has waited unacknowledged for 2 s: the link is dead. */
bool link_is_stuck(const struct link_end *end, uint32_t now_ms);
const struct link_counters *link_get_counters(const struct link_end *end);

uint16_t link_crc16(const uint8_t *bytes, size_t n); /* CRC-16/CCITT-FALSE: poly 1021, init FFFF */
size_t link_cobs_encode(const uint8_t *in, size_t n, uint8_t *out); /* no delimiter; out holds n + n/254 + 1 */
size_t link_cobs_decode(const uint8_t *in, size_t n, uint8_t *out); /* 0 when malformed */

#include "link_state.h"
#endif
