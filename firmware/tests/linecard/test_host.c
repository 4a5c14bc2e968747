/* SPDX-License-Identifier: Apache-2.0 */
/* The host build: its commands, its apparatus, its wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/hal/host/base64.h"
#include "linecard/hal/host/host_card.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct bench {
    struct host_card card;
    struct link_end host;
    struct stimulus_client *client;
    int fd;                      /* the host's end of the wire */
    uint32_t now_ms;
};

static void ignore_audio(void *context, const struct link_audio *audio)
{
    (void)context;
    (void)audio;
}

static void ignore_message(void *context, const struct link_message *message)
{
    (void)context;
    (void)message;
}

static struct bench *bench_new(void)
{
    static struct bench bench;
    int wire[2];
    const struct linecard_config config = {0x0F, 0x30, "TESTCARD", 0};
    const struct link_handler handler = {&bench, ignore_audio, ignore_message};
    memset(&bench, 0, sizeof bench);
    host_card_init(&bench.card, &config);
    bench.card.lockstep = true;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, wire), 0);
    assert_int_equal(host_link_adopt(&bench.card.link, wire[0]), 0);
    bench.fd = wire[1];
    assert_int_equal(fcntl(bench.fd, F_SETFL, O_NONBLOCK), 0);
    link_init(&bench.host, &handler);
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++)
        bench.card.stimulus.clients[i].fd = -1;
    bench.client = &bench.card.stimulus.clients[0];
    bench.client->fd = open("/dev/null", O_RDWR);
    return &bench;
}

static void bench_free(struct bench *bench)
{
    host_link_close(&bench->card.link);
    close(bench->fd);
    for (size_t i = 0; i < LINK_SOCKETS; i++)
        apparatus_free(&bench->card.sockets[i]);
    free(bench->client->out.bytes);
    close(bench->client->fd);
}

/* Gives a command; what was printed since the last one. */
static const char *command(struct bench *bench, const char *text)
{
    char line[1024];
    snprintf(line, sizeof line, "%s", text);
    bench->client->out.count = 0;
    host_card_obey(&bench->card, bench->client, line);
    return bench->client->out.bytes;
}

/* Runs card and host together in steps of 10 ms. */
static void run(struct bench *bench, uint32_t ms)
{
    for (uint32_t end_ms = bench->now_ms + ms; bench->now_ms != end_ms; bench->now_ms += 10) {
        uint8_t bytes[4096];
        struct link_audio audio = {.socket_mask = 1};
        memset(audio.ulaw[0], 0x21, LINK_AUDIO_FRAMES);
        size_t n = link_encode_audio(&bench->host, &audio, bytes, sizeof bytes);
        n += link_encode_messages(&bench->host, bench->now_ms, bytes + n, sizeof bytes - n);
        assert_int_equal(write(bench->fd, bytes, n), n);
        char step[] = "step 10";
        host_card_obey(&bench->card, bench->client, step);
        ssize_t got = read(bench->fd, bytes, sizeof bytes);
        if (got > 0)
            link_receive(&bench->host, bytes, (size_t)got);
    }
}

static void greet(struct bench *bench)
{
    const uint8_t hello[7] = {1, 1, 1, 9, 9, 9, 9};
    link_send(&bench->host, LINK_MSG_HELLO, hello, sizeof hello);
    bench->client->out.count = 0;
    run(bench, 50);
    assert_non_null(strstr(bench->client->out.bytes, "* link up "));
}

static void base64_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[64], back[64];
    char text[128];
    for (size_t n = 0; n < sizeof bytes; n++) {
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(i * 37 + n);
        base64_encode(bytes, n, text);
        assert_int_equal(base64_decode(text, strlen(text), back), n);
        assert_memory_equal(back, bytes, n);
    }
    base64_encode((const uint8_t *)"Counterbell", 11, text);
    assert_string_equal(text, "Q291bnRlcmJlbGw=");
    static const char *const WRONG[] = {"Q", "Q29", "Q2=1", "Q=1b", "Q29*", "====", "AA=A"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        assert_int_equal(base64_decode(WRONG[i], strlen(WRONG[i]), back), -1);
}

static void wrong_commands_say_so(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "", " ", "jump", "lift", "lift 0", "lift 9", "lift 7", "lift one", "lift 5", "lift 1 2", "ring 1 on",
        "ring 5", "ring 5 maybe", "flash 1", "flash 1 100", "flash 1 0", "press 1 5", "say 1 AAAA", "hear 1",
        "step", "step -1", "step 1x", "corrupt", "mute x", "press 5 1 pulse", "press 5 1X", "loop 5 ajar",
    };
    struct bench *bench = bench_new();
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        assert_memory_equal(command(bench, WRONG[i]), "error ", 6);
    assert_string_equal(command(bench, "lift 1"), "ok\n");
    assert_memory_equal(command(bench, "say 1 @@@@"), "error ", 6);
    assert_memory_equal(command(bench, "press 1 12x pulse"), "error ", 6);
    bench->card.lockstep = false;
    assert_memory_equal(command(bench, "step 10"), "error ", 6);
    bench_free(bench);
}

