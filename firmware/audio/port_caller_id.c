/* SPDX-License-Identifier: Apache-2.0 */
/* Caller ID as the loop's callers see it: events of a port, or all that a capture holds. */
#include <string.h>

#include "audio/internal.h"

#define MAX_REPORTS 4u
#define FRAMES_PER_MS 8u

_Static_assert(CALLER_ID_MOST <= AUDIO_EVENT_BYTES, "a frame fits an event");
_Static_assert(CALLER_ID_BELL202 == AUDIO_CALLER_ID_BELL202 && CALLER_ID_V23 == AUDIO_CALLER_ID_V23 &&
               CALLER_ID_DTMF == AUDIO_CALLER_ID_DTMF, "one numbering");

void port_hear_caller_id(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n, uint32_t after)
{
    struct caller_id_report reports[MAX_REPORTS];
    const size_t found = caller_id_feed(&port->caller_id, samples, n, reports, MAX_REPORTS);

    for (size_t i = 0; i < found; i++) {
        struct event_detail detail = {
            .id = reports[i].whole,
            .detail = (uint16_t)reports[i].kind,
            .value = reports[i].level_db10,
            .value2 = (int32_t)((reports[i].samples_ago + after) / FRAMES_PER_MS),
            .data = reports[i].data,
            .len = reports[i].len,
        };
        event_emit(loop, AUDIO_CALLER_ID, port->number, &detail);
    }
}

static void copy_report(audio_caller_id *out, const struct caller_id_report *report, uint32_t fed)
{
    out->kind = (uint16_t)report->kind;
    out->whole = report->whole;
    out->level_db10 = report->level_db10;
    out->end_frames = fed - report->samples_ago;
    out->len = report->len;
    memcpy(out->data, report->data, report->len);
}

int audio_caller_id_scan(const int16_t *samples, uint32_t frames, audio_caller_id *out, uint32_t max)
{
    static const int16_t quiet[TICK];
    struct caller_id_report reports[MAX_REPORTS];
    struct caller_id detector;
    uint32_t count = 0;

    caller_id_init(&detector, true);
    /* a second of quiet at the end lets a string without an end mark come out */
    for (uint32_t fed = 0; fed < frames + AUDIO_RATE_HZ && count < max; fed += TICK) {
        const uint32_t left = fed < frames ? frames - fed : TICK;
        const uint32_t part = left < TICK ? left : TICK;
        const int16_t *block = fed < frames ? samples + fed : quiet;
        const size_t found = caller_id_feed(&detector, block, part, reports, MAX_REPORTS);
        for (size_t i = 0; i < found && count < max; i++)
            copy_report(&out[count++], &reports[i], fed + part);
    }
    return (int)count;
}
