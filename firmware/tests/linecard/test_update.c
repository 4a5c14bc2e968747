/* SPDX-License-Identifier: Apache-2.0 */
/* Updates against a flash whose power can be cut at any byte that is erased or programmed. */
#include "tests/linecard/update_bench.h"

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
        cmocka_unit_test(each_order_at_the_wrong_time_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
