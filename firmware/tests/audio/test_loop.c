/* SPDX-License-Identifier: Apache-2.0 */
/* Ports together: bridges, taps, players, heartbeat, and what happens when a ring is full. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "audio/g711.h"
#include "tests/audio/bed.h"

static struct bed bed;
static struct modem left, right;
static uint8_t heard_left[40000], heard_right[40000];
static int ends[4];

static int set_up(void **state)
{
    (void)state;
    bed_open(&bed);
    bed_pair(ends);
    bed_pair(ends + 2);
    left = (struct modem){.fd = ends[1], .piece = 80, .heard = heard_left, .heard_room = sizeof heard_left};
    right = (struct modem){.fd = ends[3], .piece = 80, .heard = heard_right, .heard_room = sizeof heard_right};
    assert_int_equal(audio_port_attach_stream(bed.loop, 0, ends[0], NULL, 0), 0);
    assert_int_equal(audio_port_attach_stream(bed.loop, 1, ends[2], NULL, 0), 0);
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
        modem_tick(&left);
        modem_tick(&right);
        bed_step(&bed);
    }
}

/* A code for each sample, so that where it went and when can be told. */
static int16_t counting(uint64_t sample)
{
    uint8_t code = (uint8_t)(sample % 120);
    return ulaw_decode(code);
}

static int16_t loud(uint64_t sample)
{
    (void)sample;
    return 30000;
}

static void test_bridge_is_exact_and_quick(void **state)
{
    (void)state;
    left.voice = counting;
    audio_route_set(bed.loop, 0, 1, 1);
    run(100);
    /* What the right modem heard last is what the left one said at most 40 ms before, code by code. */
    size_t end = right.heard_len;
    uint8_t last = heard_right[end - 1];
    for (size_t i = 1; i < 4000; i++)
        assert_int_equal(heard_right[end - 1 - i], (last + 120 * 40 - i) % 120);
    assert_int_equal(heard_left[left.heard_len - 1], 0xFF);
    audio_route_set(bed.loop, 0, 1, 0);
    run(3);
    assert_int_equal(heard_right[right.heard_len - 1], 0xFF);
}

static void test_mix_saturates(void **state)
{
    (void)state;
    static int16_t clip[8000];
    uint32_t id = 0;

    for (int i = 0; i < 8000; i++)
        clip[i] = 30000;
    left.voice = loud;
    audio_clip_add(bed.loop, 0, clip, 8000);
    audio_route_set(bed.loop, 0, 1, 1);
    audio_port_play(bed.loop, 1, 1, &id, 1, 0);
    run(50);
    assert_int_equal(heard_right[right.heard_len - 1], ulaw_encode(32767));
}

static void test_gain(void **state)
{
    (void)state;
    left.voice = loud;
    assert_int_equal(audio_port_gain(bed.loop, 0, -60, 0), 0);
    audio_port_gain(bed.loop, 1, 0, -60);
    audio_route_set(bed.loop, 0, 1, 1);
    run(50);
    int16_t got = ulaw_decode(heard_right[right.heard_len - 1]);
    assert_true(abs(got - 7536) < 300); /* 12 dB down */
    assert_int_equal(audio_port_gain(bed.loop, 0, 2000, 0), -EINVAL);
}

static void test_tap_has_both_sides(void **state)
{
    (void)state;
    static int16_t clip[8000], frames[2 * 8000];
    uint32_t id = 9, from = 0;
    int total = 0;

    for (int i = 0; i < 8000; i++)
        clip[i] = (int16_t)(i + 1);
    left.voice = loud;
    audio_clip_add(bed.loop, 9, clip, 8000);
    run(20);
    assert_int_equal(audio_tap_open(bed.loop, 2, 0), 0);
    assert_int_equal(audio_tap_open(bed.loop, 2, 0), -EBUSY);
    audio_port_play(bed.loop, 0, 1, &id, 1, 0);
    for (int t = 0; t < 10; t++) {
        run(5);
        total += audio_tap_read(bed.loop, 2, frames + 2 * total, 8000 - (uint32_t)total);
    }
    assert_int_equal(total, 40 * 80); /* the newest 100 ms wait for the end */
    audio_tap_close(bed.loop, 2);
    run(1);
    total += audio_tap_read(bed.loop, 2, frames + 2 * total, 8000 - (uint32_t)total);
    assert_int_equal(total, 50 * 80);
    for (int i = 0; i < total; i++) {
        assert_int_equal(frames[2 * i], ulaw_decode(ulaw_encode(30000)));
        assert_int_equal(frames[2 * i + 1], clip[i]);
    }
    assert_int_equal(bed_find(&bed, AUDIO_TAP_CLOSED, &from)->id, 2);
    run(10);
    assert_int_equal(audio_tap_read(bed.loop, 2, frames, 8000), 0);
    assert_int_equal(audio_tap_lost(bed.loop, 2), 0);
    assert_int_equal(audio_tap_close(bed.loop, 2), -EINVAL);
}

