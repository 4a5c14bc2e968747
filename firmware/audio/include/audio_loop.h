/* SPDX-License-Identifier: Apache-2.0 */
/* The audio loop's only face: 10 ms ticks of 8 kHz 16-bit audio between ports.
 *
 * Threads: one caller thread posts (every function but audio_loop_step and audio_tap_read); the loop
 * thread, or whoever calls audio_loop_step, does the audio; one recorder thread per tap reads it.
 * Posting never blocks: 0, or a negative errno (-EAGAIN when the command ring is full, -EINVAL).
 * cffi reads the text between the two CFFI marks: plain declarations only, no macros but constants. */
#ifndef AUDIO_LOOP_H
#define AUDIO_LOOP_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
/* CFFI BEGIN */
#define AUDIO_RATE_HZ 8000
#define AUDIO_TICK_FRAMES 80     /* 10 ms */
#define AUDIO_MAX_PORTS 32
#define AUDIO_MAX_LINKS 4
#define AUDIO_LINK_SOCKETS 8
#define AUDIO_MAX_TAPS 32
#define AUDIO_MAX_CLIPS 512
#define AUDIO_MAX_PLAYLIST 16
#define AUDIO_EVENT_BYTES 128
#define AUDIO_MAX_TONES 24       /* patterns that a port listens for */
#define AUDIO_LATENESS_STEPS 512
#define AUDIO_LATENESS_STEP_US 20

/* What happened; read with audio_loop_next_event. `port` is a link number for LINK_ events. */
#define AUDIO_DIGIT 1            /* detail ASCII key; value ms since the key's onset; value2 level in 0.1 dBm0 */
#define AUDIO_PLAYED 2           /* id playback; detail AUDIO_PLAY_*; value frames heard of it */
#define AUDIO_TONE 3             /* id pattern, 0 = known by rhythm or steadiness alone; detail cycles; value on ms;
                                  * value2 off ms, 0 = steady; data/len an audio_tone_heard */
#define AUDIO_SILENCE 5          /* value ms of silence so far; at each multiple of the port's step */
#define AUDIO_MODEM_CODE 6       /* detail the byte after DLE */
#define AUDIO_STREAM_LEFTOVER 7  /* data/len: bytes after the end mark, in order, before STREAM_ENDED */
#define AUDIO_STREAM_ENDED 8     /* data/len: the last of them; the descriptor is the caller's again */
#define AUDIO_PORT_LOST 9        /* value errno (ECANCELED: muted, farewell said); the loop no longer touches the descriptor */
#define AUDIO_PORT_DETACHED 10   /* answer to audio_port_detach: the loop no longer touches it */
#define AUDIO_LINK_MESSAGE 11    /* detail kind; data/len payload */
#define AUDIO_LINK_LOST 12       /* value errno, or ETIMEDOUT after 500 ms without a good frame */
#define AUDIO_LINK_DETACHED 13
#define AUDIO_CLIP_FREED 14      /* id clip: its memory is no longer read */
#define AUDIO_TAP_CLOSED 15      /* id tap: no more frames will be written */
#define AUDIO_ECHO 18            /* detail 1 aligned, 0 lost; value delay of the echo in ms; value2 return loss in 0.1 dB (0 = not yet known) */
#define AUDIO_MUTED 16           /* no heartbeat for 5 s: every port silent, streams ended, links stopped */
#define AUDIO_ONE_WAY 19         /* detail AUDIO_ONE_WAY_*; value ms it has been dead; value2 1, or 0: heard again */
#define AUDIO_SECRET 20          /* id tap; blanked, as secret digits: value first frame, value2 frame after the last */

#define AUDIO_CALLER_ID 17       /* detail AUDIO_CALLER_ID_* kind; id 1 = whole (checksum or end mark right); data/len as
                                  * in audio_caller_id; value level in 0.1 dBm0; value2 ms since its end */
#define AUDIO_CARD 21            /* detail AUDIO_CARD_*; value ms since its last frame (or the attach) */

#define AUDIO_VOICE 22           /* value ms of speech heard; once each time AUDIO_LISTEN_ANSWER is set anew */
#define AUDIO_RINGBACK_OVER 23   /* value ms since the last burst of the ringback that AUDIO_TONE told: its next is overdue */
#define AUDIO_STALLED 24         /* detail AUDIO_STALL_*; value ms since the last byte of a PCM port (or the attach) */

#define AUDIO_STALL_OVER 0       /* it flows again */
#define AUDIO_STALL_BEGAN 1      /* nothing for 400 ms; told once */

#define AUDIO_CARD_AWAY 0        /* it brings nothing: the port is silent until it is here again */
#define AUDIO_CARD_HERE 1

