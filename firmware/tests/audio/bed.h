/* SPDX-License-Identifier: Apache-2.0 */
/* A test bed: a loop in virtual time, modems and a HAT with clocks of their own on socket pairs. */
#ifndef BED_H
#define BED_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/include/audio_loop.h"
#include "link.h"

#define BED_EVENTS 512
#define BED_TICK_NS 10000000u

struct bed {
    audio_loop *loop;
    uint64_t now_ns;
    audio_event events[BED_EVENTS];   /* collected by bed_step */
    uint32_t count;
};

void bed_open(struct bed *bed);
void bed_close(struct bed *bed);
void bed_step(struct bed *bed);                      /* one tick, then collects events */
void bed_steps(struct bed *bed, uint32_t ticks);
/* The first collected event of this type at or after *from (which moves past it), or NULL. */
const audio_event *bed_find(const struct bed *bed, uint32_t type, uint32_t *from);
const audio_event *bed_first(const struct bed *bed, uint32_t type);
audio_port_stats bed_stats(const struct bed *bed, uint16_t port);
void bed_pair(int fds[2]);                           /* non-blocking stream sockets */
void bed_write(int fd, const void *bytes, size_t n);
size_t bed_read(int fd, uint8_t *bytes, size_t room);

/* Two sines of `level_db10` each, from sample `at` on. */
void bed_tone(int16_t *out, uint32_t n, uint32_t at, double hz1, double hz2, double level_db10);

/* A voice modem: sends and takes samples at its own rate, in pieces. */
struct modem {
    int fd;
    double ppm;
    uint32_t piece;                   /* samples it sends at a time */
    uint64_t ticks, produced, sent, consumed;
    bool started;                     /* its playout began */
    int64_t fifo;                     /* samples it has and has not played */
    int64_t fifo_min, fifo_max;
    uint32_t starved;
    bool pending;                     /* half a shielded pair was read */
    int16_t (*voice)(uint64_t sample);/* what its line sounds like; NULL = silence */
    uint8_t *heard;                   /* unshielded codes it was sent, when not NULL */
    size_t heard_len, heard_room;
};
void modem_tick(struct modem *m);

/* A HAT: the other end of a link. */
struct hat {
    int fd;
    double ppm;
    struct link_end end;
    uint64_t ticks, made;
    uint32_t counter, played, newest_down;
    int64_t fifo, fifo_min, fifo_max;
    bool playing;
    uint32_t starved, skip;           /* `skip` uplink frames are spoiled */
    uint8_t sequence;
    uint8_t mask, codec;              /* LINK_CODEC_* of what it sends */
    uint8_t heard_codec;              /* and of what it was sent last */
    int16_t (*voice)(unsigned socket, uint64_t sample);
    int16_t *heard[LINK_SOCKETS];     /* what each socket was sent, when not NULL */
    size_t heard_len, heard_room;
    struct link_message messages[64];
    uint32_t message_count, frames_down;
};
void hat_open(struct hat *h, int fd);
void hat_tick(struct hat *h, uint64_t now_ns);
#endif
