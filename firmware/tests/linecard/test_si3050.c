/* SPDX-License-Identifier: Apache-2.0 */
/* The Si3050's driver against a chip of registers: it comes up, sees the line, recovers, and no fault passes unseen. */
#include "tests/linecard/si3050_bench.h"
#include <stdlib.h>

static void all_devices_come_up_within_50_ms(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 50);
    for (int i = 0; i < DEVICES; i++) {
        const uint8_t *registers = bench->chain[i].registers;
        assert_true(si3050_is_ready(&bench->chips[i]));
        assert_int_equal(registers[33], 0x38);
        assert_int_equal(registers[34], 65 + 16 * i); /* socket 5 + i: 16 x 4 bits after FSYNC's PCLK */
        assert_int_equal(registers[36], 65 + 16 * i);
        assert_int_equal(registers[18], 0x02);
        assert_int_equal(registers[22], 0x0F);
        assert_int_equal(registers[24], 0x91);
        assert_int_equal(registers[26], 0xC0); /* the USA's row */
        assert_int_equal(registers[5], 0x08);  /* on-hook line monitor */
        assert_int_equal(si3050_model_socket_up(&bench->chain[i]), 5 + i);
    }
    assert_int_equal(count_breaches(bench), 0);
}

static void countries_are_written_as_table_13_says(void **state)
{
    (void)state;
    static const struct { char letters[3]; uint8_t r16, r26, r30, r31; } EXPECTED[] = {
        {"PH", 0x00, 0x50, 0x00, 0x20}, {"AU", 0x40, 0x50, 0x03, 0x20}, {"JP", 0x00, 0x90, 0x00, 0x20},
        {"DE", 0x00, 0xC2, 0x02, 0x28}, {"GB", 0x00, 0xC2, 0x05, 0x28}, {"KR", 0x02, 0xC0, 0x00, 0x20},
        {"CN", 0x00, 0xC0, 0x0A, 0x20}, {"BR", 0x00, 0xC0, 0x01, 0x20}, {"VN", 0x00, 0xC0, 0x00, 0x20},
        {"XX", 0x00, 0xC0, 0x00, 0x20},
    };
    struct bench *bench = bench_new();
    run(bench, 50);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        si3050_set_country(&bench->chips[1], si3050_country_find(EXPECTED[i].letters));
        run(bench, 20);
        const uint8_t *registers = bench->chain[1].registers;
        assert_true(si3050_is_ready(&bench->chips[1]));
        assert_int_equal(registers[16], EXPECTED[i].r16);
        assert_int_equal(registers[26], EXPECTED[i].r26);
        assert_int_equal(registers[30], EXPECTED[i].r30);
        assert_int_equal(registers[31], EXPECTED[i].r31);
    }
    assert_int_equal(bench->chips[1].losses, 0);
    for (unsigned i = 0; si3050_country_at(i); i++)
        assert_ptr_equal(si3050_country_find(si3050_country_at(i)->letters), si3050_country_at(i));
}

static void a_call_is_not_disturbed_by_a_new_country(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    si3050_set_country(&bench->chips[0], si3050_country_find("DE")); /* before it is up: written in its turn */
    run(bench, 50);
    assert_int_equal(bench->chain[0].registers[26], 0xC2);
    bench->chips[0].want_off_hook = true;
    run(bench, 20);
    si3050_set_country(&bench->chips[0], si3050_country_find("PH"));
    run(bench, 500);
    assert_true(si3050_model_is_off_hook(&bench->chain[0]));
    assert_int_equal(bench->chain[0].registers[26], 0xC2);
    bench->chips[0].want_off_hook = false;
    run(bench, 30);
    assert_int_equal(bench->chain[0].registers[26], 0x50);
}

static bool hears_ringing(int hz)
{
    struct bench *bench = bench_new();
    run(bench, 50);
    bench->ring_hz = hz;
    bool heard = false;
    for (int ms = 0; ms < 1000; ms++) {
        pass_ms(bench);
        heard |= bench->chips[0].ringing;
    }
    bench->ring_hz = 0;
    run(bench, 300);
    assert_false(bench->chips[0].ringing);
    return heard;
}

