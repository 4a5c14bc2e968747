/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each GPIO: what it is and how its pad is set. Nothing is left to the reset values. */
#include "linecard/hal/rp2040/pins.h"
#include "linecard/core/pinout.h"
#include "linecard/hal/rp2040/regs.h"

enum { /* §2.19.6.3, GPIO pad */
    PAD_SCHMITT = 1 << 1, PAD_PULL_DOWN = 1 << 2, PAD_PULL_UP = 1 << 3, PAD_4_MA = 1 << 4, PAD_INPUT = 1 << 6,
    PAD_OUT = PAD_4_MA | PAD_SCHMITT | PAD_INPUT,
    PAD_IN_UP = PAD_OUT | PAD_PULL_UP,
    PAD_IN_DOWN = PAD_OUT | PAD_PULL_DOWN,
};

enum drive { INPUT, LOW, HIGH };

static const struct {
    uint8_t pin, function, pad, drive; /* drive: what SIO puts out first; functions of their own ignore it */
} PINS[] = {
    {PIN_UART_TX, FUNCTION_UART, PAD_OUT, INPUT},
    {PIN_UART_RX, FUNCTION_UART, PAD_IN_UP, INPUT},
    {PIN_UART_CTS, FUNCTION_UART, PAD_IN_UP, INPUT}, /* no host: not ready */
    {PIN_UART_RTS, FUNCTION_UART, PAD_OUT, INPUT},
    {PIN_SPI_MISO, FUNCTION_SPI, PAD_IN_DOWN, INPUT},
    {PIN_SI_CS_N, FUNCTION_SIO, PAD_OUT, HIGH},
    {PIN_SPI_SCK, FUNCTION_SPI, PAD_OUT, INPUT},
    {PIN_SPI_MOSI, FUNCTION_SPI, PAD_OUT, INPUT},
    {PIN_SI_RESET_N, FUNCTION_SIO, PAD_OUT, LOW},
    {PIN_SI_INT_N, FUNCTION_SIO, PAD_IN_UP, INPUT},
    {PIN_SR_LATCH, FUNCTION_SIO, PAD_OUT, LOW},
    {PIN_SR_OE_N, FUNCTION_SIO, PAD_OUT, HIGH},
    {PIN_PCLK, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_FSYNC, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_PCM_DOWN, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_PCM_UP, FUNCTION_PIO0, PAD_IN_DOWN, INPUT}, /* nobody drives the empty slots */
    {PIN_CODEC_MCLK, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_CODEC_FS1, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_CODEC_FS1 + 1, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_CODEC_FS1 + 2, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_CODEC_FS1 + 3, FUNCTION_PIO0, PAD_OUT, INPUT},
    {PIN_SHK1, FUNCTION_SIO, PAD_IN_DOWN, INPUT},
    {PIN_SHK1 + 1, FUNCTION_SIO, PAD_IN_DOWN, INPUT},
    {PIN_SHK1 + 2, FUNCTION_SIO, PAD_IN_DOWN, INPUT},
    {PIN_SHK1 + 3, FUNCTION_SIO, PAD_IN_DOWN, INPUT},
    {PIN_FR1, FUNCTION_SIO, PAD_OUT, HIGH},
    {PIN_FR1 + 1, FUNCTION_SIO, PAD_OUT, HIGH},
    {PIN_FR1 + 2, FUNCTION_SIO, PAD_OUT, HIGH},
    {PIN_FR1 + 3, FUNCTION_SIO, PAD_OUT, HIGH},
    {PIN_LED, FUNCTION_SIO, PAD_OUT, LOW},
};

void pins_write(int pin, bool high)
{
    REG(high ? SIO_OUT_SET : SIO_OUT_CLEAR) = 1U << pin;
}

void pins_toggle(int pin)
{
    REG(SIO_OUT_TOGGLE) = 1U << pin;
}

uint32_t pins_read(void)
{
    return REG(SIO_IN);
}

void pins_start(void)
{
    for (uint32_t i = 0; i < sizeof PINS / sizeof PINS[0]; i++) {
        pins_write(PINS[i].pin, PINS[i].drive == HIGH);
        if (PINS[i].drive != INPUT)
            REG(SIO_OE_SET) = 1U << PINS[i].pin;
        REG(PAD(PINS[i].pin)) = PINS[i].pad;
        REG(IO_CTRL(PINS[i].pin)) = PINS[i].function;
    }
}
