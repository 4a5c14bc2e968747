/* SPDX-License-Identifier: Apache-2.0 */
/* Three state machines of PIO0 started in the same clock cycle: bits with PCLK, frame syncs, and the codecs'
 * master clock. Two DMA channels each way go round two buffers of 10 ms without the processor. */
#include "linecard/hal/rp2040/highway.h"
#include "linecard/core/pinout.h"
#include "linecard/hal/rp2040/dma_channels.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/startup.h"

/* --- PIO programs (data sheet §3.4) --------------------------------------------------------- */

enum { TO_PINS = 0, TO_X = 1, TO_PIN_DIRECTIONS = 4 };
#define JMP_X_DEC(address) (0x0040U | (address)) /* go there while X was not 0; X - 1 */
#define IN_PIN 0x4001U
#define OUT_PIN 0x6001U
#define SET(what, value) (0xE000U | (what) << 5 | (value))
#define NOP 0xA042U
#define PULL 0x8080U
#define WITH(side, delay) ((side) << 12 | (delay) << 8) /* one side-set pin; cycles to wait after the instruction */

enum { BITS_AT = 0, SYNC_AT = 2, SYNC_ENTRY = SYNC_AT + 2, MCLK_AT = 29, PROGRAM_END = 31 };

/* A frame sync of one bit, 25 cycles, and the 15 bits after it, 375 cycles; `fs` is the codec's, side is FSYNC. */
#define SYNC_SLOT(at, fs, side)                                                                       \
    SET(TO_PINS, fs) | WITH(side, 15), NOP | WITH(side, 8), SET(TO_PINS, 0) | WITH(0, 15),             \
        SET(TO_X, 21) | WITH(0, 6), JMP_X_DEC((at) + 4) | WITH(0, 15)
#define WAIT_528(at) SET(TO_X, 31) | WITH(0, 15), JMP_X_DEC((at) + 1) | WITH(0, 15)

static const uint16_t PROGRAM[PROGRAM_END] = {
    /* Bits, 25 cycles each, side is PCLK. Data changes as PCLK rises and is taken as it falls. */
    OUT_PIN | WITH(1, 12), IN_PIN | WITH(0, 11),
    /* Frame syncs, 128 x 25 cycles: FSYNC with FS1, FS2 16 bits later, FS3, FS4, and 64 bits of nothing. It is entered
     * behind FSYNC's bit, so that slot 0 begins where FSYNC falls. */
    SYNC_SLOT(2, 1, 1), SYNC_SLOT(7, 2, 0), SYNC_SLOT(12, 4, 0), SYNC_SLOT(17, 8, 0),
    WAIT_528(22), WAIT_528(24), WAIT_528(26), NOP | WITH(0, 15),
    /* Master clock: half a period each. */
    SET(TO_PINS, 1), SET(TO_PINS, 0),
};

enum { SM_BITS, SM_SYNC, SM_MCLK, SM_COUNT };
/* Of 128 MHz. Bits and syncs have the same divider, so that they stay in step to the cycle: 25.6 MHz. */
enum { CLKDIV_BITS = 5, CLKDIV_SYNC = CLKDIV_BITS, CLKDIV_MCLK = 250 };
#define WRAP(bottom, top) ((uint32_t)(top) << 12 | (uint32_t)(bottom) << 7)
#define OUT_PINS(base, count) ((uint32_t)(base) | (uint32_t)(count) << 20)
#define SET_PINS(base, count) ((uint32_t)(base) << 5 | (uint32_t)(count) << 26)
#define SIDE_PINS(base, count) ((uint32_t)(base) << 10 | (uint32_t)(count) << 29)
#define IN_PINS(base) ((uint32_t)(base) << 15)
#define AUTO_PUSH_AND_PULL (1U << 16 | 1U << 17) /* words of 32 bits, most significant first (shift left) */

