/* SPDX-License-Identifier: Apache-2.0 */
/* The line card's pins. Written from hardware/pinout.toml by `python -m hardware.write_pinout`; edit that. */
#ifndef LINECARD_PINOUT_H
#define LINECARD_PINOUT_H

/* GPIO of the RP2040 */
enum pin {
    PIN_UART_TX = 0,
    PIN_UART_RX = 1,
    PIN_UART_CTS = 2,
    PIN_UART_RTS = 3,
    PIN_SPI_MISO = 4,
    PIN_SI_CS_N = 5,
    PIN_SPI_SCK = 6,
    PIN_SPI_MOSI = 7,
    PIN_SI_RESET_N = 8,
    PIN_SI_INT_N = 9,
    PIN_SR_LATCH = 10,
    PIN_SR_OE_N = 11,
    PIN_PCLK = 12,
    PIN_FSYNC = 13,
    PIN_PCM_DOWN = 14,
    PIN_PCM_UP = 15,
    PIN_CODEC_MCLK = 16,
    PIN_CODEC_FS1 = 17,
    PIN_CODEC_FS2 = 18,
    PIN_CODEC_FS3 = 19,
    PIN_CODEC_FS4 = 20,
    PIN_SHK1 = 21,
    PIN_SHK2 = 22,
    PIN_SHK3 = 23,
    PIN_SHK4 = 24,
    PIN_FR1 = 25,
    PIN_FR2 = 26,
    PIN_FR3 = 27,
    PIN_FR4 = 28,
    PIN_LED = 29,
};

/* driven by the firmware; the others are inputs */
#define PINS_OUT 0x3e1f7de9u
/* high by the board's own resistors while the firmware does not run */
#define PINS_REST_HIGH 0x1e000a2fu

/* bits of the shift register: 0 is QA of the first 74HC595 */
enum out {
    OUT_RM1 = 0,
    OUT_RM2 = 1,
    OUT_RM3 = 2,
    OUT_RM4 = 3,
    OUT_PD_OFF1 = 4,
    OUT_PD_OFF2 = 5,
    OUT_PD_OFF3 = 6,
    OUT_PD_OFF4 = 7,
    OUT_LIFELINE1 = 8,
    OUT_LIFELINE2 = 9,
    OUT_LAMP_FXO1 = 10,
    OUT_LAMP_FXO2 = 11,
    OUT_LAMP_FXS1 = 12,
    OUT_LAMP_FXS2 = 13,
    OUT_LAMP_FXS3 = 14,
    OUT_LAMP_FXS4 = 15,
};
#endif
