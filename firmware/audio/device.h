/* SPDX-License-Identifier: Apache-2.0 */
/* A device's descriptor as the tick sees it: reads and writes that never wait and never raise a signal. */
#ifndef DEVICE_H
#define DEVICE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device { int fd; bool is_tty, is_socket; };

/* Looks at the descriptor and makes it non-blocking. Not for the tick. 0 or a negative errno. */
int device_init(struct device *d, int fd);
/* Bytes moved; 0 when none can be now; a negative errno when the device is gone. */
long device_read(const struct device *d, uint8_t *bytes, size_t room);
long device_write(const struct device *d, const uint8_t *bytes, size_t n);
#endif
