/* SPDX-License-Identifier: Apache-2.0 */
/* The Ag1171's driver and the ringer against a part that remembers what harms it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/ag1171.h"
#include "linecard/core/ringer.h"
#include "linecard/hal/host/ag1171_model.h"
#include <string.h>

struct bench { struct ag1171 feed; struct ag1171_model model; bool used, ring, lifted; };

static void pass_ms(struct bench *bench)
{
    ag1171_model_ms(&bench->model, bench->lifted);
    const struct ag1171_input input = {bench->used, bench->ring, ag1171_model_shk(&bench->model)};
    ag1171_ms(&bench->feed, input);
    ag1171_model_set_pins(&bench->model, ag1171_rings(&bench->feed),
                          ag1171_is_powered_down(&bench->feed) ? AG1171_PD_LOW : AG1171_PD_OPEN);
    ag1171_model_set_polarity(&bench->model, bench->feed.forward);
    if (bench->model.damage)
        fail_msg("%s", bench->model.damage);
    assert_int_equal(bench->model.bell_taps, 0);
}

static void run(struct bench *bench, int ms)
{
    while (ms-- > 0)
        pass_ms(bench);
}

static struct bench bench_new(void)
{
    struct bench bench = {.used = true};
    ag1171_init(&bench.feed, true);
    ag1171_model_init(&bench.model);
    return bench;
}

static void rings_at_the_frequency_asked_for(void **state)
{
    (void)state;
    for (int hz = AG1171_LEAST_HZ; hz <= AG1171_MOST_HZ; hz++) {
        struct bench bench = bench_new();
        bench.feed.ring_hz = (uint8_t)hz;
        bench.ring = true;
        int turns = 0, rang_ms = 0;
        bool before = true;
        for (int ms = 0; ms < 1000; ms++) {
            pass_ms(&bench);
            turns += bench.feed.forward && !before;
            before = bench.feed.forward;
            rang_ms += ag1171_model_rings(&bench.model);
        }
        assert_in_range(turns, hz - 1, hz + 1);
        assert_true(rang_ms > 950);
        bench.ring = false;
        run(&bench, 50);
        assert_true(bench.feed.forward);
        assert_false(bench.model.rm);
    }
}

static void ring_trip_is_quick_and_within_limits(void **state)
{
    (void)state;
    for (int at = 0; at < 60; at++) {
        struct bench bench = bench_new();
        bench.ring = true;
        run(&bench, 100 + at);
        bench.lifted = true;
        int tripped_ms = 0, rm_low_ms = 0;
        for (int ms = 1; ms <= 200 && rm_low_ms == 0; ms++) {
            pass_ms(&bench);
            if (tripped_ms == 0 && bench.feed.state == AG1171_RING_END)
                tripped_ms = ms;
            if (!bench.model.rm)
                rm_low_ms = ms;
        }
        assert_in_range(tripped_ms, 7, 40); /* the bell's own 3 ms may come just before; SHK shows every other 20 ms */
        assert_in_range(rm_low_ms - tripped_ms, 11, 499);
        assert_int_equal(bench.feed.trips, 1);
        run(&bench, 1000); /* the cadence has not heard of it: nothing rings into the ear all the same */
        assert_false(bench.model.rm);
    }
}

static void a_bell_s_own_current_is_no_trip(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.ring = true;
    run(&bench, 1900);
    assert_int_equal(bench.feed.trips, 0);
    assert_true(ag1171_model_rings(&bench.model));
}

static void an_unused_port_is_powered_down_and_wakes_in_50_ms(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.ring = true;
    run(&bench, 200);
    bench.used = false; /* while it rings: F/R and RM first */
    run(&bench, 60);
    bench.ring = false;
    assert_true(ag1171_is_powered_down(&bench.feed));
    assert_int_equal(bench.model.pd, AG1171_PD_LOW);
    assert_false(ag1171_model_passes_audio(&bench.model));
    bench.used = true;
    run(&bench, 20);
    assert_int_equal(bench.feed.state, AG1171_WAKING);
    bench.used = false;
    run(&bench, 2);
    assert_true(ag1171_is_powered_down(&bench.feed));
    bench.used = true;
    run(&bench, 49);
    assert_false(ag1171_is_awake(&bench.feed));
    run(&bench, 10);
    assert_true(ag1171_is_awake(&bench.feed));
    assert_true(ag1171_model_passes_audio(&bench.model));
    struct ag1171 feed;
    ag1171_init(&feed, false);
    assert_true(ag1171_is_powered_down(&feed));
    assert_false(ag1171_is_awake(&feed));
}

static void what_harms_the_part_shows(void **state)
{
    (void)state;
    struct ag1171_model model;
    ag1171_model_init(&model);
    ag1171_model_set_pins(&model, false, AG1171_PD_HIGH);
    assert_string_equal(model.damage, "PD driven high");
    assert_false(ag1171_model_shk(&model));
    ag1171_model_init(&model);
    ag1171_model_set_pins(&model, true, AG1171_PD_OPEN);
    for (int ms = 0; ms < 2500; ms++)
        ag1171_model_ms(&model, false);
    assert_string_equal(model.damage, "RM high for more than a third of the time");
    ag1171_model_init(&model);
    ag1171_model_set_pins(&model, true, AG1171_PD_OPEN);
    for (int ms = 0; ms < 510; ms++)
        ag1171_model_ms(&model, true);
    assert_string_equal(model.damage, "RM high for more than 500 ms into a lifted telephone");
    ag1171_model_init(&model);
    ag1171_model_set_pins(&model, true, AG1171_PD_OPEN);
    for (int ms = 0; ms < 500; ms++) { /* a bell of 100 Hz stays silent */
        if (ms % 5 == 0)
            ag1171_model_set_polarity(&model, ms / 5 % 2);
        ag1171_model_ms(&model, false);
        assert_true(ms < 20 || !ag1171_model_rings(&model));
    }
    ag1171_model_set_pins(&model, false, AG1171_PD_OPEN);
    assert_int_equal(model.bell_taps, 1); /* RM dropped with F/R still moving */
}