#define AUDIO_PLAY_FINISHED 0
#define AUDIO_PLAY_DIGIT 1
#define AUDIO_PLAY_STOPPED 2
#define AUDIO_PLAY_LOST 3

#define AUDIO_ONE_WAY_IN 1       /* nothing comes in from this port while it is spoken to */
#define AUDIO_ONE_WAY_OUT 2      /* whoever speaks here hears nothing of the others */

#define AUDIO_STOP_ON_DIGIT 1    /* flags of audio_port_play */
#define AUDIO_REPEAT 2

#define AUDIO_LISTEN_DIGITS 1    /* flags of audio_port_listen */
#define AUDIO_LISTEN_TONES 2
#define AUDIO_LISTEN_SILENCE 4
#define AUDIO_LISTEN_LENIENT 8   /* menu mode of the digit detector; without it conversation mode */
#define AUDIO_LISTEN_ANSWER 32   /* has the called party answered? Speech; with TONES too, the end of ringback */
#define AUDIO_LISTEN_CALLER_ID 16 /* FSK frames; DTMF strings too, unless DIGITS is on: in a call, keys are keys */

#define AUDIO_CALLER_ID_BELL202 1
#define AUDIO_CALLER_ID_V23 2
#define AUDIO_CALLER_ID_DTMF 3

typedef struct audio_loop audio_loop;

/* Of the memory shared with a sound card's process. */
typedef struct {
    uint32_t generation;         /* how often a card was opened on it */
    uint32_t callbacks;
    uint32_t xruns_in, xruns_out;/* as the sound system reported them */
    uint32_t dry_frames;         /* 8 kHz frames the card wanted and did not get while a port was attached */
    uint32_t lost_frames;        /* 8 kHz frames of the card that found no room */
    uint32_t piece_frames;       /* the largest piece it brought at once, 8 kHz frames */
} audio_card_stats;

typedef struct {
    uint32_t type;
    uint16_t port;
    uint16_t detail;
    uint32_t id;
    int32_t value;
    int32_t value2;
    uint32_t len;
    uint64_t tick;               /* number of the tick that saw it */
    uint8_t data[128];
} audio_event;

/* A tone: up to two frequencies with up to four on/off phases (ms; on 0 ends the list, all 0 = steady). */
typedef struct {
    uint16_t hz[2];
    int16_t level_db10;          /* each frequency, 0.1 dBm0 */
    uint16_t on_ms[4];
    uint16_t off_ms[4];
    uint32_t limit_ms;           /* ends itself after so long; 0 = never */
} audio_tone;

#define AUDIO_TONE_SEQUENCE 1    /* flags of a pattern: hz[i] sounds alone in phase i */
#define AUDIO_TONE_RINGBACK 2    /* the called party is being rung */

/* A tone to be recognised: frequencies that sound together, in phases as above (none = steady). */
typedef struct {
    uint32_t id;                 /* told by AUDIO_TONE; not 0 */
    uint16_t hz[4];              /* 0 = none more */
    uint16_t on_ms[4];
    uint16_t off_ms[4];
    uint16_t cycles;             /* whole ones that must be heard */
    uint16_t least_ms;           /* a steady tone must last so long */
    uint16_t hz_tolerance;       /* in 0.1 %; 0 = 3 % */
    uint16_t ms_tolerance;       /* of on and off, in 0.1 %; 0 = 10 % */
    uint16_t weaker_db10;        /* each second burst is weaker by so much; 0 = all are alike */
    uint16_t flags;              /* AUDIO_TONE_ */
} audio_tone_pattern;

typedef struct {
    uint16_t hz[2];              /* the strongest two, the stronger first; 0 = none */
    int16_t level_db10;          /* 0.1 dBm0 while it sounded */
} audio_tone_heard;

typedef struct {
    int64_t frames_in;           /* samples received from the device */
    int64_t frames_out;          /* samples written to the device */
    int32_t underruns;
    int32_t overruns;
    int32_t lost_frames;         /* link frames missing or corrupt */
    int32_t drift_ppm;           /* device clock against ours */
    int32_t level_in_db10;       /* 0.1 dBm0 over the last 100 ms */
    int32_t level_out_db10;
    int32_t fill_in;             /* frames waiting in the input ring */
    int32_t fill_out;
    int32_t echo_delay_ms;       /* from writing a sample to hearing its echo; 0 while unknown */
    int32_t echo_loss_db10;      /* echo return loss of the hybrid, 0.1 dB; 0 while unknown */
    int32_t echo_removed_db10;   /* what the canceller takes away of it (ERLE), 0.1 dB */
} audio_port_stats;

