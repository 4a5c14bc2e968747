/* SPDX-License-Identifier: Apache-2.0 */
/* Ten virtual minutes with devices whose clocks are off: no queue grows, nothing is lost once settled. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/audio/bed.h"

#define MINUTE_TICKS 6000u


static void run_stream(double ppm, uint32_t piece, uint32_t settle_ticks, uint32_t minutes)
{
    struct bed bed;
    int fds[2];

    bed_open(&bed);
    bed_pair(fds);
    struct modem modem = {.fd = fds[1], .ppm = ppm, .piece = piece};
    audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
    for (uint32_t t = 0; t < settle_ticks; t++) {
        modem_tick(&modem);
        bed_step(&bed);
    }
    audio_port_stats settled = bed_stats(&bed, 0);
    uint32_t starved = modem.starved;
    int32_t fill_max = 0;
    modem.fifo_min = INT64_MAX;
    modem.fifo_max = 0;
    for (uint32_t t = settle_ticks; t < minutes * MINUTE_TICKS; t++) {
        modem_tick(&modem);
        bed_step(&bed);
        audio_port_stats now = bed_stats(&bed, 0);
        fill_max = now.fill_in > fill_max ? now.fill_in : fill_max;
    }
    audio_port_stats end = bed_stats(&bed, 0);
    print_message("stream %+.0f ppm, pieces of %u: drift %d ppm, queue <= %d, modem %ld..%ld, "
                  "under %d over %d\n", ppm, piece, end.drift_ppm, fill_max, (long)modem.fifo_min,
                  (long)modem.fifo_max, end.underruns, end.overruns);
    assert_int_equal(end.underruns, settled.underruns);
    assert_int_equal(end.overruns, settled.overruns);
    assert_int_equal(modem.starved, starved);
    assert_true(fill_max <= 160 + (int32_t)piece);
    assert_true(modem.fifo_max <= 480 + (int64_t)piece);
    assert_true(abs(end.drift_ppm - (int32_t)ppm) < 700);
    close(fds[1]);
    close(fds[0]);
    bed_close(&bed);
}

static void run_link(double ppm, uint32_t settle_ticks, uint32_t minutes)
{
    struct bed bed;
    int fds[2];
    struct hat hat = {.ppm = ppm};

    bed_open(&bed);
    bed_pair(fds);
    hat_open(&hat, fds[1]);
    audio_link_attach(bed.loop, 0, fds[0], 4, 4);
    for (uint32_t t = 0; t < settle_ticks; t++) {
        hat_tick(&hat, bed.now_ns);
        bed_step(&bed);
    }
    audio_port_stats settled = bed_stats(&bed, 4);
    uint32_t starved = hat.starved;
    int32_t fill_max = 0;
    hat.fifo_min = INT64_MAX;
    hat.fifo_max = 0;
    for (uint32_t t = settle_ticks; t < minutes * MINUTE_TICKS; t++) {
        hat_tick(&hat, bed.now_ns);
        bed_step(&bed);
        audio_port_stats now = bed_stats(&bed, 7);
        fill_max = now.fill_in > fill_max ? now.fill_in : fill_max;
    }
    audio_port_stats end = bed_stats(&bed, 4);
    print_message("link %+.0f ppm: drift %d ppm, queue <= %d, playout %ld..%ld, under %d over %d\n", ppm, end.drift_ppm,
                  fill_max, (long)hat.fifo_min, (long)hat.fifo_max, end.underruns, end.overruns);
    assert_int_equal(end.underruns, settled.underruns);
    assert_int_equal(end.overruns, settled.overruns);
    assert_int_equal(end.lost_frames, 0);
    assert_int_equal(hat.starved, starved);
    assert_true(fill_max <= 240);
    assert_true(hat.fifo_max <= 400);
    assert_true(abs(end.drift_ppm - (int32_t)ppm) < 700);
    assert_true(labs((long)hat.frames_down - (long)(hat.counter / 80)) <= 4);
    close(fds[1]);
    close(fds[0]);
    bed_close(&bed);
}

static void test_stream_exact(void **state)
{
    (void)state;
    run_stream(0, 160, 100, 2);
    run_stream(0, 80, 100, 2);
}

static void test_stream_normal(void **state)
{
    (void)state;
    run_stream(1000, 160, MINUTE_TICKS, 10);
    run_stream(-1000, 160, MINUTE_TICKS, 10);
    run_stream(100, 64, MINUTE_TICKS, 4);
    run_stream(-40, 37, MINUTE_TICKS, 4);
}

static void test_stream_worst(void **state)
{
    (void)state;
    run_stream(6000, 80, MINUTE_TICKS, 4);
    run_stream(-6000, 160, MINUTE_TICKS, 4);
}

static void test_link_normal(void **state)
{
    (void)state;
    run_link(0, 200, 2);
    run_link(1000, MINUTE_TICKS, 10);
    run_link(-1000, MINUTE_TICKS, 10);
    run_link(30, MINUTE_TICKS, 10);
}

static void test_link_worst(void **state)
{
    (void)state;
    run_link(6000, MINUTE_TICKS, 4);
    run_link(-6000, MINUTE_TICKS, 4);
}

/* A device that is late by one tick or more now and then: a reserve builds up and it is heard whole. */
static void test_stream_jitter(void **state)
{
    (void)state;
    struct bed bed;
    int fds[2];
    uint32_t owed = 0, seed = 1;
    int32_t early = 0;

    bed_open(&bed);
    bed_pair(fds);
    struct modem modem = {.fd = fds[1], .piece = 160};
    audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
    for (uint32_t t = 0; t < 4 * MINUTE_TICKS; t++) {
        seed = seed * 1664525u + 1013904223u;
        owed++;
        while (owed > 0 && (seed >> 16) % 100 >= 5) {
            modem_tick(&modem);
            owed--;
        }
        bed_step(&bed);
        if (t == MINUTE_TICKS)
            early = bed_stats(&bed, 0).underruns;
    }
    audio_port_stats end = bed_stats(&bed, 0);
    print_message("jitter: drift %d ppm, under %d (%d in the first minute), over %d\n", end.drift_ppm, end.underruns,
                  early, end.overruns);
    assert_true(end.underruns - early <= 30);
    assert_int_equal(end.overruns, 0);
    assert_int_equal(modem.starved, 0);
    close(fds[1]);
    close(fds[0]);
    bed_close(&bed);
}

/* A HAT whose clock is right, but whose frames come now before and now after our tick at first. */
static void test_no_drift_from_a_rough_start(void **state)
{
    (void)state;
    struct bed bed;
    int fds[2];
    struct hat hat = {.ppm = 0.0};

    bed_open(&bed);
    bed_pair(fds);
    hat_open(&hat, fds[1]);
    audio_link_attach(bed.loop, 0, fds[0], 4, 4);
    for (uint32_t t = 0; t < MINUTE_TICKS; t++) {
        bool hat_first = t < 100 ? t / 25 % 2 == 0 : false;
        if (hat_first)
            hat_tick(&hat, bed.now_ns);
        bed_step(&bed);
        if (!hat_first)
            hat_tick(&hat, bed.now_ns);
        int32_t drift = bed_stats(&bed, 4).drift_ppm;
        if (t >= 200)
            assert_in_range(drift + 20, 0, 40);
    }
    close(fds[1]);
    close(fds[0]);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_exact), cmocka_unit_test(test_stream_normal), cmocka_unit_test(test_stream_worst),
        cmocka_unit_test(test_stream_jitter), cmocka_unit_test(test_link_normal),  cmocka_unit_test(test_link_worst),
        cmocka_unit_test(test_no_drift_from_a_rough_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
