/* SPDX-License-Identifier: Apache-2.0 */
/* The echo canceller through a modem's stream: hybrids, buffers, clocks, jumps, two talkers, tones. */
#include <math.h>
#include <string.h>

#include "audio/dle.h"
#include "audio/g711.h"
#include "tests/audio/echo_bed.h"

/* A modem whose buffer delays what it plays, on a clock of its own. */
#define BUFFER 8192u
static struct {
    int fd;
    double ppm;
    uint32_t least;             /* samples that must wait before it begins to play, and after it ran dry */
    uint64_t ticks, made;
    uint8_t buffer[BUFFER];
    uint32_t head, tail;
    bool plays, pending;
    bool talks;                 /* somebody speaks at the far end */
    uint64_t spoken;
    double talk_gain;
    struct hybrid hybrid;
} modem;

static void modem_read(void)
{
    uint8_t wire[4096];
    size_t n = bed_read(modem.fd, wire, sizeof wire);

    for (size_t i = 0; i < n; i++) {
        if (!modem.pending && wire[i] == 0x10) {
            modem.pending = true;
            continue;
        }
        modem.pending = false;
        modem.buffer[modem.head++ % BUFFER] = wire[i];
    }
}

static uint8_t modem_sample(void)
{
    int16_t played = 0;

    modem.plays = modem.plays ? modem.head != modem.tail : modem.head - modem.tail >= modem.least;
    if (modem.plays)
        played = ulaw_decode(modem.buffer[modem.tail++ % BUFFER]);
    double y = hybrid_echo(&modem.hybrid, played);
    if (modem.talks)
        y += near_voice[modem.spoken++ % CLIP_FRAMES] * modem.talk_gain;
    return heard_code(y);
}

static void line_tick(void)
{
    uint8_t code[200], wire[400];
    uint32_t n = 0;

    modem.ticks++;
    modem_read();
    uint64_t clock = (uint64_t)((double)modem.ticks * 80.0 * (1.0 + modem.ppm * 1e-6));
    for (; modem.made < clock; modem.made++)
        code[n++] = modem_sample();
    bed_write(modem.fd, wire, dle_encode(code, n, wire));
}

static int set_up(void **state)
{
    (void)state;
    echo_bed_open();
    memset(&modem, 0, sizeof modem);
    modem.fd = fds[1];
    modem.least = 480;
    modem.talk_gain = 1.0;
    make_hybrid(&modem.hybrid, 12.0, 96, 11);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    echo_bed_close();
    return 0;
}

static void begin_line(void)
{
    assert_int_equal(audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0), 0);
    for (int t = 0; t < 20; t++) {
        line_tick();
        bed_step(&bed);
    }
    assert_int_equal(audio_port_play(bed.loop, 0, 1, &clip, 1, AUDIO_REPEAT), 0);
}

static void run_line(uint32_t ticks)
{
    for (uint32_t t = 0; t < ticks; t++) {
        line_tick();
        bed_step(&bed);
    }
}

/* Hybrids of 6 to 20 dB and 4 to 24 ms, buffers to 290 ms, clocks to 1000 ppm off: 25 dB within a second. */
static void test_modem_hybrids(void **state)
{
    static const struct { double loss_db; uint32_t taps, least; double ppm; } cases[] = {
        {6, 32, 320, 0}, {12, 96, 800, 100}, {20, 192, 2000, -100}, {10, 128, 480, 1000}, {16, 64, 2240, -1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i > 0) {
            tear_down(state);
            set_up(state);
        }
        make_hybrid(&modem.hybrid, cases[i].loss_db, cases[i].taps, (uint32_t)i + 3);
        modem.least = cases[i].least;
        modem.ppm = cases[i].ppm;
        begin_line();
        until_aligned(line_tick);
        int32_t delay_ms = bed_stats(&bed, 0).echo_delay_ms;
        run_line(50);
        double erle = erle_db(line_tick, 0, 70, cases[i].loss_db);
        print_message("hybrid %.0f dB, %u taps, %+.0f ppm: delay %d ms, ERLE %.1f dB\n", cases[i].loss_db,
                      cases[i].taps, cases[i].ppm, delay_ms, erle);
        assert_true(erle >= 25.0);
    }
}

/* Lets the modem's line change while it is cancelled, and asks for 25 dB again `ticks` later. */
static void until_cancelled_again(const char *what, uint32_t ticks, double loss_db)
{
    run_line(ticks);
    double erle = erle_db(line_tick, 0, 70, loss_db);

    print_message("%s: ERLE %.1f dB\n", what, erle);
    assert_true(erle >= 25.0);
}

