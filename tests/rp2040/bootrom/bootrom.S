/* SPDX-License-Identifier: Apache-2.0 */
/* A boot ROM for the emulated chip, which comes with none. It does what the mask ROM does at power-up as far as
 * flash is concerned (RP2040 data sheet §2.8.1): takes 256 bytes of flash to 2004_1F00, compares the CRC32 of the
 * first 252 with the last four, and runs them. When the checksum is wrong it ends with BKPT 4, where the mask ROM
 * would wait for USB. Its table of functions (§2.8.3) has those that change the flash: each is a BKPT that
 * chip/nor_flash.js answers. */
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
    .byte 'M', 'u', 1, 3        /* 10h: magic, version */
    .hword functions            /* 14h */
    .hword 0                    /* 16h: data, none here */
    .hword lookup + 1           /* 18h; Thumb */
    .hword 0

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

    .thumb_func
lookup:                     /* R0 table, R1 code: R0 function, or 0 */
    ldrh r2, [r0]
    cmp r2, #0
    beq missing
    cmp r2, r1
    beq found
    adds r0, #4
    b lookup
found:
    ldrh r0, [r0, #2]
    bx lr
missing:
    movs r0, #0
    bx lr

    .macro FUNCTION name, number
    .thumb_func
\name:
    bkpt \number
    bx lr
    .endm
    FUNCTION connect_internal_flash, 0x10
    FUNCTION flash_exit_xip, 0x11
    FUNCTION flash_range_erase, 0x12
    FUNCTION flash_range_program, 0x13
    FUNCTION flash_flush_cache, 0x14
    .thumb_func
reset_usb_boot:
    bkpt 5
    b reset_usb_boot

    .balign 4
functions:
    .ascii "IF"
    .hword connect_internal_flash + 1
    .ascii "EX"
    .hword flash_exit_xip + 1
    .ascii "RE"
    .hword flash_range_erase + 1
    .ascii "RP"
    .hword flash_range_program + 1
    .ascii "FC"
    .hword flash_flush_cache + 1
    .ascii "UB"
    .hword reset_usb_boot + 1
    .hword 0
    .ltorg
