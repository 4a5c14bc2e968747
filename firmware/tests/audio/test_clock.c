/* SPDX-License-Identifier: Apache-2.0 */
/* A carried 1,004 Hz tone between clocks that differ: between linear ports and across µ-law ones.
 *
 * Signal to noise is what is left when the best sine is taken away, over 250 ms from the first sample
 * on and over 1 s once the drift is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/g711.h"
#include "audio/internal.h"
#include "tests/audio/bed.h"

#define RATE 8000.0
#define TONE_HZ 1004.0
#define SECONDS 150u
#define KNOWN_S 100u
#define FRAMES (SECONDS * 8000u)

static int16_t carried[FRAMES];

static double phase_of(const int16_t *y, uint32_t n, uint32_t at, double hz)
{
    double real = 0.0, imaginary = 0.0;

    for (uint32_t i = at; i < at + n; i++) {
        double a = 2.0 * M_PI * hz * i / RATE;
        real += y[i] * cos(a);
        imaginary -= y[i] * sin(a);
    }
    return atan2(imaginary, real);
}

/* The tone's frequency, from how its phase moves from the first half to the second. */
static double find_hz(const int16_t *y, uint32_t n, double hz)
{
    for (int again = 0; again < 6; again++) {
        double turned = phase_of(y, n / 2, n / 2, hz) - phase_of(y, n / 2, 0, hz);
        turned = remainder(turned, 2.0 * M_PI);
        hz += turned / (2.0 * M_PI) / ((double)(n / 2) / RATE);
    }
    return hz;
}

static double snr_db(const int16_t *y, uint32_t n, double hz)
{
    double cc = 0, ss = 0, cs = 0, yc = 0, ys = 0, signal = 0, noise = 0;

    hz = find_hz(y, n, hz);
    for (uint32_t i = 0; i < n; i++) {
        double c = cos(2.0 * M_PI * hz * i / RATE), s = sin(2.0 * M_PI * hz * i / RATE);
        cc += c * c;
        ss += s * s;
        cs += c * s;
        yc += y[i] * c;
        ys += y[i] * s;
    }
    double d = cc * ss - cs * cs, a = (yc * ss - ys * cs) / d, b = (ys * cc - yc * cs) / d;
    for (uint32_t i = 0; i < n; i++) {
        double model = a * cos(2.0 * M_PI * hz * i / RATE) + b * sin(2.0 * M_PI * hz * i / RATE);
        signal += model * model;
        noise += (y[i] - model) * (y[i] - model);
    }
    return 10.0 * log10(signal / (noise + 1e-9));
}

static double worst_snr_db(uint32_t from_s, uint32_t window, double ppm)
{
    double worst = 200.0;

    for (uint32_t at = from_s * 8000u; at + window <= FRAMES; at += window) {
        double snr = snr_db(carried + at, window, TONE_HZ * (1.0 + ppm * 1e-6));
        worst = snr < worst ? snr : worst;
    }
    return worst;
}

static int16_t tone_at(uint64_t sample)
{
    return (int16_t)lrint(16000.0 * sin(2.0 * M_PI * TONE_HZ * (double)sample / RATE));
}

static void deliver(struct lane *lane, struct pace *pace, uint64_t *sent, uint32_t piece)
{
    int16_t samples[256];

    for (uint32_t i = 0; i < piece; i++)
        samples[i] = tone_at(*sent + i);
    fifo_push(&lane->fifo, samples, piece);
    pace_heard(pace, piece, piece);
    *sent += piece;
}

/* A port of linear samples: queue, pace and resampler as every device has them. Returns underruns. */
static uint32_t carry_linear(double ppm, uint32_t piece, uint32_t first)
{
    static struct port port;
    struct pace pace;
    uint64_t sent = 0;

    memset(&port, 0, sizeof port);
    port_init(&port, 0);
    pace_init(&pace);
    for (uint32_t t = 0; t < SECONDS * 100u; t++) {
        uint64_t made = first + (uint64_t)floor((double)(t + 1) * 80.0 * (1.0 + ppm * 1e-6));
        while (made - sent >= piece)
            deliver(&port.in, &pace, &sent, piece);
        if (pace_begin_tick(&pace, fifo_fill(&port.in.fifo)))
            port_trim(&port, &pace);
        port_take_input(&port, &pace);
        memcpy(carried + (size_t)t * TICK, port.input, sizeof port.input);
        assert_int_equal(pace_update(&pace, fifo_fill(&port.in.fifo), 0), 0);
    }
    return (uint32_t)port.counters.underruns;
}

