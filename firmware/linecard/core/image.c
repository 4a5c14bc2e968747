/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an image's head. */
#include "linecard/core/image.h"
#include "linecard/core/lms.h"
#include <string.h>

_Static_assert(IMAGE_SIGNATURE + LMS_MOST_BYTES <= IMAGE_PROGRAM, "head and signature fit before the program");
_Static_assert(IMAGE_PROGRAM + IMAGE_PROGRAM_BYTES <= FLASH_SLOT_BYTES, "an image fits its slot");
_Static_assert(FLASH_SLOT_A + FLASH_SLOT_BYTES <= FLASH_SLOT_B && FLASH_SLOT_B + FLASH_SLOT_BYTES <= FLASH_BYTES &&
                   FLASH_LOADER + FLASH_LOADER_BYTES <= FLASH_RECORDS &&
                   FLASH_RECORDS + 2 * FLASH_SECTOR <= FLASH_SLOT_A, "nothing lies upon another");

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool image_read(const uint8_t head[IMAGE_HEAD_BYTES], struct image *image)
{
    *image = (struct image){
        .head = head, .board = head + 8, .version = head + 16, .digest = head + 32,
        .slot = load32(head + 20), .program_bytes = load32(head + 24), .signature_bytes = load32(head + 28),
    };
    return memcmp(head, "CBLCIMG1", 8) == 0 && image->program_bytes > 0 &&
           image->program_bytes <= IMAGE_PROGRAM_BYTES && image->signature_bytes <= LMS_MOST_BYTES;
}

bool image_is_whole(const uint8_t *flash, uint32_t offset)
{
    struct image image;
    struct sha256 hash;
    uint8_t digest[SHA256_BYTES];
    if (!image_read(flash + offset, &image) || image.slot != offset)
        return false;
    sha256_begin(&hash);
    sha256_add(&hash, flash + offset + IMAGE_PROGRAM, image.program_bytes);
    sha256_end(&hash, digest);
    return memcmp(digest, image.digest, sizeof digest) == 0;
}

int image_compare_versions(const uint8_t a[3], const uint8_t b[3])
{
    return memcmp(a, b, 3);
}