static void hears_what_the_host_says_while_lifted(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    greet(bench);
    command(bench, "hear 1 on");
    bench->client->out.count = 0;
    run(bench, 40);
    char *silence = strstr(bench->client->out.bytes, "* heard 1 ");
    assert_non_null(silence);
    assert_null(strstr(bench->client->out.bytes, "ISEhISEh"));
    command(bench, "lift 1");
    run(bench, 100);
    assert_non_null(strstr(bench->client->out.bytes, "ISEhISEh"));
    command(bench, "hear 1 off");
    bench->client->out.count = 0;
    run(bench, 40);
    assert_null(strstr(bench->client->out.bytes, "heard"));
    bench_free(bench);
}

static void queued_speech_waits_for_hook_movements(void **state)
{
    (void)state;
    struct apparatus phone = {0};
    uint8_t spoken[80];
    assert_false(apparatus_flash(&phone, 100));
    apparatus_lift(&phone, true);
    assert_true(apparatus_dial_pulses(&phone, "12"));
    assert_true(apparatus_press(&phone, "5"));
    assert_false(apparatus_press(&phone, "5x"));
    int breaks = 0;
    bool before = true;
    for (int ms = 0; !apparatus_can_talk(&phone); ms++) {
        bool level = apparatus_next_contact(&phone, 0);
        breaks += before && !level;
        before = level;
        assert_true(ms < 2000);
    }
    assert_int_equal(breaks, 3);
    unsigned loud = 0;
    for (int i = 0; i < 20; i++) {
        apparatus_speak(&phone, spoken, sizeof spoken);
        loud += spoken[40] != 0xFF;
    }
    assert_int_equal(loud, 10); /* 100 ms of tone, 100 ms of pause */
    apparatus_press(&phone, "123");
    apparatus_lift(&phone, false);
    assert_int_equal(phone.queue_count, 0);
    apparatus_free(&phone);
}

static void contact_bounces_when_asked_to(void **state)
{
    (void)state;
    struct apparatus phone = {0};
    apparatus_lift(&phone, true);
    int changes = 0;
    bool before = false;
    for (int ms = 0; ms < 30; ms++) {
        bool level = apparatus_next_contact(&phone, 8);
        changes += level != before;
        before = level;
    }
    assert_true(before);
    assert_true(changes > 5);
}

static void spoiled_frames_are_counted_by_the_host(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    greet(bench);
    command(bench, "corrupt 7");
    run(bench, 300);
    assert_int_equal(link_get_counters(&bench->host)->bad_frames, 7);
    assert_int_equal(link_get_counters(&bench->host)->lost_audio, 7);
    uint32_t good = link_get_counters(&bench->host)->good_frames;
    command(bench, "mute 200");
    run(bench, 200);
    assert_true(link_get_counters(&bench->host)->good_frames <= good + 1);
    run(bench, 100);
    assert_true(link_get_counters(&bench->host)->good_frames >= good + 9);
    bench_free(bench);
}

static void polarity_reversal_is_no_ring(void **state)
{
    (void)state;
    struct bench *bench = bench_new();
    greet(bench);
    command(bench, "polarity 5");
    run(bench, 500);
    assert_false(bench->card.core.sockets[4].line.ringing);
    command(bench, "ring 5 on");
    run(bench, 250);
    assert_true(bench->card.core.sockets[4].line.ringing);
    assert_non_null(strstr(command(bench, "state"), "* state 5 fxo hook=on ring=on loop=closed queued=0\n"));
    bench_free(bench);
}

static void pty_survives_readers_and_stale_links(void **state)
{
    (void)state;
    struct host_link link;
    char folder[] = "/tmp/linecard-XXXXXX";
    char path[64], other[64];
    uint8_t bytes[2000] = {0x55};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/hat0", folder);
    snprintf(other, sizeof other, "%s/file", folder);
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
    assert_int_equal(host_link_open(&link, path), 0);
    for (int i = 0; i < 50; i++) /* nobody reads: never waits, drops */
        host_link_write(&link, bytes, sizeof bytes, 0);
    assert_true(link.dropped > 0);
    for (int i = 0; i < 2; i++) { /* a reader comes and goes */
        int fd = open(path, O_RDWR | O_NOCTTY);
        assert_true(fd >= 0);
        struct termios settings;
        assert_int_equal(tcgetattr(fd, &settings), 0);
        assert_int_equal(settings.c_lflag & (ICANON | ECHO), 0);
        assert_int_equal(write(fd, "hi", 2), 2);
        assert_int_equal(host_link_read(&link, bytes, sizeof bytes), 2);
        close(fd);
        assert_int_equal(host_link_read(&link, bytes, sizeof bytes), 0);
        assert_true(link.fd >= 0);
    }
    host_link_close(&link);
    assert_int_equal(access(path, F_OK), -1);
    int fd = open(other, O_CREAT | O_WRONLY, 0600);
    close(fd);
    errno = 0;
    assert_int_equal(host_link_open(&link, other), -1);
    assert_int_equal(errno, EEXIST);
    unlink(other);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_both_ways),
        cmocka_unit_test(wrong_commands_say_so),
        cmocka_unit_test(hears_what_the_host_says_while_lifted),
        cmocka_unit_test(queued_speech_waits_for_hook_movements),
        cmocka_unit_test(contact_bounces_when_asked_to),
        cmocka_unit_test(spoiled_frames_are_counted_by_the_host),
        cmocka_unit_test(polarity_reversal_is_no_ring),
        cmocka_unit_test(pty_survives_readers_and_stale_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
