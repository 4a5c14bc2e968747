/* SPDX-License-Identifier: Apache-2.0 */
/* One FXO socket: what the exchange does to it (ringing, open loop) and our hook towards it. */
#ifndef LINECARD_EXCHANGE_LINE_H
#define LINECARD_EXCHANGE_LINE_H
#include <stdbool.h>
#include <stdint.h>

#define EXCHANGE_RING_ON_MS 64   /* ringing for so long is a burst: a polarity reversal is shorter */
#define EXCHANGE_RING_OFF_MS 200 /* and it has ended after so long without: 15 Hz has gaps of 33 ms */
#define EXCHANGE_LOOP_OPEN_MS 250 /* shortest disconnect signal; dips after seizing are 20-50 ms */
#define EXCHANGE_LOOP_CLOSED_MS 50
#define EXCHANGE_FLASH_MIN_MS 50
#define EXCHANGE_FLASH_MAX_MS 1500

enum exchange_state { EXCHANGE_ON_HOOK, EXCHANGE_SEIZED, EXCHANGE_FLASHING };

struct exchange_line {
    enum exchange_state state;
    uint16_t flash_left_ms;
    bool ringing, loop_open;     /* debounced */
    uint16_t ring_ms, loop_ms;   /* how long the raw input has differed from the debounced one */
};

struct exchange_report { bool ring_changed, loop_changed; };

void exchange_init(struct exchange_line *line);
/* One raw sample, 1 ms after the last: ringing voltage seen, loop (battery) gone. */
struct exchange_report exchange_sample(struct exchange_line *line, bool ringing, bool loop_open);
void exchange_seize(struct exchange_line *line);
void exchange_release(struct exchange_line *line);
/* Break the loop for `ms` and close it again; nothing when not seized. */
void exchange_flash(struct exchange_line *line, uint16_t ms);
/* Whether the hook relay is closed now. */
bool exchange_is_off_hook(const struct exchange_line *line);
#endif
