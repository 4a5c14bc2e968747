/* SPDX-License-Identifier: Apache-2.0 */
/* A serial PCM port: pacing, odd cuts, lost bytes, a modem that takes nothing, stalls, loss. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/pcm_phase.h"
#include "tests/audio/bed.h"

#define RATE 8000.0

static struct bed bed;
static int fds[2];

static int set_up(void **state)
{
    (void)state;
    bed_open(&bed);
    bed_pair(fds);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bed_close(&bed);
    close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
    return 0;
}

static void attach(void)
{
    assert_int_equal(audio_port_attach_pcm(bed.loop, 0, fds[0]), 0);
}

/* Another modem at another loop. */
static void begin_anew(void)
{
    tear_down(NULL);
    set_up(NULL);
    attach();
}

/* A modem with a clock of its own that sends `piece` bytes at a time and plays what it is sent. */
struct pcm_modem {
    double ppm;
    uint32_t piece;
    int16_t (*voice)(uint64_t sample);
    uint64_t ticks, made, sent; /* bytes */
    bool started, deaf;         /* deaf: it takes nothing */
    int64_t fifo;               /* bytes it has and has not played */
    uint32_t starved;
    uint8_t *heard;
    size_t heard_len, heard_room;
};

static uint8_t byte_at(const struct pcm_modem *m, uint64_t at)
{
    uint16_t sample = m->voice != NULL ? (uint16_t)m->voice(at / 2) : 0;

    return (uint8_t)(at % 2 == 0 ? sample : sample >> 8);
}

static void modem_turn(struct pcm_modem *m)
{
    uint8_t bytes[8192];
    uint64_t before = m->made;

    m->made = 2 * (uint64_t)floor((double)++m->ticks * 80.0 * (1.0 + m->ppm * 1e-6));
    size_t n = m->deaf ? 0 : bed_read(fds[1], bytes, sizeof bytes);
    for (size_t i = 0; i < n && m->heard_len < m->heard_room; i++)
        m->heard[m->heard_len++] = bytes[i];
    m->fifo += (int64_t)n;
    m->started = m->started || m->fifo >= 320;
    if (m->started) {
        m->fifo -= (int64_t)(m->made - before);
        m->starved += m->fifo < 0;
        m->fifo = m->fifo < 0 ? 0 : m->fifo;
    }
    for (; m->made - m->sent >= m->piece; m->sent += m->piece) {
        for (uint32_t i = 0; i < m->piece; i++)
            bytes[i] = byte_at(m, m->sent + i);
        bed_write(fds[1], bytes, m->piece);
    }
}

static int16_t tone(uint64_t sample)
{
    return (int16_t)lrint(9000.0 * sin(2 * M_PI * 440.0 * (double)sample / RATE));
}

/* No two stretches of it are alike. */
static int16_t marked(uint64_t sample)
{
    return (int16_t)(2000 + sample % 3989);
}

static void run(struct pcm_modem *m, uint32_t ticks)
{
    for (uint32_t t = 0; t < ticks; t++) {
        modem_turn(m);
        bed_step(&bed);
    }
}

static void test_primes_and_then_one_for_one(void **state)
{
    (void)state;
    static uint8_t heard[40000];
    struct pcm_modem m = {.piece = 320, .heard = heard, .heard_room = sizeof heard};

    attach();
    run(&m, 200);
    modem_turn(&m);
    assert_in_range(m.heard_len, 2 * (320 + 199 * 80), 2 * (320 + 201 * 80));
    for (size_t i = 0; i < m.heard_len; i++)
        assert_int_equal(heard[i], 0);
    assert_int_equal(m.starved, 0);
    assert_int_equal(bed_stats(&bed, 0).underruns, 0);
    assert_int_equal(bed_stats(&bed, 0).overruns, 0);
}

static void test_writes_100_ms_before_it_hears(void **state)
{
    (void)state;
    uint8_t bytes[8192];

    attach();
    bed_steps(&bed, 60);
    assert_int_equal(bed_read(fds[1], bytes, sizeof bytes), 2 * 800);
}

