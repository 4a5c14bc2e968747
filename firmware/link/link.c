/* SPDX-License-Identifier: Apache-2.0 */
/* One end of the line-card link: frames in and out, messages made reliable. */
#include "link.h"
#include <string.h>

enum {
    LINK_NONE = 0xFF,          /* acknowledgement: nothing accepted yet */
    LINK_SEQUENCES = 0xF0,     /* message sequences run 00-EF */
    LINK_RESEND_MS = 40,
    LINK_STUCK_MS = 2000,
    AUDIO_HEADER = 12,
    MESSAGE_HEADER = 4,
    HELLO_NONCE_AT = 3,        /* in HELLO's payload */
    REPLY_NONCE_AT = 16,       /* in HELLO_REPLY's payload */
};

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static uint8_t next_in_order(uint8_t sequence)
{
    return (uint8_t)((sequence + 1) % LINK_SEQUENCES);
}

static void forget_messages(struct link_end *end)
{
    end->accepted = LINK_NONE;
    end->expected = 0;
    end->next_sequence = 0;
    end->first = 0;
    end->count = 0;
    end->audio_heard = false;
}

void link_init(struct link_end *end, const struct link_handler *handler)
{
    memset(end, 0, sizeof *end);
    end->handler = *handler;
    forget_messages(end);
}

void link_forget_peer(struct link_end *end)
{
    forget_messages(end);
    end->has_nonce = false;
    end->greeting = false;
}

/* --- receiving ------------------------------------------------------------------------------ */

static void take_acknowledgement(struct link_end *end, uint8_t sequence)
{
    if (end->greeting)
        return; /* may still speak of the link before our HELLO */
    for (uint8_t i = 0; i < end->count; i++) {
        const struct link_slot *slot = &end->slots[(end->first + i) % LINK_WINDOW];
        if (slot->sent && slot->sequence == sequence) {
            end->first = (uint8_t)((end->first + i + 1) % LINK_WINDOW);
            end->count = (uint8_t)(end->count - i - 1);
            return;
        }
    }
}

/* One socket's samples out of a body or into it; big-endian as all integers. Returns their bytes. */
static size_t take_samples(struct link_audio *audio, int socket, const uint8_t *from)
{
    if (audio->codec == LINK_CODEC_ULAW) {
        memcpy(audio->ulaw[socket], from, LINK_AUDIO_FRAMES);
        return LINK_AUDIO_FRAMES;
    }
    for (size_t i = 0; i < LINK_AUDIO_FRAMES; i++)
        audio->linear[socket][i] = (int16_t)(uint16_t)(from[2 * i] << 8 | from[2 * i + 1]);
    return LINK_AUDIO_FRAMES * 2;
}

static size_t put_samples(const struct link_audio *audio, int socket, uint8_t *to)
{
    if (audio->codec == LINK_CODEC_ULAW) {
        memcpy(to, audio->ulaw[socket], LINK_AUDIO_FRAMES);
        return LINK_AUDIO_FRAMES;
    }
    for (size_t i = 0; i < LINK_AUDIO_FRAMES; i++) {
        to[2 * i] = (uint8_t)((uint16_t)audio->linear[socket][i] >> 8);
        to[2 * i + 1] = (uint8_t)audio->linear[socket][i];
    }
    return LINK_AUDIO_FRAMES * 2;
}