static void test_tap_holds_ten_seconds(void **state)
{
    (void)state;
    static int16_t frames[2 * 131072];

    audio_tap_open(bed.loop, 0, 0);
    run(1000);
    assert_int_equal(audio_tap_lost(bed.loop, 0), 0);
    run(1000);
    assert_true(audio_tap_lost(bed.loop, 0) > 0);
    int n = audio_tap_read(bed.loop, 0, frames, 131072);
    audio_tap_close(bed.loop, 0);
    run(1);
    n += audio_tap_read(bed.loop, 0, frames, 131072);
    assert_int_equal(n + audio_tap_lost(bed.loop, 0), 160000);
}

static void test_playlist_and_replacing(void **state)
{
    (void)state;
    static int16_t one[100], two[200];
    uint32_t list[] = {1, 400, 2, 1}, from = 0;

    audio_clip_add(bed.loop, 1, one, 100);
    audio_clip_add(bed.loop, 2, two, 200);
    audio_port_play(bed.loop, 5, 10, list, 4, 0); /* a port with no device plays on the loop's clock */
    run(5);
    const audio_event *played = bed_find(&bed, AUDIO_PLAYED, &from);
    assert_int_equal(played->value, 400);
    assert_int_equal(played->tick, 4); /* its 400 frames end exactly with the fifth tick */
    audio_port_play(bed.loop, 5, 11, list, 4, AUDIO_REPEAT);
    run(100);
    audio_port_play(bed.loop, 5, 12, list, 1, 0);
    run(2);
    played = bed_find(&bed, AUDIO_PLAYED, &from);
    assert_int_equal(played->id, 11);
    assert_int_equal(played->detail, AUDIO_PLAY_STOPPED);
    assert_int_equal(played->value, 8000);
    assert_int_equal(bed_find(&bed, AUDIO_PLAYED, &from)->id, 12);
    audio_port_play(bed.loop, 5, 13, list + 1, 1, AUDIO_REPEAT); /* nothing to repeat: ends, not hangs */
    run(1);
    assert_int_equal(bed_find(&bed, AUDIO_PLAYED, &from)->id, 13);
}

static void test_tone_with_limit(void **state)
{
    (void)state;
    audio_tone tone = {.hz = {425, 0}, .level_db10 = -100, .limit_ms = 500};

    audio_port_listen(bed.loop, 0, AUDIO_LISTEN_SILENCE, 1000);
    audio_port_tone(bed.loop, 0, 4, &tone);
    run(40);
    assert_true(abs(bed_stats(&bed, 0).level_out_db10 + 100) < 10);
    run(20);
    const audio_event *played = bed_first(&bed, AUDIO_PLAYED);
    assert_int_equal(played->id, 4);
    assert_int_equal(played->detail, AUDIO_PLAY_FINISHED);
    assert_int_equal(played->value, 4000);
    run(60);
    assert_non_null(bed_first(&bed, AUDIO_SILENCE));
}

static void test_removed_clip_is_not_read(void **state)
{
    (void)state;
    int16_t *clip = calloc(80000, sizeof *clip);
    uint32_t id = 6;

    audio_clip_add(bed.loop, 6, clip, 80000);
    assert_int_equal(audio_clip_add(bed.loop, 6, clip, 80000), -EINVAL);
    audio_port_play(bed.loop, 0, 1, &id, 1, 0);
    run(5);
    audio_clip_remove(bed.loop, 6);
    run(1);
    assert_int_equal(bed_first(&bed, AUDIO_CLIP_FREED)->id, 6);
    free(clip);
    run(5);
    assert_non_null(bed_first(&bed, AUDIO_PLAYED));
    assert_int_equal(audio_clip_remove(bed.loop, 6), -EINVAL);
}

