/* SPDX-License-Identifier: Apache-2.0 */
/* The echo canceller on a HAT's link: its playout, its clock, and frames it never got. */
#include <math.h>
#include <string.h>

#include "audio/g711.h"
#include "tests/audio/echo_bed.h"

static int set_up(void **state)
{
    (void)state;
    echo_bed_open();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    echo_bed_close();
    return 0;
}

static struct {
    struct link_end end;
    double ppm;
    uint64_t ticks;
    double owed;
    uint8_t frames[16][LINK_AUDIO_FRAMES]; /* playout buffer, of one socket */
    uint32_t counters[16], head, tail, played, counter, swallow;
    bool plays;
    uint8_t now[LINK_AUDIO_FRAMES]; /* what is being played while the next tick's uplink is recorded */
    struct hybrid hybrid;
} hat;

static void hat_heard(void *context, const struct link_audio *audio)
{
    (void)context;
    if (hat.swallow > 0) {
        hat.swallow--;
        return;
    }
    hat.counters[hat.head % 16] = audio->sample_counter + LINK_AUDIO_FRAMES;
    memcpy(hat.frames[hat.head++ % 16], audio->ulaw[0], LINK_AUDIO_FRAMES);
}

static void hat_play(void)
{
    hat.plays = hat.plays ? hat.head != hat.tail : hat.head - hat.tail >= 2;
    if (!hat.plays) { /* an under-run: the last frame again */
        return;
    }
    memcpy(hat.now, hat.frames[hat.tail % 16], LINK_AUDIO_FRAMES);
    hat.played = hat.counters[hat.tail++ % 16];
}

static void hat_frame(void)
{
    struct link_audio up = {.sample_counter = hat.counter, .socket_mask = 1};
    uint8_t wire[LINK_MAX_WIRE];

    for (uint32_t i = 0; i < LINK_AUDIO_FRAMES; i++)
        up.ulaw[0][i] = heard_code(hybrid_echo(&hat.hybrid, ulaw_decode(hat.now[i])));
    hat_play();
    up.peer_counter = hat.played;
    hat.counter += LINK_AUDIO_FRAMES;
    bed_write(fds[1], wire, link_encode_audio(&hat.end, &up, wire, sizeof wire));
}

static void card_tick(void)
{
    uint8_t bytes[8192], wire[1024];

    link_receive(&hat.end, bytes, bed_read(fds[1], bytes, sizeof bytes));
    hat.owed += 1.0 + hat.ppm * 1e-6;
    for (; hat.owed >= 1.0; hat.owed -= 1.0)
        hat_frame();
    size_t n = link_encode_messages(&hat.end, (uint32_t)(bed.now_ns / 1000000u), wire, sizeof wire);
    if (n > 0)
        bed_write(fds[1], wire, n);
}

static void begin_hat(double loss_db, uint32_t taps, double ppm)
{
    struct link_handler handler = {.audio = hat_heard};

    memset(&hat, 0, sizeof hat);
    memset(hat.now, 0xFF, sizeof hat.now);
    handler.context = &hat;
    link_init(&hat.end, &handler);
    hat.ppm = ppm;
    make_hybrid(&hat.hybrid, loss_db, taps, 31);
    assert_int_equal(audio_link_attach(bed.loop, 0, fds[0], 8, 1), 0);
    for (int t = 0; t < 20; t++) {
        card_tick();
        bed_step(&bed);
    }
    assert_int_equal(audio_port_play(bed.loop, 8, 1, &clip, 1, AUDIO_REPEAT), 0);
}

static void test_hat_hybrids_and_under_run(void **state)
{
    static const double ppm[] = {0, 100, -100, 1000, -1000};

    for (size_t i = 0; i < 5; i++) {
        if (i > 0) {
            tear_down(state);
            set_up(state);
        }
        begin_hat(10.0, 96, ppm[i]);
        until_aligned(card_tick);
        for (int t = 0; t < 60; t++) {
            card_tick();
            bed_step(&bed);
        }
        double erle = erle_db(card_tick, 8, 140, 10.0);
        hat.swallow = 4; /* frames lost on the way: it runs dry, repeats, and fills anew */
        for (int t = 0; t < 20; t++) {
            card_tick();
            bed_step(&bed);
        }
        double after = erle_db(card_tick, 8, 70, 10.0);
        print_message("HAT %+.0f ppm: ERLE %.1f dB, after an under-run %.1f dB\n", ppm[i], erle, after);
        assert_true(erle >= 25.0 && after >= 25.0);
    }
}

static void test_switched_on_in_mid_life(void **state)
{
    (void)state;
    assert_int_equal(audio_port_echo(bed.loop, 8, 0), 0);
    begin_hat(10.0, 96, 0);
    for (int t = 0; t < 150; t++) {
        card_tick();
        bed_step(&bed);
    }
    assert_true(erle_db(card_tick, 8, 50, 10.0) < 1.5);
    assert_int_equal(audio_port_echo(bed.loop, 8, 1), 0);
    until_aligned(card_tick);
    for (int t = 0; t < 60; t++) {
        card_tick();
        bed_step(&bed);
    }
    assert_true(erle_db(card_tick, 8, 70, 10.0) >= 25.0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_hat_hybrids_and_under_run), TEST(test_switched_on_in_mid_life)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
