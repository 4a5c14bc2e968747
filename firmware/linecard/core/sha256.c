/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 as FIPS 180-4 has it: small rather than fast. */
#include "linecard/core/sha256.h"
#include <string.h>

/* Fractions of the cube roots of the first 64 primes, of the square roots of the first 8 (FIPS 180-4, 4.2.2, 5.3.3). */
static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t START[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t turn(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* FIPS 180-4, 6.2.2: a to h are its working variables, w a window of 16 words of its message schedule. */
static void compress(struct sha256 *hash)
{
    uint32_t w[16];
    uint32_t *s = hash->state;
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (size_t i = 0; i < 64; i++) {
        if (i < 16) {
            w[i] = load32(hash->block + 4 * i);
        } else {
            const uint32_t early = w[(i + 1) % 16], late = w[(i + 14) % 16];
            w[i % 16] += (turn(early, 7) ^ turn(early, 18) ^ early >> 3) + w[(i + 9) % 16] +
                         (turn(late, 17) ^ turn(late, 19) ^ late >> 10);
        }
        const uint32_t one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + w[i % 16];
        const uint32_t two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + one;
        d = c, c = b, b = a, a = one + two;
    }
    s[0] += a, s[1] += b, s[2] += c, s[3] += d;
    s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

void sha256_begin(struct sha256 *hash)
{
    memcpy(hash->state, START, sizeof hash->state);
    hash->length = 0;
}

void sha256_add(struct sha256 *hash, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hash->block[hash->length++ % SHA256_BLOCK] = bytes[i];
        if (hash->length % SHA256_BLOCK == 0)
            compress(hash);
    }
}

void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t PAD[SHA256_BLOCK] = {0x80};
    const uint32_t length = hash->length;
    const size_t used = length % SHA256_BLOCK;
    sha256_add(hash, PAD, (used < 56 ? 56 : 120) - used);
    const uint8_t bits[8] = {
        0, 0, 0, (uint8_t)(length >> 29), (uint8_t)(length >> 21), (uint8_t)(length >> 13), (uint8_t)(length >> 5),
        (uint8_t)(length << 3),
    };
    sha256_add(hash, bits, sizeof bits);
    for (size_t i = 0; i < SHA256_BYTES; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
