/* SPDX-License-Identifier: Apache-2.0 */
/* Python hangs in mid-call: the loop leaves the stream and puts the modem on-hook without it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/audio/bed.h"

#define LIMIT_TICKS 500u /* 5 s without a heartbeat */

/* A modem that streams until an end code it knows, then obeys commands. */
struct box {
    int fd;
    uint8_t end_code;
    bool streaming, off_hook, pending;
    char line[32];
    size_t length;
};

static struct bed bed;
static int fds[2];
static struct box box;

static int set_up(void **state)
{
    (void)state;
    bed_open(&bed);
    bed_pair(fds);
    box = (struct box){.fd = fds[1], .end_code = 0x03, .streaming = true, .off_hook = true};
    assert_int_equal(audio_port_set_farewell(bed.loop, 0, (const uint8_t *)"\rATH\r", 5), 0);
    assert_int_equal(audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0), 0);
    assert_int_equal(audio_loop_heartbeat(bed.loop), 0);
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

static void take_command(uint8_t byte)
{
    if (byte != '\r') {
        if (box.length < sizeof box.line)
            box.line[box.length++] = (char)byte;
        return;
    }
    if (box.length == 3 && memcmp(box.line, "ATH", 3) == 0) {
        box.off_hook = false;
        bed_write(box.fd, "\r\nOK\r\n", 6);
    }
    box.length = 0;
}

static void take_sample(uint8_t byte)
{
    if (box.pending && byte == box.end_code) {
        box.streaming = false;
        bed_write(box.fd, "\x10\x03\r\nOK\r\n", 8);
    }
    box.pending = !box.pending && byte == 0x10;
}

static void box_tick(void)
{
    uint8_t bytes[4096], quiet[80];
    size_t n = bed_read(box.fd, bytes, sizeof bytes);

    for (size_t i = 0; i < n; i++) {
        if (box.streaming)
            take_sample(bytes[i]);
        else
            take_command(bytes[i]);
    }
    memset(quiet, 0xFF, sizeof quiet);
    if (box.streaming)
        bed_write(box.fd, quiet, sizeof quiet);
}

static void run(uint32_t ticks)
{
    while (ticks-- > 0) {
        box_tick();
        bed_step(&bed);
    }
}

static void test_hangs_up_alone(uint8_t end_code)
{
    box.end_code = end_code;
    run(LIMIT_TICKS - 1);
    assert_true(box.streaming && box.off_hook);
    run(150);
    assert_false(box.streaming);
    assert_false(box.off_hook);
    const audio_event *lost = bed_first(&bed, AUDIO_PORT_LOST);
    assert_non_null(lost);
    assert_int_equal(lost->value, ECANCELED);
    assert_null(bed_first(&bed, AUDIO_STREAM_ENDED));
    run(100);
    uint32_t from = 0;
    bed_find(&bed, AUDIO_PORT_LOST, &from);
    assert_null(bed_find(&bed, AUDIO_PORT_LOST, &from)); /* told once */
}

static void test_hangs_up_a_usr(void **state)
{
    (void)state;
    test_hangs_up_alone(0x03);
}

static void test_hangs_up_a_conexant(void **state)
{
    (void)state;
    test_hangs_up_alone(0x5E);
}

static void test_hangs_up_when_python_died_while_ending(void **state)
{
    (void)state;
    box.end_code = 0x21; /* answers neither */
    run(LIMIT_TICKS - 10);
    audio_port_end_stream(bed.loop, 0, (const uint8_t *)"\x10\x03", 2);
    run(20);
    box.streaming = false; /* it ends by itself, without a word */
    run(150);
    assert_false(box.off_hook);
    assert_non_null(bed_first(&bed, AUDIO_PORT_LOST));
}

static void test_python_comes_back_meanwhile(void **state)
{
    (void)state;
    run(LIMIT_TICKS + 5);
    assert_non_null(bed_first(&bed, AUDIO_MUTED));
    audio_loop_heartbeat(bed.loop);
    audio_port_end_stream(bed.loop, 0, (const uint8_t *)"\x10\x03", 2); /* nothing to end any more */
    run(150);
    assert_false(box.off_hook);
    assert_non_null(bed_first(&bed, AUDIO_PORT_LOST));
    audio_port_detach(bed.loop, 0);
    run(1);
    assert_non_null(bed_first(&bed, AUDIO_PORT_DETACHED));
}

static void test_python_takes_the_port_back_at_once(void **state)
{
    (void)state;
    run(LIMIT_TICKS + 5);
    audio_loop_heartbeat(bed.loop);
    audio_port_detach(bed.loop, 0);
    run(1);
    assert_non_null(bed_first(&bed, AUDIO_PORT_DETACHED));
    run(150);
    assert_null(bed_first(&bed, AUDIO_PORT_LOST));
    assert_true(box.off_hook); /* the descriptor is Python's, and so is the hook */
}

static void test_farewell_is_for_one_stream(void **state)
{
    (void)state;
    audio_port_detach(bed.loop, 0);
    run(1);
    audio_port_attach_stream(bed.loop, 0, fds[0], NULL, 0);
    run(LIMIT_TICKS + 150);
    assert_false(box.streaming);
    assert_true(box.off_hook);
    assert_non_null(bed_first(&bed, AUDIO_STREAM_ENDED));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hangs_up_a_usr), TEST(test_hangs_up_a_conexant),
        TEST(test_hangs_up_when_python_died_while_ending), TEST(test_python_comes_back_meanwhile),
        TEST(test_python_takes_the_port_back_at_once), TEST(test_farewell_is_for_one_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
