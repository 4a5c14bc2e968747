/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to main(): the vector table, .data and .bss; a fault restarts the card. */
#include "linecard/hal/rp2040/startup.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/watchdog.h"

extern uint32_t stack_top[], data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];
extern int main(void);

static uint32_t count_words(const uint32_t *from, const uint32_t *to)
{
    return (uint32_t)((uintptr_t)to - (uintptr_t)from) / sizeof *from;
}

void reset_handler(void)
{
    for (uint32_t i = 0; i < count_words(data_start, data_end); i++)
        data_start[i] = data_load[i];
    for (uint32_t i = 0; i < count_words(bss_start, bss_end); i++)
        bss_start[i] = 0;
    main();
    watchdog_restart(RESTART_FAULT); /* main() does not return */
}

void fault_handler(void)
{
    watchdog_restart(RESTART_FAULT);
}

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
