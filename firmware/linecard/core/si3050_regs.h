/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the Si3050, from its data sheet (Si3050 + Si3011/18/19, rev 1.5, section 6). */
#ifndef LINECARD_SI3050_REGS_H
#define LINECARD_SI3050_REGS_H

/* Control byte of a frame: broadcast, read or write, and the device with its bit 0 first (section 5.34). */
#define SI3050_BROADCAST 0x80
#define SI3050_READ 0x60
#define SI3050_WRITE 0x20

#define SI3050_CONTROL1 1        /* bit 7 SR: software reset */
#define SI3050_SOFTWARE_RESET 0x80
#define SI3050_CONTROL2 2        /* reads 03 after reset: how the chip is known to answer */
#define SI3050_CONTROL2_RESET 0x03
#define SI3050_INTERRUPTS 4      /* sources; written 0 to clear */
#define SI3050_RDTI 0x80         /* ringing began, validated when RNGV is set */
#define SI3050_DAA_CONTROL1 5
#define SI3050_RDTN 0x40         /* ringing voltage now, negative */
#define SI3050_RDTP 0x20         /* and positive */
#define SI3050_ONHM 0x08         /* on-hook line monitor: caller ID */
#define SI3050_OH 0x01           /* off-hook */
#define SI3050_DAA_CONTROL2 6    /* 00 powers the line side up; PDL is set after reset */
#define SI3050_PDN 0x08
#define SI3050_PDL 0x10
#define SI3050_REVISION 11       /* LSID << 4 | REVA */
#define SI3050_LINE_STATUS 12
#define SI3050_FDT 0x40          /* frames from the line side */
#define SI3050_STATUS_ZEROS 0xA0
#define SI3050_INTERNATIONAL1 16 /* OHS 40, RZ 02, RT 01 */
#define SI3050_OHS 0x40
#define SI3050_RZ 0x02
#define SI3050_RT 0x01
#define SI3050_INTERNATIONAL2 17
#define SI3050_OPE 0x08          /* overload protection */
#define SI3050_INTERNATIONAL3 18
#define SI3050_RFWE 0x02         /* full-wave ring detector */
#define SI3050_INTERNATIONAL4 19
#define SI3050_OVL 0x04          /* receive overload */
#define SI3050_DOD 0x02          /* the line's supply dropped out while off-hook */
#define SI3050_OPD 0x01          /* more current than the chip bears */
#define SI3050_RING1 22          /* RDLY1:0 << 6 | RMX */
#define SI3050_RING2 23          /* RDLY2 << 7 | RTO << 3 | RCC */
#define SI3050_RING3 24          /* RNGV << 7 | RAS */
#define SI3050_RNGV 0x80
#define SI3050_DC_TERMINATION 26 /* DCV << 6 | MINI << 4 | ILIM << 1 */
#define SI3050_LOOP_CURRENT 28   /* LCS2, 1.1 mA */
#define SI3050_LINE_VOLTAGE 29   /* LVS, signed, 1 V; 0 below 3 V */
#define SI3050_AC_TERMINATION 30 /* ACIM */
#define SI3050_DAA_CONTROL5 31
#define SI3050_FOH_128_MS 0x20   /* fast off-hook: 128 ms */
#define SI3050_OHS2 0x08
#define SI3050_PCM_MODE 33
#define SI3050_PCM_LINEAR 0x38   /* PCME, 16-bit linear: two slots */
#define SI3050_TX_START 34       /* and 35: PCLKs from FSYNC to DTX's first bit */
#define SI3050_RX_START 36       /* and 37: the same for DRX */
#define SI3050_SPARK_QUENCH 59   /* SQ1 40, SQ0 10: both with OHS, none without (table of register 16) */
#define SI3050_SQ 0x50
#define SI3050_REGISTERS 60
#endif
