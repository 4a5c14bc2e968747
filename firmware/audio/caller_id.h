/* SPDX-License-Identifier: Apache-2.0 */
/* On-hook caller ID of all three kinds, found in whatever an idle line sounds like: FSK frames (Bell 202
 * or V.23, Bellcore GR-30 and ETSI EN 300 659-3) and DTMF strings. Pure: samples in, reports out. What
 * the bytes and digits say is not decided here. */
#ifndef CALLER_ID_H
#define CALLER_ID_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dtmf.h"
#include "fsk.h"

#define CALLER_ID_MOST 128       /* bytes of a frame with its checksum; a longer one is no caller ID */
#define CALLER_ID_STRING_MOST 64 /* digits of a DTMF string */

enum caller_id_kind { CALLER_ID_BELL202 = 1, CALLER_ID_V23 = 2, CALLER_ID_DTMF = 3 };

struct caller_id_report {
    enum caller_id_kind kind;
    bool whole;                  /* the checksum is right; of DTMF: its end mark was there */
    int16_t level_db10;          /* 0.1 dBm0 */
    uint32_t samples_ago;        /* from its end to the end of what was fed */
    uint32_t len;
    uint8_t data[CALLER_ID_MOST]; /* type, length, body, checksum; or digits as ASCII */
};

/* Private; here so that callers can embed it. */
struct caller_id_frame { uint8_t bytes[CALLER_ID_MOST]; uint32_t len, seizure; };
struct caller_id_string { char digits[CALLER_ID_STRING_MOST]; uint32_t len, quiet; int16_t level_db10; bool overflow; };
struct caller_id {
    struct fsk fsk;
    struct dtmf dtmf;
    struct caller_id_frame frame;
    struct caller_id_string string;
    bool digits_too;
};

/* `digits_too`: DTMF strings as well. In a call they are the caller's own keys. */
void caller_id_init(struct caller_id *c, bool digits_too);
/* Feed samples; returns the number of reports written to `out` (at most `max`; 2 for 10 ms). */
size_t caller_id_feed(struct caller_id *c, const int16_t *samples, size_t n, struct caller_id_report *out,
                      size_t max);
#endif
