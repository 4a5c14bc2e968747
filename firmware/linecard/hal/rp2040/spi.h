/* SPDX-License-Identifier: Apache-2.0 */
/* The Si3050 chain and the shift register, which share SCK and MOSI. */
#ifndef RP2040_SPI_H
#define RP2040_SPI_H
#include <stddef.h>
#include <stdint.h>

void spi_start(void);
/* One frame with chip select low; `in` may be NULL. Waits 1 µs a byte. */
void spi_frame(const uint8_t *out, uint8_t *in, size_t n);
/* All 16 outputs, latched; the first call switches them on. */
void spi_outputs(uint16_t bits);
#endif
