/* SPDX-License-Identifier: Apache-2.0 */
/* Phase-continuous FSK from a quarter of a sine and a 32-bit phase. */
#include "linecard/core/caller_id_sender.h"
#include <string.h>

enum {
    BAUD = 1200, RATE = 8000,
    LEVEL = 4710,                /* amplitude: -13.5 dBm0 (GR-30); a sine of 0 dBm0 has 22,300 */
};

/* Turns of the phase in a sample, of 2^32: frequency * 2^32 / 8000. */
#define TURN(hz) ((uint32_t)(((uint64_t)(hz) << 32) / RATE))
static const uint32_t TURNS[3][2] = {
    [CALLER_ID_BELL] = {TURN(2200), TURN(1200)}, /* space, mark: Bell 202 */
    [CALLER_ID_ETSI] = {TURN(2100), TURN(1300)}, /* ITU-T V.23 */
};

static const int16_t QUARTER[65] = {
    0, 804, 1608, 2410, 3212, 4011, 4808, 5602, 6393, 7179, 7962, 8739, 9512,
    10278, 11039, 11793, 12539, 13279, 14010, 14732, 15446, 16151, 16846, 17530, 18204, 18868,
    19519, 20159, 20787, 21403, 22005, 22594, 23170, 23731, 24279, 24811, 25329, 25832, 26319,
    26790, 27245, 27683, 28105, 28510, 28898, 29268, 29621, 29956, 30273, 30571, 30852, 31113,
    31356, 31580, 31785, 31971, 32137, 32285, 32412, 32521, 32609, 32678, 32728, 32757, 32767,
};

static int16_t sine(uint32_t phase)
{
    uint32_t step = phase >> 24; /* 256 steps a turn */
    uint32_t within = step & 63;
    int16_t value = QUARTER[step & 64 ? 64 - within : within];
    return step & 128 ? (int16_t)-value : value;
}

bool caller_id_sender_load(struct caller_id_sender *sender, const uint8_t *message, size_t n,
                           enum caller_id_standard standard)
{
    if (n == 0 || n > sizeof sender->message)
        return false;
    memset(sender, 0, sizeof *sender);
    memcpy(sender->message, message, n);
    sender->len = (uint8_t)n;
    sender->standard = (uint8_t)standard;
    return true;
}

/* Bit `index` of the whole: seizure, mark, each byte with start and stop bit, mark. */
static bool get_bit(const struct caller_id_sender *sender, uint32_t index)
{
    if (index < CALLER_ID_SEIZURE_BITS)
        return index & 1;
    index -= CALLER_ID_SEIZURE_BITS;
    if (index < CALLER_ID_MARK_BITS)
        return true;
    index -= CALLER_ID_MARK_BITS;
    uint32_t bit = index % 10;
    if (index / 10 >= sender->len || bit == 9)
        return true;
    return bit > 0 && (sender->message[index / 10] >> (bit - 1) & 1);
}

static uint32_t count_bits(const struct caller_id_sender *sender)
{
    return CALLER_ID_SEIZURE_BITS + CALLER_ID_MARK_BITS + 10U * sender->len + CALLER_ID_TAIL_BITS;
}

bool caller_id_sender_is_busy(const struct caller_id_sender *sender)
{
    return sender->len > 0;
}

void caller_id_sender_stop(struct caller_id_sender *sender)
{
    sender->len = 0;
}

uint32_t caller_id_sender_ms(const struct caller_id_sender *sender)
{
    return count_bits(sender) * 1000 / BAUD + 1;
}

void caller_id_sender_fill(struct caller_id_sender *sender, int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!caller_id_sender_is_busy(sender)) {
            samples[i] = 0;
            continue;
        }
        samples[i] = (int16_t)(sine(sender->phase) * LEVEL / INT16_MAX);
        sender->phase += TURNS[sender->standard][get_bit(sender, sender->bit)];
        sender->due += BAUD;
        if (sender->due >= RATE) {
            sender->due -= RATE;
            if (++sender->bit == count_bits(sender))
                caller_id_sender_stop(sender);
        }
    }
}
