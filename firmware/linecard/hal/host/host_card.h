/* SPDX-License-Identifier: Apache-2.0 */
/* The host-built card: the portable core, its wire, and what is plugged into its sockets. */
#ifndef HOST_CARD_H
#define HOST_CARD_H
#include "linecard/core/linecard.h"
#include "linecard/hal/host/ag1171_model.h"
#include "linecard/hal/host/apparatus.h"
#include "linecard/hal/host/hybrid.h"
#include "linecard/hal/host/host_flash.h"
#include "linecard/hal/host/host_link.h"
#include "linecard/hal/host/stimulus.h"

#define HOST_HEARD_FRAMES 160    /* samples in one `heard` event: 20 ms */

struct host_card {
    struct linecard core;
    struct host_link link;
    struct stimulus stimulus;
    struct apparatus sockets[LINK_SOCKETS];
    struct ag1171_model feeds[LINK_SOCKETS]; /* of the FXS sockets */
    struct si3050_model chain[LINK_SOCKETS]; /* of the FXO sockets, in their order */
    uint8_t chain_sockets[LINK_SOCKETS], chain_count; /* index of each one's socket */
    uint32_t outputs;            /* the shift register */
    uint8_t ringing_mask, off_hook_mask; /* bells that ring; exchange lines seized */
    uint32_t ms;                 /* the card's own clock to the millisecond */
    bool lifeline_off;           /* told last */
    uint32_t now_ms;             /* the card's own clock */
    uint64_t samples;            /* clocked out to each socket so far */
    uint8_t heard[LINK_SOCKETS][HOST_HEARD_FRAMES];
    uint32_t bounce_ms;
    struct hybrid hybrids[LINK_SOCKETS];
    bool lockstep;
    uint32_t step_rest_ms;       /* asked for with `step`, less than a tick */
    struct host_flash flash;
    uint32_t booted_ms;          /* now_ms when the loader ran last */
};

void host_card_init(struct host_card *card, const struct linecard_config *config);
/* The card has the flash that is open: its loader chooses what runs. */
void host_card_use_flash(struct host_card *card, const struct host_flash *flash);
/* A telephone is joined to its exchange line. */
bool host_card_is_lifeline_on(const struct host_card *card);
/* What the card's program has broken, NULL when nothing. */
const char *host_card_damage(const struct host_card *card);
/* 10 ms of the card's clock: wire in, hooks, audio, wire out. */
void host_card_tick(struct host_card *card);
/* Carries out one line of the stimulus protocol (docs/linecard-protocol.md). A stimulus_obey. */
void host_card_obey(void *card, struct stimulus_client *client, char *line);
#endif
