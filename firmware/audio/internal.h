/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the audio loop: its ports, links, commands and what its files ask of each other. */
#ifndef AUDIO_INTERNAL_H
#define AUDIO_INTERNAL_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/agc.h"
#include "audio/answer_ear.h"
#include "audio/card_ring.h"
#include "audio/comfort_noise.h"
#include "audio/detectors.h"
#include "audio/device.h"
#include "audio/dle.h"
#include "audio/drift.h"
#include "audio/echo.h"
#include "audio/fifo.h"
#include "audio/include/audio_loop.h"
#include "audio/meter.h"
#include "audio/pcm_phase.h"
#include "audio/player.h"
#include "audio/plc.h"
#include "audio/resampler.h"
#include "audio/spsc.h"
#include "audio/tap.h"
#include "link.h"

#define TICK AUDIO_TICK_FRAMES
#define NS_PER_MS 1000000u
#define COMMAND_SLOTS 256u
#define EVENT_SLOTS 2048u
#define READ_AHEAD_MAX 4096u
#define TAIL_MAX 64u
#define BACKLOG_SAMPLES 8192u   /* unwritten samples of a stream, about 1 s; a power of two */
#define LINK_QUEUE 32u          /* messages that wait for room in the link's window */
#define STREAM_PRIME 320u       /* 40 ms of silence sent at once on attach */
#define PCM_BACKLOG 1024u       /* samples, a power of two */
#define PCM_STAGED 160u
#define GAIN_ONE 4096           /* Q12 */
#define METER_FIGURES 10u

/* One device's clock: its drift, and how many samples it is owed because it sent as many. */
struct pace {
    struct drift drift;
    uint64_t step_in, step_out; /* Q32: samples consumed for each one produced */
    bool heard;                 /* the device has sent something since it was attached */
    uint32_t idle_ticks;        /* since it sent the last */
    uint32_t piece;             /* the most samples it sent at once before its queue was read */
    uint32_t piece_max;         /* more at once is a backlog */
    bool waited, running;       /* its input queue is read from one tick after the first samples came */
    int32_t credit;             /* samples to send now or as soon as they exist */
    int32_t surplus_min, surplus_max; /* of (queued - credit) in the window */
    bool owing;                 /* the device was always owed more than there was: its clock is faster */
    uint32_t short_by;          /* samples the device has been short of for a whole window */
    uint32_t surplus_ticks;
    bool draining;              /* the output queue is longer than it need be, */
    int32_t excess;             /*   by so much that may be left out where nobody can hear it */
};

/* One direction of a port between the loop's clock and the device's. */
struct lane { struct fifo fifo; struct resampler resampler; };

enum stream_state { STREAM_OPEN, STREAM_ENDING, STREAM_MUTED }; /* muted: hanging up without Python */

/* A modem's DLE-shielded µ-law stream. */
struct stream {
    enum stream_state state;
    struct device device;
    struct pace pace;
    double known_ppm;           /* of its clock, found in an earlier call */
    struct dle_decoder decoder;
    uint32_t written_ahead;     /* samples sent before the device sent its first */
    uint32_t backlog_head, backlog_tail;
    uint8_t backlog[BACKLOG_SAMPLES]; /* unshielded, so that dropping never splits a pair */
    uint8_t staging[512];       /* shielded; goes out before anything else */
    uint32_t staged, staged_done;
    uint8_t tail[TAIL_MAX];
    uint32_t tail_len;
    uint8_t recent[AUDIO_EVENT_BYTES]; /* newest raw bytes read (while ending: since then), oldest first */
    uint32_t recent_len;
    uint64_t fed_ns;            /* when bytes last came */
    uint64_t second_tail_ns;    /* when a muted stream is sent the other family's end code; 0 = never */
    bool second_tail_due;
    uint8_t farewell[TAIL_MAX]; /* what hangs up when Python is gone; sent farewells_due times */
    uint32_t farewell_len, farewells_due, farewells_said;
    uint64_t farewell_ns;       /* when it is to be sent next, or the port to be let go */
};

