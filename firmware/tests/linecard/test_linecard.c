/* SPDX-License-Identifier: Apache-2.0 */
/* The whole core of the card opposite a host: greeting, orders, reports, audio, rest. */
#include "tests/linecard/linecard_bench.h"

static void hello_is_answered_and_the_reply_tells_what_is_there(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0x02);
    run(bench, 1000);
    assert_int_equal(bench->audio_count, 0); /* silent until greeted */
    greet(bench, 7);
    const uint8_t reply[20] = {1, 0, 0, 2, 0, 0x0F, 0x30, 0x02, 'C', 'A', 'R', 'D', '0', '0', '0', '1', 0, 0, 0, 7};
    assert_int_equal(bench->heard_count, 1);
    assert_int_equal(bench->heard[0].kind, LINK_MSG_HELLO_REPLY);
    assert_memory_equal(bench->heard[0].payload, reply, sizeof reply);
    assert_true(bench->up);
    assert_int_equal(bench->audio.socket_mask, 0x3F);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    const uint8_t hello[7] = {3, 9, 1, 0, 0, 0, 1};
    link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello);
    run(bench, 100);
    assert_int_equal(bench->heard[0].kind, LINK_MSG_HELLO_REPLY);
    assert_int_equal(bench->heard[0].payload[0], 0);
    assert_int_equal(bench->audio_count, 0);
    assert_false(bench->up);
    greet(bench, 2);
    assert_true(bench->up);
}

static void lifting_stops_ringing_at_once(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    run(bench, LIFELINE_TAKEN_MS);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5); /* 1000, 4000 */
    assert_int_equal(bench->ring_mask, 1);
    bench->off_hook_mask = 1;
    run(bench, 60); /* SHK pulses with the ringing: up to 20 ms until it shows, 10 ms until it is believed */
    assert_int_equal(bench->ring_mask, 0);
    expect(bench, 1, LINK_MSG_HOOK, 1, 1);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5); /* a lifted handset is not rung */
    assert_int_equal(bench->ring_mask, 0);
    bench->off_hook_mask = 0;
    run(bench, 900);
    expect(bench, 2, LINK_MSG_HOOK, 1, 0);
}

static void flash_and_pulses_are_reported(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0x08);
    greet(bench, 1);
    bench->off_hook_mask = 0;
    run(bench, 200);
    bench->off_hook_mask = 8;
    run(bench, 500);
    expect(bench, 1, LINK_MSG_HOOK_FLASH, 4, -1);
    for (int i = 0; i < 10; i++) {
        bench->off_hook_mask = 0;
        run(bench, 60);
        bench->off_hook_mask = 8;
        run(bench, 40);
    }
    run(bench, 300);
    expect(bench, 2, LINK_MSG_PULSE_DIGIT, 4, '0');
}

static void exchange_line_orders_and_reports(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    bench->far_ring_mask = 0x10;
    run(bench, 250);
    expect(bench, 1, LINK_MSG_RING_DETECTED, 5, 1);
    order(bench, LINK_MSG_SEIZE, "\5", 1);
    assert_int_equal(bench->line_mask, 0x10);
    run(bench, 300);
    expect(bench, 2, LINK_MSG_RING_DETECTED, 5, 0);
    order(bench, LINK_MSG_FLASH_LINE, "\5\0\144", 3);
    assert_int_equal(bench->line_mask, 0);
    run(bench, 100);
    assert_int_equal(bench->line_mask, 0x10);
    bench->far_open_mask = 0x10;
    run(bench, 300);
    expect(bench, 3, LINK_MSG_LOOP, 5, 1);
    order(bench, LINK_MSG_RELEASE, "\5", 1);
    assert_int_equal(bench->line_mask, 0);
}

static void wrong_orders_do_nothing(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    order(bench, LINK_MSG_RING, "\5\3\350\17\240", 5); /* an exchange line */
    order(bench, LINK_MSG_RING, "\1\3\350", 3);        /* too short */
    order(bench, LINK_MSG_RING, "\0\3\350\17\240", 5);
    order(bench, LINK_MSG_RING, "\11\3\350\17\240", 5);
    order(bench, LINK_MSG_RING, "\1\0\0\17\240", 5);   /* no burst at all */
    order(bench, LINK_MSG_SEIZE, "\1", 1);             /* a telephone */
    order(bench, 0x7F, "\1", 1);
    assert_int_equal(bench->ring_mask | bench->line_mask, 0);
    assert_int_equal(bench->heard_count, 1);
    assert_true(bench->up);
}