static void ringing_of_15_to_68_hz_is_heard_and_nothing_else(void **state)
{
    (void)state;
    for (int hz = 15; hz <= 68; hz++)
        assert_true(hears_ringing(hz));
    static const int OTHERS[] = {3, 5, 8, 10, 12, 200, 250, 400};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
        assert_false(hears_ringing(OTHERS[i]));
}

static void each_burst_of_a_double_ring_is_told(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 50);
    unsigned bursts = 0;
    bool before = false;
    for (int ms = 0; ms < 6000; ms++) {
        int at = ms % 3000; /* 400, 200, 400, 2000 */
        bench->ring_hz = at < 400 || (at >= 600 && at < 1000) ? 25 : 0;
        pass_ms(bench);
        bursts += bench->chips[0].ringing && !before;
        before = bench->chips[0].ringing;
    }
    assert_int_equal(bursts, 4);
}

static void off_hook_takes_410_ms_to_audio(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 50);
    bench->chips[0].want_off_hook = true;
    run(bench, 2);
    assert_true(si3050_model_is_off_hook(&bench->chain[0]));
    assert_int_equal(si3050_model_socket_down(&bench->chain[0]), 0);
    run(bench, 408);
    assert_false(si3050_has_audio(&bench->chips[0]));
    assert_int_equal(si3050_model_socket_down(&bench->chain[0]), 5); /* the part is ready before we are */
    run(bench, 5);
    assert_true(si3050_has_audio(&bench->chips[0]));
    assert_in_range(si3050_loop_ma(&bench->chips[0]), 24, 26);
    assert_int_equal(bench->chain[0].registers[17], 0x08); /* overload protection */
    bench->chips[0].want_off_hook = false;
    run(bench, 2);
    assert_false(si3050_model_is_off_hook(&bench->chain[0]));
    assert_int_equal(bench->chain[0].registers[17], 0);
}

static void a_lost_line_side_is_brought_up_again(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 50);
    bench->chips[0].want_off_hook = true;
    run(bench, 100);
    bench->chain[0].line_side_dead = true;
    run(bench, 60);
    assert_false(si3050_is_ready(&bench->chips[0]));
    assert_int_equal(bench->chips[0].losses, 1);
    run(bench, 5000);
    bench->chain[0].line_side_dead = false;
    run(bench, 3200);
    assert_true(si3050_is_ready(&bench->chips[0]));
    assert_true(si3050_model_is_off_hook(&bench->chain[0])); /* what was asked for is done */
    assert_int_equal(bench->chips[0].starts, 2);
    assert_true(si3050_is_ready(&bench->chips[1])); /* its neighbours noticed nothing */
    assert_int_equal(bench->chips[1].losses, 0);
}

static void a_dead_chip_is_tried_again_for_ever(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    bench->chain[2].dead = true;
    run(bench, 10000);
    assert_false(si3050_is_ready(&bench->chips[2]));
    assert_false(line_watch_is_open(&bench->chips[2]));
    bench->chain[2].dead = false;
    run(bench, 1200);
    assert_true(si3050_is_ready(&bench->chips[2]));
    bench->chain[1].dead = true;
    run(bench, 100);
    assert_false(si3050_is_ready(&bench->chips[1]));
}

/* One call: comes up, rings, is seized, has audio both ways in its own slots, current is seen. */
static bool call_works(struct bench *bench)
{
    run(bench, 3000);
    bool well = si3050_is_ready(&bench->chips[0]) && si3050_model_socket_up(&bench->chain[0]) == 5;
    bench->ring_hz = 20;
    run(bench, 400);
    well = well && bench->chips[0].ringing;
    bench->chips[0].want_off_hook = true;
    run(bench, 450);
    well = well && si3050_has_audio(&bench->chips[0]) && si3050_loop_ma(&bench->chips[0]) > 20 &&
           si3050_model_socket_up(&bench->chain[0]) == 5 && si3050_model_socket_down(&bench->chain[0]) == 5;
    bench->chips[0].want_off_hook = false;
    bench->ring_hz = 0;
    run(bench, 100);
    return well && !si3050_model_is_off_hook(&bench->chain[0]) && count_breaches(bench) == 0;
}