/* A modem's serial PCM. */
struct pcm_port {
    struct device device;
    struct pace pace;
    double known_ppm;           /* of its clock, found before */
    struct pcm_phase phase;
    uint32_t written_ahead;     /* samples sent before the device sent its first */
    uint32_t backlog_head, backlog_tail;
    int16_t backlog[PCM_BACKLOG];
    uint8_t staging[2 * PCM_STAGED]; /* goes out before anything else, so that no sample is split */
    uint32_t staged, staged_done;
    uint64_t heard_ns;          /* when bytes last came, or the attach */
    bool stalled;
};

enum card_state { CARD_UNKNOWN, CARD_HERE, CARD_AWAY };

/* A sound card, behind memory shared with its process. */
struct card_port {
    struct card_ring *ring;
    enum card_state state;
    struct pace pace;
    uint32_t generation;        /* of the card's process that was last heard */
    uint64_t heard_ns;          /* when frames last came, or the attach */
    uint32_t dry_seen;          /* the ring's dry_frames as last seen */
    uint32_t lowest;            /* what waited for the card at the worst moment of the window */
    uint32_t window_ticks;
    bool primed;                /* it was given silence to last until the next tick */
};

struct port_counters {
    _Atomic int64_t frames_in, frames_out;
    _Atomic int32_t underruns, overruns, lost_frames, drift_ppm, level_in, level_out, fill_in, fill_out;
    _Atomic int32_t echo_delay_ms, echo_loss, echo_removed;
};

enum port_source { SOURCE_NONE, SOURCE_STREAM, SOURCE_LINK, SOURCE_CARD, SOURCE_PCM };

struct port {
    uint16_t number;
    enum port_source source;
    uint32_t listen;            /* AUDIO_LISTEN_* */
    struct dtmf dtmf;
    uint64_t echo_until_ns;     /* what is played, or was lately, comes back until then */
    struct tone_watch tones;
    struct voice_ear voice;
    struct ringback_ear ringback;
    struct silence silence;
    struct caller_id caller_id;
    struct level_meter level_in, level_out;
    struct player player;
    struct comfort_noise comfort;
    int32_t gain_in, gain_out;  /* Q12 */
    uint32_t hears;             /* bit n: port n is mixed in */
    struct lane in, out;
    bool secret;                /* its keys must not reach a recording */
    bool automatic;             /* its level is */
    struct agc agc;
    bool metered;
    struct meter meter;
    _Atomic int32_t figures[METER_FIGURES]; /* struct meter_figures */
    bool has_input;             /* `input` is not silence */
    bool sounding;              /* `output` may be other than silence */
    int16_t input[TICK], output[TICK];
    struct stream stream;
    struct card_port card;
    struct pcm_port pcm;
    struct echo echo;
    struct port_counters counters;
};

enum link_state { LINK_OFF, LINK_ON, LINK_DEAD }; /* dead: its descriptor failed */

/* Frames not yet written. */
struct link_wire { uint8_t bytes[8192]; uint32_t len; };

struct link_feed {
    struct audio_loop *loop;
    uint16_t number;
    enum link_state state;
    struct device device;
    struct link_end end;
    struct pace pace;
    uint16_t first_port, sockets;
    bool good;                  /* a good frame came since the attach or the last loss */
    bool stuck;                 /* a message has waited too long, and that was told */
    uint32_t good_frames;       /* as last seen */
    uint64_t good_ns;           /* when a good frame last came */
    uint8_t next_sequence;      /* uplink audio expected */
    uint32_t next_counter;
    uint32_t newest_counter;    /* heard */
    uint32_t ahead;             /* frames made up since the last was heard */
    uint32_t sent;              /* downlink samples */
    int32_t playout_min;        /* lowest (sent - played) of the window */
    uint32_t playout_frames;
    uint32_t playout_spare;     /* windows in a row in which it was more than need be */
    struct plc plc[AUDIO_LINK_SOCKETS];
    struct link_audio down;     /* the last one sent */
    bool primed, repeat;        /* the HAT's playout was filled; it needs one frame more */
    struct link_message queue[LINK_QUEUE];
    uint32_t queue_head, queue_tail;
    struct link_wire wire;
};

/* Bytes too many for a command; made and freed by the posting thread. */
struct block { struct block *next; _Atomic bool done; uint32_t len; uint8_t bytes[READ_AHEAD_MAX]; };

