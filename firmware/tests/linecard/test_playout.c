/* SPDX-License-Identifier: Apache-2.0 */
/* The playout buffer: gathering, concealing, adapting, never growing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "audio/g711.h"
#include "linecard/core/playout.h"
#include <string.h>

typedef int16_t frames[LINK_SOCKETS][LINK_AUDIO_FRAMES];

static void put(struct playout *playout, uint8_t sequence, uint32_t counter, uint8_t code)
{
    struct link_audio audio = {.sequence = sequence, .sample_counter = counter, .socket_mask = 1};
    memset(audio.ulaw[0], code, LINK_AUDIO_FRAMES);
    playout_put(playout, &audio);
}

static uint8_t take(struct playout *playout)
{
    frames heard;
    playout_take(playout, heard);
    for (int i = 1; i < LINK_AUDIO_FRAMES; i++)
        assert_int_equal(heard[0][i], heard[0][0]);
    assert_int_equal(heard[1][0], 0); /* not in the mask */
    return ulaw_encode(heard[0][0]);
}

static void playout_gathers_20_ms_and_counts_what_it_played(void **state)
{
    (void)state;
    static struct playout playout;
    playout_reset(&playout);
    assert_int_equal(take(&playout), 0xFF);
    put(&playout, 250, 5000, 0x11);
    assert_int_equal(take(&playout), 0xFF);
    assert_int_equal(playout.played, 5000);
    put(&playout, 251, 5080, 0x12);
    assert_int_equal(take(&playout), 0x11);
    assert_int_equal(playout.played, 5080);
    for (uint8_t i = 0; i < 20; i++) { /* across the sequence's wrap, one in, one out */
        put(&playout, (uint8_t)(252 + i), 5160U + i * 80U, (uint8_t)(0x13 + i));
        assert_int_equal(take(&playout), 0x12 + i);
    }
    assert_int_equal(playout.underruns + playout.overruns, 0);
}

static void playout_conceals_a_lost_frame_and_keeps_time(void **state)
{
    (void)state;
    static struct playout playout;
    playout_reset(&playout);
    uint8_t loud = ulaw_encode(8000);
    put(&playout, 0, 0, loud);
    put(&playout, 2, 160, loud); /* 1 is lost */
    put(&playout, 3, 240, loud);
    assert_int_equal(take(&playout), loud);
    int16_t faded = ulaw_decode(take(&playout));
    assert_in_range(faded, 3800, 4200);
    assert_int_equal(playout.played, 160);
    assert_int_equal(take(&playout), loud);
    assert_int_equal(playout.played, 240);
}

static void playout_fades_out_when_starved_and_gathers_more(void **state)
{
    (void)state;
    static struct playout playout;
    playout_reset(&playout);
    put(&playout, 0, 0, 0x10);
    put(&playout, 1, 80, 0x10);
    take(&playout);
    take(&playout);
    for (int i = 0; i < PLAYOUT_CONCEAL; i++)
        assert_int_not_equal(take(&playout), 0xFF);
    assert_int_equal(take(&playout), 0xFF);
    assert_int_equal(playout.underruns, 1); /* once for the whole hole */
    assert_int_equal(playout.played, 160);
    put(&playout, 2, 160, 0x22);
    put(&playout, 3, 240, 0x22);
    assert_int_equal(take(&playout), 0xFF); /* 30 ms are wanted now */
    put(&playout, 4, 320, 0x22);
    assert_int_equal(take(&playout), 0x22);
    assert_int_equal(playout.target, PLAYOUT_START + 1);
    for (unsigned i = 5; i < 2 * PLAYOUT_CALM_TICKS; i++) {
        put(&playout, (uint8_t)i, i * 80, 0x22);
        take(&playout);
    }
    assert_int_equal(playout.target, PLAYOUT_START);
    assert_true(playout.count <= PLAYOUT_START + 1);
}

static void playout_never_grows(void **state)
{
    (void)state;
    static struct playout playout;
    playout_reset(&playout);
    for (unsigned i = 0; i < 3000; i++) { /* a host 1 % too fast, with bursts */
        put(&playout, (uint8_t)i, i * 80, 0x30);
        if (i % 100 != 99)
            take(&playout);
        assert_true(playout.count <= PLAYOUT_START + PLAYOUT_SPARE + 1);
    }
    assert_true(playout.overruns > 0);
    for (unsigned i = 0; i < 100; i++)
        put(&playout, (uint8_t)(i * 3), i * 240, 0x30); /* only gaps */
    assert_true(playout.count <= PLAYOUT_SLOTS);
}

static void playout_trims_the_start_and_then_allows_slack(void **state)
{
    (void)state;
    static struct playout playout;
    playout_reset(&playout);
    uint32_t sent = 0;
    for (unsigned i = 0; i < 4; i++, sent++) /* a host that starts with two frames too many */
        put(&playout, (uint8_t)sent, sent * 80, 0x30);
    for (unsigned tick = 0; tick < PLAYOUT_EXCESS_TICKS; tick++, sent++) {
        take(&playout);
        put(&playout, (uint8_t)sent, sent * 80, 0x30);
    }
    assert_int_equal(playout.overruns, 1);
    assert_int_equal(playout.count, PLAYOUT_START + PLAYOUT_SLACK);
    for (unsigned tick = 0; tick < 5 * PLAYOUT_EXCESS_TICKS; tick++, sent++) {
        take(&playout);
        put(&playout, (uint8_t)sent, sent * 80, 0x30);
    }
    assert_int_equal(playout.overruns, 1); /* one frame more is its own affair ... */
    put(&playout, (uint8_t)sent, sent * 80, 0x30);
    sent++;
    for (unsigned tick = 0; tick < 2 * PLAYOUT_EXCESS_TICKS; tick++, sent++) {
        take(&playout);
        put(&playout, (uint8_t)sent, sent * 80, 0x30);
    }
    assert_int_equal(playout.overruns, 2); /* ... two are not */
    assert_int_equal(playout.underruns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(playout_gathers_20_ms_and_counts_what_it_played),
        cmocka_unit_test(playout_conceals_a_lost_frame_and_keeps_time),
        cmocka_unit_test(playout_fades_out_when_starved_and_gathers_more),
        cmocka_unit_test(playout_never_grows),
        cmocka_unit_test(playout_trims_the_start_and_then_allows_slack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
