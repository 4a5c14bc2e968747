/* SPDX-License-Identifier: Apache-2.0 */
/* A signer of LMS for tests, height 5, all secrets from one letter: RFC 8554, sections 4.5, 5.3 and 5.4. */
#ifndef LMS_SIGNER_H
#define LMS_SIGNER_H
#include "linecard/core/lms.h"
#include <string.h>

enum { SIGNER_LEAVES = 32, SIGNER_HEIGHT = 5, SIGNER_BYTES = 1292 };

struct lms_signer { uint8_t id[16], nodes[2 * SIGNER_LEAVES][SHA256_BYTES]; uint32_t next; };

static inline void signer_start(struct sha256 *hash, const struct lms_signer *signer, uint32_t number, unsigned what)
{
    const uint8_t head[6] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                             (uint8_t)number, (uint8_t)(what >> 8), (uint8_t)what};
    sha256_begin(hash);
    sha256_add(hash, signer->id, sizeof signer->id);
    sha256_add(hash, head, sizeof head);
}

static inline void signer_chain(const struct lms_signer *signer, uint32_t leaf, unsigned chain, unsigned end, uint8_t *value)
{
    struct sha256 hash;
    const uint8_t secret = 0xFF;
    signer_start(&hash, signer, leaf, chain);
    sha256_add(&hash, &secret, 1);
    sha256_end(&hash, value);
    for (unsigned step = 0; step < end; step++) {
        const uint8_t number = (uint8_t)step;
        signer_start(&hash, signer, leaf, chain);
        sha256_add(&hash, &number, 1);
        sha256_add(&hash, value, SHA256_BYTES);
        sha256_end(&hash, value);
    }
}

static inline void signer_init(struct lms_signer *signer, char letter)
{
    struct sha256 hash;
    memset(signer, letter, sizeof *signer);
    signer->next = 0;
    for (uint32_t leaf = 0; leaf < SIGNER_LEAVES; leaf++) {
        uint8_t value[SHA256_BYTES];
        struct sha256 ends;
        signer_start(&ends, signer, leaf, 0x8080);
        for (unsigned chain = 0; chain < LMS_CHAINS; chain++) {
            signer_chain(signer, leaf, chain, 255, value);
            sha256_add(&ends, value, sizeof value);
        }
        sha256_end(&ends, value);
        signer_start(&hash, signer, SIGNER_LEAVES + leaf, 0x8282);
        sha256_add(&hash, value, sizeof value);
        sha256_end(&hash, signer->nodes[SIGNER_LEAVES + leaf]);
    }
    for (uint32_t node = SIGNER_LEAVES - 1; node > 0; node--) {
        signer_start(&hash, signer, node, 0x8383);
        sha256_add(&hash, signer->nodes[2 * node], 2UL * SHA256_BYTES);
        sha256_end(&hash, signer->nodes[node]);
    }
}

static inline void signer_key(const struct lms_signer *signer, uint8_t key[LMS_KEY_BYTES])
{
    memset(key, 0, 8);
    key[3] = 5;
    key[7] = 4;
    memcpy(key + 8, signer->id, sizeof signer->id);
    memcpy(key + 24, signer->nodes[1], SHA256_BYTES);
}

static inline void signer_sign(struct lms_signer *signer, const uint8_t *message, size_t n, uint8_t out[SIGNER_BYTES])
{
    struct sha256 hash;
    uint8_t digest[LMS_CHAINS];
    const uint32_t leaf = signer->next++;
    unsigned sum = 0;
    memset(out, 0, SIGNER_BYTES);
    out[3] = (uint8_t)leaf;
    out[7] = 4;
    memset(out + 8, 's', SHA256_BYTES);
    signer_start(&hash, signer, leaf, 0x8181);
    sha256_add(&hash, out + 8, SHA256_BYTES);
    sha256_add(&hash, message, n);
    sha256_end(&hash, digest);
    for (int i = 0; i < SHA256_BYTES; i++)
        sum += 255U - digest[i];
    digest[32] = (uint8_t)(sum >> 8);
    digest[33] = (uint8_t)sum;
    for (unsigned chain = 0; chain < LMS_CHAINS; chain++)
        signer_chain(signer, leaf, chain, digest[chain], out + 40 + chain * SHA256_BYTES);
    out[40 + LMS_CHAINS * 32 + 3] = 5;
    for (uint32_t level = 0, node = SIGNER_LEAVES + leaf; level < SIGNER_HEIGHT; level++, node /= 2)
        memcpy(out + 44 + (LMS_CHAINS + level) * SHA256_BYTES, signer->nodes[node ^ 1], SHA256_BYTES);
}
#endif
