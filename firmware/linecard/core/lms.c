/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8554: 4.6 (one-time signature, algorithm 4b) and 5.4.2 (tree, algorithm 6a), a few hashes at a time. */
#include "linecard/core/lms.h"
#include <string.h>

enum {
    LMS_SHA256_M32_H5 = 5,       /* heights 5, 10, 15 are types 5, 6, 7 */
    LMS_SHA256_M32_H15 = 7,
    LMOTS_SHA256_N32_W8 = 4,
    ID_BYTES = 16,
    CHAIN_END = 255,             /* 2^w - 1 */
    D_PBLK = 0x8080, D_MESG = 0x8181, D_LEAF = 0x8282, D_INTR = 0x8383,
};
/* Where things are in a key, and in a signature. */
enum { KEY_ID = 8, KEY_ROOT = KEY_ID + ID_BYTES };
enum { SIG_LEAF = 0, SIG_OTS_TYPE = 4, SIG_SALT = 8, SIG_CHAINS = 40, SIG_TYPE = SIG_CHAINS + LMS_CHAINS * 32,
       SIG_PATH = SIG_TYPE + 4 };

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void add32(struct sha256 *hash, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    sha256_add(hash, bytes, sizeof bytes);
}

static void add16(struct sha256 *hash, uint32_t value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    sha256_add(hash, bytes, sizeof bytes);
}

/* Every hash begins with the key's I, a number, and what the hash is for. */
static void begin(struct sha256 *hash, const struct lms *lms, uint32_t number, uint32_t what)
{
    sha256_begin(hash);
    sha256_add(hash, lms->key + KEY_ID, ID_BYTES);
    add32(hash, number);
    add16(hash, what);
}

static void start_chain(struct lms *lms)
{
    lms->step = lms->coefficients[lms->chain];
    memcpy(lms->value, lms->signature + SIG_CHAINS + lms->chain * SHA256_BYTES, SHA256_BYTES);
}

/* The 32 bytes of the message's digest, and the checksum that stops anybody from only going on along the chains. */
static void choose_coefficients(struct lms *lms, const uint8_t *message, size_t n)
{
    struct sha256 hash;
    uint32_t sum = 0;
    begin(&hash, lms, lms->leaf, D_MESG);
    sha256_add(&hash, lms->signature + SIG_SALT, SHA256_BYTES);
    sha256_add(&hash, message, n);
    sha256_end(&hash, lms->coefficients);
    for (size_t i = 0; i < SHA256_BYTES; i++)
        sum += CHAIN_END - (uint32_t)lms->coefficients[i];
    lms->coefficients[SHA256_BYTES] = (uint8_t)(sum >> 8);
    lms->coefficients[SHA256_BYTES + 1] = (uint8_t)sum;
}

void lms_begin(struct lms *lms, const uint8_t key[LMS_KEY_BYTES], const uint8_t *signature, size_t n,
               const uint8_t *message, size_t message_bytes)
{
    memset(lms, 0, sizeof *lms);
    lms->key = key;
    lms->signature = signature;
    lms->result = LMS_BAD;
    const uint32_t type = load32(key);
    if (type < LMS_SHA256_M32_H5 || type > LMS_SHA256_M32_H15 || load32(key + 4) != LMOTS_SHA256_N32_W8)
        return;
    lms->height = (type - LMS_SHA256_M32_H5 + 1) * 5;
    if (n != SIG_PATH + lms->height * SHA256_BYTES || load32(signature + SIG_OTS_TYPE) != LMOTS_SHA256_N32_W8 ||
        load32(signature + SIG_TYPE) != type)
        return;
    lms->leaf = load32(signature + SIG_LEAF);
    if (lms->leaf >> lms->height != 0)
        return;
    choose_coefficients(lms, message, message_bytes);
    begin(&lms->ends, lms, lms->leaf, D_PBLK);
    start_chain(lms);
    lms->result = LMS_BUSY;
}

static void hash_leaf(struct lms *lms)
{
    struct sha256 hash;
    uint8_t one_time_key[SHA256_BYTES];
    sha256_end(&lms->ends, one_time_key);
    lms->node = (1U << lms->height) + lms->leaf;
    begin(&hash, lms, lms->node, D_LEAF);
    sha256_add(&hash, one_time_key, sizeof one_time_key);
    sha256_end(&hash, lms->value);
}

static void follow_chain(struct lms *lms)
{
    struct sha256 hash;
    if (lms->step < CHAIN_END) {
        const uint8_t step = (uint8_t)lms->step++;
        begin(&hash, lms, lms->leaf, lms->chain); /* I, q, i: then j */
        sha256_add(&hash, &step, 1);
        sha256_add(&hash, lms->value, sizeof lms->value);
        sha256_end(&hash, lms->value);
        return;
    }
    sha256_add(&lms->ends, lms->value, sizeof lms->value);
    if (++lms->chain < LMS_CHAINS)
        start_chain(lms);
    else
        hash_leaf(lms);
}

static void climb(struct lms *lms)
{
    struct sha256 hash;
    const uint32_t level = lms->step++ - CHAIN_END;
    const uint8_t *sibling = lms->signature + SIG_PATH + level * SHA256_BYTES;
    begin(&hash, lms, lms->node / 2, D_INTR);
    sha256_add(&hash, lms->node & 1 ? sibling : lms->value, SHA256_BYTES);
    sha256_add(&hash, lms->node & 1 ? lms->value : sibling, SHA256_BYTES);
    sha256_end(&hash, lms->value);
    lms->node /= 2;
}

enum lms_result lms_step(struct lms *lms, unsigned hashes)
{
    for (; lms->result == LMS_BUSY && hashes > 0; hashes--) {
        if (lms->chain < LMS_CHAINS)
            follow_chain(lms);
        else if (lms->node > 1)
            climb(lms);
        else
            lms->result = memcmp(lms->value, lms->key + KEY_ROOT, SHA256_BYTES) == 0 ? LMS_GOOD : LMS_BAD;
    }
    return lms->result;
}
