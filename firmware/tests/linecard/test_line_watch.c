/* SPDX-License-Identifier: Apache-2.0 */
/* What the readings of an exchange line mean. */
#include "tests/linecard/si3050_bench.h"

static uint8_t flags_of(const struct bench *bench)
{
    return line_watch_flags(&bench->watch[0], &bench->chips[0]);
}

static void the_line_is_told_by_voltage_and_current(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    assert_int_equal(flags_of(bench), 0);
    run(bench, 300);
    assert_int_equal(flags_of(bench), LINE_FLAG_CONNECTED | LINE_FLAG_READY);
    assert_in_range(line_watch_volts(&bench->watch[0]), 47, 48);
    bench->line.volts = -48;
    run(bench, 300);
    assert_int_equal(flags_of(bench), LINE_FLAG_CONNECTED | LINE_FLAG_READY | LINE_FLAG_REVERSED);
    assert_int_equal(line_watch_volts(&bench->watch[0]), -48);
    bench->line.volts = 48;
    bench->shared = true; /* another telephone is lifted */
    run(bench, 500);
    assert_int_equal(flags_of(bench), LINE_FLAG_CONNECTED | LINE_FLAG_READY | LINE_FLAG_IN_USE);
    assert_false(line_watch_is_idle(&bench->watch[0], &bench->chips[0]));
    bench->shared = false;
    bench->line.far_power = false;
    run(bench, 500);
    assert_int_equal(flags_of(bench), LINE_FLAG_READY);
    assert_true(line_watch_is_open(&bench->chips[0]));
    assert_true(line_watch_is_idle(&bench->watch[0], &bench->chips[0])); /* nothing there to disturb */
}

static void a_parallel_telephone_shows_in_a_call(void **state)
{
    (void)state;
    const uint8_t in_call = LINE_FLAG_CONNECTED | LINE_FLAG_READY | LINE_FLAG_AUDIO;
    struct bench *bench = bench_new();
    run(bench, 300);
    bench->chips[0].want_off_hook = true;
    run(bench, 1000);
    assert_int_equal(flags_of(bench), in_call);
    assert_in_range(line_watch_ma(&bench->watch[0]), 23, 26);
    bench->shared = true;
    run(bench, 500);
    assert_int_equal(flags_of(bench), in_call | LINE_FLAG_PARALLEL);
    bench->shared = false;
    run(bench, 500);
    assert_int_equal(flags_of(bench), in_call);
    bench->line.far_power = false;
    run(bench, 300);
    assert_true(line_watch_is_open(&bench->chips[0]));
    assert_false(flags_of(bench) & LINE_FLAG_OVERLOAD); /* a dropped supply is none */
    bench->line.far_power = true;
    bench->chips[0].want_off_hook = false;
    bench->shared = true;
    run(bench, 500);
    bench->chips[0].want_off_hook = true; /* we join a call */
    run(bench, 1000);
    assert_true(flags_of(bench) & LINE_FLAG_PARALLEL);
}

static void news_is_told_once_and_not_too_often(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 500);
    assert_true(line_watch_has_news(&bench->watch[0], &bench->chips[0]));
    unsigned told = 0;
    for (int ms = 0; ms < 10000; ms++) {
        bench->line.volts = 40 + ms / 100 % 10;
        pass_ms(bench);
        told += line_watch_has_news(&bench->watch[0], &bench->chips[0]);
    }
    assert_in_range(told, 3, 11);
    bench->line.volts = -40;
    run(bench, 200);
    assert_true(line_watch_has_news(&bench->watch[0], &bench->chips[0])); /* a flag waits for nothing */
    assert_false(line_watch_has_news(&bench->watch[0], &bench->chips[0]));
}

static void overloads_are_counted(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 100);
    bench->chain[0].overload = true;
    run(bench, 20);
    bench->chain[0].overload = false;
    run(bench, 20);
    bench->chain[0].overload = true;
    run(bench, 20);
    assert_int_equal(bench->chips[0].overloads, 2);
    assert_true(flags_of(bench) & LINE_FLAG_OVERLOAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_told_by_voltage_and_current),
        cmocka_unit_test(a_parallel_telephone_shows_in_a_call),
        cmocka_unit_test(news_is_told_once_and_not_too_often),
        cmocka_unit_test(overloads_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
