/* SPDX-License-Identifier: Apache-2.0 */
/* The whole core of the card opposite a host of link version 2, and what no host expects. */
#include "tests/linecard/linecard_bench.h"

static void greet_as(struct bench *bench, uint8_t nonce, uint8_t newest, uint8_t codecs)
{
    const uint8_t hello[7] = {1, newest, codecs, 0, 0, 0, nonce};
    bench->heard_count = 0;
    assert_true(link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello));
    run(bench, 50);
    assert_int_equal(bench->heard[0].kind, LINK_MSG_HELLO_REPLY);
}

/* The newest message of a kind, NULL when there is none. */
static const struct link_message *newest(const struct bench *bench, uint8_t kind)
{
    for (unsigned i = bench->heard_count; i > 0 && bench->heard_count - i < 64; i--)
        if (bench->heard[(i - 1) % 64].kind == kind)
            return &bench->heard[(i - 1) % 64];
    return NULL;
}

static void versions_and_codecs_are_negotiated(void **state)
{
    (void)state;
    static const struct { uint8_t newest, codecs, version, codec; } CASES[] = {
        {1, 1, 1, 0}, {2, 1, 2, 0}, {2, 2, 2, 1}, {2, 3, 2, 1}, {9, 3, 2, 1}, {1, 3, 1, 1}, {2, 4, 0, 0}, {2, 0, 0, 0},
    };
    for (uint8_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bench *bench = bench_new(0);
        run(bench, 100);
        greet_as(bench, (uint8_t)(i + 1), CASES[i].newest, CASES[i].codecs);
        assert_int_equal(bench->heard[0].payload[0], CASES[i].version);
        assert_int_equal(bench->heard[0].payload[1], CASES[i].codec);
        assert_int_equal(bench->up, CASES[i].version > 0);
        run(bench, 300);
        assert_int_equal(newest(bench, LINK_MSG_LINE_STATE) != NULL, CASES[i].version == 2);
        if (CASES[i].version > 0)
            assert_int_equal(bench->audio.codec, CASES[i].codec);
    }
}

static void an_old_host_s_orders_are_those_of_version_1(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 1, 1);
    order(bench, LINK_MSG_RING_SUPPLY, "\4", 1);
    order(bench, LINK_MSG_GET_PORT_HEALTH, "\1", 1);
    run(bench, 50);
    assert_int_equal(bench->card.ringer.budget, RINGER_BUDGET);
    assert_null(newest(bench, LINK_MSG_PORT_HEALTH));
}

static void linear_audio_is_carried_bit_for_bit(void **state)
{
    (void)state;
    struct bench *bench = bench_new(1);
    bench->linear = true;
    greet_as(bench, 1, 2, 2);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        bench->uplink[1][i] = (int16_t)(i * 401 - 16000);
    run(bench, 200);
    assert_int_equal(bench->audio.codec, LINK_CODEC_LINEAR);
    assert_memory_equal(bench->audio.linear[1], bench->uplink[1], sizeof bench->uplink[1]);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        assert_int_equal(bench->downlink[0][i], 7 * i - 300);
    order(bench, LINK_MSG_GAIN, "\2\0\0\0\74", 5); /* from the phone: +6.0 dB */
    run(bench, 20);
    assert_in_range(bench->audio.linear[1][60], 8060 * 1994 / 1000, 8060 * 1996 / 1000);
}

static void the_state_of_a_line_is_told(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    run(bench, 300);
    greet_as(bench, 1, 2, 1);
    const struct link_message *line = newest(bench, LINK_MSG_LINE_STATE);
    assert_non_null(line);
    assert_int_equal(line->len, 4);
    assert_int_equal(line->payload[1], LINE_FLAG_CONNECTED | LINE_FLAG_READY);
    assert_in_range(line->payload[2], 47, 48);
    bench->parallel_mask = 0x20;
    bench->reversed_mask = 0x10;
    run(bench, 2000);
    bool in_use = false, reversed = false;
    for (unsigned i = 0; i < bench->heard_count; i++) {
        line = &bench->heard[i];
        if (line->kind != LINK_MSG_LINE_STATE)
            continue;
        in_use |= line->payload[0] == 6 && (line->payload[1] & LINE_FLAG_IN_USE);
        reversed |= line->payload[0] == 5 && (line->payload[1] & LINE_FLAG_REVERSED) && (int8_t)line->payload[2] < -40;
    }
    assert_true(in_use && reversed);
    order(bench, LINK_MSG_SEIZE, "\5", 1);
    run(bench, 1500);
    line = newest(bench, LINK_MSG_LINE_STATE);
    assert_int_equal(line->payload[0], 5);
    assert_true(line->payload[1] & LINE_FLAG_AUDIO);
    assert_in_range(line->payload[3], 22, 27);
}

