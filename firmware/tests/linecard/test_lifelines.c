/* SPDX-License-Identifier: Apache-2.0 */
/* Telephones that the lifeline relays join to the exchange lines: when they come back, and what is told of them. */
#include "tests/linecard/linecard_bench.h"

static void a_lifeline_in_use_stays_one(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    bench->parallel_mask = 0x10; /* the telephone of socket 1 talks on the line of socket 5 */
    run(bench, 100);
    greet(bench, 1);
    run(bench, 5000);
    assert_false(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    assert_true(bench->outputs >> PIN_OUT_LIFELINE2 & 1);
    bench->parallel_mask = 0;
    run(bench, 900);
    assert_false(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    run(bench, 200);
    assert_true(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
}

/* How often HOOK was told of socket 1, and what it said last: -1 nothing. */
static int told_hook(const struct bench *bench, unsigned *times)
{
    int last = -1;
    *times = 0;
    for (unsigned i = 0; i < bench->heard_count && i < 64; i++)
        if (bench->heard[i].kind == LINK_MSG_HOOK && bench->heard[i].payload[0] == 1) {
            last = bench->heard[i].payload[1];
            ++*times;
        }
    return last;
}

static void a_telephone_lifted_on_its_lifeline_is_told_as_lifted(void **state)
{
    (void)state;
    unsigned times;
    struct bench *bench = bench_new(3); /* at power-up: 1 talks over the exchange, 2 too */
    run(bench, 1200);
    greet(bench, 1);
    assert_int_equal(bench->heard[0].payload[7], 3);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5); /* it can't be rung */
    assert_int_equal(bench->ring_mask, 0);
    bench->off_hook_mask = 2;
    run(bench, 900); /* the line has not been idle for long enough */
    assert_int_equal(told_hook(bench, &times), -1);
    run(bench, 1200);
    assert_true(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    assert_false(bench->outputs >> PIN_OUT_LIFELINE2 & 1);
    assert_int_equal(told_hook(bench, &times), 0);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5);
    assert_int_equal(bench->ring_mask, 1);
}

static void lifted_in_the_second_before_the_line_is_taken_back(void **state)
{
    (void)state;
    unsigned times;
    struct bench *bench = bench_new(0);
    run(bench, 200);
    greet(bench, 1);
    bench->off_hook_mask = 1;
    bench->far_ring_mask = 0x10; /* rung by the exchange meanwhile: not idle, not in use */
    run(bench, 400);
    bench->far_ring_mask = 0;
    run(bench, 600);
    assert_false(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    assert_int_equal(told_hook(bench, &times), 1);
    bench->off_hook_mask = 0;
    run(bench, 2500);
    assert_int_equal(told_hook(bench, &times), 0);
    assert_int_equal(times, 2);
}

/* Its line goes dead, so the card takes it although it is lifted: it stays lifted, without a word. */
static void one_that_comes_back_lifted_stays_so(void **state)
{
    (void)state;
    unsigned times;
    struct bench *bench = bench_new(1);
    run(bench, 1200);
    greet(bench, 1);
    bench->far_open_mask = 0x10;
    run(bench, 2500);
    assert_true(bench->outputs >> PIN_OUT_LIFELINE1 & 1);
    assert_int_equal(told_hook(bench, &times), -1);
    assert_int_equal(ports_off_hook_mask(&bench->card), 1);
    bench->off_hook_mask = 0;
    run(bench, 1000);
    assert_int_equal(told_hook(bench, &times), 0);
}

/* Nobody sees what the line's chip does not tell: the hook speaks when the relay has been taken all the same. */
static void a_blind_lifeline_tells_its_hook_when_it_is_taken(void **state)
{
    (void)state;
    unsigned times;
    struct bench *bench = bench_new(1);
    bench->chip_gone = true;
    run(bench, 1200);
    greet(bench, 1);
    assert_int_equal(bench->heard[0].payload[7], 0);
    run(bench, LIFELINE_BLIND_MS + 100);
    assert_int_equal(told_hook(bench, &times), 1);
    assert_int_equal(times, 1);
}

/* 10 s after the host: the relay falls, and a telephone that talked through the card talks to the exchange. */
static void a_call_that_moves_to_the_lifeline_and_ends_there(void **state)
{
    (void)state;
    unsigned times;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    run(bench, LIFELINE_TAKEN_MS);
    bench->off_hook_mask = 1;
    run(bench, 100);
    bench->host_silent = true;
    run(bench, LINECARD_LIFELINE_MS + 1000);
    assert_true(bench->lifeline);
    bench->host_silent = false;
    greet(bench, 2);
    assert_int_equal(bench->heard[0].payload[7], 1);
    bench->off_hook_mask = 0;
    run(bench, 2500);
    assert_int_equal(told_hook(bench, &times), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lifeline_in_use_stays_one),
        cmocka_unit_test(a_telephone_lifted_on_its_lifeline_is_told_as_lifted),
        cmocka_unit_test(lifted_in_the_second_before_the_line_is_taken_back),
        cmocka_unit_test(one_that_comes_back_lifted_stays_so),
        cmocka_unit_test(a_blind_lifeline_tells_its_hook_when_it_is_taken),
        cmocka_unit_test(a_call_that_moves_to_the_lifeline_and_ends_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
