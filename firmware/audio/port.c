/* SPDX-License-Identifier: Apache-2.0 */
/* One port: its ears (on the device's side of the resampler), its queues and what it is sent. */
#include <string.h>

#include "audio/internal.h"

#define MAX_HITS 4u
#define QUIET 150               /* peak, -47 dBm0: a gap in it is not heard */
#define ECHO_NS 1000000000u /* what was sent can still come back: modems buffer up to 1 s */

void port_init(struct port *port, uint16_t number)
{
    port->number = number;
    port->gain_in = GAIN_ONE;
    port->gain_out = GAIN_ONE;
    dtmf_init(&port->dtmf);
    tone_watch_init(&port->tones);
    silence_init(&port->silence, 0);
    caller_id_init(&port->caller_id, true);
    level_init(&port->level_in);
    level_init(&port->level_out);
    atomic_init(&port->counters.level_in, port->level_in.db10);
    atomic_init(&port->counters.level_out, port->level_out.db10);
    port_lanes_clear(port);
}

void port_lanes_clear(struct port *port)
{
    fifo_clear(&port->in.fifo);
    fifo_clear(&port->out.fifo);
    resampler_init(&port->in.resampler);
    resampler_init(&port->out.resampler);
}

void port_listen(struct port *port, uint32_t flags, uint32_t silence_ms)
{
    uint32_t fresh = flags & ~port->listen;

    if (fresh & AUDIO_LISTEN_DIGITS)
        dtmf_init(&port->dtmf);
    if (fresh & AUDIO_LISTEN_TONES)
        tone_watch_init(&port->tones);
    if (fresh & AUDIO_LISTEN_CALLER_ID)
        caller_id_init(&port->caller_id, (flags & AUDIO_LISTEN_DIGITS) == 0);
    if (fresh & AUDIO_LISTEN_ANSWER) {
        voice_ear_init(&port->voice);
        ringback_ear_init(&port->ringback);
    }
    if (flags & AUDIO_LISTEN_SILENCE)
        silence_init(&port->silence, silence_ms);
    port->listen = flags;
}

void port_tones(struct port *port, struct block *patterns, uint32_t count)
{
    audio_tone_pattern table[AUDIO_MAX_TONES];

    if (count > 0)
        memcpy(table, patterns->bytes, count * sizeof *table);
    tone_watch_patterns(&port->tones, table, count);
    if (patterns != NULL)
        atomic_store_explicit(&patterns->done, true, memory_order_release);
}

void port_stop_player(audio_loop *loop, struct port *port, uint16_t reason)
{
    struct player *player = &port->player;

    if (player->source == PLAYER_IDLE)
        return;
    struct event_detail detail = {.id = player->playback, .detail = reason, .value = (int32_t)player->heard};
    player_cut(player, loop->clips);
    event_emit(loop, AUDIO_PLAYED, port->number, &detail);
}

/* Whether our own prompt may come back: weak and twisted keys are then not looked for in it. A
 * canceller that has converged takes it away before. */
static bool echo_may_come(struct port *port, uint64_t now_ns)
{
    if (port->player.source != PLAYER_IDLE)
        port->echo_until_ns = now_ns + ECHO_NS;
    return now_ns < port->echo_until_ns && !port_echo_is_cancelled(port);
}

static void hear_digits(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n, uint32_t after)
{
    struct dtmf_hit hits[MAX_HITS];
    bool echo = echo_may_come(port, loop->now_ns);

    dtmf_set_lenient(&port->dtmf, !echo && (port->listen & AUDIO_LISTEN_LENIENT) != 0);
    size_t found = dtmf_feed(&port->dtmf, samples, n, hits, MAX_HITS);

    for (size_t i = 0; i < found; i++) {
        struct event_detail detail = {
            .detail = (uint8_t)hits[i].digit,
            .value = (int32_t)(hits[i].onset_ms_ago + after / 8u),
            .value2 = hits[i].level_db10,
        };
        event_emit(loop, AUDIO_DIGIT, port->number, &detail);
        if (port->player.flags & AUDIO_STOP_ON_DIGIT)
            port_stop_player(loop, port, AUDIO_PLAY_DIGIT);
    }
}

static void hear_answer(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n)
{
    uint32_t ms = voice_ear_feed(&port->voice, samples, n);

    if (ms > 0)
        event_emit(loop, AUDIO_VOICE, port->number, &(struct event_detail){.value = (int32_t)ms});
}