static void test_heartbeat(void **state)
{
    (void)state;
    uint8_t got[20000];

    left.voice = loud;
    audio_route_set(bed.loop, 0, 1, 1);
    run(600);
    assert_null(bed_first(&bed, AUDIO_MUTED)); /* nobody promised any */
    audio_loop_heartbeat(bed.loop);
    run(499);
    audio_loop_heartbeat(bed.loop);
    run(500);
    assert_null(bed_first(&bed, AUDIO_MUTED));
    bed_read(ends[3], got, sizeof got);
    bed_steps(&bed, 3);
    assert_non_null(bed_first(&bed, AUDIO_MUTED));
    size_t n = bed_read(ends[3], got, sizeof got);
    assert_true(n >= 2);
    assert_memory_equal(got + n - 2, "\x10\x03", 2);
    bed_steps(&bed, 30);
    assert_int_equal(bed_read(ends[3], got, sizeof got), 2);
    assert_memory_equal(got, "\x10\x5E", 2);
    bed_write(ends[3], "\x10\x03\r\nOK\r\n", 8);
    bed_step(&bed);
    assert_int_equal(bed_first(&bed, AUDIO_STREAM_ENDED)->port, 1);
    audio_loop_heartbeat(bed.loop);
    audio_port_attach_stream(bed.loop, 1, ends[2], NULL, 0);
    bed_steps(&bed, 1);
    assert_int_equal(bed_read(ends[3], got, sizeof got), 400);
}

static void test_full_command_ring(void **state)
{
    (void)state;
    int posted = 0;

    while (audio_port_stop(bed.loop, 3) == 0)
        posted++;
    assert_int_equal(posted, 256 - 2); /* two were posted before */
    assert_int_equal(audio_port_stop(bed.loop, 3), -EAGAIN);
    assert_int_equal(audio_port_attach_stream(bed.loop, 3, ends[0], (const uint8_t *)"x", 1), -EAGAIN);
    assert_int_equal(audio_tap_open(bed.loop, 3, 3), -EAGAIN);
    run(1);
    assert_int_equal(audio_tap_open(bed.loop, 3, 3), 0);
    assert_int_equal(audio_port_stop(bed.loop, 32), -EINVAL);
}

static void test_full_event_ring(void **state)
{
    (void)state;
    uint8_t codes[200];
    audio_loop_stats stats;
    audio_event event;
    struct pollfd waits = {.fd = audio_loop_event_fd(bed.loop), .events = POLLIN};
    int taken = 0;

    assert_int_equal(poll(&waits, 1, 0), 0);
    for (size_t i = 0; i < sizeof codes; i += 2) {
        codes[i] = 0x10;
        codes[i + 1] = 'q';
    }
    for (int t = 0; t < 30; t++) {
        bed_write(ends[1], codes, sizeof codes);
        audio_loop_step(bed.loop, bed.now_ns);
    }
    assert_int_equal(poll(&waits, 1, 0), 1);
    audio_loop_get_stats(bed.loop, &stats);
    assert_int_equal(stats.dropped_events, 3000 - 2048);
    while (audio_loop_next_event(bed.loop, &event))
        taken++;
    assert_int_equal(taken, 2048);
    assert_int_equal(poll(&waits, 1, 0), 0);
}

/* A serial port as pyserial leaves it: raw, VMIN = VTIME = 0, where a read of nothing answers 0. */
static void test_tty_with_nothing_to_read_is_not_lost(void **state)
{
    (void)state;
    struct termios raw;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);

    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_int_equal(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    tcsetattr(slave, TCSANOW, &raw);
    assert_int_equal(audio_port_attach_stream(bed.loop, 4, slave, NULL, 0), 0);
    bed_steps(&bed, 20);
    assert_int_equal(write(master, "\x10\x10\x10q", 4), 4);
    bed_steps(&bed, 5);
    assert_null(bed_first(&bed, AUDIO_PORT_LOST));
    assert_int_equal(bed_first(&bed, AUDIO_MODEM_CODE)->detail, 'q');
    close(master);
    bed_steps(&bed, 2);
    assert_int_equal(bed_first(&bed, AUDIO_PORT_LOST)->value, EIO);
    bed_steps(&bed, 2);
    close(slave);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bridge_is_exact_and_quick), TEST(test_mix_saturates), TEST(test_gain),
        TEST(test_tap_has_both_sides), TEST(test_tap_holds_ten_seconds), TEST(test_playlist_and_replacing),
        TEST(test_tone_with_limit), TEST(test_removed_clip_is_not_read), TEST(test_heartbeat),
        TEST(test_full_command_ring), TEST(test_full_event_ring), TEST(test_tty_with_nothing_to_read_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
