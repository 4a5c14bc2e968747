/* SPDX-License-Identifier: Apache-2.0 */
/* The loader: chooses the image, checks its digest, starts it. It lies behind the second stage and is never rewritten
 * over the link. The watchdog runs when the program begins, so one that hangs at once comes back here. */
#include "linecard/core/boot.h"
#include "linecard/core/image.h"
#include "linecard/hal/rp2040/clocks.h"
#include "linecard/hal/rp2040/flash.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/startup.h"
#include "linecard/hal/rp2040/watchdog.h"

enum { LOADER_MS = 1000 };    /* two digests of 64 kB take 0.2 s */

extern uint32_t stack_top[];

/* No interrupt is enabled here. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack; // cppcheck-suppress unusedStructMember
    void (*reset)(void), (*nmi)(void), (*hard_fault)(void); // cppcheck-suppress unusedStructMember
} vectors = {stack_top, reset_handler, fault_handler, fault_handler};

static void __attribute__((noreturn)) start_program(uint32_t slot)
{
    const uint32_t *table = (const uint32_t *)(uintptr_t)(FLASH_XIP + slot + IMAGE_PROGRAM);
    REG(VTOR) = (uint32_t)(uintptr_t)table;
    __asm volatile("msr msp, %0\n bx %1" ::"r"(table[0]), "r"(table[1]) : "memory");
    __builtin_unreachable();
}

int main(void)
{
    const struct linecard_flash flash = {
        .bytes = (const uint8_t *)(uintptr_t)FLASH_XIP, .erase = flash_erase, .program = flash_program,
    };
    watchdog_start();
    watchdog_allow(LOADER_MS);
    clocks_start();
    const struct boot_choice choice = boot_choose(&flash);
    if (choice.slot == 0)
        flash_wait_for_usb();
    watchdog_feed();
    start_program(choice.slot);
}
