/* SPDX-License-Identifier: Apache-2.0 */
/* Lifeline, caller-ID sender and µ-law: the small parts of the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "audio/fsk.h"
#include "audio/g711.h"
#include "linecard/core/caller_id_sender.h"
#include "linecard/core/lifeline.h"
#include "linecard/core/ulaw.h"
#include <string.h>

/* --- lifeline --- */

static void run(struct lifeline *lifeline, int ms, bool host, bool visible, bool idle)
{
    while (ms-- > 0)
        lifeline_ms(lifeline, host, true, visible, idle);
}

static void a_line_in_use_is_not_taken_back(void **state)
{
    (void)state;
    struct lifeline lifeline;
    lifeline_init(&lifeline);
    assert_false(lifeline_is_held(&lifeline));
    run(&lifeline, 5000, false, true, true);
    assert_false(lifeline_is_held(&lifeline)); /* no host */
    run(&lifeline, 60000, true, true, false);
    assert_false(lifeline_is_held(&lifeline)); /* somebody talks */
    for (int pulse = 0; pulse < 50; pulse++) { /* or dials: breaks of 60 ms look idle */
        run(&lifeline, 60, true, true, true);
        run(&lifeline, 40, true, true, false);
    }
    assert_false(lifeline_is_held(&lifeline));
    run(&lifeline, LIFELINE_IDLE_MS - 1, true, true, true);
    assert_false(lifeline_is_held(&lifeline));
    run(&lifeline, 1, true, true, true);
    assert_true(lifeline_is_held(&lifeline));
    run(&lifeline, 100000, true, true, false);
    assert_true(lifeline_is_held(&lifeline)); /* our own call */
    run(&lifeline, 1, false, true, false);
    assert_false(lifeline_is_held(&lifeline));
}

static void an_unseen_line_is_taken_back_in_the_end(void **state)
{
    (void)state;
    struct lifeline lifeline;
    lifeline_init(&lifeline);
    run(&lifeline, LIFELINE_BLIND_MS - 1, true, false, false);
    assert_false(lifeline_is_held(&lifeline));
    run(&lifeline, 1, true, false, false);
    assert_true(lifeline_is_held(&lifeline));
    lifeline_init(&lifeline);
    lifeline_ms(&lifeline, true, false, false, false); /* joins nothing */
    assert_true(lifeline_is_held(&lifeline));
    lifeline_init(&lifeline);
    run(&lifeline, 200000, false, false, false); /* the counters do not wrap into "taken back" */
    run(&lifeline, 1, true, false, false);
    assert_false(lifeline_is_held(&lifeline));
}

/* --- caller ID --- */

static const uint8_t MDMF[] = {
    0x80, 0x23, 0x01, 0x08, 0x30, 0x31, 0x31, 0x37, 0x31, 0x38, 0x30, 0x35, 0x02, 0x0b, 0x30, 0x39, 0x31, 0x37, 0x31,
    0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x07, 0x0a, 0x4a, 0x55, 0x41, 0x4e, 0x20, 0x43, 0x52, 0x55, 0x5a, 0x20, 0xb0,
};

/* What an independent receiver makes of it; the bytes after the seizure. */
static size_t receive(struct caller_id_sender *sender, uint8_t *bytes, enum fsk_kind *kind, int *peak)
{
    static struct fsk fsk;
    size_t n = 0;
    fsk_init(&fsk);
    *peak = 0;
    for (int tick = 0; tick < 300; tick++) {
        int16_t samples[FSK_BLOCK];
        struct fsk_byte heard[4];
        caller_id_sender_fill(sender, samples, FSK_BLOCK);
        for (int i = 0; i < FSK_BLOCK; i++)
            *peak = samples[i] > *peak ? samples[i] : *peak;
        size_t count = fsk_feed(&fsk, samples, FSK_BLOCK, heard, 4);
        for (size_t i = 0; i < count; i++)
            if (heard[i].framed && heard[i].carrier && (n > 0 || heard[i].value == MDMF[0]) && n < 64)
                bytes[n++] = heard[i].value;
        if (caller_id_sender_is_busy(sender))
            *kind = fsk_kind(&fsk);
    }
    return n;
}

static void a_receiver_understands_both_standards(void **state)
{
    (void)state;
    for (int standard = CALLER_ID_BELL; standard <= CALLER_ID_ETSI; standard++) {
        struct caller_id_sender sender;
        uint8_t bytes[64];
        enum fsk_kind kind = FSK_BELL202;
        int peak;
        assert_true(caller_id_sender_load(&sender, MDMF, sizeof MDMF, (enum caller_id_standard)standard));
        assert_true(caller_id_sender_is_busy(&sender));
        assert_in_range(caller_id_sender_ms(&sender), 720, 740); /* 300 + 180 + 380 + 10 bits */
        size_t n = receive(&sender, bytes, &kind, &peak);
        assert_false(caller_id_sender_is_busy(&sender));
        assert_true(n >= sizeof MDMF);
        assert_memory_equal(bytes, MDMF, sizeof MDMF);
        assert_int_equal(kind, standard == CALLER_ID_BELL ? FSK_BELL202 : FSK_V23);
        assert_in_range(peak, 4600, 4720);
    }
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    struct caller_id_sender sender = {0};
    uint8_t long_one[CALLER_ID_MOST_BYTES + 1] = {0};
    assert_false(caller_id_sender_load(&sender, MDMF, 0, CALLER_ID_BELL));
    assert_false(caller_id_sender_load(&sender, long_one, sizeof long_one, CALLER_ID_BELL));
    assert_true(caller_id_sender_load(&sender, long_one, CALLER_ID_MOST_BYTES, CALLER_ID_BELL));
    caller_id_sender_stop(&sender);
    int16_t samples[10] = {1};
    caller_id_sender_fill(&sender, samples, 10);
    assert_int_equal(samples[0], 0);
}

/* --- µ-law --- */

static void integers_code_as_the_audio_loop_does(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++)
        assert_int_equal(ulaw_to_linear((uint8_t)code), ulaw_decode((uint8_t)code));
    for (int sample = INT16_MIN; sample <= INT16_MAX; sample++)
        assert_int_equal(ulaw_from_linear((int16_t)sample), ulaw_encode((int16_t)sample));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_in_use_is_not_taken_back),
        cmocka_unit_test(an_unseen_line_is_taken_back_in_the_end),
        cmocka_unit_test(a_receiver_understands_both_standards),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(integers_code_as_the_audio_loop_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
