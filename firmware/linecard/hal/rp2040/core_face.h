/* SPDX-License-Identifier: Apache-2.0 */
/* The portable core as this board runs it. */
#ifndef RP2040_CORE_FACE_H
#define RP2040_CORE_FACE_H
#include "linecard/core/board.h"
#include "linecard/core/boot.h"
#include "linecard/hal/rp2040/highway.h"
#include "linecard/hal/rp2040/watchdog.h"

/* Sockets of board B, bit n-1 = socket n. */
#define BOARD_FXS_SOCKETS 0x0FU
#ifndef BOARD_FXO_SOCKETS
#define BOARD_FXO_SOCKETS 0x30U /* 0xF0 with four lines: a board with every place populated */
#endif
/* As firmware files name it (core/image.h). */
#define BOARD_NAME (BOARD_FXO_SOCKETS == 0x30U ? "B-2FXO" : "B-4FXO")

/* `flash`: where updates go. */
void core_start(const struct linecard_board *board, const struct linecard_flash *flash, enum restart cause);
void core_receive(const uint8_t *bytes, size_t n);
/* Once each millisecond. */
void core_ms(void);
/* Once each 10 ms. */
void core_tick(uint32_t now_ms, int16_t up[HIGHWAY_PORTS][HIGHWAY_FRAMES], int16_t down[HIGHWAY_PORTS][HIGHWAY_FRAMES]);
#endif