/* How good a leg is, since audio_port_meter. Levels: active speech level of ITU-T P.56. */
typedef struct {
    int32_t ms;
    int32_t level_in_db10;       /* 0.1 dBm0, before any gain; -990 = nobody spoke */
    int32_t level_out_db10;
    int32_t clipped_in_ppm;      /* samples at full scale */
    int32_t clipped_out_ppm;
    int32_t voice_in_ms;
    int32_t voice_out_ms;
    int32_t overtalk_ms;         /* both spoke */
    int32_t dead_air_ms;         /* in stretches of over 2 s in which neither spoke */
    int32_t one_way;             /* AUDIO_ONE_WAY_* that were told */
} audio_port_meters;

typedef struct {
    uint64_t ticks;
    uint64_t late_ticks;         /* begun over 5 ms late */
    int64_t worst_late_us;
    uint64_t dropped_events;
} audio_loop_stats;

audio_loop *audio_loop_new(void);               /* NULL when memory is short */
void audio_loop_free(audio_loop *loop);         /* after audio_loop_stop */
int audio_loop_start(audio_loop *loop, int rt_priority); /* own thread; 0 = ordinary scheduling */
int audio_loop_stop(audio_loop *loop);
void audio_loop_step(audio_loop *loop, uint64_t now_ns); /* one tick; for callers without a thread */
int audio_loop_event_fd(const audio_loop *loop); /* readable when events wait; owned by the loop */
int audio_loop_next_event(audio_loop *loop, audio_event *out); /* 1, or 0 when none waits */
int audio_loop_heartbeat(audio_loop *loop);     /* at least every 5 s once called for the first time */
/* How many ticks of the loop's own thread began how late: counts[i] those of i steps and a part; the last, all later. */
void audio_loop_get_lateness(const audio_loop *loop, uint32_t counts[512]);
void audio_loop_get_stats(const audio_loop *loop, audio_loop_stats *out);

/* Clips: the caller owns the samples and keeps them until AUDIO_CLIP_FREED. clip < AUDIO_MAX_CLIPS. */
int audio_clip_add(audio_loop *loop, uint32_t clip, const int16_t *samples, uint32_t frames);
int audio_clip_remove(audio_loop *loop, uint32_t clip);

/* Ports. port < AUDIO_MAX_PORTS, chosen by the caller; a port with no device is silence. */
int audio_port_attach_stream(audio_loop *loop, uint16_t port, int fd, const uint8_t *read_ahead,
                             uint32_t len);      /* DLE-shielded µ-law; up to 4096 bytes read ahead */
/* A modem's serial PCM: 16 bits, little end first, mono, 8 kHz, raw both ways, on a tty or socket. What waits to
 * be read is thrown away. For each sample heard one is written, silence too; what does not fit is dropped and
 * counted as an overrun. A lost byte is noticed (30 ms of sound) and counted in lost_frames. No farewell is said. */
int audio_port_attach_pcm(audio_loop *loop, uint16_t port, int fd);
int audio_port_end_stream(audio_loop *loop, uint16_t port, const uint8_t *tail, uint32_t len);
/* Raw bytes (up to 64) that put the modem on-hook, for the stream attached next. When no heartbeat
 * came for 5 s the stream is ended, these are sent twice, and the port is lost with ECANCELED. */
int audio_port_set_farewell(audio_loop *loop, uint16_t port, const uint8_t *bytes, uint32_t len);
/* A sound card, by memory that its process shares: audio_card_ring_bytes() of it, prepared once, kept by
 * the caller until PORT_DETACHED. One port a card; the card may come and go (AUDIO_CARD). */
uint32_t audio_card_ring_bytes(void);
int audio_card_ring_prepare(void *shared, uint32_t bytes);
int audio_port_attach_card(audio_loop *loop, uint16_t port, void *shared, uint32_t bytes);
int audio_card_get_stats(const void *shared, uint32_t bytes, audio_card_stats *out);
int audio_port_detach(audio_loop *loop, uint16_t port);
int audio_port_play(audio_loop *loop, uint16_t port, uint32_t playback, const uint32_t *clips,
                    uint32_t count, uint32_t flags);
int audio_port_tone(audio_loop *loop, uint16_t port, uint32_t playback, const audio_tone *tone);
int audio_port_stop(audio_loop *loop, uint16_t port);
int audio_port_listen(audio_loop *loop, uint16_t port, uint32_t flags, uint32_t silence_ms);
/* The tones this port is to recognise from now on, in place of those before; the first that fits is told. */
int audio_port_tones(audio_loop *loop, uint16_t port, const audio_tone_pattern *patterns, uint32_t count);
int audio_port_gain(audio_loop *loop, uint16_t port, int in_db10, int out_db10);
/* While on, touch tones of this port are blanked on both sides of every tap that hears it; a key
 * that is held when it goes off is blanked to its end. */
