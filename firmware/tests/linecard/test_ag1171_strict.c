/* SPDX-License-Identifier: Apache-2.0 */
/* The Ag1171's driver at the edges of what may be ordered: every frequency, every moment of lifting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/ag1171.h"
#include "linecard/hal/host/ag1171_model.h"

struct bench { struct ag1171 feed; struct ag1171_model model; bool ring, lifted; };

static void pass_ms(struct bench *bench)
{
    ag1171_model_ms(&bench->model, bench->lifted);
    const struct ag1171_input input = {true, bench->ring, ag1171_model_shk(&bench->model)};
    ag1171_ms(&bench->feed, input);
    ag1171_model_set_pins(&bench->model, ag1171_rings(&bench->feed), AG1171_PD_OPEN);
    ag1171_model_set_polarity(&bench->model, bench->feed.forward);
    if (bench->model.damage)
        fail_msg("%s at %d Hz", bench->model.damage, bench->feed.ring_hz);
    assert_int_equal(bench->model.bell_taps, 0);
}

static struct bench bench_new(int hz)
{
    struct bench bench = {.ring = true};
    ag1171_init(&bench.feed, true);
    ag1171_model_init(&bench.model);
    bench.feed.ring_hz = (uint8_t)hz;
    return bench;
}

/* SHK of a lifted telephone shows half of each period: RM must fall within 500 ms of it at any frequency. */
static void a_lifted_telephone_trips_the_ringing_at_every_frequency(void **state)
{
    (void)state;
    for (int hz = AG1171_LEAST_HZ; hz <= AG1171_MOST_HZ; hz++)
        for (int at = 0; at < 70; at++) {
            struct bench bench = bench_new(hz);
            for (int ms = 0; ms < 200 + at; ms++)
                pass_ms(&bench);
            assert_int_equal(bench.feed.trips, 0);
            bench.lifted = true;
            int rm_ms = 0;
            for (; bench.model.rm && rm_ms < 1000; rm_ms++)
                pass_ms(&bench);
            assert_in_range(rm_ms, 1, 120);
            assert_int_equal(bench.feed.trips, 1);
        }
}

/* The part's switch-hook output is not as quick as the model's: half a period leaves it time. */
static void half_a_period_outlasts_the_debounce(void **state)
{
    (void)state;
    for (int hz = AG1171_LEAST_HZ; hz <= AG1171_MOST_HZ; hz++) {
        struct bench bench = bench_new(hz);
        int least_ms = 1000, since_ms = 0;
        bool before = true;
        for (int ms = 0; ms < 1000; ms++) {
            pass_ms(&bench);
            since_ms++;
            if (bench.feed.forward == before)
                continue;
            if (ms > 100 && since_ms < least_ms)
                least_ms = since_ms;
            since_ms = 0;
            before = bench.feed.forward;
        }
        assert_true(least_ms >= AG1171_TRIP_MS + 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lifted_telephone_trips_the_ringing_at_every_frequency),
        cmocka_unit_test(half_a_period_outlasts_the_debounce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
