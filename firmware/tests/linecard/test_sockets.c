/* SPDX-License-Identifier: Apache-2.0 */
/* Hook, ringing and exchange line, each millisecond by millisecond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/exchange_line.h"
#include "linecard/core/gain.h"
#include "linecard/core/hook.h"
#include "linecard/core/ringer.h"
#include <stdio.h>
#include <string.h>

/* --- hook --- */

/* Feeds a level for `ms` and writes down what is reported: L lifted, H hung up, F flash, or the digit. */
static void feed(struct hook *hook, bool off_hook, int ms, char *log)
{
    for (int i = 0; i < ms; i++) {
        char mark[2] = {0};
        switch (hook_sample(hook, off_hook)) {
        case HOOK_LIFTED: mark[0] = 'L'; break;
        case HOOK_HUNG_UP: mark[0] = 'H'; break;
        case HOOK_FLASHED: mark[0] = 'F'; break;
        case HOOK_DIGIT: mark[0] = hook->digit; break;
        case HOOK_NOTHING: break;
        }
        strcat(log, mark);
    }
}

static void lift_takes_20_to_40_ms(void **state)
{
    (void)state;
    struct hook hook;
    char log[64] = "";
    hook_init(&hook, false);
    feed(&hook, true, 19, log);
    assert_string_equal(log, "");
    assert_false(hook_is_lifted(&hook));
    feed(&hook, true, 1, log);
    assert_string_equal(log, "L");
    assert_true(hook_is_lifted(&hook));
    hook_init(&hook, false);
    log[0] = 0;
    for (int i = 0; i < 10; i++) /* a contact that bounces for 20 ms */
        feed(&hook, i % 2, 2, log);
    feed(&hook, true, 20, log);
    assert_string_equal(log, "L");
}