static void orders_of_version_2(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    run(bench, 100);
    greet_as(bench, 1, 2, 1);
    order(bench, LINK_MSG_COUNTRY, "\0GB\0\0", 5);
    run(bench, 50);
    assert_int_equal(bench->chain[0].registers[30], 5);
    assert_int_equal(bench->chain[1].registers[30], 5);
    assert_int_equal(bench->card.sockets[0].caller_id_standard, CALLER_ID_ETSI);
    order(bench, LINK_MSG_COUNTRY, "\6AU\2\24", 5); /* one socket; V.23 although Australia has Bell; 20 Hz */
    run(bench, 50);
    assert_int_equal(bench->chain[0].registers[30], 5);
    assert_int_equal(bench->chain[1].registers[30], 3);
    assert_int_equal(bench->card.sockets[5].caller_id_standard, CALLER_ID_ETSI);
    assert_int_equal(bench->card.sockets[5].feed.ring_hz, 20);
    order(bench, LINK_MSG_COUNTRY, "\7DE\0\0", 5); /* no such socket */
    assert_int_equal(bench->card.sockets[6].chip.wanted->letters[0], 'G');
    order(bench, LINK_MSG_RING_SUPPLY, "\3", 1);
    assert_int_equal(bench->card.ringer.budget, 3);
    order(bench, LINK_MSG_RING_SUPPLY, "\0", 1);
    order(bench, LINK_MSG_RING_SUPPLY, "\11", 1);
    assert_int_equal(bench->card.ringer.budget, 3);
    order(bench, LINK_MSG_USE_PORT, "\4\0", 2);
    run(bench, 20);
    assert_true(bench->outputs >> PIN_OUT_PD_OFF4 & 1);
    order(bench, LINK_MSG_USE_PORT, "\4\1", 2);
    run(bench, 80);
    assert_false(bench->outputs >> PIN_OUT_PD_OFF4 & 1);
    order(bench, LINK_MSG_GET_PORT_HEALTH, "\5", 1);
    run(bench, 20);
    const struct link_message *health = newest(bench, LINK_MSG_PORT_HEALTH);
    assert_non_null(health);
    assert_int_equal(health->len, 24);
    assert_memory_equal(health->payload, "\5\1\6GB\31\2", 7); /* FXO, ready, 25 Hz, V.23 */
    assert_int_equal(health->payload[11], 2); /* brought up, and settings written anew */
    order(bench, LINK_MSG_GET_PORT_HEALTH, "\1", 1);
    run(bench, 20);
    health = newest(bench, LINK_MSG_PORT_HEALTH);
    assert_memory_equal(health->payload, "\1\0\2", 3);
}

/* SDMF of "1234567": 04 0F, 09-30 12:24, number, checksum. */
static void order_caller_id(struct bench *bench, uint8_t spoil)
{
    uint8_t payload[2 + 1 + 8 + 7 + 1] = {1, 4, 15};
    memcpy(payload + 3, "093012241234567", 15);
    uint8_t sum = spoil;
    for (size_t i = 1; i < 18; i++)
        sum = (uint8_t)(sum + payload[i]);
    payload[18] = (uint8_t)-sum;
    order(bench, LINK_MSG_CALLER_ID, (const char *)payload, sizeof payload);
}

static bool has_sound(const struct bench *bench)
{
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        if (bench->downlink[0][i] != 0)
            return true;
    return false;
}

