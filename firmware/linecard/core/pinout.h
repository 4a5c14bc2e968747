/* SPDX-License-Identifier: Apache-2.0 */
/* The line card's pins. Written from hardware/pinout.toml by `python -m hardware.write_pinout`; edit that. */
#ifndef LINECARD_PINOUT_H
#define LINECARD_PINOUT_H

/* GPIO numbers of the RP2040 */
#define PIN_UART_TX 0
#define PIN_UART_RX 1
#define PIN_UART_CTS 2
#define PIN_UART_RTS 3
#define PIN_SPI_MISO 4
#define PIN_SI_CS_N 5
#define PIN_SPI_SCK 6
#define PIN_SPI_MOSI 7
#define PIN_SI_RESET_N 8
#define PIN_SI_INT_N 9
#define PIN_SR_LATCH 10
#define PIN_SR_OE_N 11
#define PIN_PCLK 12
#define PIN_FSYNC 13
#define PIN_PCM_DOWN 14
#define PIN_PCM_UP 15
#define PIN_CODEC_MCLK 16
#define PIN_CODEC_FS1 17
#define PIN_CODEC_FS2 18
#define PIN_CODEC_FS3 19
#define PIN_CODEC_FS4 20
#define PIN_SHK1 21
#define PIN_SHK2 22
#define PIN_SHK3 23
#define PIN_SHK4 24
#define PIN_FR1 25
#define PIN_FR2 26
#define PIN_FR3 27
#define PIN_FR4 28
#define PIN_LED 29

/* Which of them the firmware drives; the others are inputs. */
#define PINS_OUT 0x3e1f7de9u
/* High by the board's own resistors while no firmware runs. */
#define PINS_REST_HIGH 0x1e000a2fu

/* Bits of the shift register: 0 is QA of the first 74HC595. */
#define PIN_OUT_RM1 0
#define PIN_OUT_RM2 1
#define PIN_OUT_RM3 2
#define PIN_OUT_RM4 3
#define PIN_OUT_PD_OFF1 4
#define PIN_OUT_PD_OFF2 5
#define PIN_OUT_PD_OFF3 6
#define PIN_OUT_PD_OFF4 7
#define PIN_OUT_LIFELINE1 8
#define PIN_OUT_LIFELINE2 9
#define PIN_OUT_FXO_LAMP1 10
#define PIN_OUT_FXO_LAMP2 11
#define PIN_OUT_FXS_LAMP1 12
#define PIN_OUT_FXS_LAMP2 13
#define PIN_OUT_FXS_LAMP3 14
#define PIN_OUT_FXS_LAMP4 15
#endif
