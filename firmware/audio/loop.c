/* SPDX-License-Identifier: Apache-2.0 */
/* The audio loop: made, unmade, and its tick of 10 ms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "audio/internal.h"

#define HEARTBEAT_LIMIT_NS (5000u * (uint64_t)NS_PER_MS)

audio_loop *audio_loop_new(void)
{
    audio_loop *loop = malloc(sizeof *loop);

    if (loop == NULL)
        return NULL;
    memset(loop, 0, sizeof *loop); /* touches every page now, not in the tick */
    loop->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool ready = spsc_init(&loop->commands, COMMAND_SLOTS, sizeof(struct command));
    ready = spsc_init(&loop->events, EVENT_SLOTS, sizeof(audio_event)) && ready;
    if (!ready || loop->event_fd < 0) {
        audio_loop_free(loop);
        return NULL;
    }
    echo_tables_init(&loop->echo_tables);
    for (uint16_t p = 0; p < AUDIO_MAX_PORTS; p++) {
        port_init(&loop->ports[p], p);
        port_echo_init(&loop->ports[p], &loop->echo_tables);
    }
    return loop;
}

void audio_loop_free(audio_loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->blocks != NULL) {
        struct block *next = loop->blocks->next;
        free(loop->blocks);
        loop->blocks = next;
    }
    for (uint32_t t = 0; t < AUDIO_MAX_TAPS; t++)
        tap_free(&loop->taps[t]);
    spsc_free(&loop->commands);
    spsc_free(&loop->events);
    if (loop->event_fd >= 0)
        close(loop->event_fd);
    free(loop);
}

int audio_loop_heartbeat(audio_loop *loop)
{
    atomic_fetch_add_explicit(&loop->heartbeats, 1, memory_order_relaxed);
    return 0;
}

void audio_loop_get_stats(const audio_loop *loop, audio_loop_stats *out)
{
    out->ticks = atomic_load_explicit(&loop->ticks, memory_order_relaxed);
    out->late_ticks = atomic_load_explicit(&loop->late_ticks, memory_order_relaxed);
    out->worst_late_us = atomic_load_explicit(&loop->worst_late_us, memory_order_relaxed);
    out->dropped_events = atomic_load_explicit(&loop->dropped_events, memory_order_relaxed);
}

int audio_port_get_stats(const audio_loop *loop, uint16_t port, audio_port_stats *out)
{
    if (port >= AUDIO_MAX_PORTS)
        return -EINVAL;
    const struct port_counters *c = &loop->ports[port].counters;
    out->frames_in = atomic_load_explicit(&c->frames_in, memory_order_relaxed);
    out->frames_out = atomic_load_explicit(&c->frames_out, memory_order_relaxed);
    out->underruns = atomic_load_explicit(&c->underruns, memory_order_relaxed);
    out->overruns = atomic_load_explicit(&c->overruns, memory_order_relaxed);
    out->lost_frames = atomic_load_explicit(&c->lost_frames, memory_order_relaxed);
    out->drift_ppm = atomic_load_explicit(&c->drift_ppm, memory_order_relaxed);
    out->level_in_db10 = atomic_load_explicit(&c->level_in, memory_order_relaxed);
    out->level_out_db10 = atomic_load_explicit(&c->level_out, memory_order_relaxed);
    out->fill_in = atomic_load_explicit(&c->fill_in, memory_order_relaxed);
    out->fill_out = atomic_load_explicit(&c->fill_out, memory_order_relaxed);
    out->echo_delay_ms = atomic_load_explicit(&c->echo_delay_ms, memory_order_relaxed);
    out->echo_loss_db10 = atomic_load_explicit(&c->echo_loss, memory_order_relaxed);
    out->echo_removed_db10 = atomic_load_explicit(&c->echo_removed, memory_order_relaxed);
    return 0;
}

static void check_heartbeat(audio_loop *loop)
{
    uint32_t beats = atomic_load_explicit(&loop->heartbeats, memory_order_relaxed);

    if (beats != loop->heartbeats_seen) {
        loop->heartbeats_seen = beats;
        loop->heartbeat_ns = loop->now_ns;
        loop->muted = false;
        return;
    }
    if (beats == 0 || loop->muted || loop->now_ns - loop->heartbeat_ns <= HEARTBEAT_LIMIT_NS)
        return;
    loop->muted = true;
    for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++)
        stream_mute(loop, &loop->ports[p]);
    event_emit(loop, AUDIO_MUTED, 0, &(struct event_detail){0});
}

static void read_devices(audio_loop *loop)
{
    for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++)
        if (loop->ports[p].source == SOURCE_STREAM)
            stream_read(loop, &loop->ports[p]);
        else if (loop->ports[p].source == SOURCE_CARD)
            card_read(loop, &loop->ports[p]);
        else if (loop->ports[p].source == SOURCE_PCM)
            pcm_read(loop, &loop->ports[p]);
    for (uint32_t l = 0; l < AUDIO_MAX_LINKS; l++)
        if (loop->links[l].state == LINK_ON)
            link_feed_read(loop, &loop->links[l]);
}

static void fill_outputs(audio_loop *loop)
{
    for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++) {
        port_fill_output(loop, &loop->ports[p]);
        if (loop->ports[p].metered)
            port_meter_tick(loop, &loop->ports[p]);
    }
    for (uint32_t t = 0; t < AUDIO_MAX_TAPS; t++)
        if (loop->taps[t].open)
            tap_feed(loop, &loop->taps[t]);
}

static void write_devices(audio_loop *loop)
{
    for (uint32_t p = 0; p < AUDIO_MAX_PORTS; p++)
        if (loop->ports[p].source == SOURCE_STREAM)
            stream_write(loop, &loop->ports[p]);
        else if (loop->ports[p].source == SOURCE_CARD)
            card_write(&loop->ports[p]);
        else if (loop->ports[p].source == SOURCE_PCM)
            pcm_write(loop, &loop->ports[p]);
    for (uint32_t l = 0; l < AUDIO_MAX_LINKS; l++)
        if (loop->links[l].state == LINK_ON)
            link_feed_write(loop, &loop->links[l]);
}

void audio_loop_step(audio_loop *loop, uint64_t now_ns)
{
    struct command command;

    loop->now_ns = now_ns;
    check_heartbeat(loop);
    while (spsc_pop(&loop->commands, &command))
        command_apply(loop, &command);
    read_devices(loop);
    fill_outputs(loop);
    write_devices(loop);
    event_signal(loop);
    uint64_t ticks = atomic_load_explicit(&loop->ticks, memory_order_relaxed);
    atomic_store_explicit(&loop->ticks, ticks + 1, memory_order_relaxed);
}
