/* SPDX-License-Identifier: Apache-2.0 */
/* The link's UART: 2,000,000 baud 8N1 with RTS/CTS. */
#ifndef RP2040_UART_H
#define RP2040_UART_H
#include <stddef.h>
#include <stdint.h>

struct uart_counters {
    uint32_t overruns;        /* bytes lost because nobody took them in time: RTS was not obeyed */
    uint32_t dropped_writes;  /* the host did not take what was sent before */
};

void uart_start(void);
/* What came, up to `room` bytes; 0 when nothing did. */
size_t uart_read(uint8_t *bytes, size_t room);
/* Queues all or nothing; never waits. */
void uart_write(const uint8_t *bytes, size_t n);
const struct uart_counters *uart_counters(void);
#endif
