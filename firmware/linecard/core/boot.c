/* SPDX-License-Identifier: Apache-2.0 */
/* The boot record and the choice of the loader. */
#include "linecard/core/boot.h"
#include "linecard/core/image.h"
#include "link.h"
#include <string.h>

enum { RECORD_SLOT = 8, RECORD_CHECK = 12, RECORD_TRIED = 16, RECORD_WELL = 20, RECORDS = 2 };
enum { BLANK = 0xFF };
static const uint8_t MAGIC[4] = {'C', 'B', 'B', 'R'};

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static uint32_t other_slot(uint32_t slot)
{
    return slot == FLASH_SLOT_A ? FLASH_SLOT_B : FLASH_SLOT_A;
}

static bool is_record(const uint8_t *at)
{
    const uint16_t check = link_crc16(at, RECORD_CHECK);
    const uint32_t slot = load32(at + RECORD_SLOT);
    return memcmp(at, MAGIC, sizeof MAGIC) == 0 && at[RECORD_CHECK] == check >> 8 &&
           at[RECORD_CHECK + 1] == (check & 0xFF) && (slot == FLASH_SLOT_A || slot == FLASH_SLOT_B);
}

/* Offset of the newest record, 0 when there is none. */
static uint32_t newest_record(const struct linecard_flash *flash)
{
    uint32_t newest = 0, sequence = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        const uint32_t offset = FLASH_RECORDS + i * FLASH_SECTOR;
        const uint32_t found = load32(flash->bytes + offset + 4);
        if (is_record(flash->bytes + offset) && (newest == 0 || (int32_t)(found - sequence) > 0)) {
            newest = offset;
            sequence = found;
        }
    }
    return newest;
}

static bool is_marked(const struct linecard_flash *flash, uint32_t record, uint32_t mark)
{
    return flash->bytes[record + mark] != BLANK; /* a cut may have left some of its bits */
}

static void mark(const struct linecard_flash *flash, uint32_t record, uint32_t at)
{
    uint8_t page[FLASH_PAGE];
    memset(page, BLANK, sizeof page);
    page[at] = 0;
    flash->program(flash->context, record, page);
}

/* By the record alone, whatever the slots hold; a card fresh from the factory starts slot A. */
static struct boot_choice choose(const struct linecard_flash *flash, uint32_t record)
{
    if (record == 0)
        return (struct boot_choice){FLASH_SLOT_A, BOOT_SETTLED};
    const uint32_t slot = load32(flash->bytes + record + RECORD_SLOT);
    if (is_marked(flash, record, RECORD_WELL))
        return (struct boot_choice){slot, BOOT_SETTLED};
    if (is_marked(flash, record, RECORD_TRIED))
        return (struct boot_choice){other_slot(slot), BOOT_WENT_BACK};
    return (struct boot_choice){slot, BOOT_TRIAL};
}

struct boot_choice boot_choose(const struct linecard_flash *flash)
{
    const uint32_t record = newest_record(flash);
    struct boot_choice choice = choose(flash, record);
    if (choice.outcome == BOOT_TRIAL)
        mark(flash, record, RECORD_TRIED);
    if (image_is_whole(flash->bytes, choice.slot))
        return choice;
    choice.outcome = BOOT_WENT_BACK;
    choice.slot = other_slot(choice.slot);
    if (!image_is_whole(flash->bytes, choice.slot))
        choice.slot = 0;
    return choice;
}

enum boot_outcome boot_outcome_of(const struct linecard_flash *flash, uint32_t slot)
{
    const uint32_t record = newest_record(flash);
    if (record == 0)
        return slot == FLASH_SLOT_A ? BOOT_SETTLED : BOOT_WENT_BACK;
    if (slot != load32(flash->bytes + record + RECORD_SLOT))
        return BOOT_WENT_BACK;
    return is_marked(flash, record, RECORD_WELL) ? BOOT_SETTLED : BOOT_TRIAL;
}

void boot_write_trial(const struct linecard_flash *flash, uint32_t slot)
{
    const uint32_t newest = newest_record(flash);
    const uint32_t sequence = newest ? load32(flash->bytes + newest + 4) + 1 : 1;
    const uint32_t offset = newest == FLASH_RECORDS ? FLASH_RECORDS + FLASH_SECTOR : FLASH_RECORDS;
    uint8_t page[FLASH_PAGE];
    memset(page, BLANK, sizeof page);
    memcpy(page, MAGIC, sizeof MAGIC);
    store32(page + 4, sequence);
    store32(page + RECORD_SLOT, slot);
    const uint16_t check = link_crc16(page, RECORD_CHECK);
    page[RECORD_CHECK] = (uint8_t)(check >> 8);
    page[RECORD_CHECK + 1] = (uint8_t)check;
    flash->erase(flash->context, offset);
    flash->program(flash->context, offset, page);
}

void boot_write_well(const struct linecard_flash *flash)
{
    const uint32_t record = newest_record(flash);
    if (record)
        mark(flash, record, RECORD_WELL);
}
