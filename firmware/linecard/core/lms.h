/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a signature of LMS, the Leighton-Micali hash-based scheme (RFC 8554; NIST SP 800-208 recommends it for
 * firmware): it needs SHA-256 alone, no big numbers, and keeps its strength against quantum computers. A key signs
 * a limited number of times, each leaf of its tree once; who signs keeps the count (linecard/image/sign.py).
 *
 * LM-OTS with w = 8 and SHA-256 only: 34 chains, about 4,400 hashes of one block for a signature. Trees of height
 * 5 to 15; height 10 makes signatures of 1,452 bytes and keys good for 1,024 of them. */
#ifndef LINECARD_LMS_H
#define LINECARD_LMS_H
#include "linecard/core/sha256.h"
#include <stdbool.h>

#define LMS_KEY_BYTES 56         /* tree's type (4), one-time type (4), I (16), root (32): RFC 8554, 5.3 */
#define LMS_CHAINS 34            /* p of LMOTS_SHA256_N32_W8 */
#define LMS_MOST_BYTES (4 + 4 + 32 + LMS_CHAINS * 32 + 4 + 15 * 32)

enum lms_result { LMS_BUSY, LMS_GOOD, LMS_BAD };

struct lms {
    const uint8_t *key, *signature; /* both must stay as they are until the end */
    uint32_t leaf, height;
    uint8_t coefficients[LMS_CHAINS]; /* message's digest and its checksum, a chain's start each */
    struct sha256 ends;          /* of all chains: becomes the one-time key */
    uint8_t value[SHA256_BYTES]; /* of the chain or tree node it is at */
    uint32_t chain, step, node;  /* chain = LMS_CHAINS: in the tree; node = 1: its root */
    enum lms_result result;
};

/* Begin to check `signature` (n bytes) of the message (kept only during this call). */
void lms_begin(struct lms *lms, const uint8_t key[LMS_KEY_BYTES], const uint8_t *signature, size_t n,
               const uint8_t *message, size_t message_bytes);
/* Goes on by at most `hashes` hashes; what came of it. */
enum lms_result lms_step(struct lms *lms, unsigned hashes);
#endif
