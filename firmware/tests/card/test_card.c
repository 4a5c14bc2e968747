/* SPDX-License-Identifier: Apache-2.0 */
/* A port on a sound card: the real callback driven in virtual time by an emulated card with a clock of its own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/card/emulated_card.h"

#define CARRIED_DB 40.0         /* what one passage through the drift resampler must leave */

struct clock_case { uint32_t rate_hz, piece; double ppm; uint64_t jitter_ns; double least_db; };

static const audio_tone steady = {.hz = {1004, 0}, .level_db10 = -150};

/* What came in at port 3 in the next 20 s; returns how many samples that is. */
static uint32_t record(struct bed *bed, struct card *card, int16_t *left)
{
    static int16_t both[8000 * 2];
    uint32_t n = 0;

    assert_int_equal(audio_tap_open(bed->loop, 0, 3), 0);
    for (int s = 0; s < 20; s++) {
        run(bed, card, 1.0);
        int got = audio_tap_read(bed->loop, 0, both, 8000);
        for (int i = 0; i < got; i++)
            left[n++] = both[2 * i];
    }
    return n;
}

static audio_card_stats card_stats(const struct card *card)
{
    audio_card_stats stats;

    assert_int_equal(audio_card_get_stats(card->ring, sizeof *card->ring, &stats), 0);
    return stats;
}

/* 25 s to settle, then 20 s are judged: what the microphone heard, in a tap; what the loudspeaker played. */
static void carries_a_tone(const struct clock_case *k)
{
    static int16_t left[8000 * 21];
    struct bed bed;
    struct card card;

    bed_open(&bed);
    card_open(&card, &bed, k->rate_hz, k->piece, k->ppm);
    card.jitter_ns = k->jitter_ns;
    card.hz = MOUTH_HZ;
    assert_int_equal(audio_port_attach_card(bed.loop, 3, card.ring, sizeof *card.ring), 0);
    assert_int_equal(audio_port_tone(bed.loop, 3, 1, &steady), 0);
    run(&bed, &card, 25.0);
    audio_card_stats before = card_stats(&card);
    audio_port_stats port_before = bed_stats(&bed, 3);
    uint64_t from = card.played_len;
    uint32_t n = record(&bed, &card, left);
    audio_card_stats after = card_stats(&card);
    audio_port_stats port = bed_stats(&bed, 3);
    double in_db = worst_snr_db(left, n, 8000.0, MOUTH_HZ * (1.0 + k->ppm * 1e-6));
    double out_db =
        worst_snr_db(card.played + from, card.played_len - from, k->rate_hz, TONE_HZ / (1.0 + k->ppm * 1e-6));
    print_message("  %5u Hz, pieces of %4u, %+6.0f ppm, jitter %2u ms: in %.1f dB, out %.1f dB, waiting %d + %d\n",
                  k->rate_hz, k->piece, k->ppm, (unsigned)(k->jitter_ns / 1000000u), in_db, out_db, port.fill_in,
                  port.fill_out);
    assert_true(n >= 8000u * 19u);
    assert_true(in_db >= k->least_db);
    assert_true(out_db >= k->least_db);
    assert_int_equal(after.dry_frames, before.dry_frames);
    assert_int_equal(after.lost_frames, 0);
    assert_int_equal(port.overruns, port_before.overruns);
    assert_int_equal(port.underruns, port_before.underruns);
    assert_true(fabs(port.drift_ppm - k->ppm) < 300.0 + fabs(k->ppm) * 0.05);
    card_close(&card);
    bed_close(&bed);
}

static void test_tone_at_every_rate(void **state)
{
    static const struct clock_case cases[] = {
        {8000, 160, 0.0, 0, CARRIED_DB},       {8000, 160, 1000.0, 0, CARRIED_DB},    {8000, 80, -1000.0, 0, CARRIED_DB},
        {8000, 64, 1000.0, 3000000, CARRIED_DB}, {16000, 256, 1000.0, 0, CARRIED_DB}, {16000, 320, -1000.0, 2000000, CARRIED_DB},
        {48000, 480, 0.0, 0, CARRIED_DB},      {48000, 1024, 1000.0, 0, CARRIED_DB},  {48000, 960, -1000.0, 4000000, CARRIED_DB},
        {44100, 512, 300.0, 0, CARRIED_DB},    {48000, 4096, 200.0, 0, CARRIED_DB},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        carries_a_tone(&cases[i]);
}

/* A card whose clock is as far off as any that was ever reported. */
static void test_clock_far_off(void **state)
{
    static const struct clock_case cases[] = {{8000, 160, 6000.0, 0, CARRIED_DB}, {48000, 960, -6000.0, 0, CARRIED_DB}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        carries_a_tone(&cases[i]);
}

/* 5 kHz, which a 48 kHz card hears and 8 kHz can't hold, must not come out as 3 kHz. */
static void test_no_alias(void **state)
{
    struct bed bed;
    struct card card;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 48000, 480, 0.0);
    card.hz = 5000.0;
    assert_int_equal(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring), 0);
    run(&bed, &card, 2.0);
    int alias = bed_stats(&bed, 0).level_in_db10;
    card.hz = TONE_HZ;
    run(&bed, &card, 2.0);
    int tone = bed_stats(&bed, 0).level_in_db10;
    print_message("  1004 Hz comes in at %.1f dBm0, 5 kHz at %.1f\n", tone / 10.0, alias / 10.0);
    assert_true(alias < tone - 500);
    card_close(&card);
    bed_close(&bed);
}

