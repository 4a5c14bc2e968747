/* SPDX-License-Identifier: Apache-2.0 */
/* One tick of a recorder tap: both sides of its port go in, and secret digits are blanked again. */
#include <string.h>

#include "audio/internal.h"

#define UNJUDGED (2u * TICK)    /* a key that begins in the last of it can't be known yet */

_Static_assert(SECRET_BACK + SECRET_BLOCK <= TAP_HELD, "what is blanked must not have been read");
_Static_assert(SECRET_BLOCK == TICK, "a tap is judged once a tick");

/* Whether somebody may be keying in a secret at this port, or at one that it hears. */
static bool hears_secret(const audio_loop *loop, const struct port *port)
{
    if (port->secret)
        return true;
    for (uint32_t left = port->hears; left != 0; left &= left - 1)
        if (loop->ports[__builtin_ctz(left)].secret)
            return true;
    return false;
}

static void tell_blank(audio_loop *loop, struct tap *tap)
{
    if (!tap->blanks)
        return;
    tap->blanks = false;
    struct event_detail span = {
        .id = (uint32_t)(tap - loop->taps),
        .value = (int32_t)(tap->blank_begun - tap->begun),
        .value2 = (int32_t)(tap->blank_end - tap->begun),
    };
    event_emit(loop, AUDIO_SECRET, tap->port, &span);
}

static void blank_newest(struct tap *tap, uint32_t n)
{
    uint32_t length = tap->written - tap->begun;
    uint32_t from = tap->written - (n < length ? n : length);

    tap_blank(tap, tap->written - from);
    if (!tap->blanks || (int32_t)(from - tap->blank_begun) < 0)
        tap->blank_begun = from;
    tap->blank_end = tap->written;
    tap->blanks = true;
}

void tap_feed(audio_loop *loop, struct tap *tap)
{
    struct port *port = &loop->ports[tap->port];

    if (!port->has_input)
        memset(port->input, 0, sizeof port->input);
    tap_write(tap, port->input, port->output, TICK);
    uint32_t blank = secret_feed(&tap->secret, hears_secret(loop, port), port->input, port->output);
    if (blank > 0)
        blank_newest(tap, blank);
    else
        tell_blank(loop, tap);
}

void tap_finish(audio_loop *loop, struct tap *tap)
{
    if (tap->secret.awake)
        blank_newest(tap, UNJUDGED);
    tell_blank(loop, tap);
    tap_end(tap);
}