/* What the modem says comes out of a tap as it was, however its bytes are cut. */
static void test_odd_pieces_stay_in_phase(void **state)
{
    (void)state;
    static const uint32_t pieces[] = {1, 3, 37, 161, 319, 320, 333, 640};
    static int16_t recorded[2 * 80 * 320];

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct pcm_modem m = {.piece = pieces[i], .voice = tone};
        begin_anew();
        bed_steps(&bed, 1);
        audio_tap_open(bed.loop, 0, 0);
        run(&m, 300);
        int frames = audio_tap_read(bed.loop, 0, recorded, 80 * 320), begun = 0;
        while (begun < frames && recorded[2 * begun] == 0)
            begun++;
        assert_true(frames - begun > 80 * 260);
        int most = 0;
        for (int at = begun + 1; at < frames; at++) {
            assert_true(abs(recorded[2 * at] - recorded[2 * at - 2]) < 3300); /* the tone's own are 3,110 */
            most = recorded[2 * at] > most ? recorded[2 * at] : most;
        }
        assert_in_range(most, 8950, 9050);
        assert_int_equal(bed_stats(&bed, 0).underruns, 0);
        assert_int_equal(bed_stats(&bed, 0).lost_frames, 0);
    }
}

static void check_clock(double ppm, uint32_t piece, uint32_t gaps)
{
    struct pcm_modem m = {.ppm = ppm, .piece = piece, .voice = tone};

    begin_anew();
    run(&m, 6000);
    audio_port_stats early = bed_stats(&bed, 0);
    uint32_t starved = m.starved;
    run(&m, 12000);
    audio_port_stats end = bed_stats(&bed, 0);
    print_message("pcm %+.0f ppm, %u bytes at a time: drift %d ppm, under %d then %d, over %d, waiting %d\n", ppm, piece,
                  end.drift_ppm, early.underruns, end.underruns - early.underruns, end.overruns, end.fill_in);
    assert_true(early.underruns <= (int32_t)gaps);
    assert_int_equal(end.underruns, early.underruns);
    assert_int_equal(end.overruns, early.overruns);
    assert_int_equal(m.starved, starved);
    assert_true(end.fill_in <= 240 + (int32_t)piece / 2);
    assert_in_range(end.drift_ppm - (int32_t)ppm + 1000, 900, 1100);
}

static void test_clocks(void **state)
{
    (void)state;
    check_clock(0, 640, 0);
    check_clock(1000, 320, 0);
    check_clock(-1000, 320, 0);
    check_clock(1000, 640, 3);
    check_clock(-1000, 640, 3);
    check_clock(6000, 321, 30);
    check_clock(-6000, 640, 30);
}

/* What waited before the call is not heard, and an odd number of bytes of it does not put the rest out of step. */
static void test_stale_input_is_thrown_away(void **state)
{
    (void)state;
    static uint8_t stale[20001];
    static int16_t recorded[2 * 80 * 60];

    memset(stale, 0x55, sizeof stale);
    bed_write(fds[1], stale, sizeof stale);
    attach();
    audio_tap_open(bed.loop, 0, 0);
    bed_steps(&bed, 1);
    struct pcm_modem m = {.piece = 320, .voice = marked};
    bed_write(fds[1], stale, 1); /* the other half of the last stale sample */
    run(&m, 50);
    int frames = audio_tap_read(bed.loop, 0, recorded, 80 * 60);
    assert_true(frames > 80 * 30);
    for (int i = 0; i < frames; i++)
        assert_true(recorded[2 * i] == 0 || (recorded[2 * i] >= 2000 && recorded[2 * i] < 2000 + 3989));
    assert_int_equal(bed_stats(&bed, 0).lost_frames, 0);
}

