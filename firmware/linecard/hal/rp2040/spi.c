/* SPDX-License-Identifier: Apache-2.0 */
/* SPI at 8 MHz. Si3050 data sheet rev 1.5 §5.30: clock idles high, data is taken on its rise, chip select rests
 * 220 ns or more between frames; the 74HC595 takes data on the rise too and minds no chip select, so what the
 * Si3050 is told wanders through it unseen: only the latch shows it. */
#include "linecard/hal/rp2040/spi.h"
#include "linecard/core/pinout.h"
#include "linecard/hal/rp2040/pins.h"
#include "linecard/hal/rp2040/regs.h"

enum { BITS_8 = 7, IDLE_HIGH = 1 << 6, SECOND_EDGE = 1 << 7, RATE = 7 << 8 }; /* CR0 */
enum { ENABLE = 1 << 1 };                                                      /* CR1 */
enum { RX_NOT_EMPTY = 1 << 2 };                                                /* SR */
enum { REST_LOOPS = 12 }; /* 3 cycles each: 280 ns */

static void rest(void)
{
    for (int i = 0; i < REST_LOOPS; i++)
        __asm volatile("nop");
}

void spi_start(void)
{
    REG(SPI_CPSR) = 2; /* 128 MHz / 2 / (7 + 1) = 8 MHz */
    REG(SPI_CR0) = RATE | SECOND_EDGE | IDLE_HIGH | BITS_8;
    REG(SPI_CR1) = ENABLE;
}

static uint8_t swap(uint8_t out)
{
    REG(SPI_DR) = out;
    while (!(REG(SPI_SR) & RX_NOT_EMPTY))
        ;
    return (uint8_t)REG(SPI_DR);
}

void spi_frame(const uint8_t *out, uint8_t *in, size_t n)
{
    pins_write(PIN_SI_CS_N, false);
    for (size_t i = 0; i < n; i++) {
        uint8_t heard = swap(out[i]);
        if (in)
            in[i] = heard;
    }
    pins_write(PIN_SI_CS_N, true);
    rest();
}

void spi_outputs(uint16_t bits)
{
    swap((uint8_t)(bits >> 8)); /* what goes first ends in the second register */
    swap((uint8_t)bits);
    pins_write(PIN_SR_LATCH, true);
    rest();
    pins_write(PIN_SR_LATCH, false);
    pins_write(PIN_SR_OE_N, false);
}
