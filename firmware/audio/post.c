/* SPDX-License-Identifier: Apache-2.0 */
/* The posting thread's calls: each is checked here and done by the next tick. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/internal.h"

static int post(audio_loop *loop, const struct command *command)
{
    return spsc_push(&loop->commands, command) ? 0 : -EAGAIN;
}

/* Frees what the tick is done with. */
static void sweep_blocks(audio_loop *loop)
{
    for (struct block **at = &loop->blocks; *at != NULL;) {
        struct block *block = *at;
        if (!atomic_load_explicit(&block->done, memory_order_acquire)) {
            at = &block->next;
            continue;
        }
        *at = block->next;
        free(block);
    }
}

static struct block *keep_block(audio_loop *loop, const uint8_t *bytes, uint32_t len)
{
    struct block *block = malloc(sizeof *block);

    if (block == NULL)
        return NULL;
    atomic_init(&block->done, false);
    block->len = len;
    memcpy(block->bytes, bytes, len);
    block->next = loop->blocks;
    loop->blocks = block;
    return block;
}

int audio_clip_add(audio_loop *loop, uint32_t clip, const int16_t *samples, uint32_t frames)
{
    struct command c = {.kind = COMMAND_CLIP_ADD, .id = clip, .u.clip = {samples, frames}};

    if (clip >= AUDIO_MAX_CLIPS || samples == NULL || loop->clip_posted[clip])
        return -EINVAL;
    int rc = post(loop, &c);
    loop->clip_posted[clip] = rc == 0;
    return rc;
}

int audio_clip_remove(audio_loop *loop, uint32_t clip)
{
    struct command c = {.kind = COMMAND_CLIP_REMOVE, .id = clip};

    if (clip >= AUDIO_MAX_CLIPS || !loop->clip_posted[clip])
        return -EINVAL;
    int rc = post(loop, &c);
    loop->clip_posted[clip] = rc != 0;
    return rc;
}

int audio_port_attach_stream(audio_loop *loop, uint16_t port, int fd, const uint8_t *read_ahead, uint32_t len)
{
    struct command c = {.kind = COMMAND_ATTACH_STREAM, .port = port};

    sweep_blocks(loop);
    if (port >= AUDIO_MAX_PORTS || len > READ_AHEAD_MAX || (len > 0 && read_ahead == NULL))
        return -EINVAL;
    int rc = device_init(&c.u.attach.device, fd);
    if (rc < 0)
        return rc;
    if (len > 0) {
        c.u.attach.read_ahead = keep_block(loop, read_ahead, len);
        if (c.u.attach.read_ahead == NULL)
            return -ENOMEM;
    }
    rc = post(loop, &c);
    if (rc < 0 && len > 0)
        atomic_store_explicit(&c.u.attach.read_ahead->done, true, memory_order_relaxed);
    return rc;
}

int audio_port_attach_pcm(audio_loop *loop, uint16_t port, int fd)
{
    struct command c = {.kind = COMMAND_ATTACH_PCM, .port = port};

    if (port >= AUDIO_MAX_PORTS)
        return -EINVAL;
    int rc = device_init(&c.u.attach.device, fd);
    return rc < 0 ? rc : post(loop, &c);
}

int audio_port_attach_card(audio_loop *loop, uint16_t port, void *shared, uint32_t bytes)
{
    struct command c = {.kind = COMMAND_ATTACH_CARD, .port = port, .u.card = shared};

    if (port >= AUDIO_MAX_PORTS || shared == NULL || bytes < sizeof(struct card_ring) || !card_ring_is_sound(shared))
        return -EINVAL;
    return post(loop, &c);
}

static int post_tail(audio_loop *loop, enum command_kind kind, uint16_t port, const uint8_t *tail, uint32_t len)
{
    struct command c = {.kind = kind, .port = port};

    sweep_blocks(loop);
    if (port >= AUDIO_MAX_PORTS || len > TAIL_MAX || (len > 0 && tail == NULL))
        return -EINVAL;
    c.u.tail.len = len;
    if (len > 0)
        memcpy(c.u.tail.bytes, tail, len);
    return post(loop, &c);
}

int audio_port_end_stream(audio_loop *loop, uint16_t port, const uint8_t *tail, uint32_t len)
{
    return post_tail(loop, COMMAND_END_STREAM, port, tail, len);
}

