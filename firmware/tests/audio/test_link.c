/* SPDX-License-Identifier: Apache-2.0 */
/* A HAT's link: bridge to a modem, concealment, messages, loss and return. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "audio/g711.h"
#include "tests/audio/bed.h"

static struct bed bed;
static struct hat hat;
static struct modem modem;
static int16_t heard[2][80000];
static uint8_t heard_line[80000];
static int ends[4];

static int set_up(void **state)
{
    (void)state;
    bed_open(&bed);
    bed_pair(ends);
    bed_pair(ends + 2);
    memset(&hat, 0, sizeof hat);
    hat.heard[0] = heard[0];
    hat.heard[1] = heard[1];
    hat.heard_room = 80000;
    hat_open(&hat, ends[1]);
    modem = (struct modem){.fd = ends[3], .piece = 80, .heard = heard_line, .heard_room = sizeof heard_line};
    assert_int_equal(audio_link_attach(bed.loop, 2, ends[0], 8, 4), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bed_close(&bed);
    for (int i = 0; i < 4; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return 0;
}

static void run(int ticks)
{
    while (ticks-- > 0) {
        hat_tick(&hat, bed.now_ns);
        bed_step(&bed);
    }
}

static int16_t counting(uint64_t sample)
{
    return ulaw_decode((uint8_t)(sample % 120));
}

static int16_t counting_on_1(unsigned socket, uint64_t sample)
{
    return socket == 1 ? counting(sample) : 0;
}

static void test_bridge_both_ways(void **state)
{
    (void)state;
    hat.voice = counting_on_1;
    modem.voice = counting;
    audio_port_attach_stream(bed.loop, 0, ends[2], NULL, 0);
    audio_port_echo(bed.loop, 0, 0); /* what counts alike at both ends would pass for an echo */
    audio_port_echo(bed.loop, 8, 0);
    audio_route_set(bed.loop, 0, 8, 1);
    audio_route_set(bed.loop, 8, 0, 1);
    for (int t = 0; t < 100; t++) {
        modem_tick(&modem);
        run(1);
    }
    size_t n = hat.heard_len;
    for (size_t i = n - 4000; i < n; i++) {
        uint8_t before = ulaw_encode(heard[0][i - 1]);
        assert_int_equal(ulaw_encode(heard[0][i]), (before + 1) % 120);
        assert_int_equal(heard[1][i], 0); /* the neighbour hears nothing */
    }
    for (size_t i = modem.heard_len - 4000; i < modem.heard_len; i++)
        assert_int_equal(heard_line[i], (heard_line[i - 1] + 1) % 120);
    assert_int_equal(bed_stats(&bed, 8).underruns, 0);
    assert_int_equal(hat.starved, 0);
}

/* From the line's bytes to the handset's ear: by marker, in samples. */
static void test_latency_line_to_handset(void **state)
{
    (void)state;
    uint8_t quiet[80], mark[80];
    uint64_t said = 0;

    memset(quiet, 0xFF, sizeof quiet);
    memset(mark, 0x80, sizeof mark);
    audio_port_attach_stream(bed.loop, 0, ends[2], NULL, 0);
    audio_route_set(bed.loop, 0, 8, 1);
    for (int t = 0; t < 100; t++) {
        hat_tick(&hat, bed.now_ns);
        bed_write(ends[3], t == 50 ? mark : quiet, 80);
        if (t == 50)
            said = hat.played;
        bed_step(&bed);
    }
    size_t at = 0;
    while (at < hat.heard_len && heard[0][at] < 30000)
        at++;
    print_message("line to handset: %ld samples\n", (long)(at - said));
    assert_true(at < hat.heard_len);
    assert_true(at - said <= 480);
}

static void test_digit_on_a_handset(void **state)
{
    (void)state;
    static int16_t tone[8000];
    struct link_audio audio = {.socket_mask = 0x0F};
    uint8_t wire[LINK_MAX_WIRE];

    bed_tone(tone, 8000, 0, 697, 1209, -100);
    memset(audio.ulaw, 0xFF, sizeof audio.ulaw);
    audio_port_listen(bed.loop, 10, AUDIO_LISTEN_DIGITS, 0);
    audio_port_listen(bed.loop, 9, AUDIO_LISTEN_DIGITS, 0);
    for (int t = 0; t < 30; t++) {
        for (int i = 0; i < 80; i++)
            audio.ulaw[2][i] = t >= 10 && t < 20 ? ulaw_encode(tone[80 * t + i]) : 0xFF;
        audio.sample_counter = 80 * (uint32_t)t;
        bed_write(ends[1], wire, link_encode_audio(&hat.end, &audio, wire, sizeof wire));
        bed_step(&bed);
    }
    uint32_t from = 0;
    const audio_event *digit = bed_find(&bed, AUDIO_DIGIT, &from);
    assert_non_null(digit);
    assert_int_equal(digit->port, 10);
    assert_int_equal(digit->detail, '1');
    assert_null(bed_find(&bed, AUDIO_DIGIT, &from));
}