static void test_keys_are_heard(void **state)
{
    struct bed bed;
    struct card card;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 48000, 960, 500.0);
    assert_int_equal(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring), 0);
    assert_int_equal(audio_port_listen(bed.loop, 0, AUDIO_LISTEN_DIGITS, 0), 0);
    run(&bed, &card, 1.0);
    for (uint32_t i = 0; i < 5; i++) {
        int16_t in[960], out[1920];
        for (uint32_t j = 0; j < 960; j++) {
            double t = (i * 960 + j) / 48000.0;
            in[j] = (int16_t)(4000.0 * sin(2.0 * PI * 770.0 * t) + 4000.0 * sin(2.0 * PI * 1336.0 * t));
        }
        card_side_callback(in, out, 960, NULL, 0, card.side);
        bed_steps(&bed, 2);
    }
    card_begin(&card, &bed);
    run(&bed, &card, 0.5);
    const audio_event *key = bed_first(&bed, AUDIO_DIGIT);
    assert_non_null(key);
    assert_int_equal(key->detail, '5');
    card_close(&card);
    bed_close(&bed);
}

static bool is_silent(const int16_t *x, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (x[i] != 0)
            return false;
    return true;
}

/* Unplugged for 3 s: silence and an event each way; then as before, without the old backlog. */
static void test_card_comes_and_goes(void **state)
{
    struct bed bed;
    struct card card;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 8000, 160, 1000.0);
    card.hz = MOUTH_HZ;
    card.is_stalled = true;
    assert_int_equal(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring), 0);
    assert_int_equal(audio_port_tone(bed.loop, 0, 1, &steady), 0);
    audio_port_echo(bed.loop, 0, 0); /* two steady tones look like an echo: that event is none of this test's */
    run(&bed, &card, 1.0);
    assert_int_equal(bed.count, 1); /* away from the start */
    assert_int_equal(bed.events[0].type, AUDIO_CARD);
    assert_int_equal(bed.events[0].detail, AUDIO_CARD_AWAY);
    card.is_stalled = false;
    run(&bed, &card, 20.0);
    assert_int_equal(bed.count, 2);
    assert_int_equal(bed.events[1].detail, AUDIO_CARD_HERE);
    card.is_stalled = true;
    uint64_t unplugged_ns = bed.now_ns;
    run(&bed, &card, 3.0);
    assert_int_equal(bed.count, 3);
    assert_int_equal(bed.events[2].detail, AUDIO_CARD_AWAY);
    assert_in_range(bed.events[2].value, 200, 500);
    assert_true(bed.now_ns > unplugged_ns);
    card_side_close(card.side); /* another process, which knows nothing of the first */
    card.side = card_side_open(card.ring, sizeof *card.ring, 8000, 1, 2);
    assert_non_null(card.side);
    card.is_stalled = false;
    card.played_len = 0;
    run(&bed, &card, 2.0);
    assert_int_equal(bed.count, 4);
    assert_int_equal(bed.events[3].detail, AUDIO_CARD_HERE);
    assert_true(is_silent(card.played, 160)); /* nothing of what was meant for three seconds ago */
    double db = worst_snr_db(card.played + 4000, card.played_len - 4000, 8000.0, TONE_HZ);
    print_message("  after it came back: %.1f dB\n", db);
    assert_true(db >= CARRIED_DB); /* its crystal was remembered */
    card_close(&card);
    bed_close(&bed);
}