/* Runs until the second ring; when sound began and ended, ms after the first ring's end; 0 = there was none. */
static void watch_caller_id(struct bench *bench, uint32_t *began_ms, uint32_t *ended_ms, uint32_t *ring_ms)
{
    uint32_t end_ms = 0;
    *began_ms = *ended_ms = *ring_ms = 0;
    for (int tick = 0; tick < 1000 && *ring_ms == 0; tick++) {
        bool rang = bench->ring_mask & 1;
        run(bench, 10);
        if (rang && !(bench->ring_mask & 1))
            end_ms = bench->now_ms;
        if (has_sound(bench)) {
            assert_int_equal(bench->ring_mask & 1, 0);
            *began_ms = *began_ms ? *began_ms : bench->now_ms - end_ms;
            *ended_ms = bench->now_ms - end_ms;
        }
        if (end_ms > 0 && (bench->ring_mask & 1))
            *ring_ms = bench->now_ms - end_ms;
    }
}

static void caller_id_goes_between_the_first_ring_and_the_second(void **state)
{
    (void)state;
    static const char *const CADENCES[] = {"\1\3\350\17\240", "\1\1\364\3\350"}; /* 1/4 s; .5/1 s: too short, waits */
    for (size_t i = 0; i < 2; i++) {
        uint32_t began_ms, ended_ms, ring_ms;
        struct bench *bench = bench_new(0);
        run(bench, 1500);
        greet_as(bench, 1, 2, 1);
        order_caller_id(bench, 0);
        assert_true(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
        order(bench, LINK_MSG_RING, CADENCES[i], 5);
        run(bench, 100);
        watch_caller_id(bench, &began_ms, &ended_ms, &ring_ms);
        assert_in_range(began_ms, 480, 560);
        assert_in_range(ended_ms - began_ms, 520, 600);
        assert_true(ring_ms >= ended_ms + 190);
        assert_in_range(ring_ms, 1200, 4100);
        order_caller_id(bench, 0);
        bench->off_hook_mask = 1; /* answered: nothing is sent into the ear */
        run(bench, 100);
        assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
        order_caller_id(bench, 0);
        assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
    }
}

static void a_spoiled_caller_id_is_not_sent(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    order_caller_id(bench, 1);
    order(bench, LINK_MSG_CALLER_ID, "\1\4\377\0\0", 5); /* longer than can be */
    assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
    order_caller_id(bench, 0);
    greet_as(bench, 2, 2, 1); /* a new host */
    assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
}

static void a_ring_that_is_stopped_takes_its_caller_id_along(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    run(bench, LIFELINE_TAKEN_MS);
    order_caller_id(bench, 0);
    order(bench, LINK_MSG_RING, "\1\3\350\17\240", 5);
    run(bench, 1800); /* it is being sent */
    assert_true(has_sound(bench));
    order(bench, LINK_MSG_STOP_RING, "\1", 1);
    assert_false(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
    order_caller_id(bench, 0); /* the next caller's is not refused */
    assert_true(caller_id_sender_is_busy(&bench->card.sockets[0].caller_id));
}

static void what_was_ordered_ends_with_its_host(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    order(bench, LINK_MSG_RING_SUPPLY, "\4", 1);
    order(bench, LINK_MSG_USE_PORT, "\3\0", 2);
    order(bench, LINK_MSG_GAIN, "\1\0\74\0\74", 5);
    run(bench, 50);
    assert_true(bench->outputs >> PIN_OUT_PD_OFF3 & 1);
    greet_as(bench, 2, 1, 1);
    run(bench, 100);
    assert_false(bench->outputs >> PIN_OUT_PD_OFF3 & 1);
    assert_int_equal(bench->card.ringer.budget, RINGER_BUDGET);
    assert_int_equal(bench->card.sockets[0].gain_out, 65536);
}

static void reports_beyond_the_queue_are_dropped(void **state)
{
    (void)state;
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    bench->wire_cut = true;
    const uint8_t hook[2] = {1, 1};
    for (int i = 0; i < 60; i++)
        orders_report(&bench->card, LINK_MSG_HOOK, hook, 2);
    assert_int_equal(bench->card.queue_count, LINECARD_QUEUE);
    run(bench, 20);
    assert_int_equal(bench->card.queue_count, LINECARD_QUEUE - LINK_WINDOW);
}

/* Bytes, orders, hooks and lines at random: the parts stay whole (pass_ms looks), the link can be greeted again. */
static void anything_may_happen(void **state)
{
    (void)state;
    uint32_t seed = 99;
    struct bench *bench = bench_new(0);
    for (int round = 0; round < 120; round++) {
        greet_as(bench, (uint8_t)(round + 1), (uint8_t)(1 + (seed >> 9) % 2), 3);
        for (int i = 0; i < 25; i++) {
            uint8_t payload[20];
            for (size_t k = 0; k < sizeof payload; k++)
                payload[k] = (uint8_t)((seed = seed * 1664525U + 1013904223U) >> 24);
            payload[0] = (uint8_t)(payload[0] % 10);
            payload[1] &= 7; /* times up to 2 s, so that something rings */
            uint8_t kind = (uint8_t)(0x10 + (seed >> 12) % 12);
            if (kind != LINK_MSG_HELLO)
                link_send(&bench->host, kind, payload, (uint8_t)((seed >> 20) % sizeof payload));
            bench->off_hook_mask = (uint8_t)(seed >> 13 & seed >> 21 & 15);
            bench->far_ring_mask = (uint8_t)(seed >> 5 & 0x30);
            bench->far_open_mask = (uint8_t)(seed >> 7 & seed >> 11 & 0x30);
            bench->parallel_mask = (uint8_t)(seed >> 6 & 0x30);
            bench->reversed_mask = (uint8_t)(seed >> 4 & 0x30);
            run(bench, (seed >> 22) % 40 * 10);
        }
    }
    assert_true(bench->most_frames_a_ms <= 5 * LINES);
    assert_int_equal(bench->chain[0].breaches + bench->chain[1].breaches, 0);
}

static void it_fits_the_microcontroller(void **state)
{
    (void)state;
    assert_true(sizeof(struct linecard) < 64 * 1024);
}

static void updates_are_answered(void **state)
{
    (void)state;
    static const char BEGIN[UPDATE_BEGIN_BYTES] = {0, 0, 0x10, 0};
    static const char DATA[8] = {0, 0, 0, 0, 3};
    static const uint8_t KEY[LMS_KEY_BYTES] = {0, 0, 0, 5};
    struct bench *bench = bench_new(0);
    greet_as(bench, 1, 2, 1);
    order(bench, LINK_MSG_UPDATE_BEGIN, BEGIN, sizeof BEGIN);
    order(bench, LINK_MSG_UPDATE_DATA, DATA, sizeof DATA);
    order(bench, LINK_MSG_UPDATE_END, NULL, 0);
    order(bench, LINK_MSG_UPDATE_REBOOT, NULL, 0);
    order(bench, LINK_MSG_UPDATE_STATUS, NULL, 0);
    run(bench, 50);
    const struct link_message *report = newest(bench, LINK_MSG_UPDATE_REPORT);
    assert_non_null(report);
    assert_int_equal(report->len, UPDATE_REPORT_BYTES);
    assert_int_equal(report->payload[1], UPDATE_NO_FLASH);
    assert_null(newest(bench, LINK_MSG_UPDATE_KEY));
    const struct update_config config = {.key = KEY, .slot = FLASH_SLOT_A};
    linecard_use_flash(&bench->card, &config);
    order(bench, LINK_MSG_UPDATE_STATUS, NULL, 0);
    run(bench, 50);
    assert_memory_equal(newest(bench, LINK_MSG_UPDATE_KEY)->payload, KEY, sizeof KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_and_codecs_are_negotiated),
        cmocka_unit_test(an_old_host_s_orders_are_those_of_version_1),
        cmocka_unit_test(linear_audio_is_carried_bit_for_bit),
        cmocka_unit_test(the_state_of_a_line_is_told),
        cmocka_unit_test(orders_of_version_2),
        cmocka_unit_test(updates_are_answered),
        cmocka_unit_test(caller_id_goes_between_the_first_ring_and_the_second),
        cmocka_unit_test(a_spoiled_caller_id_is_not_sent),
        cmocka_unit_test(a_ring_that_is_stopped_takes_its_caller_id_along),
        cmocka_unit_test(what_was_ordered_ends_with_its_host),
        cmocka_unit_test(reports_beyond_the_queue_are_dropped),
        cmocka_unit_test(anything_may_happen),
        cmocka_unit_test(it_fits_the_microcontroller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
