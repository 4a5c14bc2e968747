/* SPDX-License-Identifier: Apache-2.0 */
/* The meters of the ports that are metered: fed once a tick, their figures shown to other threads. */
#include <errno.h>
#include <string.h>

#include "audio/internal.h"

_Static_assert(METER_BLOCK == TICK, "a meter takes one tick at a time");
_Static_assert(sizeof(struct meter_figures) == METER_FIGURES * sizeof(int32_t), "figures are plain numbers");

/* Word by word: a reader may see a figure of one tick beside one of the tick before. */
static void meter_show(struct port *port)
{
    int32_t words[METER_FIGURES];

    memcpy(words, &port->meter.figures, sizeof words);
    for (uint32_t i = 0; i < METER_FIGURES; i++)
        atomic_store_explicit(&port->figures[i], words[i], memory_order_relaxed);
}

void port_meter(struct port *port, bool on)
{
    port->metered = on;
    if (!on)
        return; /* its figures stay to be read */
    meter_init(&port->meter);
    meter_show(port);
}

void port_meter_tick(audio_loop *loop, struct port *port)
{
    if (!port->has_input)
        meter_feed(&port->meter, METER_IN, NULL);
    meter_feed(&port->meter, METER_OUT, port->output);
    const struct meter_hit hit = meter_tick(&port->meter);
    if (hit.found) {
        struct event_detail detail = {
            .detail = hit.side == METER_IN ? AUDIO_ONE_WAY_IN : AUDIO_ONE_WAY_OUT,
            .value = (int32_t)hit.ms,
            .value2 = hit.dead,
        };
        event_emit(loop, AUDIO_ONE_WAY, port->number, &detail);
    }
    meter_show(port);
}

int audio_port_get_meters(const audio_loop *loop, uint16_t port, audio_port_meters *out)
{
    struct meter_figures f;
    int32_t words[METER_FIGURES];

    if (port >= AUDIO_MAX_PORTS)
        return -EINVAL;
    for (uint32_t i = 0; i < METER_FIGURES; i++)
        words[i] = atomic_load_explicit(&loop->ports[port].figures[i], memory_order_relaxed);
    memcpy(&f, words, sizeof f);
    *out = (audio_port_meters){
        .ms = f.ms,
        .level_in_db10 = f.level_db10[METER_IN],
        .level_out_db10 = f.level_db10[METER_OUT],
        .clipped_in_ppm = f.clipped_ppm[METER_IN],
        .clipped_out_ppm = f.clipped_ppm[METER_OUT],
        .voice_in_ms = f.voice_ms[METER_IN],
        .voice_out_ms = f.voice_ms[METER_OUT],
        .overtalk_ms = f.overtalk_ms,
        .dead_air_ms = f.dead_air_ms,
        .one_way = f.one_way,
    };
    return 0;
}
