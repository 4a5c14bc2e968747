/* SPDX-License-Identifier: Apache-2.0 */
/* The portable core as this board runs it: its sockets, and the one place where core and board meet. */
#include "linecard/hal/rp2040/core_face.h"
#include "linecard/core/linecard.h"
#include <string.h>

_Static_assert(HIGHWAY_PORTS == LINK_SOCKETS && HIGHWAY_FRAMES == LINK_AUDIO_FRAMES, "a buffer is a tick");

static struct linecard card;

extern const uint8_t update_key[LMS_KEY_BYTES]; /* update_key.S */
extern const uint8_t program_slot[];            /* the linker script: its address is the slot's offset */

static void use_flash(const struct linecard_flash *flash)
{
    struct update_config config = {.flash = *flash, .key = update_key, .slot = (uint32_t)(uintptr_t)program_slot};
    strncpy((char *)config.board, BOARD_NAME, sizeof config.board);
    linecard_use_flash(&card, &config);
}

void core_start(const struct linecard_board *board, const struct linecard_flash *flash, enum restart cause)
{
    const struct linecard_config config = {
        .fxs_mask = BOARD_FXS_SOCKETS,
        .fxo_mask = BOARD_FXO_SOCKETS,
        .serial = {'H', 'A', 'T', '0', '0', '0', '0', '1'},
        .start_cause = (uint8_t)cause,
    };
    linecard_init(&card, &config, board);
    use_flash(flash);
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