enum command_kind {
    COMMAND_CLIP_ADD, COMMAND_CLIP_REMOVE, COMMAND_ATTACH_STREAM, COMMAND_END_STREAM, COMMAND_FAREWELL, COMMAND_DETACH,
    COMMAND_PLAY, COMMAND_TONE, COMMAND_STOP, COMMAND_LISTEN, COMMAND_TONES, COMMAND_GAIN, COMMAND_COMFORT,
    COMMAND_ROUTE,
    COMMAND_ATTACH_CARD, COMMAND_ATTACH_PCM, COMMAND_SECRET, COMMAND_METER, COMMAND_LEVEL, COMMAND_LINK_ATTACH, COMMAND_LINK_SEND,
    COMMAND_ECHO, COMMAND_LINK_DETACH, COMMAND_TAP_OPEN, COMMAND_TAP_CLOSE
};

struct command {
    enum command_kind kind;
    uint16_t port;              /* or link */
    uint32_t id;                /* clip, playback or tap */
    union {
        struct clip clip;
        struct { struct device device; struct block *read_ahead; } attach;
        struct card_ring *card;
        struct { uint32_t len; uint8_t bytes[TAIL_MAX]; } tail;
        struct { uint32_t clips[AUDIO_MAX_PLAYLIST]; uint32_t count, flags; } play;
        audio_tone tone;
        struct { uint32_t flags, silence_ms; } listen;
        struct { struct block *patterns; uint32_t count; } tones;
        struct { int32_t in, out; } gain;
        bool on;
        struct { int32_t level_db10; } comfort;
        struct { uint16_t to; bool on; } route;
        struct { struct device device; uint16_t first_port, sockets; } link;
        struct link_message message;
    } u;
};

struct audio_loop {
    struct spsc commands, events;
    int event_fd;
    bool event_added;           /* in this tick */
    uint64_t now_ns;            /* of this tick */
    _Atomic uint64_t ticks, late_ticks, dropped_events;
    _Atomic int64_t worst_late_us;
    _Atomic uint32_t lateness[AUDIO_LATENESS_STEPS];
    _Atomic uint32_t heartbeats;
    uint32_t heartbeats_seen;
    uint64_t heartbeat_ns;
    bool muted;
    struct echo_tables echo_tables;
    struct clip clips[AUDIO_MAX_CLIPS];
    struct port ports[AUDIO_MAX_PORTS];
    struct link_feed links[AUDIO_MAX_LINKS];
    struct tap taps[AUDIO_MAX_TAPS];
    int16_t heard[READ_AHEAD_MAX * 2]; /* samples of one read */
    /* the posting thread's */
    bool clip_posted[AUDIO_MAX_CLIPS];
    struct block *blocks;
    pthread_t thread;
    bool started;
    int rt_priority;
    _Atomic bool stopping;
    _Atomic uint32_t rt_refused; /* real-time scheduling was asked for and not permitted */
};

/* event.c */
struct event_detail { uint32_t id; uint16_t detail; int32_t value, value2; const uint8_t *data; uint32_t len; };
void event_emit(audio_loop *loop, uint32_t type, uint16_t port, const struct event_detail *detail);
/* LEFTOVER events and one last event of `type` that carries the rest. */
void event_emit_bytes(audio_loop *loop, uint32_t type, uint16_t port, const uint8_t *bytes, uint32_t n);
void event_signal(audio_loop *loop);

/* apply.c: does one posted command, in the tick. */
void command_apply(audio_loop *loop, struct command *command);

/* port.c */
void port_init(struct port *port, uint16_t number);
void port_listen(struct port *port, uint32_t flags, uint32_t silence_ms);
/* What to recognise from now on; frees the block for its maker. */
void port_tones(struct port *port, struct block *patterns, uint32_t count);
/* Samples came from the device: detectors, level, input queue. */
void port_hear(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n);
void port_stop_player(audio_loop *loop, struct port *port, uint16_t reason);
void port_lanes_clear(struct port *port);
/* The input queue is about to be read for the first time: an old backlog is dropped, a margin is put in. */
void port_trim(struct port *port, const struct pace *pace);
/* Once a tick, between reading the input queue and pace_update: what a disturbance left too much of in the queues is
 * left out where it is quiet. All ports share the pace, and lose the same. */
