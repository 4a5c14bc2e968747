/* SPDX-License-Identifier: Apache-2.0 */
/* The second stage: 252 bytes that the boot ROM copies to RAM, checks and runs. Sets the flash interface to
 * plain reads (command 03h, one data line), which every serial flash knows, and starts the loader behind it. Called as
 * a function (LR is not 0, which it is when the boot ROM comes here) it sets the interface and returns: flash.c does so
 * from a copy in RAM after each change of the flash. R0-R3 are spoiled.
 * RP2040 data sheet §2.8.1 (boot sequence) and §4.10 (SSI). The image maker adds the CRC32. */
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .boot2, "ax"
    .global boot2
    .thumb_func
boot2:
    ldr r3, =0x18000000         /* SSI */
    movs r1, #0
    str r1, [r3, #0x08]         /* SSIENR: off while it is changed */
    movs r1, #4
    str r1, [r3, #0x14]         /* BAUDR: clk_sys / 4 = 32 MHz at most; 03h is good for 33 MHz and more */
    ldr r1, =(31 << 16) | (3 << 8) /* 32-bit data frames, EEPROM read: command, address, then data in */
    str r1, [r3, #0x00]         /* CTRLR0 */
    ldr r1, =(0x03 << 24) | (2 << 8) | (6 << 2) /* command 03h, 8-bit instruction, 24-bit address, one line */
    movs r2, #0xf4
    str r1, [r3, r2]            /* SPI_CTRLR0 */
    movs r1, #0
    str r1, [r3, #0x04]         /* CTRLR1: one frame for each read */
    movs r1, #1
    str r1, [r3, #0x10]         /* SER: the flash */
    str r1, [r3, #0x08]         /* SSIENR: on; reads of 1000_0000 are flash from here */
    mov r0, lr
    cmp r0, #0
    beq start
    bx lr
start:
    ldr r0, =0x10000100         /* vector table */
    ldr r1, =0xe000ed08         /* VTOR */
    str r0, [r1]
    ldmia r0!, {r1, r2}
    msr msp, r1
    bx r2
    .ltorg
    .balign 4
