/* SPDX-License-Identifier: Apache-2.0 */
/* Updates against a flash whose power can be cut at any byte that is erased or programmed. */
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

static void put(struct bench *bench, uint32_t offset, uint8_t is)
{
    assert_true(bench->log_count < MOST_WRITES);
    bench->log[bench->log_count++] = (struct written){offset, bench->flash[offset], is};
    bench->flash[offset] = is;
}

static void erase(void *context, uint32_t offset)
{
    assert_int_equal(offset % FLASH_SECTOR, 0);
    assert_true(offset >= FLASH_RECORDS);
    for (uint32_t i = 0; i < FLASH_SECTOR; i++)
        put(context, offset + i, 0xFF);
}

static void program(void *context, uint32_t offset, const uint8_t *page)
{
    struct bench *bench = context;
    assert_int_equal(offset % FLASH_PAGE, 0);
    for (uint32_t i = 0; i < FLASH_PAGE; i++)
        if (page[i] != 0xFF)
            put(bench, offset + i, bench->flash[offset + i] & page[i]);
}

static void reboot(void *context)
{
    ((struct bench *)context)->reboots++;
}

static struct linecard_flash flash_of(struct bench *bench)
{
    return (struct linecard_flash){bench, bench->flash, erase, program, reboot};
}

static void start(struct bench *bench, uint32_t slot)
{
    struct update_config config = {flash_of(bench), bench->key, "BENCH", slot};
    update_init(&bench->update, &config);
}

static void store32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* An image for `slot`, signed. */
static void make_part(struct bench *bench, uint32_t slot, uint8_t minor, uint8_t part[PART_BYTES])
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
static struct bench *factory(void)
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

static enum update_error begin(struct bench *b, uint32_t length, uint8_t id, uint8_t flags)
{
    uint8_t payload[64] = {0};
    store32(payload, length);
    payload[4] = id;
    payload[12] = flags;
    update_order(&b->update, UPDATE_IN_BEGIN, payload, true);
    return b->update.error;
}

static enum update_error send(struct bench *b, const uint8_t *part, uint32_t from, uint32_t to)
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

static enum update_error finish(struct bench *b)
{
    static const uint8_t NOTHING[64] = {0};
    update_order(&b->update, UPDATE_IN_END, NOTHING, true);
    for (uint32_t i = 0; i < MANY_TICKS && b->update.state == UPDATE_CHECKING; i++)
        update_tick(&b->update, i);
    return b->update.error;
}

static enum update_error give(struct bench *b, const uint8_t *part, uint8_t flags)
{
    if (begin(b, PART_BYTES, 1, flags) != UPDATE_FINE || send(b, part, 0, PART_BYTES) != UPDATE_FINE)
        return b->update.error;
    return finish(b);
}

static void order(struct bench *b, enum update_input input, bool idle)
{
    static const uint8_t NOTHING[64] = {0};
    update_order(&b->update, input, NOTHING, idle);
}

static struct boot_choice power_up(struct bench *b)
{
    const struct linecard_flash flash = flash_of(b);
    struct boot_choice choice = boot_choose(&flash);
    if (choice.slot)
        start(b, choice.slot);
    return choice;
}

static uint8_t part[PART_BYTES];

