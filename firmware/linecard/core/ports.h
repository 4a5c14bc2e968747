/* SPDX-License-Identifier: Apache-2.0 */
/* All sockets of the card: their chips driven, what happens at them reported. Index 0-7 = socket - 1. */
#ifndef LINECARD_PORTS_H
#define LINECARD_PORTS_H
#include "linecard/core/linecard.h"

void ports_init(struct linecard *card);
/* One millisecond of every chip and relay. */
void ports_ms(struct linecard *card);
/* 10 ms: whose burst of ringing it is, and the caller ID between bursts. */
void ports_tick(struct linecard *card);
/* What an order changes and a new host begins with: every telephone powered, gains 0 dB, the usual ringing supply. */
void ports_default(struct linecard *card);
/* It rings no more, and is not told who called. */
void ports_stop_ring(struct linecard *card, int index);
/* No ringing, lines on-hook. */
void ports_rest(struct linecard *card);
/* Report again how the exchange lines are: to a new host. */
void ports_report_lines(struct linecard *card);
/* Telephones off the hook. */
uint8_t ports_off_hook_mask(const struct linecard *card);
/* No telephone is lifted or rings, no exchange line is seized or rings. */
bool ports_are_idle(const struct linecard *card);
/* What a socket must not hear is silenced; caller ID replaces it. */
void ports_mute(struct linecard *card, int index, int16_t samples[LINK_AUDIO_FRAMES]);
/* An exchange line that has been seized and is still calibrating. */
bool ports_settles(const struct linecard *card, int index);
#endif
