/* SPDX-License-Identifier: Apache-2.0 */
/* The loop in its own thread, a posting thread and a recorder, under the thread sanitizer. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "audio/include/audio_loop.h"
#include "audio/spsc.h"

#define ITEMS 200000u

static void *produce(void *context)
{
    struct spsc *ring = context;

    for (uint32_t i = 0; i < ITEMS;)
        if (spsc_push(ring, &i))
            i++;
        else
            sched_yield();
    return NULL;
}

static void test_ring_between_threads(void **state)
{
    (void)state;
    struct spsc ring;
    pthread_t thread;
    uint32_t value;

    assert_true(spsc_init(&ring, 64, sizeof value));
    assert_int_equal(pthread_create(&thread, NULL, produce, &ring), 0);
    for (uint32_t want = 0; want < ITEMS;) {
        if (!spsc_pop(&ring, &value)) {
            sched_yield();
            continue;
        }
        assert_int_equal(value, want);
        want++;
    }
    pthread_join(thread, NULL);
    spsc_free(&ring);
}

struct recorder { audio_loop *loop; _Atomic int stop; int64_t frames; };

static void *record(void *context)
{
    struct recorder *r = context;
    static int16_t frames[2 * 4000];

    while (!atomic_load(&r->stop)) {
        int n = audio_tap_read(r->loop, 0, frames, 4000);
        r->frames += n;
        if (n == 0)
            sched_yield();
    }
    return NULL;
}

/* Answers each byte the loop writes with one of its own, from this thread, until `ticks` have passed. */
static void converse(audio_loop *loop, int fd, uint64_t ticks)
{
    uint8_t bytes[4096];
    audio_loop_stats stats;
    audio_event event;
    uint32_t clip = 1, turn = 0;

    do {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n > 0) {
            memset(bytes, 0x55, (size_t)n);
            assert_int_equal(write(fd, bytes, (size_t)n), n);
            audio_port_play(loop, 0, ++turn, &clip, 1, AUDIO_STOP_ON_DIGIT);
            audio_loop_heartbeat(loop);
        }
        while (audio_loop_next_event(loop, &event))
            ;
        audio_port_stats port;
        audio_port_get_stats(loop, 0, &port);
        audio_loop_get_stats(loop, &stats);
        sched_yield();
    } while (stats.ticks < ticks);
}

/* A PCM port is attached, fed by this thread, and detached while the loop runs. */
static void talk_pcm(audio_loop *loop)
{
    uint8_t bytes[320] = {0};
    audio_event event;
    uint64_t frames = 0;
    bool detached = false;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(audio_port_attach_pcm(loop, 2, fds[0]), 0);
    audio_port_listen(loop, 2, AUDIO_LISTEN_DIGITS | AUDIO_LISTEN_TONES, 0);
    while (frames < 1600) {
        audio_port_stats stats;
        while (read(fds[1], bytes, sizeof bytes) > 0)
            (void)!write(fds[1], bytes, sizeof bytes);
        audio_port_get_stats(loop, 2, &stats);
        frames = (uint64_t)stats.frames_in;
        sched_yield();
    }
    audio_port_detach(loop, 2);
    while (!detached) {
        while (audio_loop_next_event(loop, &event))
            detached = detached || event.type == AUDIO_PORT_DETACHED;
        sched_yield();
    }
    close(fds[0]);
    close(fds[1]);
}

static void test_loop_in_its_thread(void **state)
{
    (void)state;
    static int16_t clip[800];
    int fds[2];
    pthread_t thread;
    const uint8_t tail[] = {0x10, 0x03};
    audio_loop *loop = audio_loop_new();
    struct recorder recorder = {.loop = loop};

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(audio_loop_start(loop, 0), 0);
    assert_true(audio_loop_start(loop, 0) < 0);
    audio_clip_add(loop, 1, clip, 800);
    assert_int_equal(audio_port_attach_stream(loop, 0, fds[0], tail, 1), 0);
    audio_port_listen(loop, 0, AUDIO_LISTEN_DIGITS | AUDIO_LISTEN_TONES | AUDIO_LISTEN_SILENCE, 1000);
    audio_tap_open(loop, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, record, &recorder), 0);
    converse(loop, fds[1], 60);
    audio_clip_remove(loop, 1);
    audio_port_end_stream(loop, 0, tail, 2);
    converse(loop, fds[1], 70);
    audio_tap_close(loop, 0);
    audio_port_detach(loop, 0);
    converse(loop, fds[1], 80);
    talk_pcm(loop);
    atomic_store(&recorder.stop, 1);
    pthread_join(thread, NULL);
    assert_int_equal(audio_loop_stop(loop), 0);
    assert_true(audio_loop_stop(loop) < 0);
    assert_true(recorder.frames > 0);
    audio_loop_free(loop);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_between_threads),
        cmocka_unit_test(test_loop_in_its_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