static void a_good_image_is_tried_and_kept(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 2, part);
    assert_int_equal(give(b, part, 0), UPDATE_FINE);
    assert_int_equal(b->update.state, UPDATE_READY);
    assert_int_equal(power_up(b).slot, FLASH_SLOT_A); /* not before REBOOT */
    make_part(b, FLASH_SLOT_B, 2, part);
    assert_int_equal(give(b, part, 0), UPDATE_FINE);
    order(b, UPDATE_IN_REBOOT, true);
    assert_int_equal(b->reboots, 1);
    struct boot_choice choice = power_up(b);
    assert_int_equal(choice.slot, FLASH_SLOT_B);
    assert_int_equal(choice.outcome, BOOT_TRIAL);
    assert_int_equal(b->update.outcome, BOOT_TRIAL);
    assert_int_equal(b->update.version[1], 2);
    update_greeted(&b->update);
    for (int i = 0; i < 3; i++) {
        choice = power_up(b);
        assert_int_equal(choice.slot, FLASH_SLOT_B);
        assert_int_equal(choice.outcome, BOOT_SETTLED);
    }
    for (uint8_t minor = 3; minor < 9; minor++) { /* and on, slot by slot, record by record */
        make_part(b, b->update.target, minor, part);
        assert_int_equal(give(b, part, 0), UPDATE_FINE);
        order(b, UPDATE_IN_REBOOT, true);
        power_up(b);
        assert_int_equal(b->update.version[1], minor);
        update_greeted(&b->update);
    }
}

static void an_image_that_no_host_greets_is_taken_back(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 2, part);
    give(b, part, 0);
    order(b, UPDATE_IN_REBOOT, true);
    power_up(b);
    b->reboots = 0;
    update_tick(&b->update, UPDATE_TRIAL_MS - 10);
    assert_int_equal(b->reboots, 0);
    update_tick(&b->update, UPDATE_TRIAL_MS);
    assert_int_equal(b->reboots, 1);
    struct boot_choice choice = power_up(b);
    assert_int_equal(choice.slot, FLASH_SLOT_A);
    assert_int_equal(choice.outcome, BOOT_WENT_BACK);
    update_greeted(&b->update);
    choice = power_up(b);
    assert_int_equal(choice.slot, FLASH_SLOT_A);
    assert_int_equal(b->update.outcome, BOOT_WENT_BACK);
    uint8_t report[UPDATE_REPORT_BYTES];
    update_report(&b->update, report);
    assert_int_equal(report[2], BOOT_WENT_BACK);
    make_part(b, FLASH_SLOT_B, 3, part); /* and can be updated again */
    assert_int_equal(give(b, part, 0), UPDATE_FINE);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct { uint32_t at; uint8_t flip; enum update_error error; } CASES[] = {
        {0, 1, UPDATE_NO_IMAGE}, {9, 1, UPDATE_WRONG_BOARD}, {21, 2, UPDATE_WRONG_SLOT}, {17, 2, UPDATE_OLDER},
        {27, 1, UPDATE_NO_IMAGE}, {16, 1, UPDATE_WRONG_SIGNATURE}, {17, 8, UPDATE_WRONG_SIGNATURE},
        {40, 1, UPDATE_WRONG_DIGEST}, {IMAGE_SIGNATURE, 1, UPDATE_WRONG_SIGNATURE},
        {IMAGE_SIGNATURE + 600, 0x80, UPDATE_WRONG_SIGNATURE}, {IMAGE_PROGRAM, 1, UPDATE_WRONG_DIGEST},
        {PART_BYTES - 1, 1, UPDATE_WRONG_DIGEST},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench *b = factory();
        make_part(b, FLASH_SLOT_B, 2, part);
        part[CASES[i].at] ^= CASES[i].flip;
        assert_int_equal(give(b, part, 0), CASES[i].error);
        assert_int_equal(b->update.state, UPDATE_IDLE);
        order(b, UPDATE_IN_REBOOT, true);
        assert_int_equal(b->update.error, UPDATE_NOT_NOW);
        assert_int_equal(b->reboots, 0);
        assert_false(image_is_whole(b->flash, FLASH_SLOT_B));
        assert_int_equal(power_up(b).slot, FLASH_SLOT_A);
    }
}

static void another_key_is_refused(void **state)
{
    (void)state;
    struct bench *b = factory();
    signer_init(&b->signer, 'x');
    make_part(b, FLASH_SLOT_B, 2, part);
    assert_int_equal(give(b, part, 0), UPDATE_WRONG_SIGNATURE);
}

static void an_older_one_only_when_told_so(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 0, part);
    assert_int_equal(give(b, part, 0), UPDATE_OLDER);
    assert_int_equal(give(b, part, UPDATE_ALLOW_OLDER), UPDATE_FINE);
}