static void test_linear_ports(void **state)
{
    (void)state;
    static const double rates[] = {0.0, 30.0, 1000.0, -1000.0};
    static const uint32_t pieces[] = {80, 160, 64};

    for (size_t r = 0; r < 4; r++)
        for (size_t p = 0; p < 3; p++) {
            uint32_t underruns = carry_linear(rates[r], pieces[p], (uint32_t)(r * 29 + p * 17) % 80);
            double gliding = worst_snr_db(1, 800, rates[r]), known = worst_snr_db(KNOWN_S, 8000, rates[r]);
            print_message("linear %+.0f ppm, pieces of %u: 100 ms %.1f dB from the start, 1 s %.1f dB known, under %u\n",
                          rates[r], pieces[p], gliding, known, underruns);
            assert_int_equal(underruns, 0);
            assert_true(gliding >= 40.0);
            assert_true(known >= 40.0);
        }
}

static int16_t voice(uint64_t sample)
{
    return tone_at(sample);
}

/* From one modem to another through the whole loop. */
static void carry_ulaw(double ppm, double to_ppm, double *snr, uint32_t *underruns)
{
    static uint8_t heard[FRAMES];
    struct bed bed;
    int from[2], to[2];

    bed_open(&bed);
    bed_pair(from);
    bed_pair(to);
    struct modem talker = {.fd = from[1], .ppm = ppm, .piece = 80, .voice = voice};
    struct modem hearer = {.fd = to[1], .ppm = to_ppm, .piece = 80, .heard = heard, .heard_room = sizeof heard};
    audio_port_attach_stream(bed.loop, 0, from[0], NULL, 0);
    audio_port_attach_stream(bed.loop, 1, to[0], NULL, 0);
    audio_route_set(bed.loop, 0, 1, 1);
    for (uint32_t t = 0; t < SECONDS * 100u; t++) {
        modem_tick(&talker);
        modem_tick(&hearer);
        bed_step(&bed);
    }
    assert_true(hearer.heard_len > FRAMES - 1600);
    audio_ulaw_decode(heard, carried, FRAMES);
    *snr = 200.0;
    for (uint32_t at = KNOWN_S * 8000u; at + 16000 <= hearer.heard_len; at += 8000) {
        double here = snr_db(carried + at, 8000, TONE_HZ * (1.0 + (ppm - to_ppm) * 1e-6));
        *snr = here < *snr ? here : *snr;
    }
    *underruns = (uint32_t)(bed_stats(&bed, 0).underruns + bed_stats(&bed, 1).underruns);
    for (int i = 0; i < 2; i++) {
        close(from[i]);
        close(to[i]);
    }
    bed_close(&bed);
}

/* µ-law coding once at each port, and the samples between exactly where they should be. */
static double codec_alone_db(double ppm, double to_ppm)
{
    double worst = 200.0, ratio = (1.0 + to_ppm * 1e-6) / (1.0 + ppm * 1e-6);

    for (uint32_t start = 0; start < 10; start++) {
        for (uint32_t i = 0; i < 8000; i++) {
            double at = start * 77777.0 + i;
            int16_t once = (int16_t)(ulaw_decode(ulaw_encode(tone_at((uint64_t)at))) - tone_at((uint64_t)at));
            double exact = 16000.0 * sin(2.0 * M_PI * TONE_HZ * (at + 0.3) / ratio / RATE);
            carried[i] = ulaw_decode(ulaw_encode((int16_t)lrint(exact + once)));
        }
        double here = snr_db(carried, 8000, TONE_HZ / ratio);
        worst = here < worst ? here : worst;
    }
    return worst;
}

