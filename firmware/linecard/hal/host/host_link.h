/* SPDX-License-Identifier: Apache-2.0 */
/* The host-built card's end of the wire: a pty with a symbolic link, a tty, or an inherited descriptor. */
#ifndef HOST_LINK_H
#define HOST_LINK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_link {
    int fd;                      /* -1: gone */
    int slave_fd;                /* of a pty of ours: kept open so that the master outlives its readers */
    const char *link_path;       /* the symbolic link we made, NULL when none */
    char slave_path[64];
    bool adopted;                /* an inherited descriptor: nobody can open it anew */
    bool cut;                    /* a frame was cut short: begin with a delimiter */
    uint32_t corrupt;            /* frames still to spoil */
    uint32_t muted_until_ms;
    bool muted;
    uint64_t dropped;            /* bytes that found no room */
};

/* Use an inherited descriptor. 0, or -1 with errno. */
int host_link_adopt(struct host_link *link, int fd);
/* Open the character device PATH, or make a pty and let PATH point to it. 0, or -1 with errno;
 * EEXIST when PATH is something else that must not be replaced. */
int host_link_open(struct host_link *link, const char *path);
/* Up to `room` bytes that are there now; 0 when none is. */
size_t host_link_read(struct host_link *link, uint8_t *bytes, size_t room);
/* Never waits: what does not fit is dropped, as on a wire nobody listens to. */
void host_link_write(struct host_link *link, const uint8_t *bytes, size_t n, uint32_t now_ms);
/* Closes; removes the symbolic link if it is still ours. */
void host_link_close(struct host_link *link);
#endif