int audio_port_secret(audio_loop *loop, uint16_t port, int on);
/* Automatic level of what comes in, towards -20 dBm0 of active speech, 12 dB either way; off at first. */
int audio_port_level(audio_loop *loop, uint16_t port, int on);
/* Meters a port, anew, until switched off; tells of a side that is dead while the other speaks
 * (AUDIO_ONE_WAY, within 5 s). Its figures are a second old at most and stay when it is off. */
int audio_port_meter(audio_loop *loop, uint16_t port, int on);
int audio_port_get_meters(const audio_loop *loop, uint16_t port, audio_port_meters *out);
/* Line echo canceller: on for every port unless this turns it off. */
int audio_port_echo(audio_loop *loop, uint16_t port, int on);
/* Soft noise at level_db10 (0.1 dBm0, -900 to -300) whenever the attached port would be sent dead
 * silence; 0 = off. A stream that ends takes it with it. */
int audio_port_comfort(audio_loop *loop, uint16_t port, int level_db10);
int audio_port_get_stats(const audio_loop *loop, uint16_t port, audio_port_stats *out);

/* Routing: what `to` hears gets `from` mixed in, until unset. Bridging is two calls. */
int audio_route_set(audio_loop *loop, uint16_t from, uint16_t to, int on);

/* HAT links (docs/linecard-protocol.md). Socket s (1-8) of the link becomes port first_port + s - 1. */
int audio_link_attach(audio_loop *loop, uint16_t link, int fd, uint16_t first_port, uint16_t sockets);
int audio_link_send(audio_loop *loop, uint16_t link, uint8_t kind, const uint8_t *payload, uint32_t len);
int audio_link_detach(audio_loop *loop, uint16_t link);

/* Recorder taps: left = what came in at the port, right = what it was sent. The ring holds >= 10 s.
 * The newest 100 ms are kept back until the tap is closed, so that a secret key can be blanked.
 * tap < AUDIO_MAX_TAPS. audio_tap_read is for one reader thread per tap. */
int audio_tap_open(audio_loop *loop, uint32_t tap, uint16_t port);
int audio_tap_close(audio_loop *loop, uint32_t tap);
int audio_tap_read(audio_loop *loop, uint32_t tap, int16_t *interleaved, uint32_t max_frames);
int64_t audio_tap_lost(const audio_loop *loop, uint32_t tap); /* frames that found the ring full */

/* A survey of a stretch of a line's sound, after the fact: any thread but the tick, as it allocates. */
#define AUDIO_SURVEY_MAX_FRAMES 262144 /* 32.8 s */
#define AUDIO_SURVEY_TONES 8

/* A tone that repeats strictly. phases 0: steady, on_ms[0] is how long it was heard. */
typedef struct {
    float hz[4];
    uint32_t lines;              /* how many of hz; the strongest first */
    uint32_t phases, cycles;
    float on_ms[2], off_ms[2];
    float jitter_ms;             /* the largest difference from these */
    float level_dbm0, snr_db;    /* of all lines, while it is on */
    float sent_dbm0;             /* what we sent at that frequency meanwhile */
    uint32_t begin_frame, end_frame;
    uint32_t at_end;             /* 1: it lasted until the sound ended */
    uint32_t sound_after_ms;     /* else: so much sound followed it */
} audio_survey_tone;

/* Levels are -99 where there was nothing to measure. */
typedef struct {
    float noise_dbm0, speech_dbm0, hum_dbm0;
    uint32_t hum_hz;             /* 50, 60, or 0: none */
    float echo_return_loss_db;   /* -99: not to be told */
    float echo_delay_ms;
    uint32_t tone_count;
    audio_survey_tone tones[8];
} audio_survey;
/* interleaved: as a tap gives it. 0, -EINVAL (under 0.5 s, or too long) or -ENOMEM. */
int audio_survey_call(const int16_t *interleaved, uint32_t frames, audio_survey *out);
/* Every caller ID in a capture (8 kHz), in order; any thread. Returns how many, at most max. */
typedef struct {
    uint16_t kind;               /* AUDIO_CALLER_ID_* */
    uint16_t whole;              /* 1: the checksum is right; of DTMF: its end mark (C or #) was there */
    int32_t level_db10;          /* 0.1 dBm0 */
    uint32_t end_frames;         /* where in the capture it ended */
    uint32_t len;
    uint8_t data[128];           /* a frame: type, length, body, checksum; or keys in ASCII */
} audio_caller_id;
int audio_caller_id_scan(const int16_t *samples, uint32_t frames, audio_caller_id *out, uint32_t max);

/* µ-law of whole blocks (ITU-T G.711); any thread. */
void audio_ulaw_encode(const int16_t *samples, uint8_t *codes, uint32_t count);
void audio_ulaw_decode(const uint8_t *codes, int16_t *samples, uint32_t count);
/* CFFI END */
#ifdef __cplusplus
}
#endif
#endif
