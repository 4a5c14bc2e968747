/* SPDX-License-Identifier: Apache-2.0 */
/* Si3050s on one chain, driven by the program's driver, with lines behind them. */
#ifndef SI3050_BENCH_H
#define SI3050_BENCH_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/line_watch.h"
#include "linecard/core/si3050.h"
#include "linecard/hal/host/si3050_model.h"
#include <string.h>

enum { DEVICES = 3 };

struct bench {
    struct si3050 chips[DEVICES];
    struct si3050_model chain[DEVICES];
    struct line_watch watch[DEVICES];
    struct si3050_line line;     /* at every device, volts and mA by hook */
    int ring_hz;                 /* 0: silent */
    bool shared;
    int dropped;                 /* writes to this register are lost on the way; 0 = none */
    unsigned frames;
    uint32_t ms;
};

static inline void spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    struct bench *bench = context;
    bench->frames++;
    if (bench->dropped > 0 && out[1] == bench->dropped && !(out[0] & 0x40)) {
        memset(in ? in : (uint8_t[3]){0}, 0, n);
        return;
    }
    si3050_model_transfer(bench->chain, DEVICES, out, in, n);
}

static inline struct linecard_board make_board(struct bench *bench)
{
    return (struct linecard_board){.context = bench, .spi = spi};
}

/* Half waves above a quarter of the peak. */
static inline int half_wave(const struct bench *bench)
{
    if (bench->ring_hz == 0)
        return 0;
    uint32_t phase = bench->ms * (uint32_t)bench->ring_hz % 1000; /* of a turn */
    bool high = phase % 500 > 40 && phase % 500 < 460;
    return high ? (phase < 500 ? 1 : -1) : 0;
}

static inline void pass_ms(struct bench *bench)
{
    const struct linecard_board board = make_board(bench);
    bench->ms++;
    for (int i = 0; i < DEVICES; i++) {
        bool seized = si3050_model_is_off_hook(&bench->chain[i]);
        struct si3050_line line = bench->line;
        line.ringing = half_wave(bench);
        if (seized) {
            line.volts = bench->shared ? 6 : 9;
            line.ma = line.far_power ? (bench->shared ? 14 : 25) : 0;
        } else if (bench->shared) {
            line.volts = line.volts < 0 ? -10 : 10;
        }
        si3050_model_ms(&bench->chain[i], &line);
        bench->frames = 0;
        si3050_ms(&bench->chips[i], &board);
        assert_true(bench->frames <= 5);
        line_watch_ms(&bench->watch[i], &bench->chips[i]);
    }
}

static inline void run(struct bench *bench, int ms)
{
    while (ms-- > 0)
        pass_ms(bench);
}

/* In reset, then released; not up yet. */
static inline struct bench *bench_new(void)
{
    static struct bench bench;
    memset(&bench, 0, sizeof bench);
    bench.line = (struct si3050_line){.volts = 48, .far_power = true};
    for (int i = 0; i < DEVICES; i++) {
        si3050_model_init(&bench.chain[i]);
        si3050_init(&bench.chips[i], (uint8_t)i, 5 + i);
        line_watch_init(&bench.watch[i]);
    }
    run(&bench, 5); /* held: nothing is sent */
    for (int i = 0; i < DEVICES; i++) {
        assert_int_equal(bench.chips[i].state, SI3050_HELD);
        si3050_model_set_reset(&bench.chain[i], false);
        si3050_begin(&bench.chips[i]);
    }
    return &bench;
}

static inline unsigned count_breaches(const struct bench *bench)
{
    unsigned sum = 0;
    for (int i = 0; i < DEVICES; i++)
        sum += bench->chain[i].breaches;
    return sum;
}
#endif
