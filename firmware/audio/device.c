/* SPDX-License-Identifier: Apache-2.0 */
/* A device's descriptor as the tick sees it. */
#include "audio/device.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int device_init(struct device *d, int fd)
{
    struct stat status;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    d->fd = fd;
    d->is_socket = S_ISSOCK(status.st_mode);
    d->is_tty = isatty(fd) == 1;
    return 0;
}

/* A tty with VMIN = VTIME = 0 (as pyserial sets it) answers 0 both for "nothing yet" and once it is hung up. */
static long read_nothing(const struct device *d)
{
    struct pollfd p = {.fd = d->fd, .events = POLLIN};

    if (!d->is_tty)
        return -EIO;
    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)))
        return -EIO;
    return 0;
}

long device_read(const struct device *d, uint8_t *bytes, size_t room)
{
    ssize_t n = read(d->fd, bytes, room);

    if (n > 0)
        return n;
    if (n == 0)
        return read_nothing(d);
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    return -errno;
}

long device_write(const struct device *d, const uint8_t *bytes, size_t n)
{
    ssize_t done = d->is_socket ? send(d->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) : write(d->fd, bytes, n);

    if (done >= 0)
        return done;
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
        return 0;
    return -errno;
}