static void only_while_nothing_is_in_use(void **state)
{
    (void)state;
    struct bench *b = factory();
    uint8_t payload[64] = {0};
    store32(payload, PART_BYTES);
    update_order(&b->update, UPDATE_IN_BEGIN, payload, false);
    assert_int_equal(b->update.error, UPDATE_IN_USE);
    assert_int_equal(b->log_count, 0);
    make_part(b, FLASH_SLOT_B, 2, part);
    give(b, part, 0);
    order(b, UPDATE_IN_REBOOT, false);
    assert_int_equal(b->update.error, UPDATE_IN_USE);
    assert_int_equal(b->reboots, 0);
}

/* A telephone is lifted in mid-transfer: nothing is erased or written until it is down again. */
static void a_telephone_in_use_holds_a_transfer_up(void **state)
{
    (void)state;
    struct bench *b = factory();
    uint8_t payload[64] = {0};
    make_part(b, FLASH_SLOT_B, 2, part);
    begin(b, PART_BYTES, 1, 0);
    send(b, part, 0, 1000);
    const uint32_t written = b->log_count;
    store32(payload, 1000);
    payload[4] = UPDATE_DATA_MOST;
    for (int i = 0; i < 20; i++) {
        update_order(&b->update, UPDATE_IN_DATA, payload, false);
        assert_int_equal(b->update.error, UPDATE_IN_USE);
    }
    assert_int_equal(b->log_count, written);
    assert_int_equal(begin(b, PART_BYTES, 1, 0), UPDATE_FINE);
    assert_int_equal(b->update.next, 1000);
    assert_int_equal(send(b, part, 1000, PART_BYTES), UPDATE_FINE);
    assert_int_equal(finish(b), UPDATE_FINE);
}

static void a_cut_transfer_goes_on_where_it_was(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 2, part);
    for (uint32_t at = 1; at < PART_BYTES; at += 611) {
        assert_int_equal(begin(b, PART_BYTES, 1, 0), UPDATE_FINE);
        send(b, part, b->update.next, at);
        assert_int_equal(b->update.next, at);
        assert_int_equal(send(b, part, 0, 10), UPDATE_WRONG_PLACE);
        order(b, UPDATE_IN_END, true);
        assert_int_equal(b->update.error, UPDATE_INCOMPLETE);
    }
    begin(b, PART_BYTES, 1, 0);
    send(b, part, b->update.next, PART_BYTES);
    assert_int_equal(finish(b), UPDATE_FINE);
    begin(b, PART_BYTES, 1, 0);
    send(b, part, 0, 1000);
    begin(b, PART_BYTES, 2, 0);  /* another file: from its beginning */
    assert_int_equal(b->update.next, 0);
}

static void a_card_without_flash_says_so(void **state)
{
    (void)state;
    struct bench *b = factory();
    const struct update_config none = {0};
    update_init(&b->update, &none);
    assert_int_equal(begin(b, PART_BYTES, 1, 0), UPDATE_NO_FLASH);
    assert_true(update_has_news(&b->update));
    assert_false(update_has_news(&b->update));
}

/* After any cut the loader finds a whole image: the old one, or the new one with everything checked. */
static void judge_cut(struct bench *b, bool may_be_new)
{
    const uint32_t before = b->log_count;
    struct boot_choice choice = power_up(b);
    assert_true(choice.slot != 0);
    assert_true(image_is_whole(b->flash, choice.slot));
    const uint8_t minor = b->update.version[1];
    assert_true(minor == 1 || (may_be_new && minor == 2));
    choice = power_up(b);        /* not greeted: at the second start the old one at the latest */
    assert_int_equal(b->flash[choice.slot + 17], choice.outcome == BOOT_SETTLED ? minor : 1);
    while (b->log_count > before) {
        b->log_count--;
        b->flash[b->log[b->log_count].offset] = b->log[b->log_count].was;
    }
}

