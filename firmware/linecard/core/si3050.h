/* SPDX-License-Identifier: Apache-2.0 */
/* One Si3050 + Si3019: brought up, kept up, and read once each millisecond; at most five SPI frames in one. */
#ifndef LINECARD_SI3050_H
#define LINECARD_SI3050_H
#include "linecard/core/board.h"
#include "linecard/core/si3050_country.h"

#define SI3050_PLL_MS 2          /* after RESET or software reset: 64/PCLK and to spare */
#define SI3050_IDENTIFY_MS 20
#define SI3050_SETTINGS_MS 40    /* a register is written again each millisecond until it reads back */
#define SI3050_FRAME_MS 2000     /* for the isolation barrier's link; 10 ms is usual */
#define SI3050_ABSENT_MS 1000    /* before trying again */
#define SI3050_LOST_POLLS 3      /* of FDT, 8 ms apart, before all begins anew */
#define SI3050_HOOK_LOST_MS 3    /* the hook reads other than it was written: it is written again */
#define SI3050_RING_GAP_MS 40    /* between ringing's half waves: 33 ms at 15 Hz */
#define SI3050_SETTLE_MS 410     /* off-hook to audio: FOH 128 + resistors 17 + ADC 256 ms (section 5.12) */
#define SI3050_OVERLOAD_GUARD_MS 25 /* OPE is set so long after going off-hook at the earliest (5.21) */
#define SI3050_RING_RAS 17       /* 1 / (2 x 15 Hz x 2 ms) (section 5.18.3) */
#define SI3050_RING_RMX 15       /* RAS - 1 / (2 x 68 Hz x 2 ms) + 1 */
#define SI3050_RING_RTO 1        /* x 128 ms without a half wave: the burst is over; a double ring's gap is 200 ms */
#define SI3050_RING_RCC 0        /* 100 ms within these limits */
#define SI3050_FIRST_PCLK 1      /* start count of slot 0: its MSB is one PCLK after FSYNC's (figure 4) */

enum si3050_state {
    SI3050_HELD,                 /* RESET is low */
    SI3050_PLL, SI3050_IDENTIFY, SI3050_SYSTEM, SI3050_FRAME, SI3050_LINE, SI3050_READY,
    SI3050_RESTART,              /* software reset */
    SI3050_ABSENT,               /* nothing answers, or not as it should: wait */
    SI3050_STATES,
};

struct si3050 {
    enum si3050_state state;
    uint16_t state_ms;
    uint8_t device;              /* place in the chain */
    uint16_t start_pclk;         /* of its slots */
    const struct si3050_country *country, *wanted; /* written, and to be written when on-hook */
    uint8_t step;                /* settings written in this state */
    uint8_t turn, lost_polls;
    bool want_off_hook, off_hook; /* asked for; written to the chip */
    uint8_t hook_lost_ms;        /* OH has read other than `off_hook` for so long */
    bool guarded;                /* OPE is set */
    uint16_t off_hook_ms;        /* since going off-hook, saturating */
    uint16_t quiet_ms;           /* since the ring detector last saw a half wave, saturating */
    bool ringing;                /* validated, and not over */
    int8_t line_v;               /* LVS as read last */
    uint8_t loop_counts;         /* LCS2 as read last */
    uint8_t faults;              /* SI3050_DOD, SI3050_OPD as read last */
    uint16_t starts, losses, overloads; /* counted */
};

/* `device`: place in the chain; `socket`: 1-8, decides the slots. RESET is held. */
void si3050_init(struct si3050 *chip, uint8_t device, int socket);
/* RESET has been released. */
void si3050_begin(struct si3050 *chip);
/* A millisecond has passed: follow the table, or read the line. */
void si3050_ms(struct si3050 *chip, const struct linecard_board *board);
/* Takes effect when the line is on-hook. */
void si3050_set_country(struct si3050 *chip, const struct si3050_country *country);
/* The country's settings are written, the line side answers. */
bool si3050_is_ready(const struct si3050 *chip);
/* Off-hook, and calibrated: speech passes. */
bool si3050_has_audio(const struct si3050 *chip);
/* The line as the chip sees it: loop current in mA, off-hook. */
int si3050_loop_ma(const struct si3050 *chip);
#endif
