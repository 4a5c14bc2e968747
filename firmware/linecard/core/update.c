/* SPDX-License-Identifier: Apache-2.0 */
/* The update's state machine, as one table. */
#include "linecard/core/update.h"
#include <string.h>

enum { BLOCKS_PER_TICK = 40, NEWS_EVERY = FLASH_SECTOR };

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

void update_init(struct update *update, const struct update_config *config)
{
    memset(update, 0, sizeof *update);
    update->config = *config;
    update->told = true;
    if (!config->flash.bytes)
        return;
    struct image image;
    if (image_read(config->flash.bytes + config->slot, &image))
        memcpy(update->version, image.version, sizeof update->version);
    update->outcome = boot_outcome_of(&config->flash, config->slot);
    update->target = config->slot == FLASH_SLOT_A ? FLASH_SLOT_B : FLASH_SLOT_A;
}

/* --- what the inputs do --------------------------------------------------------------------- */

/* BEGIN: length (4), identity (8), flags. The same identity again goes on where it stopped. */
static enum update_error begin(struct update *update, const uint8_t *payload)
{
    const struct linecard_flash *flash = &update->config.flash;
    const uint32_t length = load32(payload);
    if (length <= IMAGE_PROGRAM || length > IMAGE_PROGRAM + IMAGE_PROGRAM_BYTES)
        return UPDATE_NO_IMAGE;
    if (update->state == UPDATE_RECEIVING && length == update->length && memcmp(payload + 4, update->id, 8) == 0)
        return UPDATE_FINE;
    update->length = length;
    memcpy(update->id, payload + 4, sizeof update->id);
    update->flags = payload[12];
    update->next = 0;
    flash->erase(flash->context, update->target);
    return UPDATE_FINE;
}

static enum update_error judge_head(const struct update *update)
{
    struct image image;
    if (!image_read(update->head, &image) || update->length != IMAGE_PROGRAM + image.program_bytes)
        return UPDATE_NO_IMAGE;
    if (memcmp(image.board, update->config.board, IMAGE_BOARD_BYTES) != 0)
        return UPDATE_WRONG_BOARD;
    if (image.slot != update->target)
        return UPDATE_WRONG_SLOT;
    if (image_compare_versions(image.version, update->version) < 0 && !(update->flags & UPDATE_ALLOW_OLDER))
        return UPDATE_OLDER;
    return UPDATE_FINE;
}

/* The page that ends at `next` is full, or the image is. */
static enum update_error put_page(struct update *update)
{
    const struct linecard_flash *flash = &update->config.flash;
    const uint32_t page = (update->next - 1) / FLASH_PAGE * FLASH_PAGE;
    if (page == 0) {
        memcpy(update->head, update->page, sizeof update->head);
        return judge_head(update);
    }
    if (page % FLASH_SECTOR == 0)
        flash->erase(flash->context, update->target + page);
    if (page % NEWS_EVERY == 0)
        update->told = false;
    flash->program(flash->context, update->target + page, update->page);
    return UPDATE_FINE;
}

/* DATA: offset (4), count, bytes. What does not follow what is here changes nothing. */
static bool is_in_place(const struct update *update, const uint8_t *payload)
{
    return load32(payload) == update->next && payload[4] <= UPDATE_DATA_MOST &&
           payload[4] <= update->length - update->next;
}

static enum update_error take(struct update *update, const uint8_t *payload)
{
    const uint32_t count = payload[4];
    enum update_error error = UPDATE_FINE;
    for (uint32_t i = 0; i < count && error == UPDATE_FINE; i++) {
        if (update->next % FLASH_PAGE == 0)
            memset(update->page, 0xFF, sizeof update->page);
        update->page[update->next++ % FLASH_PAGE] = payload[5 + i];
        if (update->next % FLASH_PAGE == 0 || update->next == update->length)
            error = put_page(update);
    }
    return error;
}

static enum update_error start_check(struct update *update, const uint8_t *payload)
{
    (void)payload;
    if (update->next != update->length)
        return UPDATE_INCOMPLETE;
    struct image image;
    image_read(update->head, &image);
    lms_begin(&update->lms, update->config.key, update->config.flash.bytes + update->target + IMAGE_SIGNATURE,
              image.signature_bytes, update->head, IMAGE_HEAD_BYTES);
    sha256_begin(&update->digest);
    update->checked = 0;
    return UPDATE_FINE;
}

static enum update_error write_head(struct update *update, const uint8_t *payload)
{
    (void)payload;
    const struct linecard_flash *flash = &update->config.flash;
    flash->program(flash->context, update->target, update->head);
    return memcmp(flash->bytes + update->target, update->head, sizeof update->head) == 0 ? UPDATE_FINE
                                                                                           : UPDATE_WRONG_DIGEST;
}

static enum update_error keep_error(struct update *update, const uint8_t *payload)
{
    (void)payload;
    return update->error;
}

static enum update_error reboot(struct update *update, const uint8_t *payload)
{
    (void)payload;
    boot_write_trial(&update->config.flash, update->target);
    update->config.flash.reboot(update->config.flash.context);
    return UPDATE_FINE;
}

/* --- the table ------------------------------------------------------------------------------ */

