/* SPDX-License-Identifier: Apache-2.0 */
/* The host-built card's flash: a file of 2 MB, and the loader that starts the image in it.
 *
 * The images in it are not run, for they are made for another processor: their first word says how the card
 * behaves. `hangs`: its program stands still until the watchdog; `deaf`: it never hears the host; else it is well. */
#ifndef HOST_FLASH_H
#define HOST_FLASH_H
#include "linecard/core/update.h"

enum host_program { HOST_PROGRAM_WELL, HOST_PROGRAM_HANGS, HOST_PROGRAM_DEAF };

struct host_flash {
    uint8_t *bytes;              /* the file, mapped; NULL: this card has none */
    uint8_t key[LMS_KEY_BYTES];
    bool rebooting;
    enum host_program program;
};

/* Maps the file, made blank when there is none; reads the public key. 0, or -1 with errno. */
int host_flash_open(struct host_flash *flash, const char *path, const char *key_path);
/* What the loader does: chooses the image, and tells how it behaves. Without an image it is the built-in, in slot A. */
struct update_config host_flash_boot(struct host_flash *flash);
#endif