static int16_t hum(unsigned socket, uint64_t sample)
{
    return (int16_t)(socket == 1 ? 10000.0 * sin((double)sample * 0.3) : 0.0);
}

/* Of what tap 0 heard no frame is silent; half the level is no hole. */
static void assert_no_hole(void)
{
    static int16_t frames[2 * 16000];
    int n = audio_tap_read(bed.loop, 0, frames, 16000);

    assert_true(n >= 80);
    for (int at = 0; at + 80 <= n; at += 80) {
        double energy = 0;
        for (int i = at; i < at + 80; i++)
            energy += (double)frames[2 * i] * frames[2 * i];
        assert_true(sqrt(energy / 80) > 3000);
    }
}

static void test_spoiled_frame_is_concealed(void **state)
{
    (void)state;
    hat.voice = hum;
    run(50);
    audio_tap_open(bed.loop, 0, 8);
    run(10);
    hat.skip = 1;
    run(20);
    audio_port_stats stats = bed_stats(&bed, 8);
    assert_int_equal(stats.lost_frames, 1);
    assert_int_equal(stats.underruns, 0);
    assert_no_hole();
    assert_int_equal(hat.frames_down, 2 + 50 + 30 - 1); /* the last is still under way */
}

/* Three in a row: the input would be empty before it is known that they are lost. */
static void test_lost_frames_are_made_up_before_they_are_missed(void **state)
{
    (void)state;
    hat.voice = hum;
    run(50);
    audio_tap_open(bed.loop, 0, 8);
    run(10);
    hat.skip = 3;
    run(20);
    audio_port_stats stats = bed_stats(&bed, 8);
    assert_int_equal(stats.lost_frames, 3);
    assert_int_equal(stats.underruns, 2);
    assert_no_hole();
    assert_true(stats.fill_in < 2 * 80); /* nothing was made up twice */
}

/* A burst after a pause: what was made up meanwhile is a delay, and all that was said is heard. */
static void test_late_frames_are_played_all_the_same(void **state)
{
    (void)state;
    hat.voice = hum;
    run(50);
    audio_tap_open(bed.loop, 0, 8);
    run(10);
    for (int i = 0; i < 3; i++)
        bed_step(&bed);
    for (int i = 0; i < 3; i++)
        hat_tick(&hat, bed.now_ns);
    run(20);
    audio_port_stats stats = bed_stats(&bed, 8);
    assert_int_equal(stats.lost_frames, 0);
    assert_no_hole();
    assert_in_range(stats.fill_in, 2 * 80, 4 * 80);
}

static void test_messages_both_ways(void **state)
{
    (void)state;
    const uint8_t ring[] = {2, 0x03, 0xE8, 0x0B, 0xB8};
    const uint8_t hook[] = {2, 1};

    for (uint8_t i = 0; i < 20; i++) {
        uint8_t payload[5] = {i, ring[1], ring[2], ring[3], ring[4]};
        assert_int_equal(audio_link_send(bed.loop, 2, LINK_MSG_RING, payload, 5), 0);
    }
    run(30);
    assert_int_equal(hat.message_count, 20);
    for (uint8_t i = 0; i < 20; i++)
        assert_int_equal(hat.messages[i].payload[0], i);
    link_send(&hat.end, LINK_MSG_HOOK, hook, 2);
    run(3);
    const audio_event *message = bed_first(&bed, AUDIO_LINK_MESSAGE);
    assert_non_null(message);
    assert_int_equal(message->port, 2);
    assert_int_equal(message->detail, LINK_MSG_HOOK);
    assert_int_equal(message->len, 2);
    assert_memory_equal(message->data, hook, 2);
    assert_int_equal(audio_link_send(bed.loop, 2, 1, ring, 65), -EINVAL);
    assert_int_equal(audio_link_send(bed.loop, 0, LINK_MSG_HELLO, ring, 6), -EINVAL); /* would block its queue */
}

/* Steps that µ-law cannot tell apart, around 16,000. */
static int16_t fine(unsigned socket, uint64_t sample)
{
    return socket == 1 ? (int16_t)(16000 + sample % 100) : 0;
}

