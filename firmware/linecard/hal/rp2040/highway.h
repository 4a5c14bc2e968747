/* SPDX-License-Identifier: Apache-2.0 */
/* The PCM highway: the card is its master. 8 kHz frames of 8 ports of 16 bits, moved by PIO and DMA alone. */
#ifndef RP2040_HIGHWAY_H
#define RP2040_HIGHWAY_H
#include <stdbool.h>
#include <stdint.h>

#define HIGHWAY_PORTS 8
#define HIGHWAY_FRAMES 80     /* in a buffer: 10 ms */

/* Starts all clocks of the chips; they never stop. */
void highway_start(void);
/* Buffers filled since the start; wraps. */
uint32_t highway_count(void);
/* The state machine waited for the DMA at some time: the frames are no longer where the chips expect them. */
bool highway_has_stalled(void);
/* Exchanges the newest 10 ms: reads what the chips said, and puts out what they shall hear 10 ms from now.
 * `up` may be read and `down` written in any order between highway_up() and highway_down(). */
void highway_up(int16_t up[HIGHWAY_PORTS][HIGHWAY_FRAMES]);
void highway_down(int16_t down[HIGHWAY_PORTS][HIGHWAY_FRAMES]);
#endif
