/* SPDX-License-Identifier: Apache-2.0 */
/* One FXO socket: debounced ringing and loop, seize, release and flash. */
#include "linecard/core/exchange_line.h"
#include <string.h>

void exchange_init(struct exchange_line *line)
{
    memset(line, 0, sizeof *line);
}

/* Follows `raw` once it has differed for the time of that direction; true when it did. */
static bool settle(bool *settled, uint16_t *differs_ms, bool raw, uint16_t on_ms, uint16_t off_ms)
{
    if (raw == *settled) {
        *differs_ms = 0;
        return false;
    }
    if (++*differs_ms < (raw ? on_ms : off_ms))
        return false;
    *differs_ms = 0;
    *settled = raw;
    return true;
}

struct exchange_report exchange_sample(struct exchange_line *line, bool ringing, bool loop_open)
{
    struct exchange_report report;
    bool may_ring = line->state == EXCHANGE_ON_HOOK; /* answering trips the exchange's ringing */
    report.ring_changed = settle(&line->ringing, &line->ring_ms, ringing && may_ring, EXCHANGE_RING_ON_MS,
                                 EXCHANGE_RING_OFF_MS);
    report.loop_changed = settle(&line->loop_open, &line->loop_ms, loop_open, EXCHANGE_LOOP_OPEN_MS,
                                 EXCHANGE_LOOP_CLOSED_MS);
    if (line->state == EXCHANGE_FLASHING && --line->flash_left_ms == 0)
        line->state = EXCHANGE_SEIZED;
    return report;
}

void exchange_seize(struct exchange_line *line)
{
    if (line->state == EXCHANGE_ON_HOOK)
        line->state = EXCHANGE_SEIZED;
}

void exchange_release(struct exchange_line *line)
{
    line->state = EXCHANGE_ON_HOOK;
}

void exchange_flash(struct exchange_line *line, uint16_t ms)
{
    if (line->state != EXCHANGE_SEIZED)
        return;
    if (ms < EXCHANGE_FLASH_MIN_MS)
        ms = EXCHANGE_FLASH_MIN_MS;
    line->flash_left_ms = ms > EXCHANGE_FLASH_MAX_MS ? EXCHANGE_FLASH_MAX_MS : ms;
    line->state = EXCHANGE_FLASHING;
}

bool exchange_is_off_hook(const struct exchange_line *line)
{
    return line->state == EXCHANGE_SEIZED;
}