int audio_port_set_farewell(audio_loop *loop, uint16_t port, const uint8_t *bytes, uint32_t len)
{
    return post_tail(loop, COMMAND_FAREWELL, port, bytes, len);
}

static int post_to_port(audio_loop *loop, enum command_kind kind, uint16_t port)
{
    struct command c = {.kind = kind, .port = port};
    return port < AUDIO_MAX_PORTS ? post(loop, &c) : -EINVAL;
}

int audio_port_detach(audio_loop *loop, uint16_t port)
{
    sweep_blocks(loop);
    return post_to_port(loop, COMMAND_DETACH, port);
}

int audio_port_stop(audio_loop *loop, uint16_t port)
{
    return post_to_port(loop, COMMAND_STOP, port);
}

int audio_port_play(audio_loop *loop, uint16_t port, uint32_t playback, const uint32_t *clips, uint32_t count,
                    uint32_t flags)
{
    struct command c = {.kind = COMMAND_PLAY, .port = port, .id = playback};

    if (port >= AUDIO_MAX_PORTS || count > AUDIO_MAX_PLAYLIST || (count > 0 && clips == NULL))
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        if (clips[i] >= AUDIO_MAX_CLIPS)
            return -EINVAL;
        c.u.play.clips[i] = clips[i];
    }
    c.u.play.count = count;
    c.u.play.flags = flags;
    return post(loop, &c);
}

int audio_port_tone(audio_loop *loop, uint16_t port, uint32_t playback, const audio_tone *tone)
{
    struct command c = {.kind = COMMAND_TONE, .port = port, .id = playback};

    if (port >= AUDIO_MAX_PORTS || tone == NULL)
        return -EINVAL;
    c.u.tone = *tone;
    return post(loop, &c);
}

int audio_port_listen(audio_loop *loop, uint16_t port, uint32_t flags, uint32_t silence_ms)
{
    struct command c = {.kind = COMMAND_LISTEN, .port = port, .u.listen = {flags, silence_ms}};
    return port < AUDIO_MAX_PORTS ? post(loop, &c) : -EINVAL;
}

int audio_port_tones(audio_loop *loop, uint16_t port, const audio_tone_pattern *patterns, uint32_t count)
{
    struct command c = {.kind = COMMAND_TONES, .port = port, .u.tones = {NULL, count}};

    sweep_blocks(loop);
    if (port >= AUDIO_MAX_PORTS || count > AUDIO_MAX_TONES || (count > 0 && patterns == NULL))
        return -EINVAL;
    if (count > 0) {
        c.u.tones.patterns = keep_block(loop, (const uint8_t *)patterns, count * (uint32_t)sizeof *patterns);
        if (c.u.tones.patterns == NULL)
            return -ENOMEM;
    }
    int rc = post(loop, &c);
    if (rc < 0 && count > 0)
        atomic_store_explicit(&c.u.tones.patterns->done, true, memory_order_relaxed);
    return rc;
}

/* 0.1 dB to a Q12 factor; each step is 10^(1/200). */
static int32_t gain_factor(int db10)
{
    double factor = GAIN_ONE;

    for (; db10 > 0; db10--)
        factor *= 1.0115794542598985;
    for (; db10 < 0; db10++)
        factor /= 1.0115794542598985;
    return (int32_t)(factor + 0.5);
}

static int post_switch(audio_loop *loop, enum command_kind kind, uint16_t port, int on)
{
    struct command c = {.kind = kind, .port = port, .u.on = on != 0};
    return port < AUDIO_MAX_PORTS ? post(loop, &c) : -EINVAL;
}

int audio_port_echo(audio_loop *loop, uint16_t port, int on)
{
    return post_switch(loop, COMMAND_ECHO, port, on);
}

int audio_port_gain(audio_loop *loop, uint16_t port, int in_db10, int out_db10)
{
    struct command c = {.kind = COMMAND_GAIN, .port = port};

    if (port >= AUDIO_MAX_PORTS || in_db10 < -990 || in_db10 > 300 || out_db10 < -990 || out_db10 > 300)
        return -EINVAL;
    c.u.gain.in = gain_factor(in_db10);
    c.u.gain.out = gain_factor(out_db10);
    return post(loop, &c);
}