static const struct {
    uint32_t start, clkdiv, wrap, pins;
} MACHINES[SM_COUNT] = {
    {BITS_AT, CLKDIV_BITS, WRAP(BITS_AT, SYNC_AT - 1),
     OUT_PINS(PIN_PCM_DOWN, 1) | IN_PINS(PIN_PCM_UP) | SIDE_PINS(PIN_PCLK, 1)},
    {SYNC_ENTRY, CLKDIV_SYNC, WRAP(SYNC_AT, MCLK_AT - 1), SET_PINS(PIN_CODEC_FS1, 4) | SIDE_PINS(PIN_FSYNC, 1)},
    {MCLK_AT, CLKDIV_MCLK, WRAP(MCLK_AT, PROGRAM_END - 1), SET_PINS(PIN_CODEC_MCLK, 1)},
};

static void load_machines(void)
{
    for (uint32_t i = 0; i < PROGRAM_END; i++)
        REG(PIO_INSTRUCTION(i)) = PROGRAM[i];
    for (uint32_t pin = PIN_PCLK; pin < PIN_CODEC_FS1 + 4; pin++) {
        if (pin == PIN_PCM_UP)
            continue;
        REG(PIO_PINCTRL(0)) = SET_PINS(pin, 1);
        REG(PIO_EXEC(0)) = SET(TO_PINS, 0);
        REG(PIO_EXEC(0)) = SET(TO_PIN_DIRECTIONS, 1);
    }
    for (uint32_t sm = 0; sm < SM_COUNT; sm++) {
        REG(PIO_CLKDIV(sm)) = MACHINES[sm].clkdiv << 16;
        REG(PIO_EXECCTRL(sm)) = MACHINES[sm].wrap;
        REG(PIO_SHIFTCTRL(sm)) = AUTO_PUSH_AND_PULL;
        REG(PIO_PINCTRL(sm)) = MACHINES[sm].pins;
        REG(PIO_EXEC(sm)) = MACHINES[sm].start; /* JMP */
    }
}

/* --- buffers -------------------------------------------------------------------------------- */

enum { CODECS = 4 };          /* ports 1-4; the others are Si3050s with all 16 bits */
enum { WORDS = HIGHWAY_FRAMES * HIGHWAY_PORTS / 2 };

/* A word holds two ports, the first in its upper half because it goes out first: port n is at n ^ 1. */
static union buffer {
    uint32_t words[WORDS];
    int16_t samples[HIGHWAY_FRAMES][HIGHWAY_PORTS];
} downs[2], ups[2];

/* Where each channel goes next; the two channels that read here wrap after 8 bytes. In RAM, not in flash: the
 * highway must not wait for the flash. */
static union buffer *down_next[2] __attribute__((aligned(8))) = {&downs[1], &downs[0]};
static union buffer *up_next[2] __attribute__((aligned(8))) = {&ups[1], &ups[0]};

static volatile uint32_t filled;
static int newest;            /* buffer the DMA left last */

enum { NEXT_RING_BITS = 3 };

static void load_dma(void)
{
    REG(DMA_READ_ADDR(CHANNEL_PCM_DOWN)) = (uint32_t)(uintptr_t)&downs[0];
    REG(DMA_WRITE_ADDR(CHANNEL_PCM_DOWN)) = PIO_TXF0;
    REG(DMA_COUNT(CHANNEL_PCM_DOWN)) = WORDS;
    REG(DMA_CTRL(CHANNEL_PCM_DOWN)) = DMA_ENABLE | DMA_HIGH_PRIORITY | DMA_SIZE_32 | DMA_INCR_READ | DMA_QUIET |
                                      DMA_CHAIN_TO(CHANNEL_PCM_DOWN_NEXT) | DMA_PACED_BY(DREQ_PIO0_TX0);
    REG(DMA_READ_ADDR(CHANNEL_PCM_UP)) = PIO_RXF0;
    REG(DMA_WRITE_ADDR(CHANNEL_PCM_UP)) = (uint32_t)(uintptr_t)&ups[0];
    REG(DMA_COUNT(CHANNEL_PCM_UP)) = WORDS;
    REG(DMA_CTRL(CHANNEL_PCM_UP)) = DMA_ENABLE | DMA_HIGH_PRIORITY | DMA_SIZE_32 | DMA_INCR_WRITE |
                                    DMA_CHAIN_TO(CHANNEL_PCM_UP_NEXT) | DMA_PACED_BY(DREQ_PIO0_RX0);
    const uint32_t next = DMA_ENABLE | DMA_HIGH_PRIORITY | DMA_SIZE_32 | DMA_INCR_READ | DMA_RING(NEXT_RING_BITS) |
                          DMA_QUIET | DMA_PACED_BY(DREQ_ALWAYS);
    REG(DMA_READ_ADDR(CHANNEL_PCM_DOWN_NEXT)) = (uint32_t)(uintptr_t)down_next;
    REG(DMA_WRITE_ADDR(CHANNEL_PCM_DOWN_NEXT)) = DMA_READ_ADDR_TRIGGER(CHANNEL_PCM_DOWN);
    REG(DMA_COUNT(CHANNEL_PCM_DOWN_NEXT)) = 1;
    REG(DMA_CTRL(CHANNEL_PCM_DOWN_NEXT)) = next | DMA_CHAIN_TO(CHANNEL_PCM_DOWN_NEXT);
    REG(DMA_READ_ADDR(CHANNEL_PCM_UP_NEXT)) = (uint32_t)(uintptr_t)up_next;
    REG(DMA_WRITE_ADDR(CHANNEL_PCM_UP_NEXT)) = DMA_WRITE_ADDR_TRIGGER(CHANNEL_PCM_UP);
    REG(DMA_COUNT(CHANNEL_PCM_UP_NEXT)) = 1;
    REG(DMA_CTRL(CHANNEL_PCM_UP_NEXT)) = next | DMA_CHAIN_TO(CHANNEL_PCM_UP_NEXT);
}

