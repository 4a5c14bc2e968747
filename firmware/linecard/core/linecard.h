/* SPDX-License-Identifier: Apache-2.0 */
/* The line card's program without its hardware: a tick of 10 ms between sockets and link.
 * Portable: no allocation, no clock, no I/O but through `struct linecard_hal`; about 16 kB. */
#ifndef LINECARD_H
#define LINECARD_H
#include "link.h"
#include "linecard/core/exchange_line.h"
#include "linecard/core/hook.h"
#include "linecard/core/playout.h"
#include "linecard/core/ringer.h"

#define LINECARD_TICK_MS 10
#define LINECARD_SILENCE_MS 500  /* without a good frame: everything goes to rest */
#define LINECARD_LIFELINE_MS 10000 /* and then telephones are joined to the exchange lines */
#define LINECARD_QUEUE 32        /* reports that wait for room in the link's window */
#define LINECARD_VERSION_MAJOR 0
#define LINECARD_VERSION_MINOR 1
#define LINECARD_VERSION_PATCH 0

struct linecard_config {
    uint8_t fxs_mask, fxo_mask;  /* bit n-1 = socket n */
    uint8_t serial[8];
};

/* What the board does for the program. `socket` is 1-8, as printed on the board. */
struct linecard_hal {
    void *context;
    void (*set_ring)(void *context, int socket, bool on);          /* ringing current to a telephone */
    void (*set_line_hook)(void *context, int socket, bool off_hook); /* towards the exchange */
    void (*set_lifeline)(void *context, bool on);
    void (*link_changed)(void *context, bool up);
    void (*link_write)(void *context, const uint8_t *bytes, size_t n); /* never waits */
};

enum linecard_link { LINECARD_DOWN, LINECARD_REFUSED, LINECARD_UP };

struct linecard_report { uint8_t kind, len, payload[24]; };

struct linecard_socket {
    struct hook hook;            /* FXS */
    struct exchange_line line;   /* FXO */
    bool line_off_hook;          /* what the board was told last */
    int32_t gain_out, gain_in;   /* towards and from the telephone or line; 65536 = 0 dB */
};

struct linecard {
    struct linecard_config config;
    struct linecard_hal hal;
    struct link_end link;
    enum linecard_link state;
    struct playout playout;
    struct ringer ringer;
    struct linecard_socket sockets[LINK_SOCKETS];
    struct linecard_report queue[LINECARD_QUEUE];
    uint8_t queue_first, queue_count;
    uint8_t ring_mask;           /* telephones that get ringing current now */
    bool lifeline;
    uint32_t now_ms, heard_ms;   /* heard_ms: when the newest good frame came */
    uint32_t seen_good;          /* good frames counted when last looked */
    uint32_t sent_samples;       /* uplink, since power-up */
    struct link_audio uplink;
    uint8_t wire[LINK_MAX_WIRE + LINK_WINDOW * (LINK_MAX_PAYLOAD + 16)];
};

/* `off_hook_mask`: telephones found off the hook at power-up. */
void linecard_init(struct linecard *card, const struct linecard_config *config, const struct linecard_hal *hal,
                   uint8_t off_hook_mask);
/* Bytes that came over the link, any split. */
void linecard_receive(struct linecard *card, const uint8_t *bytes, size_t n);
/* One millisecond of an FXS socket's hook: call 10 times between ticks. */
void linecard_sample_hook(struct linecard *card, int socket, bool off_hook);
/* One millisecond of an FXO socket: ringing voltage of 15-68 Hz present, loop open. */
void linecard_sample_line(struct linecard *card, int socket, bool ringing, bool loop_open);
/* 10 ms have passed. `uplink`: what the sockets said; `downlink` is filled with what they shall hear.
 * `now_ms` may wrap. */
void linecard_tick(struct linecard *card, uint32_t now_ms, const uint8_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES],
                   uint8_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES]);
#endif
