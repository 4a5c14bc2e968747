/* SPDX-License-Identifier: Apache-2.0 */
/* The playout buffer: gathers, plays, conceals losses by a fading repetition, adapts to jitter. */
#include "linecard/core/playout.h"
#include "audio/g711.h"
#include <string.h>

enum { ULAW_SILENCE = 0xFF };

void playout_reset(struct playout *playout)
{
    uint32_t underruns = playout->underruns;
    uint32_t overruns = playout->overruns;
    memset(playout, 0, sizeof *playout);
    memset(playout->last.ulaw, ULAW_SILENCE, sizeof playout->last.ulaw);
    playout->target = PLAYOUT_START;
    playout->repeated = PLAYOUT_CONCEAL;
    playout->underruns = underruns;
    playout->overruns = overruns;
}

static struct playout_frame *push(struct playout *playout)
{
    struct playout_frame *frame = &playout->slots[(playout->first + playout->count) % PLAYOUT_SLOTS];
    playout->count++;
    return frame;
}

static void drop_oldest(struct playout *playout)
{
    playout->first = (uint8_t)((playout->first + 1) % PLAYOUT_SLOTS);
    playout->count--;
    playout->overruns++;
}

/* A short gap keeps its place in time; after a long one the stream simply starts anew. */
static void fill_gap(struct playout *playout, const struct link_audio *audio)
{
    uint8_t missing = (uint8_t)(audio->sequence - playout->next_sequence);
    if (missing > PLAYOUT_CONCEAL)
        return;
    for (uint32_t left = missing; left > 0 && playout->count < PLAYOUT_SLOTS; left--) {
        struct playout_frame *frame = push(playout);
        frame->lost = true;
        frame->end_counter = audio->sample_counter - (left - 1) * LINK_AUDIO_FRAMES;
    }
}

void playout_put(struct playout *playout, const struct link_audio *audio)
{
    if (playout->heard)
        fill_gap(playout, audio);
    else
        playout->played = audio->sample_counter;
    playout->heard = true;
    playout->next_sequence = (uint8_t)(audio->sequence + 1);
    if (playout->count == PLAYOUT_SLOTS)
        drop_oldest(playout);
    struct playout_frame *frame = push(playout);
    frame->lost = false;
    frame->end_counter = audio->sample_counter + LINK_AUDIO_FRAMES;
    frame->mask = audio->socket_mask;
    memcpy(frame->ulaw, audio->ulaw, sizeof frame->ulaw);
    if (playout->count > playout->target + PLAYOUT_SPARE)
        while (playout->count > playout->target)
            drop_oldest(playout);
}

static void take_silence(uint8_t ulaw[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    memset(ulaw, ULAW_SILENCE, (size_t)LINK_SOCKETS * LINK_AUDIO_FRAMES);
}

/* The last frame again at half the amplitude each time, then silence. */
static void conceal(struct playout *playout, uint8_t ulaw[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    if (playout->repeated >= PLAYOUT_CONCEAL) {
        take_silence(ulaw);
        return;
    }
    playout->repeated++;
    for (int socket = 0; socket < LINK_SOCKETS; socket++)
        for (int i = 0; i < LINK_AUDIO_FRAMES; i++) {
            uint8_t *code = &playout->last.ulaw[socket][i];
            *code = ulaw_encode((int16_t)(ulaw_decode(*code) / 2));
        }
    memcpy(ulaw, playout->last.ulaw, sizeof playout->last.ulaw);
}

static void play(struct playout *playout, uint8_t ulaw[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    struct playout_frame *frame = &playout->slots[playout->first];
    playout->first = (uint8_t)((playout->first + 1) % PLAYOUT_SLOTS);
    playout->count--;
    playout->played = frame->end_counter;
    if (frame->lost) {
        conceal(playout, ulaw);
        return;
    }
    for (int socket = 0; socket < LINK_SOCKETS; socket++)
        if (!(frame->mask >> socket & 1))
            memset(frame->ulaw[socket], ULAW_SILENCE, LINK_AUDIO_FRAMES);
    memcpy(ulaw, frame->ulaw, sizeof frame->ulaw);
    playout->last = *frame;
    playout->repeated = 0;
}

/* A host that sends a little too fast must not add delay for ever. What it sent too much at the start is
 * trimmed exactly; later it has slack, for it may hold a frame more on purpose, against its own jitter. */
static void watch_excess(struct playout *playout)
{
    if (playout->excess_ticks == 0 || playout->count < playout->least)
        playout->least = playout->count;
    if (++playout->excess_ticks < PLAYOUT_EXCESS_TICKS)
        return;
    playout->excess_ticks = 0;
    if (playout->least > playout->target + (playout->trimmed ? PLAYOUT_SLACK : 0))
        drop_oldest(playout);
    playout->trimmed = true;
}

void playout_take(struct playout *playout, uint8_t ulaw[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    if (!playout->playing && playout->count >= playout->target) {
        playout->playing = true;
        playout->calm_ticks = 0;
        playout->excess_ticks = 0;
        playout->trimmed = false;
    }
    if (!playout->playing) {
        conceal(playout, ulaw);
        return;
    }
    if (playout->count == 0) {
        playout->underruns++;
        playout->playing = false;
        if (playout->target < PLAYOUT_MAX_TARGET)
            playout->target++;
        conceal(playout, ulaw);
        return;
    }
    watch_excess(playout);
    play(playout, ulaw);
    if (++playout->calm_ticks >= PLAYOUT_CALM_TICKS) {
        playout->calm_ticks = 0;
        if (playout->target > PLAYOUT_START)
            playout->target--;
    }
}