/* The first word waits in the shift register before the first cycle: a machine that finds nothing to send would stall
 * and leave the step of the others. */
void highway_start(void)
{
    const uint32_t all = (1U << SM_COUNT) - 1;
    load_machines();
    REG(PIO_CTRL) = all << 4; /* all state forgotten */
    load_dma();
    REG_SET(DMA_INTE0) = 1U << CHANNEL_PCM_UP;
    REG(NVIC_ENABLE) = 1U << IRQ_DMA0;
    REG(DMA_MULTI_TRIGGER) = 1U << CHANNEL_PCM_DOWN | 1U << CHANNEL_PCM_UP;
    while (REG(PIO_FSTAT) & 1U << (24 + SM_BITS))
        ;
    REG(PIO_EXEC(SM_BITS)) = PULL;
    REG(PIO_FDEBUG) = UINT32_MAX;
    REG(PIO_CTRL) = all << 8 | all; /* dividers and machines start together */
}

/* Down runs up to five words ahead of up, so its buffer of the same number is free as well. */
void highway_handler(void)
{
    REG(DMA_INTS0) = 1U << CHANNEL_PCM_UP;
    newest = REG(DMA_READ_ADDR(CHANNEL_PCM_UP_NEXT)) == (uint32_t)(uintptr_t)&up_next[1] ? 0 : 1;
    filled++;
}

uint32_t highway_count(void)
{
    return filled;
}

bool highway_has_stalled(void)
{
    return REG(PIO_FDEBUG) & (1U << (24 + SM_BITS) | 1U << SM_BITS);
}

void highway_up(int16_t up[HIGHWAY_PORTS][HIGHWAY_FRAMES])
{
    __asm volatile("" ::: "memory"); /* the DMA wrote it */
    for (int port = 0; port < HIGHWAY_PORTS; port++) {
        const int16_t *from = &ups[newest].samples[0][port ^ 1];
        for (int i = 0; i < HIGHWAY_FRAMES; i++)
            up[port][i] = from[i * HIGHWAY_PORTS];
    }
}

/* The codecs of the FXS sockets have 13 bits; the lowest three bits of their slot set an attenuation, so they
 * stay 0 (W681360 data sheet, receive gain adjust). */
void highway_down(int16_t down[HIGHWAY_PORTS][HIGHWAY_FRAMES])
{
    for (int port = 0; port < HIGHWAY_PORTS; port++) {
        const int32_t mask = port < CODECS ? ~7 : ~0;
        int16_t *to = &downs[newest].samples[0][port ^ 1];
        for (int i = 0; i < HIGHWAY_FRAMES; i++)
            to[i * HIGHWAY_PORTS] = (int16_t)(down[port][i] & mask);
    }
    __asm volatile("" ::: "memory"); /* the DMA reads it */
}