/* A card that stops for 1 s without leaving, and a loop that is not called for 1 s. */
static void test_stalls_end_in_recovery(void **state)
{
    struct bed bed;
    struct card card;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 48000, 960, -500.0);
    card.hz = MOUTH_HZ;
    assert_int_equal(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring), 0);
    assert_int_equal(audio_port_tone(bed.loop, 0, 1, &steady), 0);
    run(&bed, &card, 10.0);
    card.is_stalled = true;
    run(&bed, &card, 1.0);
    card.is_stalled = false;
    run(&bed, &card, 10.0);
    bed.now_ns += 1000000000u;
    run(&bed, &card, 40.0);
    uint32_t dry = card_stats(&card).dry_frames;
    uint64_t from = card.played_len;
    run(&bed, &card, 10.0);
    assert_int_equal(card_stats(&card).dry_frames, dry);
    audio_port_stats port = bed_stats(&bed, 0);
    double db = worst_snr_db(card.played + from, card.played_len - from, 48000.0, TONE_HZ);
    print_message("  after both stalls: %.1f dB, waiting %d + %d\n", db, port.fill_in, port.fill_out);
    assert_true(db >= CARRIED_DB);
    assert_true(port.fill_in < 480);
    assert_true(port.fill_out < 800);
    card_close(&card);
    bed_close(&bed);
}

/* The card's process is killed in the middle of anything: no counter it leaves behind hurts the loop. */
static void test_scribbled_counters(void **state)
{
    struct bed bed;
    struct card card;
    uint64_t random = 7;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 8000, 160, 0.0);
    card.hz = MOUTH_HZ;
    assert_int_equal(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring), 0);
    assert_int_equal(audio_port_tone(bed.loop, 0, 1, &steady), 0);
    for (int round = 0; round < 200; round++) {
        _Atomic uint32_t *const fields[] = {
            &card.ring->up.head, &card.ring->up.tail, &card.ring->down.head, &card.ring->down.tail,
            &card.ring->generation, &card.ring->piece, &card.ring->dry_frames,
        };
        random = random * 6364136223846793005u + 1442695040888963407u;
        atomic_store(fields[(random >> 40) % (sizeof fields / sizeof *fields)], (uint32_t)(random >> 17));
        run(&bed, &card, 0.05);
    }
    card_side_close(card.side);
    card.side = card_side_open(card.ring, sizeof *card.ring, 8000, 1, 2);
    assert_non_null(card.side);
    run(&bed, &card, 12.0);
    card.played_len = 0;
    run(&bed, &card, 5.0);
    double db = worst_snr_db(card.played, card.played_len, 8000.0, TONE_HZ);
    print_message("  after a new start: %.1f dB\n", db);
    assert_true(db >= CARRIED_DB);
    card_close(&card);
    bed_close(&bed);
}

static void test_what_is_no_ring_is_refused(void **state)
{
    struct bed bed;
    struct card card;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 8000, 160, 0.0);
    assert_int_equal(audio_card_ring_bytes(), sizeof *card.ring);
    assert_true(audio_port_attach_card(bed.loop, 0, NULL, sizeof *card.ring) < 0);
    assert_true(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring - 1) < 0);
    assert_true(audio_port_attach_card(bed.loop, AUDIO_MAX_PORTS, card.ring, sizeof *card.ring) < 0);
    assert_null(card_side_open(card.ring, sizeof *card.ring, 7999, 1, 1));
    assert_null(card_side_open(card.ring, sizeof *card.ring, 8000, 0, 1));
    assert_null(card_side_open(card.ring, sizeof *card.ring - 1, 8000, 1, 1));
    card.ring->version++;
    assert_true(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring) < 0);
    assert_null(card_side_open(card.ring, sizeof *card.ring, 8000, 1, 1));
    card_close(&card);
    bed_close(&bed);
}

/* After the detach is answered the memory may go: the loop no longer reads it (ASan watches). */
static void test_detach_lets_go(void **state)
{
    struct bed bed;
    struct card card;

    (void)state;
    bed_open(&bed);
    card_open(&card, &bed, 8000, 160, 0.0);
    assert_int_equal(audio_port_attach_card(bed.loop, 0, card.ring, sizeof *card.ring), 0);
    run(&bed, &card, 1.0);
    assert_int_equal(audio_port_detach(bed.loop, 0), 0);
    bed_step(&bed);
    assert_non_null(bed_first(&bed, AUDIO_PORT_DETACHED));
    assert_int_equal(atomic_load(&card.ring->joined), 0);
    card.played_len = 0;
    card_tick(&card, bed.now_ns + 100000000u);
    assert_true(is_silent(card.played, card.played_len));
    card_close(&card);
    bed_steps(&bed, 100);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tone_at_every_rate),   cmocka_unit_test(test_clock_far_off),
        cmocka_unit_test(test_no_alias),             cmocka_unit_test(test_keys_are_heard),
        cmocka_unit_test(test_card_comes_and_goes),  cmocka_unit_test(test_stalls_end_in_recovery),
        cmocka_unit_test(test_scribbled_counters),   cmocka_unit_test(test_what_is_no_ring_is_refused),
        cmocka_unit_test(test_detach_lets_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
