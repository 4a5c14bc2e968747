/* SPDX-License-Identifier: Apache-2.0 */
/* The Si3050's driver against what its data sheet asks for in order, time and place: the part of registers is told
 * nothing it would not understand, and nothing it says is believed that it does not promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/exchange_line.h"
#include "linecard/core/line_watch.h"
#include "linecard/core/si3050.h"
#include "linecard/hal/host/si3050_model.h"
#include <string.h>

enum { DEVICES = 2 };

struct bench {
    struct si3050 chips[DEVICES];
    struct si3050_model chain[DEVICES];
    struct line_watch watch[DEVICES];
    struct si3050_line line;     /* at every device; on-hook volts and off-hook mA */
    int ring_hz;                 /* 0: silent */
    int seized_v;
    uint32_t ms;
};

static void spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    struct bench *bench = context;
    si3050_model_transfer(bench->chain, DEVICES, out, in, n);
}

static void pass_ms(struct bench *bench)
{
    const struct linecard_board board = {.context = bench, .spi = spi};
    bench->ms++;
    for (int i = 0; i < DEVICES; i++) {
        bool seized = si3050_model_is_off_hook(&bench->chain[i]);
        struct si3050_line line = bench->line;
        uint32_t phase = bench->ms * (uint32_t)bench->ring_hz % 1000;
        bool high = bench->ring_hz > 0 && phase % 500 > 40 && phase % 500 < 460;
        line.ringing = high ? (phase < 500 ? 1 : -1) : 0;
        line.volts = seized ? bench->seized_v : line.volts;
        line.ma = seized && line.far_power ? line.ma : 0;
        si3050_model_ms(&bench->chain[i], &line);
        si3050_ms(&bench->chips[i], &board);
        line_watch_ms(&bench->watch[i], &bench->chips[i]);
    }
}

static void run(struct bench *bench, int ms)
{
    while (ms-- > 0)
        pass_ms(bench);
}

static struct bench *bench_new(const char *country)
{
    static struct bench bench;
    memset(&bench, 0, sizeof bench);
    bench.line = (struct si3050_line){.volts = 48, .ma = 25, .far_power = true};
    bench.seized_v = 8;
    for (int i = 0; i < DEVICES; i++) {
        si3050_model_init(&bench.chain[i]);
        si3050_init(&bench.chips[i], (uint8_t)i, 5 + i);
        si3050_set_country(&bench.chips[i], si3050_country_find(country));
        line_watch_init(&bench.watch[i]);
        si3050_model_set_reset(&bench.chain[i], false);
        si3050_begin(&bench.chips[i]);
    }
    run(&bench, 60);
    return &bench;
}

static unsigned count_breaches(const struct bench *bench)
{
    return bench->chain[0].breaches + bench->chain[1].breaches;
}

static void transfer(struct bench *bench, uint8_t control, uint8_t number, uint8_t value, uint8_t in[3])
{
    const uint8_t out[3] = {control, number, value};
    si3050_model_transfer(bench->chain, DEVICES, out, in, sizeof out);
}

/* --- the driver ------------------------------------------------------------------------------- */

/* Until its start count is set a chip sits on slot 0, which is telephone 1's: it must not drive the bus before. */
static void the_bus_is_driven_in_the_own_slots_only(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    assert_true(si3050_is_ready(&bench->chips[0]) && si3050_is_ready(&bench->chips[1]));
    assert_int_equal(count_breaches(bench), 0);
    bench->chain[1].line_side_dead = true; /* brought up anew, the others talking */
    run(bench, 60);
    bench->chain[1].line_side_dead = false;
    run(bench, 3500);
    assert_int_equal(bench->chips[1].starts, 2);
    assert_int_equal(count_breaches(bench), 0);
}

/* OHS, OHS2 and SQ together: at once, 3 ms (ES 203 021) or 26 ms (AS/CA S002). */
static void each_country_goes_on_hook_at_its_speed(void **state)
{
    (void)state;
    static const struct { char letters[3]; int least_ms, most_ms; } SPEEDS[] = {
        {"US", 0, 1}, {"DE", 2, 4}, {"GB", 2, 4}, {"AU", 25, 27}, {"JP", 0, 1}, {"NZ", 0, 1}, {"IL", 0, 4},
    };
    for (size_t i = 0; i < sizeof SPEEDS / sizeof SPEEDS[0]; i++) {
        struct bench *bench = bench_new(SPEEDS[i].letters);
        bench->chips[0].want_off_hook = true;
        run(bench, 600);
        assert_true(si3050_model_is_off_hook(&bench->chain[0]));
        bench->chips[0].want_off_hook = false;
        run(bench, 1);
        int ms = 0;
        for (; si3050_model_is_off_hook(&bench->chain[0]) && ms < 100; ms++)
            run(bench, 1);
        assert_in_range(ms, SPEEDS[i].least_ms, SPEEDS[i].most_ms);
        assert_int_equal(count_breaches(bench), 0);
    }
}

