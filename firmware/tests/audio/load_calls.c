/* SPDX-License-Identifier: Apache-2.0 */
/* As many calls at once as there are ports: the far ends of all their streams.
 *
 * load-calls virtual MINUTES     bridged in pairs with every detector and tap on, in virtual time: ends
 *                                with 1 unless every sample said by one is heard by the other, in order
 * load-calls feed SECONDS FD...  talks into descriptors that another process's loop reads, in real time,
 *                                and prints how many samples went each way and the worst wait of its own */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "audio/g711.h"
#include "audio/include/audio_loop.h"

#define TICK AUDIO_TICK_FRAMES
#define CYCLE 120u              /* codes 0..119 over and over: none is DLE's byte twice, none is silence */

struct far_end {
    int fd;
    uint32_t said;              /* samples */
    uint64_t heard, wrong;
    bool pending, sounds;       /* half a shielded pair; the other's first sample came */
    uint8_t last;
};

static void say(struct far_end *end)
{
    uint8_t wire[2 * TICK];
    size_t n = 0;

    for (uint32_t i = 0; i < TICK; i++) {
        uint8_t code = (uint8_t)(end->said++ % CYCLE);
        wire[n++] = code;
        if (code == 0x10)
            wire[n++] = code;
    }
    for (size_t done = 0; done < n;) {
        ssize_t wrote = write(end->fd, wire + done, n - done);
        if (wrote < 0 && errno != EAGAIN && errno != EINTR)
            exit(2);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
}

static void note(struct far_end *end, uint8_t code)
{
    bool silent = code == 0xFF;

    if (silent && !end->sounds)
        return; /* what the loop sends first */
    if (end->sounds && (silent || code != (end->last + 1) % CYCLE))
        end->wrong++;
    end->sounds = true;
    end->last = silent ? end->last : code;
    end->heard++;
}

static void hear(struct far_end *end)
{
    uint8_t bytes[4096];
    ssize_t n;

    while ((n = read(end->fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            end->pending = !end->pending && bytes[i] == 0x10;
            if (!end->pending)
                note(end, bytes[i]);
        }
}

static audio_loop *open_calls(struct far_end ends[AUDIO_MAX_PORTS])
{
    audio_loop *loop = audio_loop_new();
    uint32_t ears = AUDIO_LISTEN_DIGITS | AUDIO_LISTEN_TONES | AUDIO_LISTEN_SILENCE;

    for (uint16_t p = 0; loop != NULL && p < AUDIO_MAX_PORTS; p++) {
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
            exit(2);
        ends[p] = (struct far_end){.fd = fds[1]};
        audio_port_attach_stream(loop, p, fds[0], NULL, 0);
        audio_port_listen(loop, p, ears, 20000);
        audio_route_set(loop, p, p ^ 1u, 1);
        audio_port_echo(loop, p, 0); /* samples are compared one by one */
        audio_tap_open(loop, p, p);
        if (p % 8 == 7)
            audio_loop_step(loop, 0); /* before the ring of commands is full */
    }
    return loop;
}

static int run_virtual(uint32_t minutes)
{
    static struct far_end ends[AUDIO_MAX_PORTS];
    static int16_t recorded[2 * 8000];
    audio_loop *loop = open_calls(ends);
    audio_event event;
    uint64_t lost = 0, events = 0;

    if (loop == NULL)
        return 2;
    for (uint32_t t = 1; t <= minutes * 6000; t++) {
        for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++)
            say(&ends[p]);
        audio_loop_step(loop, t * (uint64_t)10000000);
        for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++) {
            hear(&ends[p]);
            while (t % 50 == p && audio_tap_read(loop, p, recorded, 8000) > 0)
                ;
        }
        while (audio_loop_next_event(loop, &event))
            events++;
    }
    for (uint16_t p = 0; p < AUDIO_MAX_PORTS; p++) {
        audio_port_stats stats;
        audio_port_get_stats(loop, p, &stats);
        uint64_t short_by = (uint64_t)minutes * 480000 - ends[p].heard;
        lost += ends[p].wrong + (uint64_t)(stats.underruns + stats.overruns) + (uint64_t)audio_tap_lost(loop, p);
        lost += short_by > 800 ? short_by : 0; /* what is still under way */
    }
    printf("%d calls for %u minutes: %llu samples lost or out of order, %llu events\n", AUDIO_MAX_PORTS, minutes,
           (unsigned long long)lost, (unsigned long long)events);
    audio_loop_free(loop);
    return lost != 0;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int feed(uint32_t seconds, int count, char **fds)
{
    static struct far_end ends[AUDIO_MAX_PORTS];
    uint64_t due = now_ns(), worst = 0, heard = 0, wrong = 0;

    for (int p = 0; p < count; p++)
        ends[p].fd = atoi(fds[p]);
    for (uint32_t t = 0; t < seconds * 100; t++) {
        struct timespec at = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
            ;
        worst = now_ns() - due > worst ? now_ns() - due : worst;
        for (int p = 0; p < count; p++) {
            say(&ends[p]);
            hear(&ends[p]);
        }
        due += 10000000u;
    }
    for (int p = 0; p < count; p++) {
        heard += ends[p].heard;
        wrong += ends[p].wrong;
    }
    printf("said %llu heard %llu wrong %llu worst_late_us %llu\n", (unsigned long long)seconds * 8000u * (unsigned)count,
           (unsigned long long)heard, (unsigned long long)wrong, (unsigned long long)worst / 1000u);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "virtual") == 0)
        return run_virtual((uint32_t)atoi(argv[2]));
    if (argc > 3 && argc <= 3 + AUDIO_MAX_PORTS && strcmp(argv[1], "feed") == 0)
        return feed((uint32_t)atoi(argv[2]), argc - 3, argv + 3);
    fputs("load-calls virtual MINUTES | load-calls feed SECONDS FD...\n", stderr);
    return 2;
}