static void test_ulaw_ports(void **state)
{
    (void)state;
    static const double rates[][2] = {{1000.0, -1000.0}, {-1000.0, 1000.0}, {0.0, 1000.0}, {-1000.0, 0.0}};

    for (size_t r = 0; r < 4; r++) {
        double snr;
        uint32_t underruns;
        carry_ulaw(rates[r][0], rates[r][1], &snr, &underruns);
        double codec = codec_alone_db(rates[r][0], rates[r][1]);
        print_message("µ-law %+.0f to %+.0f ppm: %.1f dB, the codec at both ports alone %.1f dB, under %u\n", rates[r][0],
                      rates[r][1], snr, codec, underruns);
        assert_true(snr >= codec - 1.0);
        assert_int_equal(underruns, 0);
    }
}

/* A device that is far off is carried too: a few gaps while it is learned, none after. */
static void test_worst_clock(void **state)
{
    (void)state;
    static const double rates[] = {6000.0, -6000.0};

    for (size_t r = 0; r < 2; r++) {
        uint32_t underruns = carry_linear(rates[r], 80, 11);
        double known = worst_snr_db(KNOWN_S, 8000, rates[r]);
        print_message("linear %+.0f ppm: %.1f dB known, under %u\n", rates[r], known, underruns);
        assert_true(underruns <= 10);
        assert_true(known >= 40.0);
    }
}

/* The same modem in its next call: what was found before holds from the first sample on. */
static void test_clock_is_remembered(void **state)
{
    (void)state;
    struct bed bed;

    bed_open(&bed);
    for (int call = 0; call < 2; call++) {
        int fds[2];
        bed_pair(fds);
        struct modem modem = {.fd = fds[1], .ppm = -1000.0, .piece = 80};
        audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
        bed_step(&bed);
        assert_in_range(bed_stats(&bed, 0).drift_ppm + 1100, call == 0 ? 1100 : 0, call == 0 ? 1100 : 200);
        for (uint32_t t = 0; t < 6000; t++) {
            modem_tick(&modem);
            bed_step(&bed);
        }
        audio_port_detach(bed.loop, 0);
        bed_step(&bed);
        close(fds[0]);
        close(fds[1]);
    }
    assert_int_equal(bed_stats(&bed, 0).underruns, 0);
    bed_close(&bed);
}

/* A feeder that says nothing for a second: silence, and then no second of lag. */
static void test_stall_of_a_second(void **state)
{
    (void)state;
    struct bed bed;
    int fds[2];

    bed_open(&bed);
    bed_pair(fds);
    struct modem modem = {.fd = fds[1], .piece = 80, .voice = voice};
    audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
    audio_tap_open(bed.loop, 0, 0);
    int16_t samples[2 * TICK];
    for (uint32_t t = 0; t < 3000; t++) {
        bool stalled = t >= 1000 && t < 1100;
        if (!stalled)
            modem_tick(&modem); /* after the stall it goes on from where it is now */
        if (t == 1100)
            for (int i = 0; i < 100; i++)
                modem_tick(&modem); /* what waited in its buffer comes at once */
        bed_step(&bed);
        while (audio_tap_read(bed.loop, 0, samples, TICK) == (int)TICK && t > 1020 && t < 1100)
            for (uint32_t i = 0; i < TICK; i++)
                assert_int_equal(samples[2 * i], 0);
        if (t > 1110)
            assert_true(bed_stats(&bed, 0).fill_in <= 240);
    }
    audio_port_stats end = bed_stats(&bed, 0);
    print_message("stall: under %d over %d drift %d ppm queue %d\n", end.underruns, end.overruns, end.drift_ppm,
                  end.fill_in);
    assert_in_range(end.drift_ppm + 20, 0, 40);
    close(fds[1]);
    close(fds[0]);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_ports),        cmocka_unit_test(test_ulaw_ports),
        cmocka_unit_test(test_worst_clock),         cmocka_unit_test(test_clock_is_remembered),
        cmocka_unit_test(test_stall_of_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
