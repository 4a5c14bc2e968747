/* SPDX-License-Identifier: Apache-2.0 */
/* The card's side of the conversation with the host: orders in, reports out. */
#ifndef LINECARD_ORDERS_H
#define LINECARD_ORDERS_H
#include "linecard/core/linecard.h"

/* Listen for a HELLO; counters start at 0. */
void orders_attach(struct linecard *card);
/* Forget the host: nothing is sent or obeyed until its next HELLO. Counters live on. */
void orders_detach(struct linecard *card);
/* Queue a report; nothing while the link is down, for the next HELLO_REPLY tells the state of things. */
void orders_report(struct linecard *card, uint8_t kind, const uint8_t *payload, uint8_t len);
/* Queue UPDATE_REPORT when the update has news. */
void orders_report_update(struct linecard *card);
/* Move queued reports into the link's window as far as there is room. */
void orders_flush(struct linecard *card);
#endif