static void audio_flows_both_ways_with_gain_and_counters(void **state)
{
    (void)state;
    struct bench *bench = bench_new(1);
    greet(bench, 1);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        bench->uplink[1][i] = ulaw_decode(0xD5);
    run(bench, 200);
    assert_int_equal(bench->downlink[0][0], ulaw_decode(0x40));
    assert_int_equal(bench->downlink[1][0], 0);
    assert_int_equal(bench->audio.ulaw[1][79], 0xD5);
    /* What was sent and not yet played lies in the playout buffer: 10 to 30 ms. */
    assert_in_range(bench->sent - bench->audio.peer_counter, 80, 240);
    uint32_t counter = bench->audio.sample_counter;
    run(bench, 100);
    assert_int_equal(bench->audio.sample_counter - counter, 800);
    order(bench, LINK_MSG_GAIN, "\2\0\0\377\304", 5); /* from the phone: -6.0 dB */
    int16_t before = ulaw_decode(0xD5);
    int16_t after = ulaw_decode(bench->audio.ulaw[1][0]);
    assert_true(after < before * 55 / 100 && after > before * 45 / 100);
}

static void silence_puts_everything_to_rest_and_then_to_the_lifeline(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    run(bench, LIFELINE_TAKEN_MS);
    bench->off_hook_mask = 1;
    run(bench, 50);
    order(bench, LINK_MSG_RING, "\2\3\350\3\350", 5);
    order(bench, LINK_MSG_SEIZE, "\5", 1);
    run(bench, 200);
    assert_int_equal(bench->ring_mask, 2);
    assert_int_equal(bench->line_mask, 0x10);
    bench->host_silent = true;
    run(bench, 480);
    assert_true(bench->up);
    assert_int_equal(bench->line_mask, 0x10);
    run(bench, 50);
    assert_false(bench->up);
    assert_int_equal(bench->ring_mask | bench->line_mask, 0);
    assert_int_equal(bench->downlink[0][0], 0);
    unsigned audio = bench->audio_count;
    bench->host_silent = false;
    run(bench, 1000); /* frames of the old link: the card stays silent until greeted */
    assert_int_equal(bench->audio_count, audio);
    bench->host_silent = true;
    run(bench, 9900);
    assert_false(bench->lifeline);
    run(bench, 200);
    assert_true(bench->lifeline);
    run(bench, 600000); /* and stays there */
    assert_true(bench->lifeline);
    bench->off_hook_mask = 0; /* its call on the lifeline is over */
    run(bench, 2000);
    bench->host_silent = false;
    greet(bench, 1); /* the same nonce will do after so long */
    assert_true(bench->up);
    assert_false(bench->lifeline);
}

static void a_new_host_finds_a_card_at_rest(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5);
    order(bench, LINK_MSG_SEIZE, "\6", 1);
    bench->far_ring_mask = 0x10;
    run(bench, 200);
    greet(bench, 2);
    assert_int_equal(bench->ring_mask | bench->line_mask, 0);
    assert_int_equal(bench->heard_count, 2);
    expect(bench, 1, LINK_MSG_RING_DETECTED, 5, 1); /* still ringing: said again */
}

static void reports_outlast_a_closed_window(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    run(bench, LIFELINE_TAKEN_MS);
    bench->wire_cut = true; /* towards the host */
    for (int i = 0; i < 12; i++) {
        bench->off_hook_mask = i % 2 ? 0x00 : 0x0F;
        run(bench, i % 2 ? 850 : 50);
        if (i == 2)
            break; /* twelve reports within a second: more than the window */
    }
    bench->wire_cut = false;
    run(bench, 300);
    assert_int_equal(bench->heard_count, 1 + 12);
    for (unsigned i = 0; i < 12; i++)
        expect(bench, i + 1, LINK_MSG_HOOK, (uint8_t)(i % 4 + 1), i / 4 != 1);
}

static void a_host_that_never_acknowledges_is_dead(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    bench->wire_cut = true;
    bench->off_hook_mask = 1;
    run(bench, 1900);
    assert_true(bench->up);
    run(bench, 300);
    assert_false(bench->up);
}

static void health_counts(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet(bench, 1);
    linecard_receive(&bench->card, (const uint8_t *)"\3\1\1\0", 4);
    order(bench, LINK_MSG_GET_HEALTH, NULL, 0);
    run(bench, 20);
    const struct link_message *health = &bench->heard[bench->heard_count - 1];
    assert_int_equal(health->kind, LINK_MSG_HEALTH);
    assert_int_equal(health->len, 25);
    assert_int_equal(health->payload[24], 0); /* started by power */
    assert_int_equal(health->payload[11], 1); /* bad frames */
    assert_int_equal(health->payload[15], 0); /* lost audio */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_is_answered_and_the_reply_tells_what_is_there),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(lifting_stops_ringing_at_once),
        cmocka_unit_test(flash_and_pulses_are_reported),
        cmocka_unit_test(exchange_line_orders_and_reports),
        cmocka_unit_test(wrong_orders_do_nothing),
        cmocka_unit_test(audio_flows_both_ways_with_gain_and_counters),
        cmocka_unit_test(silence_puts_everything_to_rest_and_then_to_the_lifeline),
        cmocka_unit_test(a_new_host_finds_a_card_at_rest),
        cmocka_unit_test(reports_outlast_a_closed_window),
        cmocka_unit_test(a_host_that_never_acknowledges_is_dead),
        cmocka_unit_test(health_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
