/* SPDX-License-Identifier: Apache-2.0 */
/* Which image starts: the boot record, read by the loader at each start and written by the update.
 *
 * A record names the slot to start and the one to go back to. Its last bytes begin as FF and are programmed to 00 one
 * after another, which needs no erasing: `tried` by the loader before it starts the image for the first time, `well`
 * by the image when a host has greeted it. An image that was tried and is not well is not started again. A new record
 * goes into the sector that does not hold the newest, so a cut at any byte leaves the one before. */
#ifndef LINECARD_BOOT_H
#define LINECARD_BOOT_H
#include "linecard/core/flash_map.h"
#include <stdbool.h>
#include <stdint.h>

/* Operations on the flash chip; offsets from its start. */
struct linecard_flash {
    void *context;
    const uint8_t *bytes;        /* all of it, to be read at any time */
    void (*erase)(void *context, uint32_t offset);                        /* one sector */
    void (*program)(void *context, uint32_t offset, const uint8_t *page); /* one page; FF leaves a byte as it is */
    void (*reboot)(void *context); /* by way of the loader; may return, and happen soon after */
};

enum boot_outcome { BOOT_SETTLED = 0, BOOT_TRIAL = 1, BOOT_WENT_BACK = 2 };

struct boot_choice {
    uint32_t slot;               /* 0: no image at all */
    enum boot_outcome outcome;
};

/* What the loader starts; marks a new image as tried. */
struct boot_choice boot_choose(const struct linecard_flash *flash);
/* How the program in `slot` came to run; it changes nothing. */
enum boot_outcome boot_outcome_of(const struct linecard_flash *flash, uint32_t slot);
/* The next start tries `slot`, and falls back on the other. */
void boot_write_trial(const struct linecard_flash *flash, uint32_t slot);
/* The image on trial is well. */
void boot_write_well(const struct linecard_flash *flash);
#endif