static void follow_ringback(audio_loop *loop, struct port *port, const struct tone_hit *hit, uint32_t n)
{
    uint32_t known = port->ringback.pattern;
    uint32_t ms = ringback_ear_follow(&port->ringback, &port->tones, hit, n / (AUDIO_RATE_HZ / 1000));

    if (port->ringback.rings || (port->ringback.pattern != 0 && port->ringback.pattern != known))
        voice_ear_rings(&port->voice);
    if (ms > 0)
        event_emit(loop, AUDIO_RINGBACK_OVER, port->number, &(struct event_detail){.value = (int32_t)ms});
}

static void hear_tones(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n)
{
    struct tone_hit hit;
    uint8_t heard[sizeof hit.heard];

    bool found = tone_watch_feed(&port->tones, samples, n, &hit) != 0;
    if (port->listen & AUDIO_LISTEN_ANSWER)
        follow_ringback(loop, port, found ? &hit : NULL, n);
    if (!found)
        return;
    memcpy(heard, &hit.heard, sizeof heard);
    struct event_detail detail = {
        .id = hit.pattern,
        .detail = hit.cycles,
        .value = hit.on_ms,
        .value2 = hit.off_ms,
        .data = heard,
        .len = sizeof heard,
    };
    event_emit(loop, AUDIO_TONE, port->number, &detail);
}

static void hear_block(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n, uint32_t after)
{
    level_feed(&port->level_in, samples, n);
    if (port->listen & AUDIO_LISTEN_DIGITS)
        hear_digits(loop, port, samples, n, after);
    if (port->listen & AUDIO_LISTEN_TONES)
        hear_tones(loop, port, samples, n);
    if (port->listen & AUDIO_LISTEN_ANSWER)
        hear_answer(loop, port, samples, n);
    if (port->listen & AUDIO_LISTEN_CALLER_ID)
        port_hear_caller_id(loop, port, samples, n, after);
    if (port->listen & AUDIO_LISTEN_SILENCE) {
        uint32_t quiet_ms = silence_feed(&port->silence, samples, n);
        if (quiet_ms > 0)
            event_emit(loop, AUDIO_SILENCE, port->number, &(struct event_detail){.value = (int32_t)quiet_ms});
    }
}

void port_hear(audio_loop *loop, struct port *port, const int16_t *samples, uint32_t n)
{
    struct port_counters *c = &port->counters;

    for (uint32_t at = 0; at < n; at += TICK) {
        uint32_t part = n - at < TICK ? n - at : TICK;
        hear_block(loop, port, samples + at, part, n - at - part);
    }
    atomic_store_explicit(&c->level_in, port->level_in.db10, memory_order_relaxed);
    int64_t frames = atomic_load_explicit(&c->frames_in, memory_order_relaxed);
    atomic_store_explicit(&c->frames_in, frames + n, memory_order_relaxed);
    if (fifo_push(&port->in.fifo, samples, n) == 0)
        return;
    /* More than the queue holds came at once: keep the newest, as late speech is worse than lost speech. */
    resampler_skip(&port->in.resampler, &port->in.fifo, FIFO_SAMPLES - DRIFT_TARGET - DRIFT_SLACK);
    port_count(&c->overruns, 1);
}

static void scale(int16_t *samples, int32_t gain)
{
    if (gain == GAIN_ONE)
        return;
    for (uint32_t i = 0; i < TICK; i++) {
        int64_t scaled = (int64_t)samples[i] * gain / GAIN_ONE;
        samples[i] = (int16_t)(scaled > INT16_MAX ? INT16_MAX : scaled < INT16_MIN ? INT16_MIN : scaled);
    }
}

void port_trim(struct port *port, const struct pace *pace)
{
    uint32_t fill = fifo_fill(&port->in.fifo);
    uint32_t late = pace->piece % TICK; /* by how much less is left when a piece is yet to come */

    if (pace->piece > TICK * pace->idle_ticks)
        late = pace->piece - TICK * pace->idle_ticks; /* so many samples' ticks bring none */

    if (fill > TICK + DRIFT_TARGET + DRIFT_SLACK)
        resampler_skip(&port->in.resampler, &port->in.fifo, fill - TICK - DRIFT_TARGET);
    else if (fill < TICK + DRIFT_START + late)
        fifo_pad(&port->in.fifo, TICK + DRIFT_START + late - fill);
}

