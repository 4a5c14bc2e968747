/* SPDX-License-Identifier: Apache-2.0 */
/* The socket through which people and tests act on the host-built card: clients and their lines of text. */
#ifndef HOST_STIMULUS_H
#define HOST_STIMULUS_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STIMULUS_CLIENTS 16
#define STIMULUS_MAX_LINE (4u << 20)   /* bytes of one command */
#define STIMULUS_MAX_WAITING (8u << 20) /* unread output of a client: beyond it, the client is dropped */

struct stimulus_text { char *bytes; size_t count, room; };

struct stimulus_client {
    int fd;                      /* -1: free */
    uint8_t hear_mask;           /* sockets it wants to hear */
    size_t scanned;              /* of `in`, already without a line end */
    struct stimulus_text in, out;
};

struct stimulus {
    int fd;
    const char *path;
    struct stimulus_client clients[STIMULUS_CLIENTS];
};

/* Carries out one command line; it answers through stimulus_print. */
typedef void (*stimulus_obey)(void *context, struct stimulus_client *client, char *line);

/* Listen on `path` (an old socket there is replaced). 0, or -1 with errno. */
int stimulus_open(struct stimulus *stimulus, const char *path);
void stimulus_close(struct stimulus *stimulus);
/* Fills `polls` (room for 1 + STIMULUS_CLIENTS) and returns how many. */
size_t stimulus_prepare(const struct stimulus *stimulus, struct pollfd *polls);
/* Accept, read and obey after poll. */
void stimulus_serve(struct stimulus *stimulus, const struct pollfd *polls, size_t n, stimulus_obey obey,
                    void *context);
/* Queue text for one client. */
void stimulus_print(struct stimulus_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Queue an event for every client. */
void stimulus_tell(struct stimulus *stimulus, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Write what waits, as far as it fits. */
void stimulus_flush(struct stimulus *stimulus);
#endif
