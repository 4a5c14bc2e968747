/* SPDX-License-Identifier: Apache-2.0 */
/* The playout buffer: gathers, plays, conceals losses by a waveform that goes on and fades, adapts to jitter. */
#include "linecard/core/playout.h"
#include "linecard/core/ulaw.h"
#include <string.h>

void playout_reset(struct playout *playout)
{
    uint32_t underruns = playout->underruns;
    uint32_t overruns = playout->overruns;
    memset(playout, 0, sizeof *playout);
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

/* What the mask leaves out is silence. */
static void unpack(struct playout_frame *frame, const struct link_audio *audio)
{
    for (int socket = 0; socket < LINK_SOCKETS; socket++) {
        int16_t *samples = frame->samples[socket];
        if (!(audio->socket_mask >> socket & 1))
            memset(samples, 0, sizeof frame->samples[socket]);
        else if (audio->codec == LINK_CODEC_LINEAR)
            memcpy(samples, audio->linear[socket], sizeof frame->samples[socket]);
        else
            for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
                samples[i] = ulaw_to_linear(audio->ulaw[socket][i]);
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
    unpack(frame, audio);
    if (playout->count > playout->target + PLAYOUT_SPARE)
        while (playout->count > playout->target)
            drop_oldest(playout);
}

/* How long the newest waveform is: the lag at which the newest samples differ least from those before. */
static int find_period(const int16_t sound[2 * LINK_AUDIO_FRAMES])
{
    enum { NEWEST = 2 * LINK_AUDIO_FRAMES - PLAYOUT_MATCH };
    uint32_t least = UINT32_MAX;
    int period = LINK_AUDIO_FRAMES;
    for (int lag = PLAYOUT_MATCH; lag <= LINK_AUDIO_FRAMES; lag++) {
        uint32_t differs = 0;
        for (int i = 0; i < PLAYOUT_MATCH && differs < least; i++) {
            int by = sound[NEWEST + i] - sound[NEWEST + i - lag];
            differs += (uint32_t)(by < 0 ? -by : by);
        }
        if (differs < least) {
            least = differs;
            period = lag;
        }
    }
    return period;
}

/* 10 ms that go on from `before` and `last` in their own rhythm, at half the amplitude. */
static void go_on(const int16_t *before, const int16_t *last, int16_t made[LINK_AUDIO_FRAMES])
{
    int16_t sound[2 * LINK_AUDIO_FRAMES];
    memcpy(sound, before, sizeof sound / 2);
    memcpy(sound + LINK_AUDIO_FRAMES, last, sizeof sound / 2);
    int period = find_period(sound);
    for (int i = 0; i < LINK_AUDIO_FRAMES; i++)
        made[i] = (int16_t)(sound[2 * LINK_AUDIO_FRAMES - period + i % period] / 2);
}

static void remember(struct playout *playout, int16_t samples[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    memcpy(playout->before, playout->last, sizeof playout->before);
    memcpy(playout->last, samples, sizeof playout->last);
}

/* What was played last goes on, at half the amplitude each time, then silence. */
static void conceal(struct playout *playout, int16_t samples[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    if (playout->repeated >= PLAYOUT_CONCEAL) {
        memset(samples, 0, sizeof playout->last);
        return;
    }
    playout->repeated++;
    for (int socket = 0; socket < LINK_SOCKETS; socket++)
        go_on(playout->before[socket], playout->last[socket], samples[socket]);
    remember(playout, samples);
}

static void play(struct playout *playout, int16_t samples[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    const struct playout_frame *frame = &playout->slots[playout->first];
    playout->first = (uint8_t)((playout->first + 1) % PLAYOUT_SLOTS);
    playout->count--;
    playout->played = frame->end_counter;
    if (frame->lost) {
        conceal(playout, samples);
        return;
    }
    memcpy(samples, frame->samples, sizeof frame->samples);
    remember(playout, samples);
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

void playout_take(struct playout *playout, int16_t samples[LINK_SOCKETS][LINK_AUDIO_FRAMES])
{
    if (!playout->playing && playout->count >= playout->target) {
        playout->playing = true;
        playout->calm_ticks = 0;
        playout->excess_ticks = 0;
        playout->trimmed = false;
    }
    if (!playout->playing) {
        conceal(playout, samples);
        return;
    }
    if (playout->count == 0) {
        playout->underruns++;
        playout->playing = false;
        if (playout->target < PLAYOUT_MAX_TARGET)
            playout->target++;
        conceal(playout, samples);
        return;
    }
    watch_excess(playout);
    play(playout, samples);
    if (++playout->calm_ticks >= PLAYOUT_CALM_TICKS) {
        playout->calm_ticks = 0;
        if (playout->target > PLAYOUT_START)
            playout->target--;
    }
}
