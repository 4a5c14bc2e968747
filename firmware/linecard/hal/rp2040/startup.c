/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to main(), of the loader and of the program: .data and .bss; a fault restarts the card. */
#include "linecard/hal/rp2040/startup.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/watchdog.h"

extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
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