static void every_register_matters(void **state)
{
    (void)state;
    static const int WRITTEN[] = {5, 6, 18, 22, 23, 24, 26, 33, 34, 36};
    assert_true(call_works(bench_new()));
    for (size_t i = 0; i < sizeof WRITTEN / sizeof WRITTEN[0]; i++) {
        struct bench *bench = bench_new();
        bench->dropped = WRITTEN[i];
        assert_false(call_works(bench));
    }
}

static void wrong_frames_are_breaches(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    run(bench, 50);
    uint8_t in[3] = {0};
    si3050_model_transfer(bench->chain, DEVICES, (const uint8_t[]){0x20, 33}, in, 2);
    assert_int_equal(count_breaches(bench), DEVICES);
    si3050_model_transfer(bench->chain, DEVICES, (const uint8_t[]){0xA0, 33, 0x28}, NULL, 3); /* all: µ-law */
    for (int i = 0; i < DEVICES; i++)
        assert_int_equal(si3050_model_socket_up(&bench->chain[i]), 0); /* no 16-bit samples any more */
    si3050_model_transfer(bench->chain, DEVICES, (const uint8_t[]){0x20, 33, 0x38}, NULL, 3);
    si3050_model_transfer(bench->chain, DEVICES, (const uint8_t[]){0x20, 34, 70}, NULL, 3); /* between slots */
    assert_int_equal(si3050_model_socket_up(&bench->chain[0]), 0);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void anything_may_happen_and_it_recovers(void **state)
{
    (void)state;
    uint32_t seed = 11;
    struct bench *bench = bench_new();
    for (int round = 0; round < 150; round++) {
        for (int i = 0; i < 20; i++) {
            struct si3050_model *model = &bench->chain[next_random(&seed) % DEVICES];
            model->line_side_dead = next_random(&seed) % 5 == 0;
            model->dead = next_random(&seed) % 9 == 0;
            bench->chips[next_random(&seed) % DEVICES].want_off_hook = next_random(&seed) & 1;
            bench->ring_hz = next_random(&seed) % 3 == 0 ? (int)(next_random(&seed) % 100) : 0;
            bench->line.volts = (int)(next_random(&seed) % 130) - 65;
            bench->line.far_power = next_random(&seed) % 4 != 0;
            bench->shared = next_random(&seed) & 1;
            si3050_set_country(&bench->chips[next_random(&seed) % DEVICES],
                               si3050_country_at(next_random(&seed) % 40));
            run(bench, (int)(next_random(&seed) % 80));
        }
        bench->line = (struct si3050_line){.volts = -48, .far_power = true};
        bench->ring_hz = 0;
        bench->shared = false;
        for (int i = 0; i < DEVICES; i++)
            bench->chain[i].dead = bench->chain[i].line_side_dead = false;
        run(bench, 3300);
        for (int i = 0; i < DEVICES; i++) {
            const struct si3050 *chip = &bench->chips[i];
            assert_true(si3050_is_ready(chip));
            assert_int_equal(si3050_model_is_off_hook(&bench->chain[i]), chip->want_off_hook);
            uint8_t flags = line_watch_flags(&bench->watch[i], chip);
            assert_int_equal(flags & (LINE_FLAG_CONNECTED | LINE_FLAG_READY | LINE_FLAG_IN_USE),
                             LINE_FLAG_CONNECTED | LINE_FLAG_READY);
            if (!chip->want_off_hook)
                assert_true(line_watch_is_idle(&bench->watch[i], chip));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_devices_come_up_within_50_ms),
        cmocka_unit_test(countries_are_written_as_table_13_says),
        cmocka_unit_test(a_call_is_not_disturbed_by_a_new_country),
        cmocka_unit_test(ringing_of_15_to_68_hz_is_heard_and_nothing_else),
        cmocka_unit_test(each_burst_of_a_double_ring_is_told),
        cmocka_unit_test(off_hook_takes_410_ms_to_audio),
        cmocka_unit_test(a_lost_line_side_is_brought_up_again),
        cmocka_unit_test(a_dead_chip_is_tried_again_for_ever),
        cmocka_unit_test(every_register_matters),
        cmocka_unit_test(wrong_frames_are_breaches),
        cmocka_unit_test(anything_may_happen_and_it_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
