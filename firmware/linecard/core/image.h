/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an image in a slot (docs/linecard-firmware.md); all numbers big-endian.
 *
 *  0  "CBLCIMG1"
 *  8  board, 8 letters, filled with 00
 * 16  version: major, minor, patch, 0
 * 20  offset of its slot in flash
 * 24  bytes of the program
 * 28  bytes of the signature
 * 32  SHA-256 of the program
 * 256 (IMAGE_SIGNATURE) LMS signature of bytes 0-63, and so of everything
 */
#ifndef LINECARD_IMAGE_H
#define LINECARD_IMAGE_H
#include "linecard/core/flash_map.h"
#include <stdbool.h>
#include <stdint.h>

#define IMAGE_HEAD_BYTES 64
#define IMAGE_BOARD_BYTES 8

struct image {
    const uint8_t *head;
    const uint8_t *board, *version, *digest;
    uint32_t slot, program_bytes, signature_bytes;
};

/* What 64 bytes say; false when they are no head, or one whose numbers do not fit a slot. */
bool image_read(const uint8_t head[IMAGE_HEAD_BYTES], struct image *image);
/* The slot at `offset` holds a whole image made for that slot: head and digest, not the signature. */
bool image_is_whole(const uint8_t *flash, uint32_t offset);
/* Less than, equal to or greater than 0, as `a` is older than, the same as or newer than `b`. */
int image_compare_versions(const uint8_t a[3], const uint8_t b[3]);
#endif