/* A modem that takes nothing is never waited for; what it is sent afterwards is in phase. */
static void test_takes_nothing_for_a_while(void **state)
{
    (void)state;
    static uint8_t heard[200000];
    static int16_t clip[80000];
    int small = 2304;
    uint32_t id = 1;
    struct pcm_modem m = {.piece = 320, .heard = heard, .heard_room = sizeof heard};

    for (uint32_t i = 0; i < 80000; i++)
        clip[i] = marked(i);
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    attach();
    audio_clip_add(bed.loop, 1, clip, 80000);
    run(&m, 50);
    audio_port_play(bed.loop, 0, 9, &id, 1, 0);
    run(&m, 50);
    assert_int_equal(bed_stats(&bed, 0).overruns, 0);
    m.deaf = true;
    run(&m, 100);
    audio_port_stats stats = bed_stats(&bed, 0);
    assert_true(stats.overruns > 50);
    assert_true(stats.fill_out <= 640 + 480);
    m.deaf = false;
    run(&m, 1);
    stats = bed_stats(&bed, 0);
    run(&m, 100);
    assert_null(bed_first(&bed, AUDIO_PORT_LOST));
    assert_int_equal(bed_stats(&bed, 0).overruns, stats.overruns);
    uint32_t jumps = 0;
    for (size_t at = 2; at + 1 < m.heard_len; at += 2) {
        int16_t now = (int16_t)(heard[at] | heard[at + 1] << 8), before = (int16_t)(heard[at - 2] | heard[at - 1] << 8);
        assert_true(now == 0 || (now >= 2000 && now < 2000 + 3989));
        jumps += now != before + 1 && now != before && now != 2000;
    }
    assert_in_range(jumps, 1, stats.overruns);
}

/* Writes that end in the middle of a sample, as a full tty buffer makes them. */
static void test_odd_writes_stay_in_phase(void **state)
{
    (void)state;
    static uint8_t heard[100000];
    static int16_t clip[16000];
    uint32_t id = 1;
    size_t length = 0;

    for (uint32_t i = 0; i < 16000; i++)
        clip[i] = marked(i);
    int small = 2304;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    audio_clip_add(bed.loop, 1, clip, 16000);
    attach();
    audio_port_play(bed.loop, 0, 9, &id, 1, 0);
    srand(5);
    for (uint32_t t = 0; t < 250; t++) {
        uint8_t piece[160] = {0};
        bed_write(fds[1], piece, sizeof piece);
        bed_step(&bed);
        length += bed_read(fds[1], heard + length, (size_t)(rand() % 200 * 2 + 1));
    }
    uint32_t followed = 0;
    for (size_t at = 2; at + 1 < length; at += 2) {
        int16_t now = (int16_t)(heard[at] | heard[at + 1] << 8), before = (int16_t)(heard[at - 2] | heard[at - 1] << 8);
        assert_true(now == 0 || (now >= 2000 && now < 2000 + 3989));
        followed += now == before + 1;
    }
    assert_true(followed > 10000);
}

static void test_lost_byte_is_found(void **state)
{
    (void)state;
    static int16_t recorded[2 * 8000];
    struct pcm_modem m = {.piece = 320, .voice = tone};

    attach();
    bed_steps(&bed, 1);
    audio_tap_open(bed.loop, 0, 0);
    for (uint32_t lost = 1; lost <= 6; lost++) {
        run(&m, 100);
        m.sent++; /* a byte of it never came */
        run(&m, 100);
        assert_int_equal(bed_stats(&bed, 0).lost_frames, lost);
        uint32_t loud = 0;
        int frames;
        while ((frames = audio_tap_read(bed.loop, 0, recorded, 8000)) > 0)
            for (int i = 0; i < frames; i++)
                loud += abs(recorded[2 * i]) > 9100;
        assert_true(loud < 80); /* less than one block of noise was heard */
    }
    assert_int_equal(bed_stats(&bed, 0).underruns, 0);
}

/* What sounds like nothing on earth is still read as it came. */
static void test_no_sound_is_taken_for_a_lost_byte(void **state)
{
    (void)state;
    static int16_t sound[8000];
    struct pcm_phase phase;

    srand(11);
    for (uint32_t kind = 0; kind < 9; kind++)
        for (uint32_t level = 1; level <= 32767; level = level * 3 / 2 + 1) {
            for (uint32_t i = 0; i < 8000; i++) {
                double noise = (double)rand() / RAND_MAX * 2 - 1, s = 2 * M_PI * i / RATE, y = 0;
                switch (kind) {
                case 0: y = noise; break;
                case 1: y = 2 * sin(1000 * s); break;                 /* clipped */
                case 2: y = sin(3400 * s); break;
                case 3: y = i % 8 < 4 ? 1 : -1; break;
                case 4: y = floor(noise * 127) / 127; break;          /* 8 bits in the upper byte at full level */
                case 5: y = sin(700 * s) * sin(4 * s) + 0.1 * noise; break;
                case 6: y = noise * 3; break;                         /* clipped noise */
                case 7: y = i % 2 ? 1 : -1; break;
                default: y = 0.5 + 0.4 * sin(3000 * s); break;        /* with an offset */
                }
                y *= level;
                sound[i] = (int16_t)(y > 32767 ? 32767 : y < -32768 ? -32768 : lrint(y));
                if (kind == 4)
                    sound[i] = (int16_t)(sound[i] & ~0xFF);
            }
            pcm_phase_init(&phase);
            assert_false(pcm_phase_judge(&phase, sound, 8000));
        }
}

