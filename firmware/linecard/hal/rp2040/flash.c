/* SPDX-License-Identifier: Apache-2.0 */
/* Changes the flash from RAM, by the routines of the boot ROM (RP2040 data sheet §2.8.3). */
#include "linecard/hal/rp2040/flash.h"
#include "linecard/core/flash_map.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/watchdog.h"
#include <stddef.h>
#include <string.h>

#define RAM_CODE __attribute__((section(".ram_code"), noinline))

enum { LONGEST_MS = 1000 };   /* until the watchdog believes that an erasure hangs */
enum { BOOT2_WORDS = 64, COMMAND_64_KB_ERASE = 0xD8 };

/* --- the ROM's table (§2.8.3: its place at 14h, the function that searches it at 18h) -------- */

enum { ROM_TABLE = 0x14, ROM_LOOKUP = 0x18 };
#define ROM_CODE(a, b) ((uint32_t)(a) | (uint32_t)(b) << 8)

typedef void *(*rom_lookup)(const uint16_t *table, uint32_t code);

static uintptr_t rom_pointer(uintptr_t at)
{
    __asm volatile("" : "+r"(at)); /* low addresses are good ones here, whatever the compiler thinks */
    return *(const uint16_t *)at;
}

static void *rom_function(uint32_t code)
{
    const rom_lookup lookup = (rom_lookup)rom_pointer(ROM_LOOKUP);
    return lookup((const uint16_t *)rom_pointer(ROM_TABLE), code);
}

/* --- while flash cannot be read --------------------------------------------------------------- */

struct change {
    void (*connect)(void);
    void (*leave_xip)(void);
    void (*erase)(uint32_t offset, size_t n, uint32_t block, uint8_t command);
    void (*program)(uint32_t offset, const uint8_t *bytes, size_t n);
    void (*forget_cache)(void);
    void (*read_again)(void);
    uint32_t offset;
    const uint8_t *page;      /* NULL: erase */
};

/* The routines in the order of §2.8.3.1.3; then the second stage, for the ROM knows slower reads only. */
RAM_CODE static void do_change(const struct change *change)
{
    change->connect();
    change->leave_xip();
    if (change->page)
        change->program(change->offset, change->page, FLASH_PAGE);
    else
        change->erase(change->offset, FLASH_SECTOR, 0x10000, COMMAND_64_KB_ERASE);
    change->forget_cache();
    change->read_again();
}

static void run(uint32_t offset, const uint8_t *page)
{
    static uint32_t boot2[BOOT2_WORDS]; /* in RAM, to be run there */
    memcpy(boot2, (const void *)(uintptr_t)FLASH_XIP, sizeof boot2);
    struct change change = {.offset = offset, .page = page};
    change.connect = rom_function(ROM_CODE('I', 'F'));
    change.leave_xip = rom_function(ROM_CODE('E', 'X'));
    change.erase = rom_function(ROM_CODE('R', 'E'));
    change.program = rom_function(ROM_CODE('R', 'P'));
    change.forget_cache = rom_function(ROM_CODE('F', 'C'));
    change.read_again = (void (*)(void))((uintptr_t)boot2 | 1U); /* Thumb */
    interrupts_off();
    watchdog_allow(LONGEST_MS); /* whoever feeds it next puts the usual time back */
    do_change(&change);
    interrupts_on();
}

void flash_erase(void *context, uint32_t offset)
{
    (void)context;
    run(offset, NULL);
}

void flash_program(void *context, uint32_t offset, const uint8_t *page)
{
    (void)context;
    run(offset, page);
}

void flash_wait_for_usb(void)
{
    void (*usb_boot)(uint32_t led_pins, uint32_t interfaces_off) = rom_function(ROM_CODE('U', 'B'));
    watchdog_stop();
    usb_boot(0, 0);
    for (;;)
        wait_for_interrupt();
}
