/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of waiting: ticks in which nobody calls.
 *
 * bench-idle bare|hat TICKS: with no device, or with a HAT of eight sockets whose handsets all lie on their hooks. Under callgrind with --toggle-collect=audio_loop_step it counts the ticks alone. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/include/audio_loop.h"
#include "link.h"

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

/* One tick's frame: the last bit of a codec that hears nothing, and what the loop sent before is thrown away. */
static void hat_tick(int fd, struct link_end *end, uint32_t tick)
{
    struct link_audio audio = {.socket_mask = 0xFF, .sample_counter = tick * LINK_AUDIO_FRAMES};
    uint8_t wire[LINK_MAX_WIRE], scrap[4096];

    audio.peer_counter = tick > 2 ? (tick - 2) * LINK_AUDIO_FRAMES : 0;
    for (uint32_t s = 0; s < LINK_SOCKETS; s++)
        for (uint32_t i = 0; i < LINK_AUDIO_FRAMES; i++)
            audio.ulaw[s][i] = (i * 7 + tick + s) % 3 == 0 ? 0xFE : 0xFF;
    size_t n = link_encode_audio(end, &audio, wire, sizeof wire);
    if (write(fd, wire, n) != (ssize_t)n)
        abort();
    while (read(fd, scrap, sizeof scrap) > 0)
        ;
}

int main(int argc, char **argv)
{
    struct link_handler handler = {.audio = ignore_audio, .message = ignore_message};
    static struct link_end end;
    int fds[2];
    audio_event event;

    if (argc != 3)
        return 2;
    bool hat = strcmp(argv[1], "hat") == 0;
    audio_loop *loop = audio_loop_new();
    if (loop == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
        return 1;
    link_init(&end, &handler);
    if (hat)
        audio_link_attach(loop, 0, fds[0], 0, LINK_SOCKETS);
    for (uint32_t t = 0; t < (uint32_t)atoi(argv[2]); t++) {
        if (hat)
            hat_tick(fds[1], &end, t);
        audio_loop_step(loop, t * 10000000ull);
        while (audio_loop_next_event(loop, &event))
            ;
    }
    audio_loop_free(loop);
    return 0;
}
