/* SPDX-License-Identifier: Apache-2.0 */
/* The program's vector table. */
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/startup.h"

extern uint32_t stack_top[];

typedef void (*vector)(void);

/* Armv6-M: stack pointer, 15 exceptions, then the RP2040's 26 interrupts (data sheet §2.3.2). */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;      // cppcheck-suppress unusedStructMember
    vector exceptions[15]; // cppcheck-suppress unusedStructMember
    vector interrupts[26]; // cppcheck-suppress unusedStructMember
} vectors = {
    stack_top,
    {reset_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     fault_handler},
    {
        [IRQ_TIMER0] = timer_handler,
        [IRQ_DMA0] = highway_handler,
        [IRQ_DMA1] = uart_sent_handler,
        [IRQ_UART0] = uart_handler,
    },
};
