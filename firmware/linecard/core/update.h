/* SPDX-License-Identifier: Apache-2.0 */
/* A new image over the link: taken into the slot that does not run, checked, marked for trial, started.
 *
 * The page with the image's head is kept in RAM and programmed last, when digest and signature are good: flash never
 * holds a head of something that was not checked. The program that runs is never touched. */
#ifndef LINECARD_UPDATE_H
#define LINECARD_UPDATE_H
#include "linecard/core/boot.h"
#include "linecard/core/image.h"
#include "linecard/core/lms.h"
#include <stddef.h>

#define UPDATE_TRIAL_MS 60000    /* an image on trial that no host has greeted by then gives up */
#define UPDATE_BEGIN_BYTES 13
#define UPDATE_DATA_MOST 56      /* bytes of the image in a message */
#define UPDATE_REPORT_BYTES 24
#define UPDATE_ALLOW_OLDER 0x01  /* in BEGIN's flags */

struct update_config {
    struct linecard_flash flash; /* .bytes NULL: this card cannot be updated */
    const uint8_t *key;          /* LMS_KEY_BYTES: whose signature counts */
    uint8_t board[IMAGE_BOARD_BYTES];
    uint32_t slot;               /* the one that runs */
};

enum update_state { UPDATE_IDLE, UPDATE_RECEIVING, UPDATE_CHECKING, UPDATE_READY, UPDATE_STATES };
enum update_input {
    UPDATE_IN_BEGIN, UPDATE_IN_DATA, UPDATE_IN_END, UPDATE_IN_REBOOT, /* orders */
    UPDATE_IN_GOOD, UPDATE_IN_BAD, UPDATE_INPUTS                      /* what the check came to */
};
/* docs/linecard-protocol.md has them too. */
enum update_error {
    UPDATE_FINE, UPDATE_IN_USE, UPDATE_NOT_NOW, UPDATE_NO_IMAGE, UPDATE_WRONG_BOARD, UPDATE_WRONG_SLOT, UPDATE_OLDER,
    UPDATE_WRONG_PLACE, UPDATE_INCOMPLETE, UPDATE_WRONG_DIGEST, UPDATE_WRONG_SIGNATURE, UPDATE_NO_FLASH,
};

struct update {
    struct update_config config;
    enum update_state state;
    enum update_error error;     /* of the newest order */
    enum boot_outcome outcome;   /* of this start */
    uint8_t version[3];          /* of the image that runs; 0.0.0 when there is none */
    uint32_t target;             /* slot */
    uint32_t length, next;       /* of the image: all, and how much is here */
    uint8_t id[8], flags;
    uint8_t head[FLASH_PAGE];
    uint8_t page[FLASH_PAGE];    /* being filled */
    uint32_t checked;            /* bytes of the program that are in `digest` */
    struct sha256 digest;
    struct lms lms;
    bool told;                   /* the state has been reported since it changed */
};

void update_init(struct update *update, const struct update_config *config);
/* An order of the host's; `payload` has 64 bytes. `idle`: no telephone and no line of the card is in use. */
void update_order(struct update *update, enum update_input order, const uint8_t *payload, bool idle);
/* 10 ms: goes on with the check; ends a trial that failed. */
void update_tick(struct update *update, uint32_t now_ms);
/* A host has greeted this image: it is well. */
void update_greeted(struct update *update);
/* There is something to report; once for each change. */
bool update_has_news(struct update *update);
/* UPDATE_REPORT's payload. */
void update_report(const struct update *update, uint8_t payload[UPDATE_REPORT_BYTES]);
#endif
