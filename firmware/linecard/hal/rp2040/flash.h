/* SPDX-License-Identifier: Apache-2.0 */
/* The flash chip: erasing and programming by the boot ROM's routines, as `struct linecard_flash` wants them.
 *
 * Nothing can be read from flash meanwhile, so no interrupt is taken: a sector takes 45 ms as a rule and 400 ms at most
 * (W25Q16JV data sheet, tSE), a page 3 ms at most. DMA goes on; the UART withdraws RTS when its FIFO fills. */
#ifndef RP2040_FLASH_H
#define RP2040_FLASH_H
#include <stdint.h>

#define FLASH_XIP 0x10000000U /* where flash is read */

/* One sector, to FF. `offset` from the start of flash; `context` is not used. */
void flash_erase(void *context, uint32_t offset);
/* One page; `page` must lie in RAM. */
void flash_program(void *context, uint32_t offset, const uint8_t *page);
/* Nothing to start: the boot ROM's USB drive, which takes a .uf2 file; without USB, SWD is what is left. */
void flash_wait_for_usb(void) __attribute__((noreturn));
#endif
