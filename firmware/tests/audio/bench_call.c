/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of calls: line and handset bridged, recorded, every detector on.
 *
 * bench-audio CALLS TICKS [echo]: prints microseconds for each 20 ms and call. Under callgrind with
 * --toggle-collect=audio_loop_step it counts the instructions of the ticks alone. */
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "audio/g711.h"
#include "audio/include/audio_loop.h"

#define MAX_CALLS 8

struct call { int line[2], handset[2]; };

static int16_t speechlike(uint64_t i)
{
    double t = (double)i / 8000.0;
    return (int16_t)(6000.0 * sin(2 * M_PI * 210 * t) * sin(2 * M_PI * 3 * t) + 2000.0 * sin(2 * M_PI * 1730 * t));
}

static void feed(int fd, const uint8_t *wire, size_t n)
{
    uint8_t scrap[1024];

    if (write(fd, wire, n) != (ssize_t)n)
        abort();
    while (read(fd, scrap, sizeof scrap) > 0)
        ;
}

static void make_call(audio_loop *loop, struct call *call, uint16_t number, int echo)
{
    uint16_t line = (uint16_t)(2 * number), handset = (uint16_t)(2 * number + 1);
    uint32_t ears = AUDIO_LISTEN_DIGITS | AUDIO_LISTEN_TONES | AUDIO_LISTEN_SILENCE;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, call->line) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, call->handset) != 0)
        abort();
    audio_port_attach_stream(loop, line, call->line[0], NULL, 0);
    audio_port_attach_stream(loop, handset, call->handset[0], NULL, 0);
    audio_port_listen(loop, line, ears, 20000);
    audio_port_listen(loop, handset, ears, 20000);
    audio_route_set(loop, line, handset, 1);
    audio_route_set(loop, handset, line, 1);
    audio_port_echo(loop, line, echo);
    audio_port_echo(loop, handset, echo);
    audio_tap_open(loop, number, line);
}

static int64_t thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
    static int16_t recorded[2 * 8000];
    struct call calls[MAX_CALLS];
    uint16_t count = (uint16_t)(argc > 1 ? atoi(argv[1]) : 1);
    uint64_t ticks = argc > 2 ? (uint64_t)atoi(argv[2]) : 1000;
    audio_loop *loop = audio_loop_new();
    audio_event event;
    int64_t spent = 0;

    if (loop == NULL || count == 0 || count > MAX_CALLS)
        return 2;
    for (uint16_t c = 0; c < count; c++)
        make_call(loop, &calls[c], c, argc > 3);
    for (uint64_t t = 0; t < ticks; t++) {
        uint8_t wire[2 * AUDIO_TICK_FRAMES];
        size_t n = 0;
        for (uint64_t i = t * AUDIO_TICK_FRAMES; i < (t + 1) * AUDIO_TICK_FRAMES; i++) {
            wire[n++] = ulaw_encode(speechlike(i));
            if (wire[n - 1] == 0x10)
                wire[n++] = 0x10;
        }
        for (uint16_t c = 0; c < count; c++) {
            feed(calls[c].line[1], wire, n);
            feed(calls[c].handset[1], wire, n);
        }
        int64_t begun = thread_ns();
        audio_loop_step(loop, t * 10000000u);
        spent += thread_ns() - begun;
        for (uint32_t c = 0; c < count && t % 25 == 0; c++)
            audio_tap_read(loop, c, recorded, 8000);
        while (audio_loop_next_event(loop, &event))
            ;
    }
    printf("%u calls, %llu ticks: %.2f us of CPU for each 20 ms and call\n", count, (unsigned long long)ticks,
           (double)spent / 1000.0 / (double)ticks * 2.0 / count);
    audio_loop_free(loop);
    return 0;
}
