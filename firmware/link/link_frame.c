/* SPDX-License-Identifier: Apache-2.0 */
/* Byte stuffing and checksum of the line-card link. */
#include "link.h"

uint16_t link_crc16(const uint8_t *bytes, size_t n)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        /* CRC-16/CCITT a byte at a time without a table: the polynomial's taps as shifts. */
        uint8_t x = (uint8_t)((crc >> 8) ^ bytes[i]);
        x = (uint8_t)(x ^ (x >> 4));
        crc = (uint16_t)((uint32_t)crc << 8 ^ (uint32_t)x << 12 ^ (uint32_t)x << 5 ^ x);
    }
    return crc;
}

size_t link_cobs_encode(const uint8_t *in, size_t n, uint8_t *out)
{
    size_t code_at = 0;
    size_t at = 1;
    uint8_t code = 1;
    for (size_t i = 0; i < n; i++) {
        if (in[i] != 0) {
            out[at++] = in[i];
            code++;
        }
        if (in[i] == 0 || code == 0xFF) {
            out[code_at] = code;
            code = 1;
            if (in[i] != 0 && i + 1 == n)
                return at; /* a full block ends the data: no empty block after it */
            code_at = at++;
        }
    }
    out[code_at] = code;
    return at;
}

size_t link_cobs_decode(const uint8_t *in, size_t n, uint8_t *out)
{
    size_t at = 0;
    size_t i = 0;
    while (i < n) {
        uint8_t code = in[i++];
        if (code == 0 || (size_t)(code - 1) > n - i)
            return 0;
        for (uint8_t left = code; left > 1; left--) {
            if (in[i] == 0)
                return 0;
            out[at++] = in[i++];
        }
        if (code != 0xFF && i < n)
            out[at++] = 0;
    }
    return at;
}
