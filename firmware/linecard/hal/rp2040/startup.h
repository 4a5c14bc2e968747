/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the vector table. */
#ifndef RP2040_STARTUP_H
#define RP2040_STARTUP_H

void reset_handler(void) __attribute__((noreturn));
void fault_handler(void);
void timer_handler(void);     /* timer.c */
void highway_handler(void);   /* highway.c */
void uart_handler(void);      /* uart.c */
void uart_sent_handler(void); /* uart.c */
#endif
