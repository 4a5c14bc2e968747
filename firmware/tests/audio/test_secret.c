/* SPDX-License-Identifier: Apache-2.0 */
/* Secret digits in the loop: which taps are blanked, when, and the span that is told. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/audio/bed.h"

#define MODEM 0
#define HEARER 1

static struct bed bed;
static struct modem caller, hearer;
static uint8_t heard_caller[80000], heard_hearer[80000];
static int ends[4];
static bool pressed;
static int16_t frames[2 * 80000];

static int16_t key_five(uint64_t sample)
{
    double t = (double)sample / 8000.0;
    return (int16_t)(pressed ? 4000.0 * (sin(6.2831853 * 770 * t) + sin(6.2831853 * 1336 * t)) : 0.0);
}

static int set_up(void **state)
{
    (void)state;
    bed_open(&bed);
    bed_pair(ends);
    bed_pair(ends + 2);
    pressed = false;
    caller = (struct modem){.fd = ends[1], .piece = 80, .heard = heard_caller, .heard_room = sizeof heard_caller};
    hearer = (struct modem){.fd = ends[3], .piece = 80, .heard = heard_hearer, .heard_room = sizeof heard_hearer};
    caller.voice = key_five;
    audio_port_attach_stream(bed.loop, MODEM, ends[0], NULL, 0);
    audio_port_attach_stream(bed.loop, HEARER, ends[2], NULL, 0);
    audio_route_set(bed.loop, MODEM, HEARER, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bed_close(&bed);
    for (int i = 0; i < 4; i++)
        close(ends[i]);
    return 0;
}

static void run(int ticks)
{
    while (ticks-- > 0) {
        modem_tick(&caller);
        modem_tick(&hearer);
        bed_step(&bed);
    }
}

static void press(int ticks)
{
    pressed = true;
    run(ticks);
    pressed = false;
}

/* The tap's frames from its opening on; how many of one side (0 left, 1 right) are not silent. */
static int sounding(uint32_t tap, int side)
{
    int loud = 0;

    audio_tap_close(bed.loop, tap);
    run(1);
    int n = audio_tap_read(bed.loop, tap, frames, 80000);
    for (int i = 0; i < n; i++)
        loud += abs(frames[2 * i + side]) > 100;
    return loud;
}

static void test_the_key_is_in_no_tap_that_hears_it(void **state)
{
    (void)state;
    for (uint32_t t = 0; t < 2; t++)
        audio_tap_open(bed.loop, t, (uint16_t)t);
    assert_int_equal(audio_port_secret(bed.loop, MODEM, 1), 0);
    run(50);
    press(20);
    run(50);
    assert_int_equal(sounding(0, 0), 0);
    assert_int_equal(sounding(1, 1), 0);
    size_t heard = 0; /* the one at the other end hears the key all the same */
    for (size_t i = 0; i < hearer.heard_len; i++)
        heard += heard_hearer[i] != 0xFF && heard_hearer[i] != 0x7F;
    assert_true(heard > 1000);
}

static void test_the_span_is_told_in_frames_of_the_tap(void **state)
{
    (void)state;
    audio_tap_open(bed.loop, 3, MODEM);
    audio_port_secret(bed.loop, MODEM, 1);
    run(50);
    press(20);
    run(50);
    const audio_event *span = bed_first(&bed, AUDIO_SECRET);
    assert_non_null(span);
    assert_int_equal(span->id, 3);
    assert_in_range(span->value, 3200, 4480);  /* the key came at about 500 ms */
    assert_in_range(span->value2, 5600, 8000); /* and lasted 200 */
    audio_tap_close(bed.loop, 3);
    run(1);
    assert_true(audio_tap_read(bed.loop, 3, frames, 80000) >= 120 * 80);
}

static void test_a_key_that_is_no_secret_stays(void **state)
{
    (void)state;
    uint32_t from = 0;

    audio_tap_open(bed.loop, 0, MODEM);
    audio_port_secret(bed.loop, MODEM, 1);
    run(50);
    audio_port_secret(bed.loop, MODEM, 0);
    run(150);
    press(20);
    run(50);
    assert_true(sounding(0, 0) > 1000);
    assert_null(bed_find(&bed, AUDIO_SECRET, &from));
}

static void test_a_tap_that_is_closed_within_a_key(void **state)
{
    (void)state;
    uint32_t from = 0;

    for (int before = 1; before <= 4; before++) {
        audio_port_secret(bed.loop, MODEM, 1);
        audio_tap_open(bed.loop, 0, MODEM);
        run(40);
        press(before);
        assert_int_equal(sounding(0, 0), 0);
        const audio_event *span = bed_find(&bed, AUDIO_SECRET, &from);
        assert_non_null(span);
        assert_int_equal(bed_find(&bed, AUDIO_TAP_CLOSED, &from)->id, 0);
        run(60);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_key_is_in_no_tap_that_hears_it), TEST(test_the_span_is_told_in_frames_of_the_tap),
        TEST(test_a_key_that_is_no_secret_stays), TEST(test_a_tap_that_is_closed_within_a_key),
    };
    return cmocka_run_group_tests_name("secret digits in the loop", tests, NULL, NULL);
}
