/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the RP2040 that this firmware uses. Names and places: RP2040 data sheet, chapters 2 and 4. */
#ifndef RP2040_REGS_H
#define RP2040_REGS_H
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REG_SET(address) REG((address) + 0x2000U)   /* §2.1.2: atomic access */
#define REG_CLEAR(address) REG((address) + 0x3000U)

/* §2.14 subsystem resets */
#define RESETS_RESET 0x4000C000U
#define RESETS_DONE 0x4000C008U
#define RESET_DMA (1U << 2)
#define RESET_IO_BANK0 (1U << 5)
#define RESET_PADS_BANK0 (1U << 8)
#define RESET_PIO0 (1U << 10)
#define RESET_PLL_SYS (1U << 12)
#define RESET_SPI0 (1U << 16)
#define RESET_TIMER (1U << 21)
#define RESET_UART0 (1U << 22)

/* §2.15 clocks, §2.16 crystal, §2.18 PLL */
#define CLK_REF_CTRL 0x40008030U
#define CLK_REF_SELECTED 0x40008038U
#define CLK_SYS_CTRL 0x4000803CU
#define CLK_SYS_DIV 0x40008040U
#define CLK_SYS_SELECTED 0x40008044U
#define CLK_PERI_CTRL 0x40008048U
#define XOSC_CTRL 0x40024000U
#define XOSC_STATUS 0x40024004U
#define XOSC_STARTUP 0x4002400CU
#define PLL_SYS_CS 0x40028000U
#define PLL_SYS_PWR 0x40028004U
#define PLL_SYS_FBDIV 0x40028008U
#define PLL_SYS_PRIM 0x4002800CU

/* §2.13 power-on state machine, §4.7 watchdog */
#define PSM_WDSEL 0x40010008U
#define WATCHDOG_CTRL 0x40058000U
#define WATCHDOG_LOAD 0x40058004U
#define WATCHDOG_REASON 0x40058008U
#define WATCHDOG_SCRATCH0 0x4005800CU
#define WATCHDOG_TICK 0x4005802CU

/* §2.19 GPIO, §2.3.1 SIO */
#define IO_CTRL(pin) (0x40014004U + 8U * (uint32_t)(pin))
#define PAD(pin) (0x4001C004U + 4U * (uint32_t)(pin))
#define FUNCTION_SPI 1U
#define FUNCTION_UART 2U
#define FUNCTION_SIO 5U
#define FUNCTION_PIO0 6U
#define SIO_IN 0xD0000004U
#define SIO_OUT_SET 0xD0000014U
#define SIO_OUT_CLEAR 0xD0000018U
#define SIO_OUT_TOGGLE 0xD000001CU
#define SIO_OE_SET 0xD0000024U

/* §4.2 UART */
#define UART_DR 0x40034000U
#define UART_FR 0x40034018U
#define UART_IBRD 0x40034024U
#define UART_FBRD 0x40034028U
#define UART_LCR_H 0x4003402CU
#define UART_CR 0x40034030U
#define UART_IFLS 0x40034034U
#define UART_IMSC 0x40034038U
#define UART_ICR 0x40034044U
#define UART_DMACR 0x40034048U

/* §4.4 SPI */
#define SPI_CR0 0x4003C000U
#define SPI_CR1 0x4003C004U
#define SPI_DR 0x4003C008U
#define SPI_SR 0x4003C00CU
#define SPI_CPSR 0x4003C010U

/* §2.5 DMA */
#define DMA_BASE 0x50000000U
#define DMA_READ_ADDR(channel) (DMA_BASE + 0x40U * (channel) + 0x00U)
#define DMA_WRITE_ADDR(channel) (DMA_BASE + 0x40U * (channel) + 0x04U)
#define DMA_COUNT(channel) (DMA_BASE + 0x40U * (channel) + 0x08U)
#define DMA_CTRL_TRIGGER(channel) (DMA_BASE + 0x40U * (channel) + 0x0CU)
#define DMA_CTRL(channel) (DMA_BASE + 0x40U * (channel) + 0x10U)
#define DMA_COUNT_TRIGGER(channel) (DMA_BASE + 0x40U * (channel) + 0x1CU)
#define DMA_WRITE_ADDR_TRIGGER(channel) (DMA_BASE + 0x40U * (channel) + 0x2CU)
#define DMA_READ_ADDR_TRIGGER(channel) (DMA_BASE + 0x40U * (channel) + 0x3CU)
#define DMA_INTE0 0x50000404U
#define DMA_INTS0 0x5000040CU
#define DMA_INTE1 0x50000414U
#define DMA_INTS1 0x5000041CU
#define DMA_MULTI_TRIGGER 0x50000430U
#define DMA_ENABLE (1U << 0)
#define DMA_HIGH_PRIORITY (1U << 1)
#define DMA_SIZE_32 (2U << 2)
#define DMA_INCR_READ (1U << 4)
#define DMA_INCR_WRITE (1U << 5)
#define DMA_RING(bits) ((uint32_t)(bits) << 6) /* of the read address */
#define DMA_CHAIN_TO(channel) ((uint32_t)(channel) << 11)
#define DMA_PACED_BY(dreq) ((uint32_t)(dreq) << 15)
#define DMA_QUIET (1U << 21)
#define DREQ_PIO0_TX0 0U
#define DREQ_PIO0_RX0 4U
#define DREQ_UART0_TX 20U
#define DREQ_ALWAYS 0x3FU

/* §3.7 PIO */
#define PIO_CTRL 0x50200000U
#define PIO_FSTAT 0x50200004U
#define PIO_FDEBUG 0x50200008U
#define PIO_TXF0 0x50200010U
#define PIO_RXF0 0x50200020U
#define PIO_INSTRUCTION(n) (0x50200048U + 4U * (n))
#define PIO_CLKDIV(sm) (0x502000C8U + 0x18U * (sm))
#define PIO_EXECCTRL(sm) (0x502000CCU + 0x18U * (sm))
#define PIO_SHIFTCTRL(sm) (0x502000D0U + 0x18U * (sm))
#define PIO_EXEC(sm) (0x502000D8U + 0x18U * (sm))
#define PIO_PINCTRL(sm) (0x502000DCU + 0x18U * (sm))

/* §4.6 timer */
#define TIMER_RAWL 0x40054028U
#define TIMER_ALARM0 0x40054010U
#define TIMER_INTR 0x40054034U
#define TIMER_INTE 0x40054038U

/* §2.4.5 interrupts of the core; Armv6-M */
#define NVIC_ENABLE 0xE000E100U
#define VTOR 0xE000ED08U
#define IRQ_TIMER0 0
#define IRQ_DMA0 11
#define IRQ_DMA1 12
#define IRQ_UART0 20

static inline void interrupts_off(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static inline void interrupts_on(void)
{
    __asm volatile("cpsie i" ::: "memory");
}

/* Sleep until an interrupt is pending, masked ones (PRIMASK) too. */
static inline void wait_for_interrupt(void)
{
    __asm volatile("dsb\n wfi" ::: "memory");
}

#endif
