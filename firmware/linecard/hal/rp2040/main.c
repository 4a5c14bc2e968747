/* SPDX-License-Identifier: Apache-2.0 */
/* The line card on its RP2040: brings the board up, then sleeps between milliseconds and audio buffers.
 *
 * Bare metal with a HAL of its own, not the pico-sdk: all of the HAL can be read in a quarter of an hour, it needs
 * only Debian's compiler (bookworm has no package of the SDK), and an image with the SDK's start-up, floating
 * point and standard library is several times as large for nothing that this card would use. */
#include "linecard/core/pinout.h"
#include "linecard/hal/rp2040/clocks.h"
#include "linecard/hal/rp2040/core_face.h"
#include "linecard/hal/rp2040/flash.h"
#include "linecard/hal/rp2040/highway.h"
#include "linecard/hal/rp2040/pins.h"
#include "linecard/hal/rp2040/regs.h"
#include "linecard/hal/rp2040/spi.h"
#include "linecard/hal/rp2040/timer.h"
#include "linecard/hal/rp2040/uart.h"
#include "linecard/hal/rp2040/watchdog.h"

enum { READ_PIECE = 256, BLINK_MS = 500, TICK_MS = 10, CHIPS_WAKE_MS = 50, REBOOT_AFTER_MS = 50 };

/* --- the board, as the core sees it --------------------------------------------------------- */

static bool link_is_up;

static void board_spi(void *context, const uint8_t *out, uint8_t *in, size_t n)
{
    (void)context;
    spi_frame(out, in, n);
}

static void board_set_outputs(void *context, uint32_t bits)
{
    (void)context;
    spi_outputs((uint16_t)bits);
}

static void board_set_chip_reset(void *context, bool held)
{
    (void)context;
    pins_write(PIN_SI_RESET_N, !held);
}

static void board_set_polarity(void *context, int fxs, bool forward)
{
    (void)context;
    pins_write(PIN_FR1 + fxs - 1, forward);
}

static uint8_t board_read_hooks(void *context)
{
    (void)context;
    return (uint8_t)(pins_read() >> PIN_SHK1 & BOARD_FXS_SOCKETS);
}

static void board_link_write(void *context, const uint8_t *bytes, size_t n)
{
    (void)context;
    uart_write(bytes, n);
}

static void board_link_changed(void *context, bool up)
{
    (void)context;
    link_is_up = up;
}

static const struct linecard_board BOARD = {
    .context = 0,
    .spi = board_spi,
    .set_outputs = board_set_outputs,
    .set_chip_reset = board_set_chip_reset,
    .set_polarity = board_set_polarity,
    .read_hooks = board_read_hooks,
    .link_write = board_link_write,
    .link_changed = board_link_changed,
};

static uint32_t done_ms, done_buffers;

/* The milliseconds of a change are left out: given to the core all at once afterwards, they would end its waits for
 * the chips before their time. */
static void board_erase(void *context, uint32_t offset)
{
    const uint32_t before_ms = timer_ms();
    flash_erase(context, offset);
    done_ms += timer_ms() - before_ms;
}

static void board_program(void *context, uint32_t offset, const uint8_t *page)
{
    const uint32_t before_ms = timer_ms();
    flash_program(context, offset, page);
    done_ms += timer_ms() - before_ms;
}

static uint32_t restart_ms; /* when to restart for the update; 0 = not */

/* Soon: the order shall be acknowledged first. */
static void board_reboot(void *context)
{
    (void)context;
    if (restart_ms == 0)
        restart_ms = timer_ms() + REBOOT_AFTER_MS;
}

static const struct linecard_flash FLASH = {
    .bytes = (const uint8_t *)(uintptr_t)FLASH_XIP,
    .erase = board_erase,
    .program = board_program,
    .reboot = board_reboot,
};

/* --- the loop ------------------------------------------------------------------------------- */

/* Lit: the host is there. Blinking: it is not. */
static void show_life(void)
{
    if (link_is_up)
        pins_write(PIN_LED, true);
    else if (done_ms % BLINK_MS == 0)
        pins_toggle(PIN_LED);
}

/* Nothing is heard any more when a restart has been ordered: a HELLO would be answered by what is about to go. */
static void read_link(void)
{
    if (restart_ms != 0)
        return;
    uint8_t bytes[READ_PIECE];
    for (size_t n = uart_read(bytes, sizeof bytes); n > 0; n = uart_read(bytes, sizeof bytes))
        core_receive(bytes, n);
}

static void work_ms(void)
{
    while (done_ms != timer_ms()) {
        done_ms++;
        core_ms();
        show_life();
        if (restart_ms != 0 && (int32_t)(done_ms - restart_ms) >= 0)
            watchdog_restart(RESTART_UPDATE);
    }
}

/* Feeding here asks for three things at once: the loop comes round, the milliseconds go on, and the DMA has filled
 * a buffer without ever making the state machine wait. */
static void work_audio(void)
{
    static int16_t up[HIGHWAY_PORTS][HIGHWAY_FRAMES], down[HIGHWAY_PORTS][HIGHWAY_FRAMES];
    static uint32_t fed_ms;
    while (done_buffers != highway_count()) {
        done_buffers++;
        highway_up(up);
        core_tick(done_buffers * TICK_MS, up, down);
        highway_down(down);
        if (fed_ms != done_ms && !highway_has_stalled())
            watchdog_feed();
        fed_ms = done_ms;
    }
}

static void sleep(void)
{
    interrupts_off(); /* what happens between the question and wfi ends the wfi */
    if (done_ms == timer_ms() && done_buffers == highway_count())
        wait_for_interrupt();
    interrupts_on();
}

int main(void)
{
    enum restart cause = watchdog_cause();
    watchdog_start();
    clocks_start();
    pins_start();
    spi_start();
    uart_start();
    highway_start();
    timer_start();
    interrupts_on();
    while (timer_ms() < CHIPS_WAKE_MS)
        wait_for_interrupt();
    done_ms = timer_ms();
    done_buffers = highway_count();
    core_start(&BOARD, &FLASH, cause);
    for (;;) {
        sleep();
        read_link();
        work_ms();
        work_audio();
    }
}