static void test_linear_samples_both_ways(void **state)
{
    (void)state;
    uint8_t hello[7] = {1, 2, 3, 5, 6, 7, 8};
    uint8_t reply[20] = {2, LINK_CODEC_LINEAR, 0, 2, 0, 0x0F, 0, 0, 'B', 'E', 'D', 0, 0, 0, 0, 0, 5, 6, 7, 8};
    assert_int_equal(audio_link_send(bed.loop, 2, LINK_MSG_HELLO, hello, sizeof hello), 0);
    run(5);
    link_send(&hat.end, LINK_MSG_HELLO_REPLY, reply, sizeof reply);
    hat.codec = LINK_CODEC_LINEAR;
    hat.voice = fine;
    audio_port_echo(bed.loop, 8, 0);
    audio_port_echo(bed.loop, 9, 0);
    audio_route_set(bed.loop, 8, 9, 1); /* socket 2 hears socket 1, bit for bit */
    run(200);
    assert_int_equal(hat.heard_codec, LINK_CODEC_LINEAR);
    for (size_t i = hat.heard_len - 2000; i < hat.heard_len; i++) {
        int step = heard[1][i] - heard[1][i - 1];
        assert_true(step == 1 || step == -99);
    }
    reply[1] = LINK_CODEC_ULAW; /* greeted again by one that has only µ-law */
    hello[6] = reply[19] = 9;
    assert_int_equal(audio_link_send(bed.loop, 2, LINK_MSG_HELLO, hello, sizeof hello), 0);
    hat.codec = LINK_CODEC_ULAW;
    run(5);
    link_send(&hat.end, LINK_MSG_HELLO_REPLY, reply, sizeof reply);
    run(20);
    assert_int_equal(hat.heard_codec, LINK_CODEC_ULAW);
}

static void test_silent_hat_is_lost_and_returns(void **state)
{
    (void)state;
    bed_steps(&bed, 200);
    assert_null(bed_first(&bed, AUDIO_LINK_LOST)); /* it was never there */
    run(50);
    bed_steps(&bed, 50);
    assert_null(bed_first(&bed, AUDIO_LINK_LOST));
    bed_steps(&bed, 10);
    uint32_t from = 0;
    const audio_event *lost = bed_find(&bed, AUDIO_LINK_LOST, &from);
    assert_non_null(lost);
    assert_int_equal(lost->value, ETIMEDOUT);
    assert_null(bed_find(&bed, AUDIO_LINK_LOST, &from));
    hat.newest_down = 0; /* a link begun anew counts from nought */
    uint8_t stale[16384];
    bed_read(ends[1], stale, sizeof stale);
    run(50);
    assert_true(bed_stats(&bed, 8).frames_in > 90 * 80);
    assert_null(bed_find(&bed, AUDIO_LINK_LOST, &from));
}

/* Frames come, but the HAT acknowledges nothing. */
static void test_deaf_hat_is_lost_once(void **state)
{
    (void)state;
    struct hat talker = {.fd = ends[1], .mask = 0x0F};
    struct link_audio audio = {.socket_mask = 0};
    const uint8_t payload[] = {1};
    uint8_t wire[LINK_MAX_WIRE], scrap[16384];

    hat_open(&talker, ends[1]);
    audio_link_send(bed.loop, 2, LINK_MSG_STOP_RING, payload, 1);
    for (uint32_t t = 0; t < 300; t++) {
        audio.sample_counter = 80 * t;
        bed_write(ends[1], wire, link_encode_audio(&talker.end, &audio, wire, sizeof wire));
        bed_step(&bed);
        bed_read(ends[1], scrap, sizeof scrap);
    }
    uint32_t from = 0;
    assert_int_equal(bed_find(&bed, AUDIO_LINK_LOST, &from)->value, ETIMEDOUT);
    assert_null(bed_find(&bed, AUDIO_LINK_LOST, &from));
}

static void test_unplugged_hat(void **state)
{
    (void)state;
    run(20);
    close(ends[1]);
    ends[1] = -1;
    bed_steps(&bed, 3);
    const audio_event *lost = bed_first(&bed, AUDIO_LINK_LOST);
    assert_non_null(lost);
    assert_true(lost->value != ETIMEDOUT && lost->value > 0);
    audio_link_detach(bed.loop, 2);
    bed_step(&bed);
    assert_int_equal(bed_first(&bed, AUDIO_LINK_DETACHED)->port, 2);
}

static void test_muted_link_stops_and_resumes(void **state)
{
    (void)state;
    audio_loop_heartbeat(bed.loop);
    run(502);
    assert_non_null(bed_first(&bed, AUDIO_MUTED));
    uint32_t frames = hat.frames_down;
    run(50);
    assert_true(hat.frames_down - frames <= 1);
    frames = hat.frames_down;
    audio_loop_heartbeat(bed.loop);
    run(50);
    assert_true(hat.frames_down - frames >= 45);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bridge_both_ways), TEST(test_latency_line_to_handset), TEST(test_digit_on_a_handset),
        TEST(test_spoiled_frame_is_concealed), TEST(test_lost_frames_are_made_up_before_they_are_missed),
        TEST(test_late_frames_are_played_all_the_same), TEST(test_messages_both_ways), TEST(test_linear_samples_both_ways),
        TEST(test_silent_hat_is_lost_and_returns),
        TEST(test_deaf_hat_is_lost_once), TEST(test_unplugged_hat), TEST(test_muted_link_stops_and_resumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