static bool take_audio(struct link_end *end, const uint8_t *body, size_t n)
{
    struct link_audio *audio = &end->audio;
    if (n < AUDIO_HEADER)
        return false;
    size_t at = AUDIO_HEADER;
    audio->codec = body[0] == LINK_FRAME_AUDIO ? LINK_CODEC_ULAW : LINK_CODEC_LINEAR;
    const size_t bytes = audio->codec == LINK_CODEC_ULAW ? LINK_AUDIO_FRAMES : LINK_AUDIO_FRAMES * 2;
    audio->sequence = body[2];
    audio->sample_counter = load32(body + 3);
    audio->peer_counter = load32(body + 7);
    audio->socket_mask = body[11];
    for (int socket = 0; socket < LINK_SOCKETS; socket++) {
        if (!(audio->socket_mask >> socket & 1))
            continue;
        if (n - at < bytes)
            return false;
        at += take_samples(audio, socket, body + at);
    }
    if (at != n)
        return false;
    uint8_t missing = (uint8_t)(audio->sequence - end->audio_expected);
    if (end->audio_heard && missing < 0x80)
        end->counters.lost_audio += missing;
    end->audio_heard = true;
    end->audio_expected = (uint8_t)(audio->sequence + 1);
    take_acknowledgement(end, body[1]);
    if (end->handler.audio)
        end->handler.audio(end->handler.context, audio);
    return true;
}

/* HELLO and its reply restart the numbering; everything else waits for them. */
static bool is_stale(struct link_end *end, const struct link_message *message)
{
    if (message->kind == LINK_MSG_HELLO && message->len >= LINK_HELLO_BYTES) {
        const uint8_t *nonce = message->payload + HELLO_NONCE_AT;
        if (end->has_nonce && memcmp(nonce, end->nonce, sizeof end->nonce) == 0)
            return true;
        forget_messages(end);
        end->has_nonce = true;
        end->greeting = false;
        memcpy(end->nonce, nonce, sizeof end->nonce);
        return false;
    }
    if (!end->greeting)
        return false;
    if (message->kind != LINK_MSG_HELLO_REPLY || message->len < REPLY_NONCE_AT + 4 ||
        memcmp(message->payload + REPLY_NONCE_AT, end->nonce, sizeof end->nonce) != 0)
        return true;
    end->greeting = false;
    return false;
}

static bool take_message(struct link_end *end, const uint8_t *body, size_t n)
{
    if (n < MESSAGE_HEADER || n > MESSAGE_HEADER + LINK_MAX_PAYLOAD || body[2] >= LINK_SEQUENCES)
        return false;
    struct link_message message = {.kind = body[3], .len = (uint8_t)(n - MESSAGE_HEADER)};
    memcpy(message.payload, body + MESSAGE_HEADER, message.len);
    if (message.kind == LINK_MSG_HELLO && (body[2] != 0 || message.len < LINK_HELLO_BYTES))
        return false;
    bool stale = is_stale(end, &message);
    take_acknowledgement(end, body[1]);
    if (stale || body[2] != end->expected) {
        end->counters.duplicates++;
        return true;
    }
    end->accepted = end->expected;
    end->expected = next_in_order(end->expected);
    if (end->handler.message)
        end->handler.message(end->handler.context, &message);
    return true;
}

static void take_frame(struct link_end *end)
{
    uint8_t body[LINK_MAX_WIRE];
    size_t n = link_cobs_decode(end->wire, end->wire_len, body);
    bool good = n >= 3 && n <= LINK_MAX_BODY + 2 &&
                link_crc16(body, n - 2) == (uint16_t)(body[n - 2] << 8 | body[n - 1]);
    if (good && (body[0] == LINK_FRAME_AUDIO || body[0] == LINK_FRAME_AUDIO_LINEAR))
        good = take_audio(end, body, n - 2);
    else if (good && body[0] == LINK_FRAME_MESSAGE)
        good = take_message(end, body, n - 2);
    if (good)
        end->counters.good_frames++; /* an unknown kind too: a later version may send more */
    else
        end->counters.bad_frames++;
}

void link_receive(struct link_end *end, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == 0) {
            if (end->wire_overflow)
                end->counters.bad_frames++;
            else if (end->wire_len > 0)
                take_frame(end);
            end->wire_len = 0;
            end->wire_overflow = false;
        } else if (end->wire_len == sizeof end->wire) {
            end->wire_overflow = true;
        } else {
            end->wire[end->wire_len++] = bytes[i];
        }
    }
}

