/* SPDX-License-Identifier: Apache-2.0 */
/* The whole core of the card with its chips, opposite a host end of the link. */
#ifndef LINECARD_BENCH_H
#define LINECARD_BENCH_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "audio/g711.h"
#include "linecard/core/linecard.h"
#include "linecard/core/orders.h"
#include "linecard/core/ports.h"
#include "linecard/hal/host/ag1171_model.h"
#include "linecard/hal/host/si3050_model.h"
#include <string.h>

typedef int16_t frames[LINK_SOCKETS][LINK_AUDIO_FRAMES];

enum { LINES = 2, RELAYS = 1 << PIN_OUT_LIFELINE1 | 1 << PIN_OUT_LIFELINE2 };

enum { LIFELINE_TAKEN_MS = 1500 }; /* after greet: telephones 1 and 2 are the card's */

struct bench {
    struct linecard card;
    struct ag1171_model feeds[4];
    struct si3050_model chain[LINES];
    uint32_t outputs;
    uint8_t reversed_mask, parallel_mask; /* of the exchange lines */
    unsigned wave_ms, frames_a_ms, most_frames_a_ms;
    struct link_end host;
    struct link_message heard[64];
    unsigned heard_count, audio_count;
    struct link_audio audio;
    uint8_t ring_mask, line_mask, off_hook_mask, far_ring_mask, far_open_mask;
    bool lifeline, up, host_silent, wire_cut, linear;
    bool chip_gone;              /* no Si3050 answers */
    uint32_t now_ms, sent;
    uint8_t voice;               /* code the host sends on socket 1 */
    frames uplink, downlink;
};

struct bench *bench_new(uint8_t off_hook_mask);
void run(struct bench *bench, uint32_t ms);
void greet(struct bench *bench, uint8_t nonce);
void order(struct bench *bench, uint8_t kind, const char *payload, uint8_t len);
void expect(const struct bench *bench, unsigned index, uint8_t kind, uint8_t socket, int detail);
#endif