static void any_cut_leaves_an_image_that_boots(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 7, b->flash + FLASH_SLOT_B); /* what an earlier update left there */
    b->flash[FLASH_SLOT_B + IMAGE_PROGRAM] ^= 1;
    make_part(b, FLASH_SLOT_B, 2, part);
    give(b, part, 0);
    order(b, UPDATE_IN_REBOOT, true);
    power_up(b);
    update_greeted(&b->update);
    const uint32_t all = b->log_count;
    for (uint32_t i = all; i-- > 0;)
        b->flash[b->log[i].offset] = b->log[i].was;
    bool head_done = false;
    for (uint32_t i = 0; i < all; i++) {
        const struct written write = b->log[i];
        b->log_count = all;
        judge_cut(b, head_done);
        b->log_count = all;
        b->flash[write.offset] = (uint8_t)(write.is | (write.was & 0x55)); /* cut within the byte */
        judge_cut(b, head_done || write.offset < FLASH_SLOT_A);
        b->flash[write.offset] = write.is;
        head_done |= i > 0 && write.offset < FLASH_SLOT_A;
    }
    b->log_count = all;
    assert_int_equal(power_up(b).slot, FLASH_SLOT_B);
}

static void a_head_s_numbers_must_fit(void **state)
{
    (void)state;
    static const struct { uint32_t at, value; } CASES[] = {
        {24, 0}, {24, IMAGE_PROGRAM_BYTES + 1}, {28, LMS_MOST_BYTES + 1}, {20, FLASH_SLOT_A},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench *b = factory();
        make_part(b, FLASH_SLOT_B, 2, b->flash + FLASH_SLOT_B);
        assert_true(image_is_whole(b->flash, FLASH_SLOT_B));
        store32(b->flash + FLASH_SLOT_B + CASES[i].at, CASES[i].value);
        assert_false(image_is_whole(b->flash, FLASH_SLOT_B));
    }
}

static void lengths_and_counts_must_fit(void **state)
{
    (void)state;
    struct bench *b = factory();
    assert_int_equal(begin(b, IMAGE_PROGRAM, 1, 0), UPDATE_NO_IMAGE);
    assert_int_equal(begin(b, IMAGE_PROGRAM + IMAGE_PROGRAM_BYTES + 1, 1, 0), UPDATE_NO_IMAGE);
    assert_int_equal(begin(b, PART_BYTES, 1, 0), UPDATE_FINE);
    uint8_t payload[64] = {0};
    payload[4] = UPDATE_DATA_MOST + 1;
    update_order(&b->update, UPDATE_IN_DATA, payload, true);
    assert_int_equal(b->update.error, UPDATE_WRONG_PLACE);
    make_part(b, FLASH_SLOT_B, 2, part);
    begin(b, PART_BYTES, 1, 0);
    send(b, part, 0, PART_BYTES - 10);
    store32(payload, PART_BYTES - 10);
    payload[4] = 11;
    update_order(&b->update, UPDATE_IN_DATA, payload, true);
    assert_int_equal(b->update.error, UPDATE_WRONG_PLACE);
    begin(b, PART_BYTES + 1, 1, 0); /* the head says otherwise */
    send(b, part, 0, FLASH_PAGE);
    assert_int_equal(b->update.error, UPDATE_NO_IMAGE);
    b->update.config.key = NULL;
    assert_int_equal(begin(b, PART_BYTES, 1, 0), UPDATE_NO_FLASH);
}

static void drop(void *context, uint32_t offset, const uint8_t *page)
{
    (void)context, (void)offset, (void)page;
}

static void a_head_that_is_not_stored_is_noticed(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 2, part);
    begin(b, PART_BYTES, 1, 0);
    send(b, part, 0, PART_BYTES);
    b->update.config.flash.program = drop;
    assert_int_equal(finish(b), UPDATE_WRONG_DIGEST);
    assert_int_equal(b->update.state, UPDATE_IDLE);
}