void port_shorten(struct port *ports, uint32_t count, struct pace *pace);
void port_take_input(struct port *port, struct pace *pace);
void port_fill_output(audio_loop *loop, struct port *port);
static inline void port_count(_Atomic int32_t *counter, int32_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

/* meter_feed.c: from now on, anew; one tick, once the output is known. */
void port_meter(struct port *port, bool on);
void port_meter_tick(audio_loop *loop, struct port *port);

/* tap_feed.c: one tick of a tap, and its last one. */
void tap_feed(audio_loop *loop, struct tap *tap);
void tap_finish(audio_loop *loop, struct tap *tap);
/* port_caller_id.c */
void port_hear_caller_id(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n, uint32_t after);

/* port_echo.c */
void port_echo_init(struct port *port, const struct echo_tables *tables);
void port_echo_switch(audio_loop *loop, struct port *port, bool on);
/* A device was attached, began anew or is gone. */
void port_echo_restart(audio_loop *loop, struct port *port, bool follows);
/* Takes the echo out of what the device sent, in place, before anything else hears it. */
void port_echo_cancel(audio_loop *loop, struct port *port, int16_t *samples, uint32_t n);
/* What echo is left of our own prompt is too small to be taken for the caller's keys. */
bool port_echo_is_cancelled(const struct port *port);

/* pace.c */
void pace_init(struct pace *pace);
/* n samples came, for which `owed` are to be sent. */
void pace_heard(struct pace *pace, uint32_t n, uint32_t owed);
/* Once a tick, before the input queue (with `queued` samples) is read. */
/* True when it is to be read from now on. */
bool pace_begin_tick(struct pace *pace, uint32_t queued);
/* Once a tick, after the input queue was read: `left` samples of input and `queued` of output wait.
 * Returns how many input samples to drop. */
uint32_t pace_update(struct pace *pace, uint32_t left, uint32_t queued);

/* stream.c */
void stream_attach(audio_loop *loop, struct port *port, const struct device *device, struct block *read_ahead);
void stream_end(audio_loop *loop, struct port *port, const uint8_t *tail, uint32_t len);
void stream_set_farewell(struct port *port, const uint8_t *bytes, uint32_t len);
void stream_read(audio_loop *loop, struct port *port);
void stream_write(audio_loop *loop, struct port *port);
/* Samples, unshielded, to be written when they fit. */
void stream_queue(struct port *port, const uint8_t *codes, uint32_t n);
void stream_lose(audio_loop *loop, struct port *port, int error);
void stream_mute(audio_loop *loop, struct port *port);
/* Python takes the descriptor back: what was read while the stream was ending rides in the event. */
void stream_detach(audio_loop *loop, struct port *port);

/* pcm_stream.c */
void pcm_attach(audio_loop *loop, struct port *port, const struct device *device);
/* Without a word: whoever asked for it is answered elsewhere. */
void pcm_detach(audio_loop *loop, struct port *port);
void pcm_read(audio_loop *loop, struct port *port);
void pcm_write(audio_loop *loop, struct port *port);

/* card_port.c */
void card_attach(audio_loop *loop, struct port *port, struct card_ring *ring);
void card_detach(audio_loop *loop, struct port *port);
void card_read(audio_loop *loop, struct port *port);
void card_write(struct port *port);

/* link_wire.c: whole frames only; one that finds no room is lost, as on the wire. */
void link_wire_put(struct link_wire *wire, const uint8_t *frames, size_t n);
/* As much as the device takes; false and its errno when it failed. */
bool link_wire_write(struct link_wire *wire, struct device *device, int *error);

/* link_feed.c */
void link_feed_attach(audio_loop *loop, uint16_t link, const struct command *command);
void link_feed_detach(audio_loop *loop, uint16_t link);
void link_feed_send(struct link_feed *feed, const struct link_message *message);
void link_feed_read(audio_loop *loop, struct link_feed *feed);
void link_feed_write(audio_loop *loop, struct link_feed *feed);

/* link_audio.c: nothing of link_feed.c is called here. */
void link_audio_restart(struct link_feed *feed);
/* From now on frames go out in this codec (LINK_CODEC_*); what comes in says itself which it is. */
void link_audio_set_codec(struct link_feed *feed, uint8_t codec);
void link_audio_heard(void *context, const struct link_audio *audio);
/* One tick: what the ports are sent, in the frames that are due. */
void link_audio_send(struct link_feed *feed);
void link_audio_take_input(struct link_feed *feed);
#endif
