/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 both ways. */
#include "linecard/hal/host/base64.h"
#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const uint8_t *bytes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < n)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < n)
            group |= bytes[i + 2];
        *text++ = ALPHABET[group >> 18 & 63];
        *text++ = ALPHABET[group >> 12 & 63];
        *text++ = i + 1 < n ? ALPHABET[group >> 6 & 63] : '=';
        *text++ = i + 2 < n ? ALPHABET[group & 63] : '=';
    }
    *text = 0;
}

static int value_of(char c)
{
    const char *at = c ? strchr(ALPHABET, c) : NULL;
    return at ? (int)(at - ALPHABET) : -1;
}

ssize_t base64_decode(const char *text, size_t n, uint8_t *bytes)
{
    size_t written = 0;
    if (n % 4 != 0)
        return -1;
    for (size_t i = 0; i < n; i += 4) {
        uint32_t group = 0;
        size_t count = 3;
        if (i + 4 == n && text[n - 1] == '=')
            count = text[n - 2] == '=' ? 1 : 2;
        for (size_t j = 0; j < 4; j++) {
            int value = j <= count ? value_of(text[i + j]) : 0;
            if (value < 0)
                return -1;
            group = group << 6 | (uint32_t)value;
        }
        for (size_t j = 0; j < count; j++)
            bytes[written++] = (uint8_t)(group >> (16 - 8 * j));
    }
    return (ssize_t)written;
}
