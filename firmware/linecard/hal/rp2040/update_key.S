/* SPDX-License-Identifier: Apache-2.0 */
/* The public key (LMS, 56 bytes) whose firmware this card takes: UPDATE_KEY names its file (rp2040.mk). */
    .section .rodata.update_key, "a"
    .balign 4
    .global update_key
update_key:
    .incbin UPDATE_KEY