static void breaks_are_told_apart_by_length(void **state)
{
    (void)state;
    static const struct { int ms; const char *log; } CASES[] = {
        {10, ""}, {19, ""}, {25, ""}, {32, ""}, {33, "1"}, {60, "1"}, {79, "1"}, {80, "F"}, {100, "F"},
        {600, "F"}, {800, "F"}, {801, "HL"}, {2000, "HL"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct hook hook;
        char log[64] = "";
        hook_init(&hook, true);
        feed(&hook, true, 100, log);
        feed(&hook, false, CASES[i].ms, log);
        feed(&hook, true, 1000, log);
        assert_string_equal(log, CASES[i].log);
    }
}

static void hang_up_is_told_after_800_ms(void **state)
{
    (void)state;
    struct hook hook;
    char log[64] = "";
    hook_init(&hook, true);
    feed(&hook, false, HOOK_DEBOUNCE_MS + HOOK_FLASH_MAX_MS - 1, log);
    assert_string_equal(log, "");
    assert_true(hook_is_lifted(&hook));
    feed(&hook, false, 1, log);
    assert_string_equal(log, "H");
    feed(&hook, false, 5000, log);
    assert_string_equal(log, "H");
}

static void dial(struct hook *hook, int pulses, int break_ms, int make_ms, char *log)
{
    for (int i = 0; i < pulses; i++) {
        feed(hook, false, break_ms, log);
        feed(hook, true, make_ms, log);
    }
}

static void pulse_dialling(void **state)
{
    (void)state;
    static const int SHAPES[][2] = {{60, 40}, {67, 33}, {50, 50}, {40, 60}, {72, 48}};
    for (size_t shape = 0; shape < sizeof SHAPES / sizeof SHAPES[0]; shape++) {
        struct hook hook;
        char log[64] = "";
        hook_init(&hook, true);
        for (int digit = 1; digit <= 10; digit++) {
            dial(&hook, digit, SHAPES[shape][0], SHAPES[shape][1], log);
            feed(&hook, true, 600, log);
        }
        assert_string_equal(log, "1234567890");
    }
}

static void odd_dialling_does_no_harm(void **state)
{
    (void)state;
    struct hook hook;
    char log[64] = "";
    hook_init(&hook, true);
    dial(&hook, 11, 60, 40, log); /* a shaken hook */
    feed(&hook, true, 600, log);
    assert_string_equal(log, "");
    dial(&hook, 3, 60, 40, log);
    feed(&hook, false, 25, log); /* a glitch inside the digit */
    feed(&hook, true, 40, log);
    dial(&hook, 2, 60, 40, log);
    feed(&hook, true, 600, log);
    assert_string_equal(log, "5");
    dial(&hook, 2, 60, 40, log);
    feed(&hook, false, 2000, log); /* hung up while dialling */
    feed(&hook, true, 600, log);
    assert_string_equal(log, "5HL");
    dial(&hook, 1, 60, 40, log); /* the digit after it starts from nothing */
    feed(&hook, true, 600, log);
    assert_string_equal(log, "5HL1");
}

static void any_noise_leaves_a_sane_hook(void **state)
{
    (void)state;
    uint32_t seed = 5;
    struct hook hook;
    char log[64];
    bool lifted = false;
    hook_init(&hook, false);
    for (int i = 0; i < 300000; i++) {
        seed = seed * 1664525U + 1013904223U;
        log[0] = 0;
        feed(&hook, seed >> 31, (int)(seed >> 8 & 63) * (int)(seed >> 20 & 31) / 16, log);
        for (const char *mark = log; *mark; mark++) {
            if (*mark == 'L' || *mark == 'H') {
                assert_int_equal(lifted, *mark == 'H'); /* they alternate */
                lifted = *mark == 'L';
            } else {
                assert_true(lifted);
            }
        }
    }
}

/* --- ringer --- */

struct ring_log { uint32_t first_ms[RINGER_SOCKETS], on_ms[RINGER_SOCKETS]; unsigned bursts[RINGER_SOCKETS]; };

/* Runs the ringer from `from_ms` until `to_ms`, checking the supply's budget. */
static void run_ringer(struct ringer *ringer, uint32_t from_ms, uint32_t to_ms, struct ring_log *log)
{
    uint8_t before = 0;
    memset(log, 0, sizeof *log);
    for (uint32_t now_ms = from_ms; now_ms != to_ms; now_ms += 10) {
        uint8_t mask = ringer_tick(ringer, now_ms);
        assert_true(__builtin_popcount(mask) <= RINGER_BUDGET);
        for (int i = 0; i < RINGER_SOCKETS; i++) {
            if (!(mask >> i & 1))
                continue;
            log->on_ms[i] += 10;
            if (before >> i & 1)
                continue;
            if (log->bursts[i]++ == 0)
                log->first_ms[i] = now_ms - from_ms;
        }
        before = mask;
    }
}

static void one_telephone_rings_its_cadence(void **state)
{
    (void)state;
    struct ringer ringer;
    struct ring_log log;
    ringer_init(&ringer);
    ringer_start(&ringer, 2, 1000, 4000, 0xFFFFF000);
    run_ringer(&ringer, 0xFFFFF000, 0xFFFFF000 + 10000, &log); /* across the clock's wrap */
    assert_int_equal(log.first_ms[2], 0);
    assert_int_equal(log.bursts[2], 2);
    assert_int_equal(log.on_ms[2], 2000);
    ringer_stop(&ringer, 2, 0);
    assert_int_equal(ringer_tick(&ringer, 0), 0);
}

static void an_offer_begins_within_1500_ms(void **state)
{
    (void)state;
    for (int n = 1; n <= RINGER_SOCKETS; n++) {
        struct ringer ringer;
        struct ring_log log;
        ringer_init(&ringer);
        for (int i = 0; i < n; i++)
            ringer_start(&ringer, i, 2000, 4000, 0);
        run_ringer(&ringer, 0, 60000, &log);
        for (int i = 0; i < n; i++) {
            assert_true(log.bursts[i] > 0);
            assert_true(log.first_ms[i] <= 1500);
            assert_true(log.bursts[i] >= 7); /* nobody starves: 10 without a crowd */
        }
    }
}

static void a_double_ring_has_two_bursts(void **state)
{
    (void)state;
    static const uint16_t british[4] = {400, 200, 400, 2000};
    struct ringer ringer;
    struct ring_log log;
    ringer_init(&ringer);
    ringer_start_double(&ringer, 0, british, 0);
    run_ringer(&ringer, 0, 500, &log);
    assert_int_equal(log.on_ms[0], 400);
    run_ringer(&ringer, 500, 1500, &log);
    assert_in_range(log.first_ms[0], 100, 120);
    assert_int_equal(log.on_ms[0], 400);
    run_ringer(&ringer, 1500, 6030, &log);
    assert_in_range(log.first_ms[0], 1500, 1530);
    assert_int_equal(log.bursts[0], 3);
}

static void ringing_again_changes_the_cadence_only(void **state)
{
    (void)state;
    struct ringer ringer;
    struct ring_log log;
    ringer_init(&ringer);
    ringer_start(&ringer, 0, 1000, 4000, 0);
    run_ringer(&ringer, 0, 500, &log);
    ringer_start(&ringer, 0, 1000, 500, 500);
    run_ringer(&ringer, 500, 1500, &log);
    assert_int_equal(log.on_ms[0], 500);
}

/* --- exchange line --- */

struct line_log { unsigned rings, ends, opens, closes; };

static void sample(struct exchange_line *line, bool ringing, bool open, int ms, struct line_log *log)
{
    for (int i = 0; i < ms; i++) {
        struct exchange_report change = exchange_sample(line, ringing, open);
        log->rings += change.ring_changed && line->ringing;
        log->ends += change.ring_changed && !line->ringing;
        log->opens += change.loop_changed && line->loop_open;
        log->closes += change.loop_changed && !line->loop_open;
    }
}

static void ringing_is_validated(void **state)
{
    (void)state;
    struct exchange_line line;
    struct line_log log = {0};
    exchange_init(&line);
    sample(&line, true, false, 40, &log); /* polarity reversal */
    sample(&line, false, false, 1000, &log);
    assert_int_equal(log.rings, 0);
    sample(&line, true, false, 1000, &log);
    sample(&line, false, false, 100, &log); /* a dropout */
    sample(&line, true, false, 900, &log);
    assert_int_equal(log.rings, 1);
    assert_int_equal(log.ends, 0);
    sample(&line, false, false, 4000, &log);
    sample(&line, true, false, 500, &log);
    assert_int_equal(log.rings, 2);
    exchange_seize(&line); /* answered within a burst: it ends */
    sample(&line, true, false, 1000, &log);
    assert_int_equal(log.ends, 2);
    assert_int_equal(log.rings, 2);
}

static void open_loop_needs_250_ms(void **state)
{
    (void)state;
    struct exchange_line line;
    struct line_log log = {0};
    exchange_init(&line);
    exchange_seize(&line);
    sample(&line, false, true, 100, &log);
    sample(&line, false, false, 1000, &log);
    assert_int_equal(log.opens, 0);
    sample(&line, false, true, 249, &log);
    assert_int_equal(log.opens, 0);
    sample(&line, false, true, 1, &log);
    assert_int_equal(log.opens, 1);
    sample(&line, false, false, 100, &log);
    assert_int_equal(log.closes, 1);
}

static void seize_flash_release(void **state)
{
    (void)state;
    struct exchange_line line;
    struct line_log log = {0};
    exchange_init(&line);
    exchange_flash(&line, 100); /* on-hook: nothing to break */
    assert_int_equal(line.state, EXCHANGE_ON_HOOK);
    exchange_seize(&line);
    assert_true(exchange_is_off_hook(&line));
    exchange_flash(&line, 100);
    assert_false(exchange_is_off_hook(&line));
    sample(&line, false, false, 99, &log);
    assert_false(exchange_is_off_hook(&line));
    sample(&line, false, false, 1, &log);
    assert_true(exchange_is_off_hook(&line));
    exchange_flash(&line, 0); /* clamped, not endless */
    sample(&line, false, false, EXCHANGE_FLASH_MIN_MS, &log);
    assert_true(exchange_is_off_hook(&line));
    exchange_flash(&line, 100);
    exchange_release(&line);
    sample(&line, false, false, 2000, &log);
    assert_false(exchange_is_off_hook(&line));
}

/* --- gain --- */

static void gain_is_in_tenths_of_a_decibel(void **state)
{
    (void)state;
    assert_int_equal(gain_factor(0), 65536);
    assert_in_range(gain_factor(60), 130759, 130761); /* 1.99526 */
    assert_in_range(gain_factor(-60), 32845, 32847);
    assert_in_range(gain_factor(-200), 6553, 6555);
    assert_int_equal(gain_factor(32767), gain_factor(GAIN_LIMIT_DB10));
    assert_int_equal(gain_factor(-32768), gain_factor(-GAIN_LIMIT_DB10));
    int16_t samples[] = {0, 1, -1, 1000, -1000, 30000, -32768, 32767};
    const int16_t before[] = {0, 1, -1, 1000, -1000, 30000, -32768, 32767};
    gain_apply(samples, 8, gain_factor(0));
    assert_memory_equal(samples, before, sizeof before);
    gain_apply(samples, 8, gain_factor(60));
    assert_in_range(samples[3], 1994, 1996);
    assert_int_equal(samples[5], 32767);
    assert_int_equal(samples[6], -32768);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lift_takes_20_to_40_ms),
        cmocka_unit_test(breaks_are_told_apart_by_length),
        cmocka_unit_test(hang_up_is_told_after_800_ms),
        cmocka_unit_test(pulse_dialling),
        cmocka_unit_test(odd_dialling_does_no_harm),
        cmocka_unit_test(any_noise_leaves_a_sane_hook),
        cmocka_unit_test(one_telephone_rings_its_cadence),
        cmocka_unit_test(an_offer_begins_within_1500_ms),
        cmocka_unit_test(a_double_ring_has_two_bursts),
        cmocka_unit_test(ringing_again_changes_the_cadence_only),
        cmocka_unit_test(ringing_is_validated),
        cmocka_unit_test(open_loop_needs_250_ms),
        cmocka_unit_test(seize_flash_release),
        cmocka_unit_test(gain_is_in_tenths_of_a_decibel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
