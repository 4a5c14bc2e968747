/* SPDX-License-Identifier: Apache-2.0 */
/* A wire that never makes the card wait, and that can be spoiled or muted for tests. */
#include "linecard/hal/host/host_link.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { MAX_WRITE = 2048 };

static void reset(struct host_link *link)
{
    memset(link, 0, sizeof *link);
    link->fd = link->slave_fd = -1;
}

static int set_raw(int fd, bool real_tty)
{
    struct termios settings;
    if (tcgetattr(fd, &settings) < 0)
        return -1;
    cfmakeraw(&settings);
    if (real_tty) {
        settings.c_cflag |= CLOCAL | CREAD | CRTSCTS;
        cfsetspeed(&settings, B2000000);
    }
    return tcsetattr(fd, TCSANOW, &settings);
}

static int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int host_link_adopt(struct host_link *link, int fd)
{
    reset(link);
    if (set_nonblocking(fd) < 0)
        return -1;
    link->fd = fd;
    link->adopted = true;
    return 0;
}

static int open_device(struct host_link *link, const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (isatty(fd) && set_raw(fd, true) < 0) {
        int failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    link->fd = fd;
    return 0;
}

/* The link appears whole or not at all, also where an old one stood. */
static int point_link(const char *path, const char *target)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    unlink(temporary);
    if (symlink(target, temporary) < 0)
        return -1;
    if (rename(temporary, path) == 0)
        return 0;
    int failure = errno;
    unlink(temporary);
    errno = failure;
    return -1;
}

static int make_pty(struct host_link *link, const char *path)
{
    link->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (link->fd < 0 || grantpt(link->fd) < 0 || unlockpt(link->fd) < 0 ||
        ptsname_r(link->fd, link->slave_path, sizeof link->slave_path) != 0)
        return -1;
    link->slave_fd = open(link->slave_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (link->slave_fd < 0 || set_raw(link->slave_fd, false) < 0)
        return -1;
    if (point_link(path, link->slave_path) < 0)
        return -1;
    link->link_path = path;
    return 0;
}

int host_link_open(struct host_link *link, const char *path)
{
    struct stat found;
    reset(link);
    bool exists = lstat(path, &found) == 0; /* a symbolic link is an old one of ours: replaced, not followed */
    if (exists && !S_ISCHR(found.st_mode) && !S_ISLNK(found.st_mode)) {
        errno = EEXIST;
        return -1;
    }
    return exists && S_ISCHR(found.st_mode) ? open_device(link, path) : make_pty(link, path);
}

static void lose(struct host_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

size_t host_link_read(struct host_link *link, uint8_t *bytes, size_t room)
{
    if (link->fd < 0)
        return 0;
    ssize_t n = read(link->fd, bytes, room);
    if (n > 0)
        return (size_t)n;
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        lose(link);
    return 0;
}

/* One bit of each frame to spoil, never making a delimiter of it. */
static void spoil(struct host_link *link, uint8_t *bytes, size_t n)
{
    size_t start = 0;
    for (size_t i = 0; i < n && link->corrupt > 0; i++) {
        if (bytes[i] != 0)
            continue;
        if (i > start) {
            uint8_t *victim = &bytes[start + (i - start) / 2];
            *victim ^= *victim == 1 ? 2 : 1;
            link->corrupt--;
        }
        start = i + 1;
    }
}

void host_link_write(struct host_link *link, const uint8_t *bytes, size_t n, uint32_t now_ms)
{
    uint8_t wire[MAX_WRITE];
    size_t at = 0;
    if (link->muted && (int32_t)(now_ms - link->muted_until_ms) >= 0)
        link->muted = false;
    if (link->fd < 0 || link->muted || n + 1 > sizeof wire)
        return;
    if (link->cut)
        wire[at++] = 0;
    memcpy(wire + at, bytes, n);
    at += n;
    spoil(link, wire, at);
    ssize_t written = write(link->fd, wire, at);
    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        lose(link);
        return;
    }
    size_t sent = written < 0 ? 0 : (size_t)written;
    link->dropped += at - sent;
    if (sent > 0)
        link->cut = sent < at;
}

void host_link_close(struct host_link *link)
{
    char target[sizeof link->slave_path];
    if (link->link_path) {
        ssize_t n = readlink(link->link_path, target, sizeof target);
        if (n > 0 && (size_t)n == strlen(link->slave_path) && memcmp(target, link->slave_path, (size_t)n) == 0)
            unlink(link->link_path);
    }
    lose(link);
    if (link->slave_fd >= 0)
        close(link->slave_fd);
    link->slave_fd = -1;
}
