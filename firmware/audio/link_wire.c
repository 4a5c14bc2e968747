/* SPDX-License-Identifier: Apache-2.0 */
/* A link's frames on their way to its descriptor. */
#include <string.h>

#include "audio/internal.h"

void link_wire_put(struct link_wire *wire, const uint8_t *frames, size_t n)
{
    if (wire->len + n > sizeof wire->bytes)
        return;
    memcpy(wire->bytes + wire->len, frames, n);
    wire->len += (uint32_t)n;
}

bool link_wire_write(struct link_wire *wire, struct device *device, int *error)
{
    uint32_t done = 0;

    while (done < wire->len) {
        long n = device_write(device, wire->bytes + done, wire->len - done);
        if (n < 0) {
            *error = (int)-n;
            return false;
        }
        if (n == 0)
            break;
        done += (uint32_t)n;
    }
    memmove(wire->bytes, wire->bytes + done, wire->len - done);
    wire->len -= done;
    return true;
}
