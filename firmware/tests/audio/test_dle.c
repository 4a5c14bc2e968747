/* SPDX-License-Identifier: Apache-2.0 */
/* The DLE shield and the sample queues: every split, every rate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/dle.h"
#include "audio/fifo.h"
#include "audio/resampler.h"
#include "audio/spsc.h"
#include "tests/audio/bed.h"

static size_t decode_all(const uint8_t *in, size_t n, uint8_t *out, uint8_t *codes, size_t *code_count)
{
    struct dle_decoder decoder;
    size_t length = 0;

    dle_init(&decoder);
    *code_count = 0;
    for (size_t i = 0; i < n && !decoder.ended; i++) {
        switch (dle_decode(&decoder, in[i])) {
        case DLE_DATA:
            out[length++] = in[i];
            break;
        case DLE_TWO:
            out[length++] = 0x10;
            out[length++] = 0x10;
            break;
        case DLE_CODE:
            codes[(*code_count)++] = in[i];
            break;
        default:
            break;
        }
    }
    return length;
}

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t payload[200], wire[400], out[400], codes[400];
    size_t code_count;

    srand(7);
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof payload; i++)
            payload[i] = rand() % 3 == 0 ? 0x10 : (uint8_t)rand();
        size_t n = dle_encode(payload, sizeof payload, wire);
        assert_int_equal(decode_all(wire, n, out, codes, &code_count), sizeof payload);
        assert_memory_equal(out, payload, sizeof payload);
        assert_int_equal(code_count, 0);
    }
}

static void test_codes(void **state)
{
    (void)state;
    const uint8_t wire[] = {1, 0x10, 0x1A, 2, 0x10, '/', 0x10, '5', 0x10, '~', 0x10, 0x10, 0x10, 3, 9, 9};
    const uint8_t want[] = {1, 0x10, 0x10, 2, 0x10};
    uint8_t out[40], codes[40];
    size_t code_count;

    assert_int_equal(decode_all(wire, sizeof wire, out, codes, &code_count), sizeof want);
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(code_count, 3);
    assert_memory_equal(codes, "/5~", 3);
}

static void test_fifo_keeps_newest(void **state)
{
    (void)state;
    static struct fifo f;
    int16_t in[3000];

    fifo_clear(&f);
    for (int i = 0; i < 3000; i++)
        in[i] = (int16_t)i;
    assert_int_equal(fifo_push(&f, in, 3000), 0);
    assert_int_equal(fifo_push(&f, in, 3000), 6000 - (int)FIFO_SAMPLES);
    assert_int_equal(fifo_fill(&f), FIFO_SAMPLES);
    assert_int_equal(fifo_at(&f, 0), 6000 - (int)FIFO_SAMPLES);
    assert_int_equal(fifo_at(&f, FIFO_SAMPLES - 1), 2999);
}

/* A 1 kHz sine read 0.6 % too fast is still a sine: its error stays 40 dB below it. */
static void test_resampler_quality(void **state)
{
    (void)state;
    static struct fifo f;
    struct resampler r;
    int16_t in[4000], out[3900];
    uint64_t step = resampler_step(6000.0);
    double noise = 0, signal = 0;

    bed_tone(in, 4000, 0, 1000, 0, -100);
    fifo_clear(&f);
    resampler_init(&r);
    fifo_push(&f, in, 4000);
    assert_true(resampler_ready(&r, &f, step) >= 3900);
    assert_int_equal(resampler_pull(&r, &f, step, out, 3900), 3900);
    double amplitude = 32768.0 * pow(10.0, (-10.0 - 3.14) / 20.0);
    for (int i = 10; i < 3900; i++) {
        double want = amplitude * sin(2.0 * M_PI * 1000.0 * i * 1.006 / 8000.0);
        noise += (out[i] - want) * (out[i] - want);
        signal += want * want;
    }
    assert_true(10.0 * log10(signal / noise) > 40.0);
}

/* After the rates agree again, samples pass untouched. */
static void test_resampler_comes_home(void **state)
{
    (void)state;
    static struct fifo f;
    struct resampler r;
    int16_t in[4000], out[4000];

    for (int i = 0; i < 4000; i++)
        in[i] = (int16_t)(i * 7919);
    for (uint32_t tenth = 1; tenth < 10; tenth++) {
        uint32_t rounds = 0;
        fifo_clear(&f);
        resampler_init(&r);
        r.phase = tenth * 429496729u;
        do { /* at 8 ppm, up to 8 s */
            fifo_push(&f, in, 4000 - fifo_fill(&f));
            assert_int_equal(resampler_pull(&r, &f, RESAMPLER_ONE, out, 3000), 3000);
        } while (r.phase != 0 && ++rounds < 24);
        assert_int_equal(r.phase, 0);
        fifo_clear(&f);
        fifo_push(&f, in, 4000);
        assert_int_equal(resampler_pull(&r, &f, RESAMPLER_ONE, out, 500), 500);
        assert_memory_equal(out, in, 500 * sizeof *in);
    }
}

static void test_ring_is_bounded(void **state)
{
    (void)state;
    struct spsc ring;
    uint32_t value;

    assert_true(spsc_init(&ring, 8, sizeof value));
    for (int round = 0; round < 5; round++) {
        for (value = 0; value < 8; value++)
            assert_true(spsc_push(&ring, &value));
        assert_false(spsc_push(&ring, &value));
        for (uint32_t want = 0; want < 8; want++) {
            assert_true(spsc_pop(&ring, &value));
            assert_int_equal(value, want);
        }
        assert_false(spsc_pop(&ring, &value));
    }
    spsc_free(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_fifo_keeps_newest), cmocka_unit_test(test_resampler_quality),
        cmocka_unit_test(test_resampler_comes_home), cmocka_unit_test(test_ring_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