static void new_zealand_and_israel_have_their_impedance(void **state)
{
    (void)state;
    assert_int_equal(bench_new("NZ")->chain[0].registers[30], 0x04);
    assert_int_equal(bench_new("NZ")->chain[0].registers[26], 0xC0);
    assert_int_equal(bench_new("IL")->chain[0].registers[30], 0x02);
    assert_int_equal(bench_new("IL")->chain[0].registers[26], 0xC2);
}

/* LCS2 says nothing below the least current: whether the exchange let go is told by DOD and the voltage. */
static void little_current_is_not_a_hang_up(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    bench->line.ma = 6; /* three telephones on a long line */
    bench->seized_v = 5;
    bench->chips[0].want_off_hook = true;
    run(bench, 600);
    for (int ms = 0; ms < 1000; ms++) {
        pass_ms(bench);
        assert_false(line_watch_is_open(&bench->chips[0]));
    }
    bench->line.far_power = false;
    run(bench, 20);
    for (int ms = 0; ms < 1000; ms++) {
        pass_ms(bench);
        assert_true(line_watch_is_open(&bench->chips[0]));
    }
    run(bench, 100);
    assert_int_equal(line_watch_ma(&bench->watch[0]), 0);
}

/* An open loop is the usual end of a call, no overload: the owner is not told to unplug the line. */
static void a_dropped_supply_is_no_overload(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    bench->chips[0].want_off_hook = true;
    run(bench, 600);
    bench->line.far_power = false;
    run(bench, 400);
    assert_false(line_watch_flags(&bench->watch[0], &bench->chips[0]) & LINE_FLAG_OVERLOAD);
    bench->line.far_power = true;
    run(bench, 100);
    bench->chain[0].overload = true;
    run(bench, 20);
    assert_true(line_watch_flags(&bench->watch[0], &bench->chips[0]) & LINE_FLAG_OVERLOAD);
    assert_int_equal(bench->chips[0].overloads, 1);
}

/* The owner spoke on the telephone beside the box, it took over, and he hung up. */
static void the_other_telephone_leaves_a_call_that_was_joined(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    bench->line.volts = 9;
    run(bench, 500);
    assert_true(line_watch_flags(&bench->watch[0], &bench->chips[0]) & LINE_FLAG_IN_USE);
    bench->line.ma = 14;
    bench->seized_v = 6;
    bench->chips[0].want_off_hook = true;
    run(bench, 1000);
    assert_true(line_watch_flags(&bench->watch[0], &bench->chips[0]) & LINE_FLAG_PARALLEL);
    bench->line.ma = 25;
    bench->seized_v = 9;
    run(bench, 500);
    assert_false(line_watch_flags(&bench->watch[0], &bench->chips[0]) & LINE_FLAG_PARALLEL);
    bench->line.ma = 14; /* and came back */
    bench->seized_v = 6;
    run(bench, 500);
    assert_true(line_watch_flags(&bench->watch[0], &bench->chips[0]) & LINE_FLAG_PARALLEL);
}

static void a_new_country_waits_for_the_burst_s_end(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    bench->ring_hz = 20;
    run(bench, 400);
    assert_true(bench->chips[0].ringing);
    si3050_set_country(&bench->chips[0], si3050_country_find("DE"));
    for (int ms = 0; ms < 1500; ms++) {
        pass_ms(bench);
        assert_true(bench->chips[0].ringing);
    }
    bench->ring_hz = 0;
    run(bench, 300);
    assert_int_equal(bench->chain[0].registers[26], 0xC2);
    assert_false(bench->chips[0].ringing);
}

/* The line side's first frames set RDTI: no telephone has rung. */
static void power_up_is_no_ringing(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    for (int ms = 0; ms < 200; ms++) {
        pass_ms(bench);
        assert_false(bench->chips[0].ringing);
    }
    assert_false(bench->chain[0].registers[4] & 0x80);
}

/* The link over the barrier may fail for less than it takes to be noticed, just as the hook is written. */
static void a_hook_that_was_not_heard_is_told_again(void **state)
{
    (void)state;
    for (int wanted = 0; wanted <= 1; wanted++) {
        struct bench *bench = bench_new("US");
        bench->chips[0].want_off_hook = !wanted;
        run(bench, 600);
        bench->chain[0].line_side_dead = true;
        bench->chips[0].want_off_hook = wanted;
        run(bench, 10);
        bench->chain[0].line_side_dead = false;
        run(bench, 20);
        assert_int_equal(bench->chips[0].losses, 0);
        assert_int_equal(si3050_model_is_off_hook(&bench->chain[0]), wanted);
        assert_false(si3050_has_audio(&bench->chips[0]));
        run(bench, 420);
        assert_int_equal(si3050_has_audio(&bench->chips[0]), wanted);
    }
}