static void test_another_handset(void **state)
{
    (void)state;
    begin_line();
    until_aligned(line_tick);
    run_line(300);
    make_hybrid(&modem.hybrid, 8.0, 64, 77);
    until_cancelled_again("another handset, 1.5 s later", 150, 8.0);
}

/* The modem drops, or repeats, half a second's worth of what waits, and tells nobody. */
static void test_jumps_of_the_delay(void **state)
{
    (void)state;
    modem.least = 1200;
    begin_line();
    until_aligned(line_tick);
    run_line(300);
    bed.count = 0;
    modem.tail += 800; /* an over-run in the modem: 100 ms are lost */
    until_aligned(line_tick);
    assert_true(bed_stats(&bed, 0).echo_delay_ms < 70);
    until_cancelled_again("over-run", 60, 12.0);
    modem.plays = false;
    modem.least = 1600; /* an under-run: silence until it holds 200 ms */
    modem.tail -= 1200;
    until_aligned(line_tick);
    until_cancelled_again("under-run", 60, 12.0);
}

/* A near talker at -10, 0 and +10 dB is passed on unharmed and does not spoil what is learnt. */
static void test_double_talk(void **state)
{
    static const double gains[] = {0.316, 1.0, 3.16};
    (void)state;

    begin_line();
    until_aligned(line_tick);
    run_line(300);
    for (int i = 0; i < 3; i++) {
        modem.talks = true;
        modem.talk_gain = gains[i];
        run_line(300);
        modem.talks = false;
        run_line(20);
        double erle = erle_db(line_tick, 0, 35, 12.0);
        print_message("after a talker at %+.0f dB: ERLE %.1f dB\n", 20.0 * log10(gains[i]), erle);
        assert_true(erle >= 25.0);
    }
}

static void test_near_talker_is_unharmed(void **state)
{
    static int16_t frames[2 * 8000];
    double spoken = 0.0, wrong = 0.0;
    (void)state;

    begin_line();
    until_aligned(line_tick);
    run_line(300);
    modem.talks = true;
    assert_int_equal(audio_tap_open(bed.loop, 0, 0), 0);
    uint64_t first = modem.spoken;
    run_line(100);
    int n = audio_tap_read(bed.loop, 0, frames, 8000);
    assert_true(n >= 7000); /* the newest are held back until no key can begin in them */
    uint32_t best_at = 0;
    double best = -1.0;
    for (uint32_t lag = 0; lag < 600; lag++) { /* through the input queue */
        double sum = 0.0;
        for (int i = 1000; i < 4000; i++)
            sum += (double)frames[2 * i] * near_voice[(first + (uint64_t)i - lag) % CLIP_FRAMES];
        if (sum > best) {
            best = sum;
            best_at = lag;
        }
    }
    for (int i = 1000; i < n; i++) {
        double want = near_voice[(first + (uint64_t)i - best_at) % CLIP_FRAMES], off = frames[2 * i] - want;
        spoken += want * want;
        wrong += off * off;
    }
    print_message("near talker in double talk: SNR %.1f dB\n", 10.0 * log10(spoken / wrong));
    assert_true(spoken > 100.0 * wrong); /* 20 dB, with the echo and two codecs in it; untouched it is 12 dB */
}

/* Tones of one and two frequencies teach nothing: afterwards speech is cancelled as before. */
static void test_tones_spoil_nothing(void **state)
{
    static const audio_tone tones[] = {
        {.hz = {350, 440}, .level_db10 = -130}, {.hz = {697, 1209}, .level_db10 = -90}, {.hz = {1000, 0}, .level_db10 = -100}};
    (void)state;

    begin_line();
    until_aligned(line_tick);
    run_line(200);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(audio_port_tone(bed.loop, 0, 2, &tones[i]), 0);
        run_line(300);
    }
    assert_int_equal(audio_port_play(bed.loop, 0, 3, &clip, 1, AUDIO_REPEAT), 0);
    until_cancelled_again("after tones", 20, 12.0);
}

static void test_switched_off(void **state)
{
    (void)state;
    assert_int_equal(audio_port_echo(bed.loop, AUDIO_MAX_PORTS, 0), -22);
    assert_int_equal(audio_port_echo(bed.loop, 0, 0), 0);
    begin_line();
    run_line(200);
    double erle = erle_db(line_tick, 0, 50, 12.0);
    assert_true(erle > -1.5 && erle < 1.5);
    assert_null(bed_first(&bed, AUDIO_ECHO));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_modem_hybrids), TEST(test_another_handset), TEST(test_jumps_of_the_delay), TEST(test_double_talk),
        TEST(test_near_talker_is_unharmed), TEST(test_tones_spoil_nothing), TEST(test_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
