/* SPDX-License-Identifier: Apache-2.0 */
/* Updates that are cut off, do not fit, or are damaged in the flash. */
#include "tests/linecard/update_bench.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_leaves_an_image_that_boots),
        cmocka_unit_test(a_head_s_numbers_must_fit),
        cmocka_unit_test(lengths_and_counts_must_fit),
        cmocka_unit_test(a_head_that_is_not_stored_is_noticed),
        cmocka_unit_test(a_record_that_is_none_is_not_followed),
        cmocka_unit_test(a_damaged_image_is_not_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