/* --- the ringer's heat, with eight parts --- */

struct card { struct ringer ringer; struct bench ports[RINGER_SOCKETS]; uint32_t now_ms, asked_ms[RINGER_SOCKETS]; bool waits[RINGER_SOCKETS]; };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void card_tick(struct card *card)
{
    card->now_ms += 10;
    uint8_t mask = ringer_tick(&card->ringer, card->now_ms);
    assert_true(__builtin_popcount(mask) <= card->ringer.budget);
    for (int i = 0; i < RINGER_SOCKETS; i++) {
        struct bench *port = &card->ports[i];
        port->ring = mask >> i & 1;
        run(port, 10);
        if (port->ring)
            card->waits[i] = false;
        assert_false(card->waits[i] && card->now_ms - card->asked_ms[i] > 1500);
    }
}

/* Any cadence, stopped and begun at any time: no part is harmed. One telephone at a time is rung, so that each
 * must begin within 1.5 s whatever it did before. */
static void no_order_of_orders_harms_a_part(void **state)
{
    (void)state;
    uint32_t seed = 3;
    static struct card card;
    ringer_init(&card.ringer);
    for (int i = 0; i < RINGER_SOCKETS; i++)
        card.ports[i] = bench_new();
    for (int round = 0; round < 3000; round++) {
        int index = (int)(next_random(&seed) % 2); /* two: the supply is enough for both */
        const uint16_t times_ms[4] = {
            (uint16_t)(1 + next_random(&seed) % 3000), (uint16_t)(next_random(&seed) % 4000),
            (uint16_t)(next_random(&seed) % 3 == 0 ? next_random(&seed) % 1500 : 0), (uint16_t)(next_random(&seed) % 2000),
        };
        if (next_random(&seed) % 3 > 0) {
            if (card.ringer.sockets[index].state == RINGER_IDLE) {
                card.waits[index] = true;
                card.asked_ms[index] = card.now_ms;
            }
            ringer_start_double(&card.ringer, index, times_ms, card.now_ms);
        } else {
            ringer_stop(&card.ringer, index, card.now_ms);
            card.waits[index] = false;
        }
        for (uint32_t ticks = next_random(&seed) % 300; ticks > 0; ticks--)
            card_tick(&card);
    }
}

static void a_whole_offer_begins_within_1500_ms_and_stays_cool(void **state)
{
    (void)state;
    static struct card card;
    for (int n = 1; n <= RINGER_SOCKETS; n++) {
        ringer_init(&card.ringer);
        card.now_ms = 0;
        for (int i = 0; i < RINGER_SOCKETS; i++) {
            card.ports[i] = bench_new();
            card.waits[i] = i < n;
            card.asked_ms[i] = 0;
            if (i < n)
                ringer_start(&card.ringer, i, 2000, 4000, 0);
        }
        for (int tick = 0; tick < 6000; tick++)
            card_tick(&card);
    }
}

static void a_third_of_the_time_and_no_more(void **state)
{
    (void)state;
    static const uint16_t CADENCES[][4] = {{1000, 0, 0, 0}, {2000, 4000, 0, 0}, {5000, 1000, 0, 0}, {1000, 2000, 0, 0},
                                           {400, 200, 400, 2000}, {1500, 100, 1500, 100}};
    for (size_t c = 0; c < sizeof CADENCES / sizeof CADENCES[0]; c++) {
        struct ringer ringer;
        struct bench port = bench_new();
        uint32_t high_ms = 0;
        ringer_init(&ringer);
        ringer_start_double(&ringer, 0, CADENCES[c], 0);
        for (uint32_t now_ms = 0; now_ms < 600000; now_ms += 10) {
            port.ring = ringer_tick(&ringer, now_ms) & 1;
            for (int ms = 0; ms < 10; ms++) {
                pass_ms(&port);
                high_ms += port.model.rm;
            }
        }
        assert_in_range(high_ms, 600000 / 6, 600000 / 3 + 2000);
    }
}

static void a_held_pause_lasts(void **state)
{
    (void)state;
    struct ringer ringer;
    ringer_init(&ringer);
    assert_int_equal(ringer_pause_ms(&ringer, 0, 0), -1);
    ringer_start(&ringer, 0, 500, 1000, 0);
    uint32_t now_ms = 0;
    for (; now_ms < 600; now_ms += 10)
        ringer_tick(&ringer, now_ms);
    assert_in_range(ringer_pause_ms(&ringer, 0, now_ms), 80, 120);
    ringer_hold(&ringer, 0, true);
    for (; now_ms < 5000; now_ms += 10)
        assert_int_equal(ringer_tick(&ringer, now_ms), 0);
    ringer_hold(&ringer, 0, false);
    ringer_tick(&ringer, now_ms);
    assert_int_equal(ringer_tick(&ringer, now_ms + 10), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_at_the_frequency_asked_for),
        cmocka_unit_test(ring_trip_is_quick_and_within_limits),
        cmocka_unit_test(a_bell_s_own_current_is_no_trip),
        cmocka_unit_test(an_unused_port_is_powered_down_and_wakes_in_50_ms),
        cmocka_unit_test(what_harms_the_part_shows),
        cmocka_unit_test(no_order_of_orders_harms_a_part),
        cmocka_unit_test(a_whole_offer_begins_within_1500_ms_and_stays_cool),
        cmocka_unit_test(a_third_of_the_time_and_no_more),
        cmocka_unit_test(a_held_pause_lasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
