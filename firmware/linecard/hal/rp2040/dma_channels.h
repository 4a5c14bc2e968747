/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses which DMA channel. */
#ifndef RP2040_DMA_CHANNELS_H
#define RP2040_DMA_CHANNELS_H

#define CHANNEL_PCM_DOWN 0U
#define CHANNEL_PCM_DOWN_NEXT 1U /* hands the channel above its next buffer */
#define CHANNEL_PCM_UP 2U
#define CHANNEL_PCM_UP_NEXT 3U
#define CHANNEL_UART_TX 4U
#endif
