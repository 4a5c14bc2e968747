/* SPDX-License-Identifier: Apache-2.0 */
/* How a modem's stream ends: both endings, leftovers, words, loss, and what is handed back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/dle.h"
#include "audio/g711.h"
#include "tests/audio/stream_bed.h"

static void expect_end(const char *leftover)
{
    const audio_event *ended = bed_first(&modem_bed, AUDIO_STREAM_ENDED);
    assert_non_null(ended);
    assert_int_equal(ended->len, strlen(leftover));
    assert_memory_equal(ended->data, leftover, ended->len);
}

static void test_end_conexant(void **state)
{
    (void)state;
    uint8_t got[20000];
    const uint8_t tail[] = {0x10, 0x5E};

    attach();
    for (int t = 0; t < 10; t++)
        tick(80, NULL);
    assert_int_equal(audio_port_end_stream(modem_bed.loop, 0, tail, 2), 0);
    assert_int_equal(tick(80, got), 2);
    assert_memory_equal(got, tail, 2);
    bed_write(modem_fds[1], "\xFF\xFF\x10u\x10\x10\xFF\x10", 8); /* still streaming, and a code */
    assert_int_equal(tick(0, NULL), 0);
    assert_int_equal(bed_first(&modem_bed, AUDIO_MODEM_CODE)->detail, 'u');
    assert_null(bed_first(&modem_bed, AUDIO_STREAM_ENDED));
    bed_write(modem_fds[1], "\x03\r\nOK\r\n", 7);
    tick(0, NULL);
    expect_end("\r\nOK\r\n");
    bed_write(modem_fds[1], "later", 5); /* not ours any more */
    tick(0, NULL);
    assert_int_equal(bed_read(modem_fds[0], got, sizeof got), 5);
}

static void test_end_usr_without_mark(void **state)
{
    (void)state;
    const uint8_t tail[] = {0x10, 0x03};

    attach();
    tick(80, NULL);
    audio_port_end_stream(modem_bed.loop, 0, tail, 2);
    tick(80, NULL);
    bed_write(modem_fds[1], "\xFF\xFF\r\nO", 5);
    tick(0, NULL);
    assert_null(bed_first(&modem_bed, AUDIO_STREAM_ENDED));
    bed_write(modem_fds[1], "K\r\n", 3);
    tick(0, NULL);
    expect_end("\r\nOK\r\n");
}

static void test_ok_while_open_is_audio(void **state)
{
    (void)state;
    attach();
    bed_write(modem_fds[1], "\r\nOK\r\n", 6);
    tick(0, NULL);
    assert_null(bed_first(&modem_bed, AUDIO_STREAM_ENDED));
    assert_int_equal(bed_stats(&modem_bed, 0).frames_in, 6);
}

static void test_modem_ends_with_long_leftover(void **state)
{
    (void)state;
    uint8_t wire[303], all[300];
    size_t n = 0;

    wire[0] = 0xFF;
    wire[1] = 0x10;
    wire[2] = 0x03;
    for (int i = 0; i < 300; i++)
        wire[3 + i] = (uint8_t)i;
    attach();
    bed_write(modem_fds[1], wire, sizeof wire);
    tick(0, NULL);
    uint32_t from = 0;
    for (const audio_event *e; (e = bed_find(&modem_bed, AUDIO_STREAM_LEFTOVER, &from)) != NULL; n += e->len)
        memcpy(all + n, e->data, e->len);
    const audio_event *ended = bed_first(&modem_bed, AUDIO_STREAM_ENDED);
    memcpy(all + n, ended->data, ended->len);
    assert_int_equal(n + ended->len, 300);
    assert_memory_equal(all, wire + 3, 300);
}

static void test_end_in_read_ahead(void **state)
{
    (void)state;
    const uint8_t ahead[] = "\xFF\x10\x03\r\nNO CARRIER\r\n";

    audio_port_attach_stream(modem_bed.loop, 0, modem_fds[0], ahead, sizeof ahead - 1);
    tick(0, NULL);
    expect_end("\r\nNO CARRIER\r\n");
}

static void test_lost_port(void **state)
{
    (void)state;
    uint32_t from = 0;

    attach();
    tick(80, NULL);
    close(modem_fds[1]);
    modem_fds[1] = -1;
    bed_steps(&modem_bed, 5);
    const audio_event *lost = bed_find(&modem_bed, AUDIO_PORT_LOST, &from);
    assert_non_null(lost);
    assert_true(lost->value == EIO || lost->value == EPIPE || lost->value == ECONNRESET);
    assert_null(bed_find(&modem_bed, AUDIO_PORT_LOST, &from));
    audio_port_detach(modem_bed.loop, 0);
    bed_step(&modem_bed);
    assert_non_null(bed_first(&modem_bed, AUDIO_PORT_DETACHED));
}

static void test_detach_while_ending_hands_back_the_answer(void **state)
{
    (void)state;
    const uint8_t tail[] = {0x10, 0x03};

    attach();
    tick(80, NULL);
    audio_port_end_stream(modem_bed.loop, 0, tail, 2);
    tick(0, NULL);
    bed_write(modem_fds[1], "\r\nERROR\r\n", 9);
    tick(0, NULL);
    audio_port_detach(modem_bed.loop, 0);
    tick(0, NULL);
    const audio_event *detached = bed_first(&modem_bed, AUDIO_PORT_DETACHED);
    assert_int_equal(detached->len, 9);
    assert_memory_equal(detached->data, "\r\nERROR\r\n", 9);
}

static void test_words_instead_of_an_end_mark_end_the_stream(void **state)
{
    (void)state;
    static const char words[] = "\r\nNO CARRIER\r\n";

    attach();
    for (int i = 0; i < 20; i++)
        tick(80, NULL);
    bed_write(modem_fds[1], words, strlen(words));
    bed_steps(&modem_bed, 10);
    assert_null(bed_first(&modem_bed, AUDIO_STREAM_ENDED)); /* it might still be sound */
    bed_steps(&modem_bed, 15);
    const audio_event *ended = bed_first(&modem_bed, AUDIO_STREAM_ENDED);
    assert_non_null(ended);
    assert_int_equal(ended->len, strlen(words));
    assert_memory_equal(ended->data, words, strlen(words));
}

static void test_a_modem_that_dies_is_lost(void **state)
{
    (void)state;

    attach();
    for (int i = 0; i < 20; i++)
        tick(80, NULL);
    bed_steps(&modem_bed, 490);
    assert_null(bed_first(&modem_bed, AUDIO_PORT_LOST));
    bed_steps(&modem_bed, 15);
    const audio_event *lost = bed_first(&modem_bed, AUDIO_PORT_LOST);
    assert_non_null(lost);
    assert_int_equal(lost->value, ETIMEDOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_end_conexant),
        TEST(test_end_usr_without_mark),
        TEST(test_ok_while_open_is_audio),
        TEST(test_modem_ends_with_long_leftover),
        TEST(test_end_in_read_ahead),
        TEST(test_lost_port),
        TEST(test_detach_while_ending_hands_back_the_answer),
        TEST(test_words_instead_of_an_end_mark_end_the_stream),
        TEST(test_a_modem_that_dies_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