/* --- sending -------------------------------------------------------------------------------- */

bool link_send(struct link_end *end, uint8_t kind, const uint8_t *payload, uint8_t len)
{
    bool hello = kind == LINK_MSG_HELLO;
    if (len > LINK_MAX_PAYLOAD || (hello && len < LINK_HELLO_BYTES))
        return false;
    if (hello) {
        forget_messages(end);
        end->greeting = true;
        end->has_nonce = false;
        memcpy(end->nonce, payload + HELLO_NONCE_AT, sizeof end->nonce);
    }
    if (end->count == LINK_WINDOW)
        return false;
    struct link_slot *slot = &end->slots[(end->first + end->count) % LINK_WINDOW];
    slot->sent = false;
    slot->sequence = end->next_sequence;
    slot->message.kind = kind;
    slot->message.len = len;
    if (len > 0)
        memcpy(slot->message.payload, payload, len);
    end->next_sequence = next_in_order(end->next_sequence);
    end->count++;
    return true;
}

/* Adds the checksum to body[0..n) (which has room for it) and stuffs it. 0 when `room` is too small. */
static size_t put_frame(uint8_t *body, size_t n, uint8_t *wire, size_t room)
{
    uint16_t crc = link_crc16(body, n);
    body[n] = (uint8_t)(crc >> 8);
    body[n + 1] = (uint8_t)crc;
    n += 2;
    if (room < n + n / 254 + 2)
        return 0;
    size_t written = link_cobs_encode(body, n, wire);
    wire[written++] = 0;
    return written;
}

size_t link_encode_audio(struct link_end *end, const struct link_audio *audio, uint8_t *wire, size_t room)
{
    uint8_t body[LINK_MAX_BODY + 2];
    size_t n = AUDIO_HEADER;
    body[0] = audio->codec == LINK_CODEC_ULAW ? LINK_FRAME_AUDIO : LINK_FRAME_AUDIO_LINEAR;
    body[1] = end->accepted;
    body[2] = end->audio_sequence;
    store32(body + 3, audio->sample_counter);
    store32(body + 7, audio->peer_counter);
    body[11] = audio->socket_mask;
    for (int socket = 0; socket < LINK_SOCKETS; socket++) {
        if (!(audio->socket_mask >> socket & 1))
            continue;
        n += put_samples(audio, socket, body + n);
    }
    size_t written = put_frame(body, n, wire, room);
    if (written > 0)
        end->audio_sequence++;
    return written;
}

size_t link_encode_messages(struct link_end *end, uint32_t now_ms, uint8_t *wire, size_t room)
{
    size_t written = 0;
    for (uint8_t i = 0; i < end->count; i++) {
        struct link_slot *slot = &end->slots[(end->first + i) % LINK_WINDOW];
        if (slot->sent && now_ms - slot->last_ms < LINK_RESEND_MS)
            continue;
        uint8_t body[MESSAGE_HEADER + LINK_MAX_PAYLOAD + 2];
        body[0] = LINK_FRAME_MESSAGE;
        body[1] = end->accepted;
        body[2] = slot->sequence;
        body[3] = slot->message.kind;
        memcpy(body + MESSAGE_HEADER, slot->message.payload, slot->message.len);
        size_t n = put_frame(body, (size_t)MESSAGE_HEADER + slot->message.len, wire + written, room - written);
        if (n == 0)
            break;
        written += n;
        if (slot->sent)
            end->counters.resent++;
        else
            slot->first_ms = now_ms;
        slot->sent = true;
        slot->last_ms = now_ms;
    }
    return written;
}

bool link_is_stuck(const struct link_end *end, uint32_t now_ms)
{
    const struct link_slot *oldest = &end->slots[end->first];
    return end->count > 0 && oldest->sent && now_ms - oldest->first_ms >= LINK_STUCK_MS;
}

const struct link_counters *link_get_counters(const struct link_end *end)
{
    return &end->counters;
}
