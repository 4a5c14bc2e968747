/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), in 64 bytes at a time. About 400 bytes of stack. */
#ifndef LINECARD_SHA256_H
#define LINECARD_SHA256_H
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK 64

struct sha256 {
    uint32_t state[8];
    uint32_t length;             /* bytes so far: at most 512 MB */
    uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const uint8_t *bytes, size_t n);
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);
#endif
