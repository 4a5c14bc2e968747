/* SPDX-License-Identifier: Apache-2.0 */
/* The link against its golden frames, and two ends over a wire that loses, spoils and splits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "link.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *golden_path;

/* What one end was told. */
struct ear {
    struct link_end end;
    unsigned audio, messages;
    struct link_audio last_audio;
    struct link_message last[256];
};

static void hear_audio(void *context, const struct link_audio *audio)
{
    struct ear *ear = context;
    ear->audio++;
    ear->last_audio = *audio;
}

static void hear_message(void *context, const struct link_message *message)
{
    struct ear *ear = context;
    ear->last[ear->messages++ % 256] = *message;
}

static void ear_init(struct ear *ear)
{
    memset(ear, 0, sizeof *ear);
    const struct link_handler handler = {ear, hear_audio, hear_message};
    link_init(&ear->end, &handler);
}

/* --- golden frames: one flat JSON object a line --- */

static const char *find_field(const char *line, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(line, key);
    return at ? at + strlen(key) : NULL;
}

static uint32_t number_field(const char *line, const char *name)
{
    const char *at = find_field(line, name);
    assert_non_null(at);
    return (uint32_t)strtoul(at, NULL, 10);
}

static size_t hex_field(const char *line, const char *name, uint8_t *bytes)
{
    const char *at = find_field(line, name);
    size_t n = 0;
    assert_non_null(at);
    for (at++; *at != '"'; at += 2) {
        char pair[3] = {at[0], at[1], 0};
        bytes[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static bool is_kind(const char *line, const char *kind)
{
    const char *at = find_field(line, "kind");
    return at && strncmp(at + 1, kind, strlen(kind)) == 0;
}

static void check_audio(const char *line, struct ear *ear, const uint8_t *wire, size_t n)
{
    uint8_t ulaw[LINK_SOCKETS * LINK_AUDIO_FRAMES];
    uint8_t again[LINK_MAX_WIRE];
    size_t at = 0;
    hex_field(line, "ulaw", ulaw);
    assert_int_equal(ear->audio, 1);
    assert_int_equal(ear->last_audio.sequence, number_field(line, "sequence"));
    assert_int_equal(ear->last_audio.sample_counter, number_field(line, "sample_counter"));
    assert_int_equal(ear->last_audio.peer_counter, number_field(line, "peer_counter"));
    assert_int_equal(ear->last_audio.socket_mask, number_field(line, "socket_mask"));
    for (int i = 0; i < LINK_SOCKETS; i++)
        if (ear->last_audio.socket_mask >> i & 1) {
            assert_memory_equal(ear->last_audio.ulaw[i], ulaw + at, LINK_AUDIO_FRAMES);
            at += LINK_AUDIO_FRAMES;
        }
    struct ear sender;
    ear_init(&sender);
    sender.end.accepted = (uint8_t)number_field(line, "ack");
    sender.end.audio_sequence = ear->last_audio.sequence;
    assert_int_equal(link_encode_audio(&sender.end, &ear->last_audio, again, sizeof again), n);
    assert_memory_equal(again, wire, n);
}

static void check_message(const char *line, struct ear *ear, const uint8_t *wire, size_t n)
{
    uint8_t payload[LINK_MAX_PAYLOAD];
    uint8_t again[LINK_MAX_WIRE];
    size_t len = hex_field(line, "payload", payload);
    assert_int_equal(ear->messages, 1);
    assert_int_equal(ear->last[0].kind, number_field(line, "message_kind"));
    assert_int_equal(ear->last[0].len, len);
    assert_memory_equal(ear->last[0].payload, payload, len);
    struct ear sender;
    ear_init(&sender);
    assert_true(link_send(&sender.end, ear->last[0].kind, payload, (uint8_t)len));
    sender.end.accepted = (uint8_t)number_field(line, "ack");
    sender.end.slots[0].sequence = (uint8_t)number_field(line, "sequence");
    assert_int_equal(link_encode_messages(&sender.end, 0, again, sizeof again), n);
    assert_memory_equal(again, wire, n);
}

static void golden_frames(void **state)
{
    (void)state;
    static char line[8192];
    unsigned seen = 0;
    FILE *file = fopen(golden_path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        uint8_t wire[1024];
        struct ear ear;
        if (!find_field(line, "name"))
            continue;
        size_t n = hex_field(line, "wire", wire);
        ear_init(&ear);
        ear.end.expected = is_kind(line, "message") ? (uint8_t)number_field(line, "sequence") : 0;
        link_receive(&ear.end, wire, n);
        if (is_kind(line, "audio"))
            check_audio(line, &ear, wire, n);
        else if (is_kind(line, "message"))
            check_message(line, &ear, wire, n);
        assert_int_equal(ear.audio + ear.messages, is_kind(line, "bad") ? 0 : 1);
        assert_int_equal(link_get_counters(&ear.end)->bad_frames, is_kind(line, "bad") ? 1 : 0);
        seen++;
    }
    fclose(file);
    assert_true(seen >= 30);
}

static void checksum_is_ccitt_false(void **state)
{
    (void)state;
    assert_int_equal(link_crc16((const uint8_t *)"123456789", 9), 0x29B1);
}

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void stuffing_returns_what_went_in(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t n = 1; n < 700; n++) {
        uint8_t in[700], out[710], back[710];
        for (size_t i = 0; i < n; i++)
            in[i] = random_next(&seed) % 8 == 0 || n % 5 == 0 ? (uint8_t)(n % 2) : (uint8_t)random_next(&seed);
        size_t encoded = link_cobs_encode(in, n, out);
        assert_true(encoded <= n + n / 254 + 1);
        assert_null(memchr(out, 0, encoded));
        assert_int_equal(link_cobs_decode(out, encoded, back), n);
        assert_memory_equal(back, in, n);
    }
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    struct ear sender, ear;
    uint8_t wire[LINK_MAX_WIRE * 2];
    struct link_audio audio = {.socket_mask = 3};
    ear_init(&sender);
    size_t n = link_encode_audio(&sender.end, &audio, wire, sizeof wire);
    n += link_encode_audio(&sender.end, &audio, wire + n, sizeof wire - n);
    for (size_t split = 0; split <= n; split++) {
        ear_init(&ear);
        link_receive(&ear.end, wire, split);
        link_receive(&ear.end, wire + split, n - split);
        assert_int_equal(ear.audio, 2);
        assert_int_equal(link_get_counters(&ear.end)->bad_frames, 0);
    }
}

/* --- two ends --- */

static const uint8_t HELLO[7] = {1, 1, 1, 0xDE, 0xAD, 0xBE, 0xEF};

static void make_reply(uint8_t reply[20], const uint8_t nonce[4])
{
    memset(reply, 0, 20);
    reply[0] = 1;
    memcpy(reply + 16, nonce, 4);
}

/* Carries everything both ends have to say at `now_ms`; each frame is lost with `loss` percent. */
static void exchange(struct ear *a, struct ear *b, uint32_t now_ms, uint32_t loss, uint32_t *seed)
{
    struct ear *ends[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        uint8_t wire[2048];
        const struct link_audio silence = {.socket_mask = 0};
        size_t n = link_encode_audio(&ends[i]->end, &silence, wire, sizeof wire);
        n += link_encode_messages(&ends[i]->end, now_ms, wire + n, sizeof wire - n);
        size_t start = 0;
        for (size_t j = 0; j < n; j++) {
            if (wire[j] != 0)
                continue;
            if (random_next(seed) % 100 < loss) {
                if (random_next(seed) % 2)
                    wire[start] ^= 0x80; /* spoiled; otherwise it vanishes */
                else
                    memset(wire + start, 0, j - start);
            }
            link_receive(&ends[1 - i]->end, wire + start, j + 1 - start);
            start = j + 1;
        }
    }
}

static void connect(struct ear *host, struct ear *card, uint32_t *seed)
{
    uint8_t reply[20];
    make_reply(reply, HELLO + 3);
    ear_init(host);
    ear_init(card);
    assert_true(link_send(&host->end, LINK_MSG_HELLO, HELLO, sizeof HELLO));
    exchange(host, card, 0, 0, seed);
    assert_int_equal(card->messages, 1);
    assert_true(link_send(&card->end, LINK_MSG_HELLO_REPLY, reply, sizeof reply));
    exchange(host, card, 10, 0, seed);
    assert_int_equal(host->messages, 1);
    assert_int_equal(host->last[0].kind, LINK_MSG_HELLO_REPLY);
}

static void messages_arrive_once_and_in_order(void **state)
{
    (void)state;
    static struct ear host, card;
    uint32_t seed = 7;
    unsigned sent = 0;
    connect(&host, &card, &seed);
    for (uint32_t tick = 2; tick < 20000; tick++) {
        uint8_t payload[2] = {(uint8_t)(sent >> 8), (uint8_t)sent};
        if (sent < 1000 && link_send(&host.end, 0x40, payload, 2))
            sent++;
        exchange(&host, &card, tick * 10, 30, &seed);
        if (card.messages > 1) {
            const struct link_message *newest = &card.last[(card.messages - 1) % 256];
            assert_int_equal(newest->payload[0] << 8 | newest->payload[1], card.messages - 2);
        }
        assert_false(link_is_stuck(&host.end, tick * 10));
    }
    assert_int_equal(card.messages, 1001);
    assert_true(link_get_counters(&host.end)->resent > 0);
    assert_true(link_get_counters(&card.end)->lost_audio > 0);
}

static void window_closes_and_link_gets_stuck(void **state)
{
    (void)state;
    struct ear host;
    uint8_t wire[2048];
    ear_init(&host);
    for (int i = 0; i < LINK_WINDOW; i++)
        assert_true(link_send(&host.end, LINK_MSG_GET_HEALTH, NULL, 0));
    assert_false(link_send(&host.end, LINK_MSG_GET_HEALTH, NULL, 0));
    assert_false(link_is_stuck(&host.end, 100000));
    uint32_t start = 0xFFFFFE00; /* the clock wraps meanwhile */
    assert_true(link_encode_messages(&host.end, start, wire, sizeof wire) > 0);
    assert_int_equal(link_encode_messages(&host.end, start + 39, wire, sizeof wire), 0);
    assert_true(link_encode_messages(&host.end, start + 40, wire, sizeof wire) > 0);
    assert_false(link_is_stuck(&host.end, start + 1999));
    assert_true(link_is_stuck(&host.end, start + 2000));
}

static void messages_wait_for_room(void **state)
{
    (void)state;
    struct ear host, card;
    uint8_t wire[24];
    const uint8_t payload[8] = {0};
    ear_init(&host);
    ear_init(&card);
    for (int i = 0; i < 3; i++)
        assert_true(link_send(&host.end, 0x40, payload, 8));
    for (unsigned i = 1; i <= 3; i++) {
        size_t n = link_encode_messages(&host.end, 0, wire, sizeof wire);
        assert_true(n > 0);
        link_receive(&card.end, wire, n);
        assert_int_equal(card.messages, i);
    }
    assert_false(link_send(&host.end, 0x40, payload, LINK_MAX_PAYLOAD + 1));
}

static void hello_restarts_both_ends(void **state)
{
    (void)state;
    static struct ear host, card;
    uint32_t seed = 3;
    uint8_t hello[7], reply[20];
    connect(&host, &card, &seed);
    for (uint32_t i = 0; i < 5; i++) {
        link_send(&host.end, LINK_MSG_STOP_RING, (const uint8_t *)"\1", 1);
        link_send(&card.end, LINK_MSG_HOOK, (const uint8_t *)"\1\1", 2);
        exchange(&host, &card, 20 + i * 10, 0, &seed);
    }
    link_send(&card.end, LINK_MSG_HOOK, (const uint8_t *)"\2\1", 2); /* belongs to the old link */
    memcpy(hello, HELLO, sizeof hello);
    hello[6] = 0x55;
    unsigned heard = host.messages;
    link_send(&host.end, LINK_MSG_HELLO, hello, sizeof hello);
    exchange(&card, &host, 100, 0, &seed); /* the card speaks first: stale HOOK, then hears HELLO */
    assert_int_equal(host.messages, heard);
    assert_int_equal(card.last[(card.messages - 1) % 256].kind, LINK_MSG_HELLO);
    make_reply(reply, hello + 3);
    link_send(&card.end, LINK_MSG_HELLO_REPLY, reply, sizeof reply);
    link_send(&card.end, LINK_MSG_HOOK, (const uint8_t *)"\3\1", 2);
    exchange(&card, &host, 110, 0, &seed);
    assert_int_equal(host.messages, heard + 2);
    assert_int_equal(host.last[(host.messages - 1) % 256].payload[0], 3);
}

static void repeated_hello_is_ignored(void **state)
{
    (void)state;
    static struct ear host, card;
    uint32_t seed = 3;
    uint8_t wire[64];
    connect(&host, &card, &seed);
    struct ear other;
    ear_init(&other);
    link_send(&other.end, LINK_MSG_HELLO, HELLO, sizeof HELLO);
    size_t n = link_encode_messages(&other.end, 0, wire, sizeof wire);
    link_receive(&card.end, wire, n);
    assert_int_equal(card.messages, 1);
    assert_int_equal(link_get_counters(&card.end)->duplicates, 1);
}

static void reply_with_another_nonce_is_ignored(void **state)
{
    (void)state;
    static struct ear host, card;
    uint8_t reply[20];
    uint32_t seed = 3;
    ear_init(&host);
    ear_init(&card);
    make_reply(reply, (const uint8_t *)"\1\2\3\4");
    link_send(&host.end, LINK_MSG_HELLO, HELLO, sizeof HELLO);
    link_send(&card.end, LINK_MSG_HELLO_REPLY, reply, sizeof reply);
    exchange(&card, &host, 0, 0, &seed);
    assert_int_equal(host.messages, 0);
}

static void noise_never_becomes_a_frame(void **state)
{
    (void)state;
    static struct ear ear;
    uint32_t seed = 99;
    ear_init(&ear);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        for (size_t j = 0; j < sizeof bytes; j++)
            bytes[j] = (uint8_t)(random_next(&seed) % 40);
        link_receive(&ear.end, bytes, sizeof bytes);
    }
    assert_true(link_get_counters(&ear.end)->bad_frames > 10000);
    assert_true(ear.audio + ear.messages <= 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_frames),
        cmocka_unit_test(checksum_is_ccitt_false),
        cmocka_unit_test(stuffing_returns_what_went_in),
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(messages_arrive_once_and_in_order),
        cmocka_unit_test(window_closes_and_link_gets_stuck),
        cmocka_unit_test(messages_wait_for_room),
        cmocka_unit_test(hello_restarts_both_ends),
        cmocka_unit_test(repeated_hello_is_ignored),
        cmocka_unit_test(reply_with_another_nonce_is_ignored),
        cmocka_unit_test(noise_never_becomes_a_frame),
    };
    golden_path = argc > 1 ? argv[1] : "../tests/data/link_golden.json";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
