/* SPDX-License-Identifier: Apache-2.0 */
/* One port's echo canceller in the tick: switched, restarted, and what it says of itself. */
#include "audio/internal.h"

void port_echo_init(struct port *port, const struct echo_tables *tables)
{
    echo_init(&port->echo, tables);
}

static void tell(audio_loop *loop, struct port *port)
{
    struct echo *echo = &port->echo;

    if (echo->news == ECHO_NO_NEWS)
        return;
    struct event_detail detail = {
        .detail = echo->news == ECHO_ALIGNED,
        .value = echo_delay_ms(echo),
        .value2 = echo_filter_erl_db10(&echo->filter),
    };
    echo->news = ECHO_NO_NEWS;
    event_emit(loop, AUDIO_ECHO, port->number, &detail);
}

static void store_figures(struct port *port)
{
    struct port_counters *c = &port->counters;
    const struct echo_filter *filter = &port->echo.filter;

    atomic_store_explicit(&c->echo_delay_ms, echo_delay_ms(&port->echo), memory_order_relaxed);
    atomic_store_explicit(&c->echo_loss, echo_filter_erl_db10(filter), memory_order_relaxed);
    atomic_store_explicit(&c->echo_removed, echo_filter_erle_db10(filter), memory_order_relaxed);
}

void port_echo_restart(audio_loop *loop, struct port *port, bool follows)
{
    echo_restart(&port->echo, follows);
    tell(loop, port);
    store_figures(port);
}

void port_echo_switch(audio_loop *loop, struct port *port, bool on)
{
    uint32_t sent = port->echo.sent;

    if (port->echo.off != on)
        return;
    port->echo.off = !on;
    port_echo_restart(loop, port, port->echo.follows);
    port->echo.sent = sent; /* the device goes on counting */
}

void port_echo_cancel(audio_loop *loop, struct port *port, int16_t *samples, uint32_t n)
{
    uint32_t learned = port->echo.learned;

    echo_cancel(&port->echo, samples, n);
    tell(loop, port);
    if (port->echo.learned != learned)
        store_figures(port);
}

bool port_echo_is_cancelled(const struct port *port)
{
    return echo_is_cancelled(&port->echo);
}
