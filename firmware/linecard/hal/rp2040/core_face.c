/* SPDX-License-Identifier: Apache-2.0 */
/* The portable core as this board runs it: its sockets, and the one place where core and board meet. */
#include "linecard/hal/rp2040/core_face.h"
#include "linecard/core/linecard.h"

_Static_assert(HIGHWAY_PORTS == LINK_SOCKETS && HIGHWAY_FRAMES == LINK_AUDIO_FRAMES, "a buffer is a tick");

static struct linecard card;

void core_start(const struct linecard_board *board, enum restart cause)
{
    const struct linecard_config config = {
        .fxs_mask = BOARD_FXS_SOCKETS,
        .fxo_mask = BOARD_FXO_SOCKETS,
        .serial = {'H', 'A', 'T', '0', '0', '0', '0', '1'},
        .start_cause = (uint8_t)cause,
    };
    linecard_init(&card, &config, board);
}

void core_receive(const uint8_t *bytes, size_t n)
{
    linecard_receive(&card, bytes, n);
}

void core_ms(void)
{
    linecard_ms(&card);
}

void core_tick(uint32_t now_ms, int16_t up[HIGHWAY_PORTS][HIGHWAY_FRAMES], int16_t down[HIGHWAY_PORTS][HIGHWAY_FRAMES])
{
    linecard_tick(&card, now_ms, (const int16_t (*)[LINK_AUDIO_FRAMES])up, down);
}
