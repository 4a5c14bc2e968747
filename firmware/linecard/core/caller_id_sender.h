/* SPDX-License-Identifier: Apache-2.0 */
/* On-hook caller ID to a telephone: 1200 baud FSK (Telcordia GR-30, ETSI EN 300 659-1), in integers. */
#ifndef LINECARD_CALLER_ID_SENDER_H
#define LINECARD_CALLER_ID_SENDER_H
#include "linecard/core/si3050_country.h"
#include <stdbool.h>
#include <stddef.h>

#define CALLER_ID_SEIZURE_BITS 300 /* 0101..., then mark, then the bytes: 8N1, lowest bit first */
#define CALLER_ID_MARK_BITS 180
#define CALLER_ID_TAIL_BITS 10
#define CALLER_ID_MOST_BYTES 63

struct caller_id_sender {
    uint8_t message[CALLER_ID_MOST_BYTES];
    uint8_t len;                 /* 0: nothing to send */
    uint8_t standard;            /* enum caller_id_standard */
    uint16_t due;                /* towards the next bit, of 8000 */
    uint32_t phase, bit;
};

/* The message from its type to its checksum, sent as it is. false when it is empty or too long. */
bool caller_id_sender_load(struct caller_id_sender *sender, const uint8_t *message, size_t n,
                           enum caller_id_standard standard);
bool caller_id_sender_is_busy(const struct caller_id_sender *sender);
void caller_id_sender_stop(struct caller_id_sender *sender);
/* How long all of it lasts. */
uint32_t caller_id_sender_ms(const struct caller_id_sender *sender);
/* The next n samples; silence once all is sent. */
void caller_id_sender_fill(struct caller_id_sender *sender, int16_t *samples, size_t n);
#endif
