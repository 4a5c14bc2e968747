/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything lies in the card's flash, written once: read by C, by the linker script and by
 * linecard/image/flash_map.py. Offsets from the start of flash; plain numbers only. */
#ifndef LINECARD_FLASH_MAP_H
#define LINECARD_FLASH_MAP_H

#define FLASH_BYTES 0x200000     /* 2 MB */
#define FLASH_SECTOR 0x1000      /* the least that can be erased: to FF */
#define FLASH_PAGE 0x100         /* what is programmed at once: bits from 1 to 0 */

#define FLASH_LOADER 0x000       /* second stage (boot2, 256 bytes), then the loader: never rewritten over the link */
#define FLASH_LOADER_BYTES 0x4000
#define FLASH_RECORDS 0x8000     /* boot record, two sectors used in turn */
#define FLASH_SLOT_A 0x10000
#define FLASH_SLOT_B 0x30000
#define FLASH_SLOT_BYTES 0x20000

/* A slot: the image's head in a page, its signature behind that, its program (vector table first). */
#define IMAGE_SIGNATURE 0x100
#define IMAGE_PROGRAM 0x800
#define IMAGE_PROGRAM_BYTES 0x10000 /* at most */
#endif
