/* SPDX-License-Identifier: Apache-2.0 */
/* The echo canceller through the whole path: a modem's and a HAT's hybrids, their buffers and clocks, two talkers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/dle.h"
#include "audio/echo.h"
#include "audio/g711.h"
#include "tests/audio/bed.h"

#define ECHO_SECONDS 12u
#define CLIP_FRAMES (ECHO_SECONDS * 8000u)
#define HYBRID_TAPS 192u        /* 24 ms */

static int16_t far_voice[CLIP_FRAMES], near_voice[CLIP_FRAMES];
static uint32_t seed;

static double random_one(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / 8388608.0 - 1.0;
}

/* Like the composite source signal of ITU-T G.168 annex C: 50 ms voiced, 200 ms of speech-shaped noise, 100 ms pause. */
static void make_voice(int16_t *out, uint32_t n, double pitch_hz, double rms)
{
    double shaped = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i % 2800;
        double voiced = 0.0;
        shaped = 0.75 * shaped + random_one();
        for (int h = 1; h <= 16 && at < 400; h++)
            voiced += sin(2.0 * M_PI * pitch_hz * h * i / 8000.0 + h * h) / sqrt(h) * 0.8;
        double y = at < 400 ? voiced : at < 2000 ? shaped * 1.14 : 0.0;
        out[i] = (int16_t)fmax(-32000.0, fmin(32000.0, y * rms));
    }
}

/* A dispersive hybrid: noise under a rising and falling envelope, like those of ITU-T G.168 annex D. */
struct hybrid { double taps[HYBRID_TAPS]; int16_t line[HYBRID_TAPS]; uint32_t at; };

static void make_hybrid(struct hybrid *h, double loss_db, uint32_t length, uint32_t which)
{
    double energy = 0.0;

    memset(h, 0, sizeof *h);
    seed = which;
    for (uint32_t i = 0; i < length; i++) {
        h->taps[i] = random_one() * exp(-4.0 * i / length) * (1.0 - exp(-(i + 1.0) / 3.0));
        energy += h->taps[i] * h->taps[i];
    }
    for (uint32_t i = 0; i < length; i++)
        h->taps[i] *= pow(10.0, -loss_db / 20.0) / sqrt(energy);
}

static double hybrid_echo(struct hybrid *h, int16_t sample)
{
    double y = 0.0;

    h->at = (h->at + HYBRID_TAPS - 1) % HYBRID_TAPS;
    h->line[h->at] = sample;
    for (uint32_t k = 0; k < HYBRID_TAPS; k++)
        y += h->taps[k] * h->line[(h->at + k) % HYBRID_TAPS];
    return y;
}

static uint8_t heard_code(double y)
{
    return ulaw_encode((int16_t)lrint(fmax(-32768.0, fmin(32767.0, y))));
}

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

static struct bed bed;
static int fds[2];
static const uint32_t clip = 0;

static int set_up(void **state)
{
    (void)state;
    seed = 5;
    make_voice(far_voice, CLIP_FRAMES, 140.0, 2600.0);
    make_voice(near_voice, CLIP_FRAMES, 217.0, 2600.0);
    bed_open(&bed);
    bed_pair(fds);
    memset(&modem, 0, sizeof modem);
    modem.fd = fds[1];
    modem.least = 480;
    modem.talk_gain = 1.0;
    make_hybrid(&modem.hybrid, 12.0, 96, 11);
    assert_int_equal(audio_clip_add(bed.loop, clip, far_voice, CLIP_FRAMES), 0);
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

static void begin_line(void)
{
    assert_int_equal(audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0), 0);
    for (int t = 0; t < 20; t++) {
        line_tick();
        bed_step(&bed);
    }
    assert_int_equal(audio_port_play(bed.loop, 0, 1, &clip, 1, AUDIO_REPEAT), 0);
}

/* Ticks until the port says that it is aligned; fails after four seconds. */
static void until_aligned(void (*tick)(void))
{
    bed.count = 0;
    for (int t = 0; t < 400; t++) {
        tick();
        bed_step(&bed);
        uint32_t from = 0;
        for (const audio_event *e; (e = bed_find(&bed, AUDIO_ECHO, &from)) != NULL;)
            if (e->detail == 1)
                return;
    }
    fail_msg("not aligned within four seconds");
}

static double tap_power(uint32_t tap, double *out_power)
{
    int16_t frames[2 * 8000];
    double in = 0.0, out = 0.0;
    int n;

    while ((n = audio_tap_read(bed.loop, tap, frames, 8000)) > 0)
        for (int i = 0; i < n; i++) {
            in += (double)frames[2 * i] * frames[2 * i];
            out += (double)frames[2 * i + 1] * frames[2 * i + 1];
        }
    *out_power = out;
    return in;
}

/* What a tap records of the port for a second, below what it was sent less the hybrid's loss: the ERLE, dB. */
static double erle_db(void (*tick)(void), uint16_t port, uint32_t ticks, double loss_db)
{
    double out;

    assert_int_equal(audio_tap_open(bed.loop, 0, port), 0);
    for (uint32_t t = 0; t < ticks; t++) {
        tick();
        bed_step(&bed);
    }
    double in = tap_power(0, &out);
    assert_int_equal(audio_tap_close(bed.loop, 0), 0);
    bed_step(&bed);
    return 10.0 * log10((out + 1.0) / (in + 1.0)) - loss_db;
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
    assert_true(n >= 7900);
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

/* --- a HAT -------------------------------------------------------------------------------------------------- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_modem_hybrids), TEST(test_another_handset), TEST(test_jumps_of_the_delay), TEST(test_double_talk),
        TEST(test_near_talker_is_unharmed), TEST(test_tones_spoil_nothing), TEST(test_switched_off),
        TEST(test_hat_hybrids_and_under_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
