/* SPDX-License-Identifier: Apache-2.0 */
/* Soft noise where a connected port would be sent dead silence, at its level once coded; nowhere else. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/comfort_noise.h"
#include "audio/g711.h"
#include "tests/audio/bed.h"

#define LENGTH 16000u

static struct bed bed;
static struct modem modem;
static uint8_t heard[LENGTH];
static int fds[2];

static int set_up(void **state)
{
    (void)state;
    bed_open(&bed);
    bed_pair(fds);
    modem = (struct modem){.fd = fds[1], .piece = 80, .heard = heard, .heard_room = sizeof heard};
    audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bed_close(&bed);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

static void run(uint32_t ticks)
{
    modem.heard_len = 0;
    for (uint32_t t = 0; t < ticks; t++) {
        modem_tick(&modem);
        bed_step(&bed);
    }
}

/* Of what the modem was sent from `from` on. */
static double level_dbm0(size_t from)
{
    double energy = 1e-9;

    for (size_t i = from; i < modem.heard_len; i++)
        energy += pow(ulaw_decode(heard[i]), 2);
    return 10.0 * log10(energy / (double)(modem.heard_len - from) / (16141.8 * 16141.8));
}

static bool is_dead(size_t from)
{
    for (size_t i = from; i < modem.heard_len; i++)
        if (ulaw_decode(heard[i]) != 0)
            return false;
    return true;
}

static void test_level_once_coded(void **state)
{
    (void)state;
    static const int levels_db10[] = {-500, -600, -620, -650};

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(audio_port_comfort(bed.loop, 0, levels_db10[i]), 0);
        run(180);
        print_message("asked %d, heard %.1f dBm0\n", levels_db10[i] / 10, level_dbm0(4000));
        assert_true(fabs(level_dbm0(4000) - levels_db10[i] / 10.0) <= 3.0);
    }
}

static void test_off_at_first_and_again(void **state)
{
    (void)state;
    run(50);
    assert_true(is_dead(0));
    audio_port_comfort(bed.loop, 0, -620);
    run(50);
    assert_false(is_dead(3000));
    audio_port_comfort(bed.loop, 0, 0);
    run(50);
    assert_true(is_dead(1200));
    assert_int_equal(audio_port_comfort(bed.loop, 0, -950), -EINVAL);
    assert_int_equal(audio_port_comfort(bed.loop, 0, 10), -EINVAL);
    assert_int_equal(audio_port_comfort(bed.loop, AUDIO_MAX_PORTS, 0), -EINVAL);
}

/* What is played or passed on comes through as it is. */
static void test_nothing_is_added_to_sound(void **state)
{
    (void)state;
    static int16_t clip[8000];
    const uint32_t clips[] = {1};

    for (uint32_t i = 0; i < 8000; i++)
        clip[i] = ulaw_decode((uint8_t)(i % 120));
    audio_clip_add(bed.loop, 1, clip, 8000);
    audio_port_comfort(bed.loop, 0, -600);
    audio_port_play(bed.loop, 0, 1, clips, 1, 0);
    run(90);
    for (size_t i = 4001; i < 6000; i++)
        assert_int_equal(heard[i], (heard[i - 1] + 1) % 120);
}

static int16_t voice(uint64_t sample)
{
    return ulaw_decode((uint8_t)(sample % 120));
}

/* Routed to a port without a device: noise; to one that speaks: what it says. */
static void test_bridge(void **state)
{
    (void)state;
    int other[2];

    bed_pair(other);
    audio_port_comfort(bed.loop, 0, -600);
    audio_route_set(bed.loop, 1, 0, 1);
    run(50);
    assert_false(is_dead(3000));
    struct modem talker = {.fd = other[1], .piece = 80, .voice = voice};
    audio_port_attach_stream(bed.loop, 1, other[0], NULL, 0);
    modem.heard_len = 0;
    for (uint32_t t = 0; t < 100; t++) {
        modem_tick(&modem);
        modem_tick(&talker);
        bed_step(&bed);
    }
    for (size_t i = 6001; i < 7900; i++)
        assert_int_equal(heard[i], (heard[i - 1] + 1) % 120);
    close(other[0]);
    close(other[1]);
}

/* The next call on the port begins without it; what comes in is not touched. */
static void test_ends_with_its_stream(void **state)
{
    (void)state;
    int16_t samples[1600];

    audio_port_comfort(bed.loop, 0, -600);
    audio_tap_open(bed.loop, 0, 0);
    run(20);
    int n = audio_tap_read(bed.loop, 0, samples, 800);
    for (int i = 0; i < n; i++)
        assert_int_equal(samples[2 * i], 0);
    audio_port_detach(bed.loop, 0);
    bed_steps(&bed, 2);
    audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
    bed_read(fds[1], heard, sizeof heard);
    run(50);
    assert_true(is_dead(0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_level_once_coded), TEST(test_off_at_first_and_again), TEST(test_nothing_is_added_to_sound),
        TEST(test_bridge),           TEST(test_ends_with_its_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
