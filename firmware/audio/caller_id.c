/* SPDX-License-Identifier: Apache-2.0 */
/* Caller-ID frames out of FSK bytes, and caller-ID strings out of touch tones.
 *
 * A frame is type, length, body, checksum (two's complement of the sum); it follows a channel seizure
 * of alternating bits, or unbroken mark, or both. Several may come one after the other. A string of
 * keys ends with C or #, or with half a second of quiet. */
#include "caller_id.h"

#include <string.h>

#define SINGLE_DATA 0x04         /* call set-up, GR-30 single data message format */
#define SINGLE_WAITING 0x06      /* message waiting */
#define MULTIPLE_DATA 0x80       /* call set-up, multiple data message format; EN 300 659-3 table 1 */
#define MULTIPLE_WAITING 0x82
#define SEIZURE 0x55             /* what alternating bits are as 8N1 */
#define SEIZURE_LEAST 4u         /* bytes of it that stand for a mark too short to tell */
#define MARK_LEAST 10u           /* bits: more than any byte holds */
#define MARK_MOST 40u            /* bits between two bytes; after more the frame was broken off */
#define OVERHEAD 3u              /* type, length, checksum */
#define STRING_GAP 4000u         /* samples: 0.5 s of quiet end a string without an end mark */
#define STRING_LEAST 3u          /* digits worth reporting without an end mark */
#define BLOCK 80u
#define MAX_BYTES 4u
#define MAX_HITS 4u

void caller_id_init(struct caller_id *c, bool digits_too)
{
    memset(c, 0, sizeof *c);
    fsk_init(&c->fsk);
    dtmf_init(&c->dtmf);
    dtmf_set_lenient(&c->dtmf, true); /* exchanges are not all loud */
    dtmf_set_voiceless(&c->dtmf, true);
    c->digits_too = digits_too;
}

static bool is_type(uint8_t value)
{
    return value == SINGLE_DATA || value == SINGLE_WAITING || value == MULTIPLE_DATA || value == MULTIPLE_WAITING;
}

/* Alternating bits that turned into mark within the byte. */
static bool is_seizure_end(uint8_t value)
{
    return value == 0xD5 || value == 0xF5 || value == 0xFD || value == 0xFF;
}

/* Before a frame: counts the seizure; a type after it, or after mark, begins one. */
static void frame_hunt(struct caller_id_frame *frame, const struct fsk_byte *byte)
{
    const bool ready = byte->mark_bits >= MARK_LEAST || frame->seizure >= SEIZURE_LEAST;

    frame->len = 0;
    if (!byte->carrier || !byte->framed)
        frame->seizure = 0;
    else if (byte->value == SEIZURE)
        frame->seizure++;
    else if (is_seizure_end(byte->value))
        return;
    else if (ready && is_type(byte->value))
        frame->bytes[frame->len++] = byte->value;
    else
        frame->seizure = 0;
}

static bool frame_is_over(const struct caller_id_frame *frame)
{
    return frame->len >= OVERHEAD && frame->len == frame->bytes[1] + OVERHEAD;
}

/* True when the byte ended a frame. A bad stop bit is forgiven only to the checksum. */
static bool frame_take(struct caller_id_frame *frame, const struct fsk_byte *byte)
{
    const bool is_last = frame->len >= 2 && frame->len == frame->bytes[1] + OVERHEAD - 1u;

    if (frame->len == 0 || byte->mark_bits > MARK_MOST || !byte->carrier || (!byte->framed && !is_last)) {
        frame_hunt(frame, byte);
        return false;
    }
    frame->bytes[frame->len++] = byte->value;
    if (frame->len == 2 && byte->value + OVERHEAD > CALLER_ID_MOST)
        frame->len = 0;
    frame->seizure = 0;
    return frame_is_over(frame);
}

static void frame_report(struct caller_id *c, const struct fsk_byte *last, struct caller_id_report *report)
{
    struct caller_id_frame *frame = &c->frame;
    uint8_t sum = 0;

    for (uint32_t i = 0; i < frame->len; i++)
        sum = (uint8_t)(sum + frame->bytes[i]);
    report->kind = fsk_kind(&c->fsk) == FSK_BELL202 ? CALLER_ID_BELL202 : CALLER_ID_V23;
    report->whole = sum == 0;
    report->level_db10 = last->level_db10;
    report->samples_ago = last->samples_ago;
    report->len = frame->len;
    memcpy(report->data, frame->bytes, frame->len);
    frame->len = 0;
}

static size_t hear_fsk(struct caller_id *c, const int16_t *samples, size_t n, struct caller_id_report *out,
                       size_t max)
{
    struct fsk_byte bytes[MAX_BYTES];
    const size_t count = fsk_feed(&c->fsk, samples, n, bytes, MAX_BYTES);
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (frame_take(&c->frame, &bytes[i]) && found < max)
            frame_report(c, &bytes[i], &out[found++]);
        if (!bytes[i].carrier)
            fsk_forget_kind(&c->fsk);
    }
    return found;
}

static void string_report(struct caller_id_string *string, bool whole, uint32_t samples_ago,
                          struct caller_id_report *report)
{
    report->kind = CALLER_ID_DTMF;
    report->whole = whole;
    report->level_db10 = string->level_db10;
    report->samples_ago = samples_ago;
    report->len = string->len;
    memcpy(report->data, string->digits, string->len);
    string->len = 0;
}

/* True when the key ended a string. One that is too long is dropped to its end. */
static bool string_take(struct caller_id_string *string, const struct dtmf_hit *hit)
{
    const bool ends = hit->digit == 'C' || hit->digit == '#';

    if (string->len == CALLER_ID_STRING_MOST)
        string->overflow = true;
    else
        string->digits[string->len++] = hit->digit;
    if (string->len == 1)
        string->level_db10 = hit->level_db10;
    string->quiet = 0;
    return ends && !string->overflow;
}

static size_t hear_digits(struct caller_id *c, const int16_t *samples, size_t n, struct caller_id_report *out,
                          size_t max)
{
    struct caller_id_string *string = &c->string;
    struct dtmf_hit hits[MAX_HITS];
    const size_t count = dtmf_feed(&c->dtmf, samples, n, hits, MAX_HITS);
    size_t found = 0;

    string->quiet += (uint32_t)n;
    for (size_t i = 0; i < count; i++) {
        if (string_take(string, &hits[i]) && found < max)
            string_report(string, true, 0, &out[found++]);
    }
    if (string->len == 0 || string->quiet < STRING_GAP)
        return found;
    if (string->len >= STRING_LEAST && !string->overflow && found < max)
        string_report(string, false, string->quiet, &out[found++]);
    string->len = 0;
    string->overflow = false;
    return found;
}

size_t caller_id_feed(struct caller_id *c, const int16_t *samples, size_t n, struct caller_id_report *out,
                      size_t max)
{
    size_t found = 0;

    while (n > 0) {
        const size_t part = n < BLOCK ? n : BLOCK;
        const size_t before = found;
        found += hear_fsk(c, samples, part, out + found, max - found);
        if (c->digits_too)
            found += hear_digits(c, samples, part, out + found, max - found);
        samples += part;
        n -= part;
        for (size_t i = before; i < found; i++)
            out[i].samples_ago += (uint32_t)n;
    }
    return found;
}
