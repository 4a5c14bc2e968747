/* SPDX-License-Identifier: Apache-2.0 */
/* A card's flash in memory, images for it, and the orders of an update. */
#ifndef UPDATE_BENCH_H
#define UPDATE_BENCH_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/update.h"
#include "tests/linecard/lms_signer.h"
#include <stdlib.h>

enum { PROGRAM_BYTES = 2200, PART_BYTES = IMAGE_PROGRAM + PROGRAM_BYTES, MOST_WRITES = 300000, MANY_TICKS = 1000 };

struct written { uint32_t offset; uint8_t was, is; };

struct bench {
    uint8_t flash[FLASH_BYTES];
    struct written log[MOST_WRITES]; /* each byte, in order */
    uint32_t log_count, reboots;
    struct update update;
    uint8_t key[LMS_KEY_BYTES];
    struct lms_signer signer;
};

static inline void put(struct bench *bench, uint32_t offset, uint8_t is)
{
    assert_true(bench->log_count < MOST_WRITES);
    bench->log[bench->log_count++] = (struct written){offset, bench->flash[offset], is};
    bench->flash[offset] = is;
}

static inline void erase(void *context, uint32_t offset)
{
    assert_int_equal(offset % FLASH_SECTOR, 0);
    assert_true(offset >= FLASH_RECORDS);
    for (uint32_t i = 0; i < FLASH_SECTOR; i++)
        put(context, offset + i, 0xFF);
}

static inline void program(void *context, uint32_t offset, const uint8_t *page)
{
    struct bench *bench = context;
    assert_int_equal(offset % FLASH_PAGE, 0);
    for (uint32_t i = 0; i < FLASH_PAGE; i++)
        if (page[i] != 0xFF)
            put(bench, offset + i, bench->flash[offset + i] & page[i]);
}

static inline void reboot(void *context)
{
    ((struct bench *)context)->reboots++;
}

static inline struct linecard_flash flash_of(struct bench *bench)
{
    return (struct linecard_flash){bench, bench->flash, erase, program, reboot};
}

static inline void start(struct bench *bench, uint32_t slot)
{
    struct update_config config = {flash_of(bench), bench->key, "BENCH", slot};
    update_init(&bench->update, &config);
}

static inline void store32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* An image for `slot`, signed. */
static inline void make_part(struct bench *bench, uint32_t slot, uint8_t minor, uint8_t part[PART_BYTES])
{
    struct sha256 hash;
    memset(part, 0xFF, PART_BYTES);
    memset(part, 0, IMAGE_HEAD_BYTES);
    for (uint32_t i = 0; i < PROGRAM_BYTES; i++)
        part[IMAGE_PROGRAM + i] = (uint8_t)(i * 7 + minor);
    memcpy(part, "CBLCIMG1BENCH", 13);
    part[17] = minor;
    store32(part + 20, slot);
    store32(part + 24, PROGRAM_BYTES);
    store32(part + 28, SIGNER_BYTES);
    sha256_begin(&hash);
    sha256_add(&hash, part + IMAGE_PROGRAM, PROGRAM_BYTES);
    sha256_end(&hash, part + 32);
    signer_sign(&bench->signer, part, IMAGE_HEAD_BYTES, part + IMAGE_SIGNATURE);
}

static struct bench bench;

/* A card as it leaves the factory: version 0.1.0 in slot A, no record. */
static inline struct bench *factory(void)
{
    static struct lms_signer signer;
    if (signer.next == 0)
        signer_init(&signer, 'k');
    signer.next = 1;
    memset(bench.flash, 0xFF, sizeof bench.flash);
    bench.log_count = bench.reboots = 0;
    bench.signer = signer;
    signer_key(&bench.signer, bench.key);
    make_part(&bench, FLASH_SLOT_A, 1, bench.flash + FLASH_SLOT_A);
    start(&bench, FLASH_SLOT_A);
    return &bench;
}

static inline enum update_error begin(struct bench *b, uint32_t length, uint8_t id, uint8_t flags)
{
    uint8_t payload[64] = {0};
    store32(payload, length);
    payload[4] = id;
    payload[12] = flags;
    update_order(&b->update, UPDATE_IN_BEGIN, payload, true);
    return b->update.error;
}

static inline enum update_error send(struct bench *b, const uint8_t *part, uint32_t from, uint32_t to)
{
    for (uint32_t n; from < to && b->update.error == UPDATE_FINE; from += n) {
        uint8_t payload[64] = {0};
        n = to - from < UPDATE_DATA_MOST ? to - from : UPDATE_DATA_MOST;
        store32(payload, from);
        payload[4] = (uint8_t)n;
        memcpy(payload + 5, part + from, n);
        update_order(&b->update, UPDATE_IN_DATA, payload, true);
    }
    return b->update.error;
}

static inline enum update_error finish(struct bench *b)
{
    static const uint8_t NOTHING[64] = {0};
    update_order(&b->update, UPDATE_IN_END, NOTHING, true);
    for (uint32_t i = 0; i < MANY_TICKS && b->update.state == UPDATE_CHECKING; i++)
        update_tick(&b->update, i);
    return b->update.error;
}

static inline enum update_error give(struct bench *b, const uint8_t *part, uint8_t flags)
{
    if (begin(b, PART_BYTES, 1, flags) != UPDATE_FINE || send(b, part, 0, PART_BYTES) != UPDATE_FINE)
        return b->update.error;
    return finish(b);
}

static inline void order(struct bench *b, enum update_input input, bool idle)
{
    static const uint8_t NOTHING[64] = {0};
    update_order(&b->update, input, NOTHING, idle);
}

static inline struct boot_choice power_up(struct bench *b)
{
    const struct linecard_flash flash = flash_of(b);
    struct boot_choice choice = boot_choose(&flash);
    if (choice.slot)
        start(b, choice.slot);
    return choice;
}

static uint8_t part[PART_BYTES];
#endif
