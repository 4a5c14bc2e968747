/* SPDX-License-Identifier: Apache-2.0 */
/* A boot ROM for the emulated chip, which comes with none. It does what the mask ROM does at power-up as far as
 * flash is concerned (RP2040 data sheet §2.8.1): takes 256 bytes of flash to 2004_1F00, compares the CRC32 of the
 * first 252 with the last four, and runs them. When the checksum is wrong it ends with BKPT 4, where the mask ROM
 * would wait for USB. */
    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .equ FLASH, 0x10000000
    .equ STAGE, 0x20041f00
    .equ CHECKED, 252
    .equ WHOLE, 256
    .equ POLYNOMIAL, 0x04c11db7

    .section .vectors, "a"
    .word 0x20042000
    .word start
    .word halt
    .word halt

    .section .text
    .thumb_func
start:
    ldr r0, =FLASH
    ldr r1, =STAGE
    movs r2, #0
    ldr r4, =WHOLE
copy:
    ldr r3, [r0, r2]
    str r3, [r1, r2]
    adds r2, #4
    cmp r2, r4
    bne copy

    movs r0, #0             /* offset */
    mvns r2, r0             /* the checksum so far: all ones */
    ldr r3, =POLYNOMIAL
next_byte:
    ldrb r4, [r1, r0]
    lsls r4, #24
    eors r2, r4
    movs r5, #8
next_bit:
    lsls r2, #1
    bcc no_carry
    eors r2, r3
no_carry:
    subs r5, #1
    bne next_bit
    adds r0, #1
    cmp r0, #CHECKED
    bne next_byte

    ldr r4, [r1, r0]
    cmp r2, r4
    bne halt
    movs r0, #0
    mov lr, r0              /* the second stage shall go on by itself */
    adds r1, #1             /* Thumb */
    bx r1

    .thumb_func
halt:
    bkpt 4
    b halt
    .ltorg
