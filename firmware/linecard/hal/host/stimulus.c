/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the stimulus socket: none can hold up the card or another client. */
/* gcc 12's analyser loses a buffer that lives in an array of clients, and calls it a leak. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
#include "linecard/hal/host/stimulus.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_PIECE = 65536 };

static bool make_room(struct stimulus_text *text, size_t n)
{
    if (text->count + n <= text->room)
        return true;
    size_t room = (text->count + n) * 2;
    char *bytes = realloc(text->bytes, room);
    if (!bytes)
        return false;
    text->bytes = bytes;
    text->room = room;
    return true;
}

static void drop_front(struct stimulus_text *text, size_t n)
{
    text->count -= n;
    memmove(text->bytes, text->bytes + n, text->count);
}

static void drop_client(struct stimulus_client *client)
{
    close(client->fd);
    free(client->in.bytes);
    free(client->out.bytes);
    memset(client, 0, sizeof *client);
    client->fd = -1;
}

int stimulus_open(struct stimulus *stimulus, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char temporary[sizeof address.sun_path];
    memset(stimulus, 0, sizeof *stimulus);
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++)
        stimulus->clients[i].fd = -1;
    stimulus->fd = -1;
    int n = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, temporary, sizeof temporary);
    stimulus->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(temporary);
    /* Listening before it gets its name: whoever sees the name can connect. */
    if (stimulus->fd < 0 || bind(stimulus->fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(stimulus->fd, STIMULUS_CLIENTS) < 0 || rename(temporary, path) < 0)
        return -1;
    stimulus->path = path;
    return 0;
}

void stimulus_close(struct stimulus *stimulus)
{
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++)
        if (stimulus->clients[i].fd >= 0)
            drop_client(&stimulus->clients[i]);
    if (stimulus->path)
        unlink(stimulus->path);
    if (stimulus->fd >= 0)
        close(stimulus->fd);
    stimulus->fd = -1;
    stimulus->path = NULL;
}

size_t stimulus_prepare(const struct stimulus *stimulus, struct pollfd *polls)
{
    size_t n = 0;
    polls[n++] = (struct pollfd){.fd = stimulus->fd, .events = POLLIN};
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++) {
        const struct stimulus_client *client = &stimulus->clients[i];
        short events = client->out.count > 0 ? POLLIN | POLLOUT : POLLIN;
        if (client->fd >= 0)
            polls[n++] = (struct pollfd){.fd = client->fd, .events = events};
    }
    return n;
}

static void accept_clients(struct stimulus *stimulus)
{
    for (;;) {
        int fd = accept4(stimulus->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        size_t i = 0;
        while (i < STIMULUS_CLIENTS && stimulus->clients[i].fd >= 0)
            i++;
        if (i == STIMULUS_CLIENTS) {
            close(fd);
            continue;
        }
        stimulus->clients[i].fd = fd;
        stimulus_print(&stimulus->clients[i], "* ready\n");
    }
}

static void obey_lines(struct stimulus_client *client, stimulus_obey obey, void *context)
{
    size_t start = 0;
    size_t at = client->scanned;
    while (client->fd >= 0) {
        char *end = at < client->in.count ? memchr(client->in.bytes + at, '\n', client->in.count - at) : NULL;
        if (!end)
            break;
        *end = 0;
        char *line = client->in.bytes + start;
        start = at = (size_t)(end - client->in.bytes) + 1;
        if (memchr(line, 0, (size_t)(end - line)))
            stimulus_print(client, "error a command is text\n");
        else
            obey(context, client, line);
    }
    drop_front(&client->in, start);
    client->scanned = client->in.count;
}

static void read_client(struct stimulus_client *client, stimulus_obey obey, void *context)
{
    if (!make_room(&client->in, READ_PIECE)) {
        drop_client(client);
        return;
    }
    ssize_t n = read(client->fd, client->in.bytes + client->in.count, READ_PIECE);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop_client(client);
        return;
    }
    client->in.count += (size_t)n;
    obey_lines(client, obey, context);
    if (client->in.count > STIMULUS_MAX_LINE) {
        stimulus_print(client, "error a command is at most %u bytes long\n", STIMULUS_MAX_LINE);
        client->in.count = client->scanned = 0;
    }
}

void stimulus_serve(struct stimulus *stimulus, const struct pollfd *polls, size_t n, stimulus_obey obey,
                    void *context)
{
    for (size_t i = 0; i < n; i++) {
        if (!polls[i].revents)
            continue;
        if (polls[i].fd == stimulus->fd)
            accept_clients(stimulus);
        for (size_t j = 0; j < STIMULUS_CLIENTS; j++)
            if (stimulus->clients[j].fd >= 0 && stimulus->clients[j].fd == polls[i].fd &&
                (polls[i].revents & (POLLIN | POLLHUP | POLLERR)))
                read_client(&stimulus->clients[j], obey, context);
    }
}

static void append(struct stimulus_client *client, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n >= 0 && client->out.count < STIMULUS_MAX_WAITING && make_room(&client->out, (size_t)n + 1)) {
        vsnprintf(client->out.bytes + client->out.count, (size_t)n + 1, format, again);
        client->out.count += (size_t)n;
    }
    va_end(again);
}

void stimulus_print(struct stimulus_client *client, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(client, format, arguments);
    va_end(arguments);
}

void stimulus_tell(struct stimulus *stimulus, const char *format, ...)
{
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++) {
        va_list arguments;
        va_start(arguments, format);
        if (stimulus->clients[i].fd >= 0)
            append(&stimulus->clients[i], format, arguments);
        va_end(arguments);
    }
}

static void flush_client(struct stimulus_client *client)
{
    ssize_t n = send(client->fd, client->out.bytes, client->out.count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
        drop_front(&client->out, (size_t)n);
    bool gone = n < 0 && errno != EAGAIN && errno != EINTR;
    if (gone || client->out.count >= STIMULUS_MAX_WAITING)
        drop_client(client);
}

void stimulus_flush(struct stimulus *stimulus)
{
    for (size_t i = 0; i < STIMULUS_CLIENTS; i++)
        if (stimulus->clients[i].fd >= 0 && stimulus->clients[i].out.count > 0)
            flush_client(&stimulus->clients[i]);
}