/* An input that has no row here is refused and changes nothing. */
static const struct step {
    enum update_error (*act)(struct update *update, const uint8_t *payload);
    enum update_state done, failed;
    bool when_idle;              /* only while no telephone and no line is in use */
} TABLE[UPDATE_STATES][UPDATE_INPUTS] = {
    [UPDATE_IDLE][UPDATE_IN_BEGIN] = {begin, UPDATE_RECEIVING, UPDATE_IDLE, true},
    [UPDATE_RECEIVING][UPDATE_IN_BEGIN] = {begin, UPDATE_RECEIVING, UPDATE_IDLE, true},
    [UPDATE_RECEIVING][UPDATE_IN_DATA] = {take, UPDATE_RECEIVING, UPDATE_IDLE, true}, /* an erasure stops the card */
    [UPDATE_RECEIVING][UPDATE_IN_END] = {start_check, UPDATE_CHECKING, UPDATE_RECEIVING, false},
    [UPDATE_CHECKING][UPDATE_IN_GOOD] = {write_head, UPDATE_READY, UPDATE_IDLE, false},
    [UPDATE_CHECKING][UPDATE_IN_BAD] = {keep_error, UPDATE_IDLE, UPDATE_IDLE, false},
    [UPDATE_READY][UPDATE_IN_BEGIN] = {begin, UPDATE_RECEIVING, UPDATE_IDLE, true},
    [UPDATE_READY][UPDATE_IN_REBOOT] = {reboot, UPDATE_IDLE, UPDATE_IDLE, true},
};

static void enter(struct update *update, enum update_input input, const uint8_t *payload, bool idle)
{
    const struct step *step = &TABLE[update->state][input];
    const enum update_state before = update->state;
    if (input == UPDATE_IN_DATA && !step->act && update->error != UPDATE_FINE)
        return;                  /* still under way when the transfer was refused: the reason stands */
    if (!update->config.flash.bytes || !update->config.key)
        update->error = UPDATE_NO_FLASH;
    else if (!step->act)
        update->error = UPDATE_NOT_NOW;
    else if (step->when_idle && !idle)
        update->error = UPDATE_IN_USE;
    else if (input == UPDATE_IN_DATA && !is_in_place(update, payload))
        update->error = UPDATE_WRONG_PLACE;
    else {
        update->error = step->act(update, payload);
        update->state = update->error == UPDATE_FINE ? step->done : step->failed;
    }
    if (input != UPDATE_IN_DATA || update->error != UPDATE_FINE || update->state != before)
        update->told = false;
}

void update_order(struct update *update, enum update_input order, const uint8_t *payload, bool idle)
{
    enter(update, order, payload, idle);
}

/* --- the check ------------------------------------------------------------------------------ */

static void judge_digest(struct update *update, const struct image *image)
{
    uint8_t digest[SHA256_BYTES];
    update->checked++;           /* done */
    sha256_end(&update->digest, digest);
    if (memcmp(digest, image->digest, sizeof digest) == 0)
        return;
    update->error = UPDATE_WRONG_DIGEST;
    enter(update, UPDATE_IN_BAD, NULL, true);
}

/* First the program's digest as it lies in flash, then the signature. */
static void check(struct update *update)
{
    const uint8_t *program = update->config.flash.bytes + update->target + IMAGE_PROGRAM;
    struct image image;
    image_read(update->head, &image);
    if (update->checked < image.program_bytes) {
        const uint32_t left = image.program_bytes - update->checked;
        const uint32_t most = BLOCKS_PER_TICK * SHA256_BLOCK;
        const uint32_t n = left < most ? left : most;
        sha256_add(&update->digest, program + update->checked, n);
        update->checked += n;
    } else if (update->checked == image.program_bytes) {
        judge_digest(update, &image);
    } else {
        const enum lms_result result = lms_step(&update->lms, BLOCKS_PER_TICK);
        update->error = result == LMS_BAD ? UPDATE_WRONG_SIGNATURE : UPDATE_FINE;
        if (result != LMS_BUSY)
            enter(update, result == LMS_GOOD ? UPDATE_IN_GOOD : UPDATE_IN_BAD, NULL, true);
    }
}

void update_tick(struct update *update, uint32_t now_ms)
{
    if (update->state == UPDATE_CHECKING)
        check(update);
    if (update->outcome == BOOT_TRIAL && now_ms >= UPDATE_TRIAL_MS)
        update->config.flash.reboot(update->config.flash.context);
}

void update_greeted(struct update *update)
{
    if (update->outcome == BOOT_TRIAL) {
        boot_write_well(&update->config.flash);
        update->outcome = BOOT_SETTLED;
    }
}

/* --- reports -------------------------------------------------------------------------------- */

bool update_has_news(struct update *update)
{
    bool news = !update->told;
    update->told = true;
    return news;
}

void update_report(const struct update *update, uint8_t payload[UPDATE_REPORT_BYTES])
{
    payload[0] = (uint8_t)update->state;
    payload[1] = (uint8_t)update->error;
    payload[2] = (uint8_t)update->outcome;
    memcpy(payload + 3, update->version, sizeof update->version);
    payload[6] = update->config.slot == FLASH_SLOT_B;
    payload[7] = 0;
    store32(payload + 8, update->next);
    store32(payload + 12, update->target);
    memcpy(payload + 16, update->config.board, IMAGE_BOARD_BYTES);
}