static void test_stall_is_told_once_and_over_once(void **state)
{
    (void)state;
    struct pcm_modem m = {.piece = 320, .voice = marked};
    uint32_t from = 0;

    attach();
    run(&m, 200);
    assert_null(bed_first(&bed, AUDIO_STALLED));
    for (int t = 0; t < 300; t++) { /* what it would have said is lost */
        m.ticks++;
        m.made = m.sent = 160 * m.ticks;
        bed_step(&bed);
    }
    const audio_event *event = bed_find(&bed, AUDIO_STALLED, &from);
    assert_non_null(event);
    assert_int_equal(event->detail, AUDIO_STALL_BEGAN);
    assert_in_range(event->value, 390, 420);
    assert_null(bed_find(&bed, AUDIO_STALLED, &from));
    run(&m, 300);
    from = 0;
    bed_find(&bed, AUDIO_STALLED, &from);
    event = bed_find(&bed, AUDIO_STALLED, &from);
    assert_non_null(event);
    assert_int_equal(event->detail, AUDIO_STALL_OVER);
    assert_in_range(event->value, 2990, 3040);
    assert_null(bed_find(&bed, AUDIO_STALLED, &from));
    assert_null(bed_first(&bed, AUDIO_PORT_LOST));
    assert_true(bed_stats(&bed, 0).fill_in <= 260); /* no lag is left of it */
    assert_true(bed_stats(&bed, 0).fill_out <= 160);
}

static void test_loss_and_detach(void **state)
{
    (void)state;
    struct pcm_modem m = {.piece = 320};

    attach();
    run(&m, 20);
    audio_port_detach(bed.loop, 0);
    bed_steps(&bed, 2);
    assert_non_null(bed_first(&bed, AUDIO_PORT_DETACHED));
    uint8_t bytes[8192];
    bed_read(fds[1], bytes, sizeof bytes);
    bed_write(fds[1], bytes, 320);
    bed_steps(&bed, 20);
    int waits = 0;
    assert_int_equal(ioctl(fds[0], FIONREAD, &waits), 0);
    assert_int_equal(waits, 320); /* nobody reads it */
    assert_int_equal(bed_read(fds[1], bytes, sizeof bytes), 0);
    attach();
    bed_steps(&bed, 2);
    close(fds[1]);
    fds[1] = -1;
    bed_steps(&bed, 2);
    assert_non_null(bed_first(&bed, AUDIO_PORT_LOST));
    assert_int_equal(audio_port_attach_pcm(bed.loop, 0, -1), -EBADF);
    assert_int_equal(audio_port_attach_pcm(bed.loop, AUDIO_MAX_PORTS, fds[0]), -EINVAL);
}

/* Python is gone: the port sends silence on, and not one byte that is no sample. */
static void test_no_farewell(void **state)
{
    (void)state;
    static uint8_t heard[300000];
    struct pcm_modem m = {.piece = 320, .voice = tone, .heard = heard, .heard_room = sizeof heard};

    audio_port_set_farewell(bed.loop, 0, (const uint8_t *)"ATH\r", 4);
    attach();
    audio_loop_heartbeat(bed.loop);
    run(&m, 700);
    assert_non_null(bed_first(&bed, AUDIO_MUTED));
    assert_null(bed_first(&bed, AUDIO_PORT_LOST));
    assert_true(m.heard_len > 2 * 690 * 80);
    for (size_t i = 0; i < m.heard_len; i++)
        assert_int_equal(heard[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_primes_and_then_one_for_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_writes_100_ms_before_it_hears, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_pieces_stay_in_phase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale_input_is_thrown_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_takes_nothing_for_a_while, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_writes_stay_in_phase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lost_byte_is_found, set_up, tear_down),
        cmocka_unit_test(test_no_sound_is_taken_for_a_lost_byte),
        cmocka_unit_test_setup_teardown(test_stall_is_told_once_and_over_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loss_and_detach, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_farewell, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
