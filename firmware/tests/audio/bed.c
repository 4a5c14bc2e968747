/* SPDX-License-Identifier: Apache-2.0 */
/* A test bed: a loop in virtual time, modems and a HAT with clocks of their own on socket pairs. */
#include "tests/audio/bed.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/g711.h"

void bed_open(struct bed *bed)
{
    memset(bed, 0, sizeof *bed);
    bed->loop = audio_loop_new();
    assert_non_null(bed->loop);
    bed->now_ns = 1000000000u;
}

void bed_close(struct bed *bed)
{
    audio_loop_free(bed->loop);
}

void bed_step(struct bed *bed)
{
    audio_event event;

    audio_loop_step(bed->loop, bed->now_ns);
    bed->now_ns += BED_TICK_NS;
    while (audio_loop_next_event(bed->loop, &event)) {
        assert_true(bed->count < BED_EVENTS);
        bed->events[bed->count++] = event;
    }
}

void bed_steps(struct bed *bed, uint32_t ticks)
{
    while (ticks-- > 0)
        bed_step(bed);
}

const audio_event *bed_find(const struct bed *bed, uint32_t type, uint32_t *from)
{
    for (; *from < bed->count; ++*from)
        if (bed->events[*from].type == type)
            return &bed->events[(*from)++];
    return NULL;
}

const audio_event *bed_first(const struct bed *bed, uint32_t type)
{
    uint32_t from = 0;
    return bed_find(bed, type, &from);
}

audio_port_stats bed_stats(const struct bed *bed, uint16_t port)
{
    audio_port_stats stats;
    assert_int_equal(audio_port_get_stats(bed->loop, port, &stats), 0);
    return stats;
}

void bed_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

void bed_write(int fd, const void *bytes, size_t n)
{
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (long)n);
}

