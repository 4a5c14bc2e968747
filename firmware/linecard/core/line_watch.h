/* SPDX-License-Identifier: Apache-2.0 */
/* What voltage and current of an exchange line mean: connected, in use, a parallel telephone, reversed. */
#ifndef LINECARD_LINE_WATCH_H
#define LINECARD_LINE_WATCH_H
#include "linecard/core/si3050.h"

#define LINE_CONNECTED_V 3       /* less reads as 0: no line there (or its battery is gone) */
#define LINE_IDLE_V 26           /* on-hook battery is 42-56 V, a line in use 6-15 V */
#define LINE_DEBOUNCE_MS 100
#define LINE_REVERSED_MS 64
#define LINE_PARALLEL_DROP 4     /* a quarter less current than without it, or ... */
#define LINE_PARALLEL_V 2        /* ... so much less voltage */
#define LINE_REPORT_V 3          /* a change of so much is told, */
#define LINE_REPORT_MA 3
#define LINE_REPORT_MS 1000      /* but not more often */

/* Bits of LINE_STATE's flags. */
#define LINE_FLAG_CONNECTED 0x01
#define LINE_FLAG_IN_USE 0x02    /* by another, while we are on-hook */
#define LINE_FLAG_PARALLEL 0x04  /* another is in our call */
#define LINE_FLAG_REVERSED 0x08
#define LINE_FLAG_READY 0x10     /* the chip works */
#define LINE_FLAG_AUDIO 0x20     /* off-hook and settled: speech passes */
#define LINE_FLAG_OVERLOAD 0x40  /* more current than a telephone line may give */

struct line_flag { bool on; uint16_t differs_ms; };

struct line_watch {
    int16_t smooth_v16, smooth_ma16; /* sixteenths; of |voltage| */
    bool filled;                 /* the two hold something */
    int16_t base_v16, base_ma16; /* off-hook, without a parallel telephone; 0 = not known yet */
    bool was_off_hook;
    struct line_flag connected, in_use, parallel, reversed;
    uint8_t told_flags;          /* and what LINE_STATE said last */
    int8_t told_v;
    uint8_t told_ma;
    bool told;
    uint16_t told_ms;            /* ago, saturating */
};

void line_watch_init(struct line_watch *watch);
/* One millisecond of a chip. */
void line_watch_ms(struct line_watch *watch, const struct si3050 *chip);
/* The battery is gone: no voltage, or off-hook the supply that the chip makes of it dropped out. Not debounced. */
bool line_watch_is_open(const struct si3050 *chip);
/* On-hook with full battery, or nothing connected: nobody uses the line. */
bool line_watch_is_idle(const struct line_watch *watch, const struct si3050 *chip);
uint8_t line_watch_flags(const struct line_watch *watch, const struct si3050 *chip);
int8_t line_watch_volts(const struct line_watch *watch);
uint8_t line_watch_ma(const struct line_watch *watch);
/* Whether LINE_STATE should be sent now; counts as sent when true. */
bool line_watch_has_news(struct line_watch *watch, const struct si3050 *chip);
#endif
