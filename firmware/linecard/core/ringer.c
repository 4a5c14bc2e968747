/* SPDX-License-Identifier: Apache-2.0 */
/* Cadences of all telephones, staggered: each burst waits its turn for the supply. */
#include "linecard/core/ringer.h"
#include <string.h>

void ringer_init(struct ringer *ringer)
{
    memset(ringer, 0, sizeof *ringer);
    ringer->budget = RINGER_BUDGET;
}

static void enter(struct ringer_socket *socket, enum ringer_state state, uint32_t now_ms)
{
    if (socket->state == RINGER_BURST)
        socket->heat_ms = (uint16_t)(socket->heat_ms + RINGER_TAIL_HEAT_MS);
    socket->state = state;
    socket->since_ms = now_ms;
}

void ringer_start(struct ringer *ringer, int index, uint16_t on_ms, uint16_t off_ms, uint32_t now_ms)
{
    const uint16_t times_ms[4] = {on_ms, off_ms, 0, 0};
    ringer_start_double(ringer, index, times_ms, now_ms);
}

void ringer_start_double(struct ringer *ringer, int index, const uint16_t times_ms[4], uint32_t now_ms)
{
    struct ringer_socket *socket = &ringer->sockets[index];
    memcpy(socket->times_ms, times_ms, sizeof socket->times_ms);
    if (times_ms[2] == 0)
        socket->second = false;
    if (socket->state != RINGER_IDLE)
        return;
    socket->has_rung = false;
    socket->second = false;
    enter(socket, RINGER_WAITING, now_ms);
}

void ringer_stop(struct ringer *ringer, int index, uint32_t now_ms)
{
    enter(&ringer->sockets[index], RINGER_IDLE, now_ms);
    ringer->sockets[index].held = false;
}

void ringer_hold(struct ringer *ringer, int index, bool held)
{
    ringer->sockets[index].held = held;
}

int32_t ringer_pause_ms(const struct ringer *ringer, int index, uint32_t now_ms)
{
    const struct ringer_socket *socket = &ringer->sockets[index];
    bool whole = socket->second || socket->times_ms[2] == 0;
    return socket->state == RINGER_PAUSE && whole ? (int32_t)(now_ms - socket->since_ms) : -1;
}

/* Warms and cools; a burst that reaches the limit ends. */
static void follow_heat(struct ringer *ringer, uint32_t now_ms)
{
    uint32_t passed_ms = now_ms - ringer->now_ms;
    ringer->now_ms = now_ms;
    for (int i = 0; i < RINGER_SOCKETS; i++) {
        struct ringer_socket *socket = &ringer->sockets[i];
        if (socket->state == RINGER_BURST) {
            socket->heat_ms = (uint16_t)(socket->heat_ms + (passed_ms < 1000 ? 2 * passed_ms : 2000));
            if (socket->heat_ms >= RINGER_HOTTEST_MS)
                enter(socket, RINGER_PAUSE, now_ms);
        } else {
            socket->heat_ms = (uint16_t)(socket->heat_ms > passed_ms ? socket->heat_ms - passed_ms : 0);
        }
    }
}

/* Waits for nothing but the supply. */
static bool is_cool(const struct ringer_socket *socket)
{
    if (socket->second)
        return true;
    return socket->heat_ms <= (socket->has_rung ? 0 : RINGER_WARM_MS);
}

static int count(const struct ringer *ringer, enum ringer_state state)
{
    int n = 0;
    for (int i = 0; i < RINGER_SOCKETS; i++)
        n += ringer->sockets[i].state == state;
    return n;
}

/* The socket that entered `state` first; -1 when none is in it. First-timers are preferred when waiting. */
static int find_oldest(const struct ringer *ringer, enum ringer_state state, uint32_t now_ms)
{
    int found = -1;
    for (int i = 0; i < RINGER_SOCKETS; i++) {
        const struct ringer_socket *socket = &ringer->sockets[i];
        if (socket->state != state || (state == RINGER_WAITING && !is_cool(socket)))
            continue;
        if (found >= 0) {
            const struct ringer_socket *other = &ringer->sockets[found];
            bool fresher = state == RINGER_WAITING && socket->has_rung != other->has_rung;
            if (fresher ? socket->has_rung : now_ms - socket->since_ms <= now_ms - other->since_ms)
                continue;
        }
        found = i;
    }
    return found;
}

/* A telephone that has not rung at all takes the place of a burst that has had its slice. */
static void give_way(struct ringer *ringer, uint32_t now_ms)
{
    int waiting = find_oldest(ringer, RINGER_WAITING, now_ms);
    if (waiting < 0 || ringer->sockets[waiting].has_rung)
        return;
    int ringing = RINGER_SOCKETS - count(ringer, RINGER_IDLE);
    uint32_t slice_ms = ringing > 4 ? RINGER_SHORT_SLICE_MS : RINGER_SLICE_MS;
    for (int i = 0; i < RINGER_SOCKETS; i++) {
        struct ringer_socket *socket = &ringer->sockets[i];
        if (socket->state == RINGER_BURST && now_ms - socket->since_ms >= slice_ms)
            enter(socket, RINGER_PAUSE, now_ms);
    }
}

uint8_t ringer_tick(struct ringer *ringer, uint32_t now_ms)
{
    follow_heat(ringer, now_ms);
    for (int i = 0; i < RINGER_SOCKETS; i++) {
        struct ringer_socket *socket = &ringer->sockets[i];
        const uint16_t *times_ms = socket->times_ms + (socket->second ? 2 : 0);
        uint32_t spent_ms = now_ms - socket->since_ms;
        if (socket->state == RINGER_BURST && spent_ms >= times_ms[0]) {
            enter(socket, RINGER_PAUSE, now_ms);
        } else if (socket->state == RINGER_PAUSE && !socket->held && spent_ms >= times_ms[1]) {
            enter(socket, RINGER_WAITING, now_ms);
            socket->second = !socket->second && socket->times_ms[2] > 0;
        }
    }
    if (count(ringer, RINGER_BURST) >= ringer->budget)
        give_way(ringer, now_ms);
    while (count(ringer, RINGER_BURST) < ringer->budget) {
        int next = find_oldest(ringer, RINGER_WAITING, now_ms);
        if (next < 0)
            break;
        ringer->sockets[next].has_rung = true;
        enter(&ringer->sockets[next], RINGER_BURST, now_ms);
    }
    uint8_t mask = 0;
    for (int i = 0; i < RINGER_SOCKETS; i++)
        if (ringer->sockets[i].state == RINGER_BURST)
            mask = (uint8_t)(mask | 1U << i);
    return mask;
}