size_t bed_read(int fd, uint8_t *bytes, size_t room)
{
    size_t done = 0;

    while (done < room) {
        ssize_t n = read(fd, bytes + done, room - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

void bed_tone(int16_t *out, uint32_t n, uint32_t at, double hz1, double hz2, double level_db10)
{
    /* 0 dBm0 is a sine 3.14 dB below full scale (ITU-T G.711). */
    double amplitude = 32768.0 * pow(10.0, (level_db10 / 10.0 - 3.14) / 20.0);

    for (uint32_t i = 0; i < n; i++) {
        double t = 2.0 * M_PI * (double)(at + i) / 8000.0;
        double y = amplitude * sin(hz1 * t) + (hz2 > 0.0 ? amplitude * sin(hz2 * t) : 0.0);
        out[i] = (int16_t)lrint(y);
    }
}

static void modem_send(struct modem *m, uint32_t n)
{
    uint8_t wire[8192];
    size_t length = 0;

    assert_true(n <= sizeof wire / 2);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t code = m->voice ? ulaw_encode(m->voice(m->sent + i)) : 0xFF;
        wire[length++] = code;
        if (code == 0x10)
            wire[length++] = 0x10;
    }
    bed_write(m->fd, wire, length);
    m->sent += n;
}

static void modem_take(struct modem *m)
{
    uint8_t wire[8192];
    size_t n = bed_read(m->fd, wire, sizeof wire);

    for (size_t i = 0; i < n; i++) {
        if (!m->pending && wire[i] == 0x10) {
            m->pending = true;
            continue;
        }
        if (m->pending)
            assert_int_equal(wire[i], 0x10);
        m->pending = false;
        m->fifo++;
        if (m->heard != NULL && m->heard_len < m->heard_room)
            m->heard[m->heard_len++] = wire[i];
    }
}

void modem_tick(struct modem *m)
{
    m->ticks++;
    uint64_t clock = (uint64_t)floor((double)m->ticks * 80.0 * (1.0 + m->ppm * 1e-6));
    uint64_t step = clock - m->produced;

    m->produced = clock;
    modem_take(m);
    m->started = m->started || m->fifo >= 160;
    if (m->started) {
        m->fifo -= (int64_t)step;
        if (m->fifo < 0) {
            m->starved++;
            m->fifo = 0;
        }
        m->fifo_min = m->fifo < m->fifo_min ? m->fifo : m->fifo_min;
        m->fifo_max = m->fifo > m->fifo_max ? m->fifo : m->fifo_max;
    }
    while (m->produced - m->sent >= m->piece)
        modem_send(m, m->piece);
}

static void hat_audio(void *context, const struct link_audio *audio)
{
    struct hat *h = context;

    assert_int_equal(audio->sample_counter, h->newest_down);
    h->newest_down = audio->sample_counter + LINK_AUDIO_FRAMES;
    h->fifo += LINK_AUDIO_FRAMES;
    h->frames_down++;
    for (unsigned i = 0; i < LINK_AUDIO_FRAMES && h->heard_len < h->heard_room; i++, h->heard_len++)
        for (unsigned s = 0; s < LINK_SOCKETS; s++)
            if (h->heard[s] != NULL)
                h->heard[s][h->heard_len] =
                    audio->codec == LINK_CODEC_LINEAR ? audio->linear[s][i] : ulaw_decode(audio->ulaw[s][i]);
    h->heard_codec = audio->codec;
}

static void hat_message(void *context, const struct link_message *message)
{
    struct hat *h = context;
    h->messages[h->message_count++ % 64] = *message;
}

void hat_open(struct hat *h, int fd)
{
    struct link_handler handler = {.context = h, .audio = hat_audio, .message = hat_message};

    h->fd = fd;
    h->mask = 0x0F;
    link_init(&h->end, &handler);
}

static void hat_send(struct hat *h)
{
    struct link_audio audio = {.sample_counter = h->counter, .peer_counter = h->played, .socket_mask = h->mask,
                               .codec = h->codec};
    uint8_t wire[LINK_MAX_WIRE];

    for (unsigned s = 0; s < LINK_SOCKETS; s++)
        for (unsigned i = 0; i < LINK_AUDIO_FRAMES; i++) {
            int16_t sample = h->voice ? h->voice(s + 1, h->counter + i) : 0;
            if (h->codec == LINK_CODEC_LINEAR)
                audio.linear[s][i] = sample;
            else
                audio.ulaw[s][i] = h->voice ? ulaw_encode(sample) : 0xFF;
        }
    size_t n = link_encode_audio(&h->end, &audio, wire, sizeof wire);
    h->counter += LINK_AUDIO_FRAMES;
    if (h->skip > 0) {
        h->skip--;
        wire[5] ^= 0x55;
    }
    bed_write(h->fd, wire, n);
}

void hat_tick(struct hat *h, uint64_t now_ns)
{
    uint8_t bytes[16384];
    uint8_t wire[1024];

    h->ticks++;
    uint64_t clock = (uint64_t)floor((double)h->ticks * 80.0 * (1.0 + h->ppm * 1e-6));
    int64_t step = (int64_t)(clock - h->made);
    h->made = clock;
    link_receive(&h->end, bytes, bed_read(h->fd, bytes, sizeof bytes));
    h->playing = h->playing || h->fifo >= 160;
    if (h->playing) {
        if (h->fifo < step)
            h->starved++;
        int64_t played = h->fifo < step ? h->fifo : step;
        h->fifo -= played;
        h->played += (uint32_t)played;
        h->fifo_min = h->fifo < h->fifo_min ? h->fifo : h->fifo_min;
        h->fifo_max = h->fifo > h->fifo_max ? h->fifo : h->fifo_max;
    }
    while (h->made - h->counter >= LINK_AUDIO_FRAMES)
        hat_send(h);
    size_t n = link_encode_messages(&h->end, (uint32_t)(now_ns / 1000000u), wire, sizeof wire);
    if (n > 0)
        bed_write(h->fd, wire, n);
}
