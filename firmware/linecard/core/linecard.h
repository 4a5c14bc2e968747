/* SPDX-License-Identifier: Apache-2.0 */
/* The line card's program without its hardware: a tick of 10 ms between sockets and link.
 * Portable: no allocation, no clock, no I/O but through `struct linecard_board`; about 30 kB. */
#ifndef LINECARD_H
#define LINECARD_H
#include "link.h"
#include "linecard/core/ag1171.h"
#include "linecard/core/board.h"
#include "linecard/core/caller_id_sender.h"
#include "linecard/core/exchange_line.h"
#include "linecard/core/hook.h"
#include "linecard/core/lifeline.h"
#include "linecard/core/line_watch.h"
#include "linecard/core/playout.h"
#include "linecard/core/ringer.h"
#include "linecard/core/si3050.h"
#include "linecard/core/update.h"

#define LINECARD_TICK_MS 10
#define LINECARD_SILENCE_MS 500  /* without a good frame: everything goes to rest */
#define LINECARD_LIFELINE_MS 10000 /* and then telephones are joined to the exchange lines */
#define LINECARD_RESET_MS 2      /* RESET is held for so long: 250 ns and 10 PCLKs would do */
#define LINECARD_CALLER_ID_AFTER_MS 500 /* of pause; and as much silence before the next ring as ... */
#define LINECARD_CALLER_ID_BEFORE_MS 200
#define LINECARD_QUEUE 32        /* reports that wait for room in the link's window */
#define LINECARD_VERSION_MAJOR 0
#define LINECARD_VERSION_MINOR 2
#define LINECARD_VERSION_PATCH 0

struct linecard_config {
    uint8_t fxs_mask, fxo_mask;  /* bit n-1 = socket n */
    uint8_t serial[8];
    uint8_t start_cause;         /* told by HEALTH: 0 power, 1 watchdog, 2 fault */
};

enum linecard_link { LINECARD_DOWN, LINECARD_REFUSED, LINECARD_UP };

struct linecard_report { uint8_t kind, len, payload[25]; };

struct linecard_socket {
    struct hook hook;            /* FXS */
    struct ag1171 feed;
    bool used;
    struct caller_id_sender caller_id; /* waits for the pause after the first ring, then is sent */
    bool caller_id_sending;
    uint16_t caller_id_quiet_ms; /* since it was sent */
    uint8_t caller_id_standard;
    uint16_t lifts;              /* counted */
    struct exchange_line line;   /* FXO */
    struct si3050 chip;
    struct line_watch watch;
    uint16_t rings;              /* counted */
    int32_t gain_out, gain_in;   /* towards and from the telephone or line; 65536 = 0 dB */
};

struct linecard {
    struct linecard_config config;
    struct linecard_board board;
    struct link_end link;
    enum linecard_link state;
    uint8_t version, codec;      /* agreed with the host */
    struct playout playout;
    struct ringer ringer;
    struct linecard_socket sockets[LINK_SOCKETS];
    struct lifeline lifelines[BOARD_LIFELINES];
    struct linecard_report queue[LINECARD_QUEUE];
    uint8_t queue_first, queue_count;
    uint8_t ring_mask;           /* telephones whose burst it is */
    uint8_t polarity_mask;       /* F/R as the board was told last; 1 = forward */
    uint32_t outputs;            /* the shift register as the board was told last */
    uint8_t reset_ms;            /* of the Si3050s; LINECARD_RESET_MS = released */
    bool host;                   /* heard less than 10 s ago: telephones and lines are ours */
    uint32_t now_ms, heard_ms;   /* heard_ms: when the newest good frame came */
    uint32_t seen_good;          /* good frames counted when last looked */
    uint32_t sent_samples;       /* uplink, since power-up */
    struct update update;
    struct link_audio uplink;
    uint8_t wire[LINK_MAX_WIRE + LINK_WINDOW * (LINK_MAX_PAYLOAD + 16)];
};

/* Holds the Si3050s in reset, reads the hooks and believes them. Lifelines stay released until there is a host. */
void linecard_init(struct linecard *card, const struct linecard_config *config, const struct linecard_board *board);
/* After linecard_init: this card can be updated. Without it every update is refused. */
void linecard_use_flash(struct linecard *card, const struct update_config *config);
/* Bytes that came over the link, any split. */
void linecard_receive(struct linecard *card, const uint8_t *bytes, size_t n);
/* A millisecond has passed: hooks, F/R, chips (at most five SPI frames each), relays. 10 times between ticks. */
void linecard_ms(struct linecard *card);
/* 10 ms have passed. `uplink`: what the sockets said; `downlink` is filled with what they shall hear: 16-bit linear.
 * `now_ms` may wrap. */
void linecard_tick(struct linecard *card, uint32_t now_ms, const int16_t uplink[LINK_SOCKETS][LINK_AUDIO_FRAMES],
                   int16_t downlink[LINK_SOCKETS][LINK_AUDIO_FRAMES]);
#endif