static bool is_quiet(const struct fifo *f, uint32_t n)
{
    if (fifo_fill(f) < n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (fifo_at(f, i) > QUIET || fifo_at(f, i) < -QUIET)
            return false;
    return true;
}

/* Up to a tick of it at once. Returns what is left to shorten by. */
static int32_t shorten(struct port *ports, uint32_t count, bool outgoing, int32_t excess)
{
    uint32_t n = excess < (int32_t)TICK ? (uint32_t)excess : TICK;

    for (uint32_t p = 0; p < count; p++)
        if (!is_quiet(outgoing ? &ports[p].out.fifo : &ports[p].in.fifo, n))
            return excess;
    for (uint32_t p = 0; p < count; p++) {
        struct lane *lane = outgoing ? &ports[p].out : &ports[p].in;
        resampler_skip(&lane->resampler, &lane->fifo, n);
    }
    return excess - (int32_t)n;
}

void port_shorten(struct port *ports, uint32_t count, struct pace *pace)
{
    if (pace->drift.excess > 0 && !pace->owing) /* else both directions must give way alike: by the resampler */
        pace->drift.excess = shorten(ports, count, false, pace->drift.excess);
    if (pace->excess > 0)
        pace->excess = shorten(ports, count, true, pace->excess);
}

void port_take_input(struct port *port, struct pace *pace)
{
    uint32_t got = 0;

    if (pace->running)
        got = resampler_pull(&port->in.resampler, &port->in.fifo, pace->step_in, port->input, TICK);
    memset(port->input + got, 0, (TICK - got) * sizeof *port->input);
    if (pace->running && got < TICK) {
        port_count(&port->counters.underruns, 1);
        pace->drift.missing += (int32_t)(TICK - got);
    }
    port->has_input = got > 0;
    if (port->has_input && port->metered)
        meter_feed(&port->meter, METER_IN, port->input); /* the line as it is, before any gain */
    if (port->has_input)
        scale(port->input, port->gain_in);
    if (port->has_input && port->automatic)
        agc_run(&port->agc, port->input);
    atomic_store_explicit(&port->counters.fill_in, (int32_t)fifo_fill(&port->in.fifo), memory_order_relaxed);
}

static void mix_in(const audio_loop *loop, struct port *port)
{
    int32_t sum[TICK];

    for (uint32_t i = 0; i < TICK; i++)
        sum[i] = port->output[i];
    for (uint32_t left = port->hears; left != 0; left &= left - 1) {
        const struct port *from = &loop->ports[__builtin_ctz(left)];
        if (!from->has_input)
            continue;
        for (uint32_t i = 0; i < TICK; i++)
            sum[i] += from->input[i];
    }
    for (uint32_t i = 0; i < TICK; i++)
        port->output[i] = (int16_t)(sum[i] > INT16_MAX ? INT16_MAX : sum[i] < INT16_MIN ? INT16_MIN : sum[i]);
}

static void meter_output(struct port *port)
{
    if (port->source == SOURCE_NONE)
        return;
    level_feed(&port->level_out, port->output, TICK);
    atomic_store_explicit(&port->counters.level_out, port->level_out.db10, memory_order_relaxed);
}

/* Most ports have nobody to hear: their output is wiped once. */
static void send_silence(struct port *port)
{
    if (port->sounding)
        memset(port->output, 0, sizeof port->output);
    port->sounding = false;
}

/* Nobody is heard and nothing played: soft noise where it is asked for, or silence. */
static void send_nothing(const audio_loop *loop, struct port *port)
{
    if (!comfort_noise_is_on(&port->comfort) || port->source == SOURCE_NONE || loop->muted) {
        send_silence(port);
        return;
    }
    comfort_noise_fill(&port->comfort, port->output);
    port->sounding = true;
}

/* A plain bridge: one port is heard and nothing is played. */
static void pass_on(const audio_loop *loop, struct port *port, const struct port *from)
{
    if (!from->has_input) {
        send_nothing(loop, port);
        return;
    }
    comfort_noise_pause(&port->comfort);
    memcpy(port->output, from->input, sizeof port->output);
    port->sounding = true;
}

static void play_and_mix(audio_loop *loop, struct port *port)
{
    struct player *player = &port->player;
    uint32_t playback = player->playback;

    if (player_fill(player, loop->clips, port->output)) {
        struct event_detail detail = {.id = playback, .detail = AUDIO_PLAY_FINISHED, .value = (int32_t)player->heard};
        event_emit(loop, AUDIO_PLAYED, port->number, &detail);
    }
    if (port->hears != 0)
        mix_in(loop, port);
}

/* What this port is sent in this tick: its player and everybody it hears. */
void port_fill_output(audio_loop *loop, struct port *port)
{
    bool plays = !player_is_silent(&port->player);

    if (!plays && port->hears == 0) {
        send_nothing(loop, port);
    } else if (plays || (port->hears & (port->hears - 1)) != 0) {
        comfort_noise_pause(&port->comfort);
        port->sounding = true;
        play_and_mix(loop, port);
    } else {
        pass_on(loop, port, &loop->ports[__builtin_ctz(port->hears)]);
    }
    if (port->sounding) {
        if (loop->muted)
            memset(port->output, 0, sizeof port->output);
        scale(port->output, port->gain_out);
    }
    meter_output(port);
}
