/* SPDX-License-Identifier: Apache-2.0 */
/* The DLE shield of V.253 voice streams. */
#include "audio/dle.h"

#include <string.h>

void dle_init(struct dle_decoder *d)
{
    d->pending = false;
    d->ended = false;
}

enum dle_kind dle_decode(struct dle_decoder *d, uint8_t byte)
{
    if (!d->pending) {
        if (byte != DLE)
            return DLE_DATA;
        d->pending = true;
        return DLE_NOTHING;
    }
    d->pending = false;
    switch (byte) {
    case DLE:
        return DLE_DATA;
    case DLE_SUB:
        return DLE_TWO;
    case DLE_ETX:
        d->ended = true;
        return DLE_END;
    default:
        return DLE_CODE;
    }
}

size_t dle_encode(const uint8_t *in, size_t n, uint8_t *out)
{
    size_t length = 0;

    while (n > 0) {
        const uint8_t *mark = memchr(in, DLE, n);
        size_t plain = mark == NULL ? n : (size_t)(mark - in) + 1;
        memcpy(out + length, in, plain);
        length += plain;
        if (mark != NULL)
            out[length++] = DLE;
        in += plain;
        n -= plain;
    }
    return length;
}