int audio_port_secret(audio_loop *loop, uint16_t port, int on)
{
    return post_switch(loop, COMMAND_SECRET, port, on);
}

int audio_port_meter(audio_loop *loop, uint16_t port, int on)
{
    return post_switch(loop, COMMAND_METER, port, on);
}

int audio_port_level(audio_loop *loop, uint16_t port, int on)
{
    return post_switch(loop, COMMAND_LEVEL, port, on);
}

int audio_port_comfort(audio_loop *loop, uint16_t port, int level_db10)
{
    struct command c = {.kind = COMMAND_COMFORT, .port = port, .u.comfort = {level_db10}};
    bool known = level_db10 == 0 || (level_db10 >= -900 && level_db10 <= -300);
    return port < AUDIO_MAX_PORTS && known ? post(loop, &c) : -EINVAL;
}

int audio_route_set(audio_loop *loop, uint16_t from, uint16_t to, int on)
{
    struct command c = {.kind = COMMAND_ROUTE, .port = from, .u.route = {to, on != 0}};
    return from < AUDIO_MAX_PORTS && to < AUDIO_MAX_PORTS ? post(loop, &c) : -EINVAL;
}

int audio_link_attach(audio_loop *loop, uint16_t link, int fd, uint16_t first_port, uint16_t sockets)
{
    struct command c = {.kind = COMMAND_LINK_ATTACH, .port = link};

    if (link >= AUDIO_MAX_LINKS || sockets == 0 || sockets > AUDIO_LINK_SOCKETS ||
        first_port + sockets > AUDIO_MAX_PORTS)
        return -EINVAL;
    c.u.link.first_port = first_port;
    c.u.link.sockets = sockets;
    int rc = device_init(&c.u.link.device, fd);
    return rc < 0 ? rc : post(loop, &c);
}

int audio_link_send(audio_loop *loop, uint16_t link, uint8_t kind, const uint8_t *payload, uint32_t len)
{
    struct command c = {.kind = COMMAND_LINK_SEND, .port = link};

    if (link >= AUDIO_MAX_LINKS || len > LINK_MAX_PAYLOAD || (len > 0 && payload == NULL))
        return -EINVAL;
    if (kind == LINK_MSG_HELLO && len < LINK_HELLO_BYTES)
        return -EINVAL; /* the link would refuse it for ever, and all that is queued behind it */
    c.u.message.kind = kind;
    c.u.message.len = (uint8_t)len;
    if (len > 0)
        memcpy(c.u.message.payload, payload, len);
    return post(loop, &c);
}

int audio_link_detach(audio_loop *loop, uint16_t link)
{
    struct command c = {.kind = COMMAND_LINK_DETACH, .port = link};
    return link < AUDIO_MAX_LINKS ? post(loop, &c) : -EINVAL;
}

int audio_tap_open(audio_loop *loop, uint32_t tap, uint16_t port)
{
    struct command c = {.kind = COMMAND_TAP_OPEN, .port = port, .id = tap};

    if (tap >= AUDIO_MAX_TAPS || port >= AUDIO_MAX_PORTS)
        return -EINVAL;
    int rc = tap_prepare(&loop->taps[tap]);
    if (rc < 0)
        return rc;
    rc = post(loop, &c);
    if (rc < 0)
        atomic_store_explicit(&loop->taps[tap].taken, false, memory_order_release);
    return rc;
}

int audio_tap_close(audio_loop *loop, uint32_t tap)
{
    struct command c = {.kind = COMMAND_TAP_CLOSE, .id = tap};

    if (tap >= AUDIO_MAX_TAPS || !atomic_load_explicit(&loop->taps[tap].taken, memory_order_acquire))
        return -EINVAL;
    return post(loop, &c);
}

int audio_tap_read(audio_loop *loop, uint32_t tap, int16_t *interleaved, uint32_t max_frames)
{
    return tap < AUDIO_MAX_TAPS ? tap_read(&loop->taps[tap], interleaved, max_frames) : -EINVAL;
}

int64_t audio_tap_lost(const audio_loop *loop, uint32_t tap)
{
    return tap < AUDIO_MAX_TAPS ? atomic_load_explicit(&loop->taps[tap].lost, memory_order_relaxed) : -EINVAL;
}
