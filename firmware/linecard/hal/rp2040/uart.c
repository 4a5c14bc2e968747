/* SPDX-License-Identifier: Apache-2.0 */
/* UART0 (PL011, data sheet §4.2). Received bytes are taken by interrupt into a ring; when the ring is full the
 * interrupt is masked, the FIFO fills and the UART itself withdraws RTS. Sent bytes go by DMA from a ring. */
#include "linecard/hal/rp2040/uart.h"
#include "linecard/hal/rp2040/dma_channels.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/startup.h"
#include <string.h>

enum { DIVISOR = 4 };                    /* 128 MHz / 16 / 4 = 2 Mbaud exactly */
enum { LINE_8N1_FIFO = 3 << 5 | 1 << 4 };
enum { LEVEL_HALF = 2 << 3 };            /* receive interrupt, and RTS, at 16 of 32 bytes */
enum { ENABLE = 1 << 0, TX_ENABLE = 1 << 8, RX_ENABLE = 1 << 9, RTS_ENABLE = 1 << 14, CTS_ENABLE = 1 << 15 };
enum { TX_BY_DMA = 1 << 1 };
enum { INT_RX = 1 << 4, INT_RX_TIMEOUT = 1 << 6 };
enum { FLAG_RX_EMPTY = 1 << 4 };
enum { DATA_OVERRUN = 1 << 11 };
enum { RX_BITS = 11, RX_SIZE = 1 << RX_BITS, TX_BITS = 12, TX_SIZE = 1 << TX_BITS };

static struct {
    uint8_t bytes[RX_SIZE];
    volatile uint32_t head, tail;        /* counts of bytes put in and taken out */
} rx;

static struct {
    uint8_t bytes[TX_SIZE] __attribute__((aligned(TX_SIZE))); /* the DMA's read address wraps here */
    uint32_t head, tail;
    uint32_t sending;                    /* bytes in the DMA's hands */
} tx;

static struct uart_counters counters;

void uart_start(void)
{
    REG(UART_IBRD) = DIVISOR;
    REG(UART_FBRD) = 0;
    REG(UART_LCR_H) = LINE_8N1_FIFO;
    REG(UART_IFLS) = LEVEL_HALF;
    REG(UART_DMACR) = TX_BY_DMA;
    REG(DMA_READ_ADDR(CHANNEL_UART_TX)) = (uint32_t)(uintptr_t)tx.bytes;
    REG(DMA_WRITE_ADDR(CHANNEL_UART_TX)) = UART_DR;
    REG(DMA_CTRL(CHANNEL_UART_TX)) = DMA_ENABLE | DMA_INCR_READ | DMA_RING(TX_BITS) |
                                     DMA_CHAIN_TO(CHANNEL_UART_TX) | DMA_PACED_BY(DREQ_UART0_TX);
    REG_SET(DMA_INTE1) = 1U << CHANNEL_UART_TX;
    REG(UART_IMSC) = INT_RX | INT_RX_TIMEOUT;
    REG(NVIC_ENABLE) = 1U << IRQ_UART0 | 1U << IRQ_DMA1;
    REG(UART_CR) = ENABLE | TX_ENABLE | RX_ENABLE | RTS_ENABLE | CTS_ENABLE;
}

/* --- receiving ------------------------------------------------------------------------------ */

void uart_handler(void)
{
    uint32_t head = rx.head;
    while (!(REG(UART_FR) & FLAG_RX_EMPTY)) {
        if (head - rx.tail == RX_SIZE) {
            REG(UART_IMSC) = 0; /* until uart_read() makes room */
            break;
        }
        uint32_t data = REG(UART_DR);
        if (data & DATA_OVERRUN)
            counters.overruns++;
        rx.bytes[head % RX_SIZE] = (uint8_t)data;
        head++;
    }
    rx.head = head;
    REG(UART_ICR) = INT_RX_TIMEOUT;
}

size_t uart_read(uint8_t *bytes, size_t room)
{
    uint32_t tail = rx.tail;
    size_t n = rx.head - tail;
    if (n > room)
        n = room;
    size_t before_end = RX_SIZE - tail % RX_SIZE;
    size_t first = n < before_end ? n : before_end;
    memcpy(bytes, rx.bytes + tail % RX_SIZE, first);
    memcpy(bytes + first, rx.bytes, n - first);
    rx.tail = tail + (uint32_t)n;
    if (n > 0)
        REG(UART_IMSC) = INT_RX | INT_RX_TIMEOUT;
    return n;
}

/* --- sending -------------------------------------------------------------------------------- */

static void send_more(void)
{
    tx.sending = tx.head - tx.tail;
    if (tx.sending > 0)
        REG(DMA_COUNT_TRIGGER(CHANNEL_UART_TX)) = tx.sending; /* goes on where it stopped */
}

void uart_sent_handler(void)
{
    REG(DMA_INTS1) = 1U << CHANNEL_UART_TX;
    tx.tail += tx.sending;
    send_more();
}

void uart_write(const uint8_t *bytes, size_t n)
{
    interrupts_off();
    uint32_t used = tx.head - tx.tail;
    interrupts_on();
    if (n > TX_SIZE - used) {
        counters.dropped_writes++;
        return;
    }
    uint32_t head = tx.head;
    size_t before_end = TX_SIZE - head % TX_SIZE;
    size_t first = n < before_end ? n : before_end;
    memcpy(tx.bytes + head % TX_SIZE, bytes, first);
    memcpy(tx.bytes, bytes + first, n - first);
    interrupts_off();
    tx.head = head + (uint32_t)n;
    if (tx.sending == 0)
        send_more();
    interrupts_on();
}

const struct uart_counters *uart_counters(void)
{
    return &counters;
}
