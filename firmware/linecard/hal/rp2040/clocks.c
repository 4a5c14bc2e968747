/* SPDX-License-Identifier: Apache-2.0 */
/* 12 MHz crystal -> PLL 12 x 128 / (6 x 2) = 128 MHz for the processor, PIO, UART and SPI. */
#include "linecard/hal/rp2040/clocks.h"
#include "linecard/hal/rp2040/regs.h"

enum { FEEDBACK = 128, POST_DIVIDER_1 = 6, POST_DIVIDER_2 = 2 }; /* VCO 1536 MHz, within 750-1600 (§2.18.2) */
#define NEEDED (RESET_DMA | RESET_IO_BANK0 | RESET_PADS_BANK0 | RESET_PIO0 | RESET_PLL_SYS | RESET_SPI0 | \
                RESET_TIMER | RESET_UART0)
#define XOSC_ENABLE (0xFABU << 12 | 0xAA0U) /* 1-15 MHz */
#define XOSC_STABLE (1U << 31)
#define PLL_LOCK (1U << 31)
#define PLL_POWER_DOWN (1U << 0)
#define PLL_POST_DIVIDERS_DOWN (1U << 3)
#define PLL_VCO_DOWN (1U << 5)
#define PERI_ENABLE (1U << 11)

/* The watchdog runs already, so a crystal that does not start leads to another attempt, not to a dead card. */
static void wait_for(uint32_t address, uint32_t bits)
{
    while ((REG(address) & bits) != bits)
        ;
}

void clocks_start(void)
{
    REG(XOSC_STARTUP) = 47; /* x 256 periods: 1 ms */
    REG(XOSC_CTRL) = XOSC_ENABLE;
    wait_for(XOSC_STATUS, XOSC_STABLE);
    REG_CLEAR(CLK_SYS_CTRL) = 1; /* clk_sys from clk_ref while the PLL changes */
    wait_for(CLK_SYS_SELECTED, 1U << 0);
    REG(CLK_REF_CTRL) = 2; /* clk_ref from the crystal */
    wait_for(CLK_REF_SELECTED, 1U << 2);

    REG_SET(RESETS_RESET) = RESET_PLL_SYS;
    REG_CLEAR(RESETS_RESET) = NEEDED;
    wait_for(RESETS_DONE, NEEDED);
    REG(PLL_SYS_CS) = 1; /* reference divider */
    REG(PLL_SYS_FBDIV) = FEEDBACK;
    REG_CLEAR(PLL_SYS_PWR) = PLL_POWER_DOWN | PLL_VCO_DOWN;
    wait_for(PLL_SYS_CS, PLL_LOCK);
    REG(PLL_SYS_PRIM) = POST_DIVIDER_1 << 16 | POST_DIVIDER_2 << 12;
    REG_CLEAR(PLL_SYS_PWR) = PLL_POST_DIVIDERS_DOWN;

    REG(CLK_SYS_DIV) = 1U << 8;
    REG(CLK_SYS_CTRL) = 0; /* auxiliary source: PLL_SYS */
    REG_SET(CLK_SYS_CTRL) = 1;
    wait_for(CLK_SYS_SELECTED, 1U << 1);
    REG(CLK_PERI_CTRL) = PERI_ENABLE; /* from clk_sys */
}