/* --- the part of registers -------------------------------------------------------------------- */

static void an_unpowered_line_side_reads_as_nothing(void **state)
{
    (void)state;
    static const uint8_t LINE_SIDE[] = {5, 16, 17, 19, 26, 28, 29, 30, 31};
    struct bench *bench = bench_new("DE");
    uint8_t in[3] = {0};
    transfer(bench, 0x20, 6, 0x10, NULL);
    run(bench, 1);
    for (size_t i = 0; i < sizeof LINE_SIDE; i++) {
        transfer(bench, 0x60, LINE_SIDE[i], 0, in);
        assert_int_equal(in[2], 0);
    }
    unsigned before = count_breaches(bench);
    transfer(bench, 0x20, 5, 0x01, NULL);
    assert_true(count_breaches(bench) > before);
    assert_false(si3050_model_is_off_hook(&bench->chain[0]));
}

static void the_delay_and_the_envelope_are_the_part_s(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    uint8_t in[3] = {0};
    transfer(bench, 0x20, 22, 0x4F, NULL); /* RDLY 1: 256 ms */
    bench->ring_hz = 25;
    run(bench, 200);
    transfer(bench, 0x60, 5, 0, in);
    assert_false(in[2] & 0x04);
    run(bench, 300);
    transfer(bench, 0x60, 5, 0, in);
    assert_true(in[2] & 0x04);
    bench->ring_hz = 0;
    run(bench, 300); /* RTO */
    transfer(bench, 0x60, 5, 0, in);
    assert_false(in[2] & 0x04);
    transfer(bench, 0x20, 24, 0x11, NULL); /* not validated: one half wave is enough, and lasts 5 s */
    bench->ring_hz = 5;
    run(bench, 100);
    bench->ring_hz = 0;
    run(bench, 2000);
    transfer(bench, 0x60, 5, 0, in);
    assert_true(in[2] & 0x04);
    run(bench, 4000);
    transfer(bench, 0x60, 5, 0, in);
    assert_false(in[2] & 0x04);
}

static void what_the_data_sheet_forbids_is_counted(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    transfer(bench, 0x20, 33, 0x38, NULL);
    assert_int_equal(count_breaches(bench), 0);
    transfer(bench, 0x20, 34, 0, NULL); /* into another's slots */
    assert_int_equal(count_breaches(bench), 1);
    transfer(bench, 0x20, 34, 65, NULL);
    transfer(bench, 0x20, 17, 0x08, NULL); /* overload protection before the line has settled ... */
    run(bench, 1);
    bench = bench_new("US");
    transfer(bench, 0x20, 5, 0x01, NULL);
    transfer(bench, 0x20, 17, 0x08, NULL);
    assert_int_equal(count_breaches(bench), 1);
    transfer(bench, 0x20, 5, 0x08, NULL);
    transfer(bench, 0x20, 5, 0x01, NULL); /* ... and still set as it goes off-hook again */
    assert_int_equal(count_breaches(bench), 2);
    transfer(bench, 0x20, 59, 0x10, NULL); /* half of SQ */
    transfer(bench, 0x20, 5, 0x08, NULL);
    assert_int_equal(count_breaches(bench), 3);
}

static void three_volts_read_as_none(void **state)
{
    (void)state;
    struct bench *bench = bench_new("US");
    uint8_t in[3] = {0};
    static const struct { int volts; int8_t read; } READINGS[] = {{3, 0}, {-3, 0}, {4, 4}, {-4, -4}, {-48, -48}};
    for (size_t i = 0; i < sizeof READINGS / sizeof READINGS[0]; i++) {
        bench->line.volts = READINGS[i].volts;
        run(bench, 1);
        transfer(bench, 0x60, 29, 0, in);
        assert_int_equal((int8_t)in[2], READINGS[i].read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bus_is_driven_in_the_own_slots_only),
        cmocka_unit_test(each_country_goes_on_hook_at_its_speed),
        cmocka_unit_test(new_zealand_and_israel_have_their_impedance),
        cmocka_unit_test(little_current_is_not_a_hang_up),
        cmocka_unit_test(a_dropped_supply_is_no_overload),
        cmocka_unit_test(the_other_telephone_leaves_a_call_that_was_joined),
        cmocka_unit_test(a_new_country_waits_for_the_burst_s_end),
        cmocka_unit_test(power_up_is_no_ringing),
        cmocka_unit_test(a_hook_that_was_not_heard_is_told_again),
        cmocka_unit_test(an_unpowered_line_side_reads_as_nothing),
        cmocka_unit_test(the_delay_and_the_envelope_are_the_part_s),
        cmocka_unit_test(what_the_data_sheet_forbids_is_counted),
        cmocka_unit_test(three_volts_read_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