static void a_record_that_is_none_is_not_followed(void **state)
{
    (void)state;
    struct bench *b = factory();
    const struct linecard_flash flash = flash_of(b);
    boot_write_well(&flash);     /* no record yet */
    assert_int_equal(b->log_count, 0);
    assert_int_equal(boot_outcome_of(&flash, FLASH_SLOT_B), BOOT_WENT_BACK);
    make_part(b, FLASH_SLOT_B, 2, b->flash + FLASH_SLOT_B);
    boot_write_trial(&flash, FLASH_SLOT_B);
    for (uint32_t at = 0; at < 14; at++) {
        b->flash[FLASH_RECORDS + at] ^= 0x10;
        assert_int_equal(boot_outcome_of(&flash, FLASH_SLOT_A), BOOT_SETTLED);
        b->flash[FLASH_RECORDS + at] ^= 0x10;
    }
    boot_write_trial(&flash, 0x12345); /* a good check of a slot that is none */
    assert_int_equal(boot_outcome_of(&flash, FLASH_SLOT_B), BOOT_TRIAL);
}

static void a_damaged_image_is_not_started(void **state)
{
    (void)state;
    struct bench *b = factory();
    make_part(b, FLASH_SLOT_B, 2, b->flash + FLASH_SLOT_B);
    b->flash[FLASH_SLOT_A + IMAGE_PROGRAM] ^= 1;
    struct boot_choice choice = power_up(b);
    assert_int_equal(choice.slot, FLASH_SLOT_B);
    assert_int_equal(choice.outcome, BOOT_WENT_BACK);
    b->flash[FLASH_SLOT_B + IMAGE_PROGRAM] ^= 1;
    assert_int_equal(power_up(b).slot, 0);
    memset(b->flash + FLASH_SLOT_A, 0xFF, FLASH_PAGE);
    start(b, FLASH_SLOT_A);      /* a program without a head: no version */
    assert_int_equal(b->update.version[1], 0);
}

static void each_order_at_the_wrong_time_changes_nothing(void **state)
{
    (void)state;
    struct bench *b = factory();
    order(b, UPDATE_IN_DATA, true);
    assert_int_equal(b->update.error, UPDATE_NOT_NOW);
    order(b, UPDATE_IN_END, true);
    order(b, UPDATE_IN_REBOOT, true);
    assert_int_equal(b->update.state, UPDATE_IDLE);
    assert_int_equal(b->log_count, 0);
    make_part(b, FLASH_SLOT_B, 2, part);
    begin(b, PART_BYTES, 1, 0);
    send(b, part, 0, PART_BYTES);
    order(b, UPDATE_IN_END, true);
    assert_int_equal(b->update.state, UPDATE_CHECKING);
    begin(b, PART_BYTES, 2, 0);
    assert_int_equal(b->update.error, UPDATE_NOT_NOW);
    assert_int_equal(b->update.state, UPDATE_CHECKING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_image_is_tried_and_kept),
        cmocka_unit_test(an_image_that_no_host_greets_is_taken_back),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(another_key_is_refused),
        cmocka_unit_test(an_older_one_only_when_told_so),
        cmocka_unit_test(only_while_nothing_is_in_use),
        cmocka_unit_test(a_telephone_in_use_holds_a_transfer_up),
        cmocka_unit_test(a_cut_transfer_goes_on_where_it_was),
        cmocka_unit_test(a_card_without_flash_says_so),
        cmocka_unit_test(a_head_s_numbers_must_fit),
        cmocka_unit_test(lengths_and_counts_must_fit),
        cmocka_unit_test(a_head_that_is_not_stored_is_noticed),
        cmocka_unit_test(a_record_that_is_none_is_not_followed),
        cmocka_unit_test(a_damaged_image_is_not_started),
        cmocka_unit_test(each_order_at_the_wrong_time_changes_nothing),
        cmocka_unit_test(any_cut_leaves_an_image_that_boots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
