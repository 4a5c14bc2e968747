/* SPDX-License-Identifier: Apache-2.0 */
/* The chip's life as one table: what is done each millisecond, for how long, and what follows. */
#include "linecard/core/si3050.h"
#include "linecard/core/si3050_regs.h"
#include <string.h>

/* --- frames --------------------------------------------------------------------------------- */

/* The device's number goes out lowest bit first (data sheet 5.34: device 1 is 28, device 2 is 24). */
static uint8_t control_byte(const struct si3050 *chip, uint8_t kind)
{
    uint8_t reversed = (uint8_t)((chip->device & 1) << 3 | (chip->device & 2) << 1 | (chip->device & 4) >> 1 |
                                 (chip->device & 8) >> 3);
    return kind | reversed;
}

static void write_register(const struct si3050 *chip, const struct linecard_board *board, uint8_t number,
                           uint8_t value)
{
    const uint8_t out[3] = {control_byte(chip, SI3050_WRITE), number, value};
    board->spi(board->context, out, NULL, sizeof out);
}

static uint8_t read_register(const struct si3050 *chip, const struct linecard_board *board, uint8_t number)
{
    const uint8_t out[3] = {control_byte(chip, SI3050_READ), number, 0};
    uint8_t in[3] = {0, 0, 0};
    board->spi(board->context, out, in, sizeof out);
    return in[2];
}

/* --- settings ------------------------------------------------------------------------------- */

struct setting { uint8_t number, value, others; }; /* others: bits of the register that are not ours */

/* Before the line side is powered: the system side's own registers. The slots first: a chip that is let onto the bus
 * before it has its own drives those of socket 1. */
static bool get_system_setting(const struct si3050 *chip, uint8_t step, struct setting *setting)
{
    const uint8_t low = (uint8_t)chip->start_pclk;
    const uint8_t high = (uint8_t)(chip->start_pclk >> 8);
    const struct setting settings[] = {
        {SI3050_TX_START, low, 0}, {SI3050_TX_START + 1, high, 0},
        {SI3050_RX_START, low, 0}, {SI3050_RX_START + 1, high, 0},
        {SI3050_PCM_MODE, SI3050_PCM_LINEAR, 0},
    };
    if (step >= sizeof settings / sizeof settings[0])
        return false;
    *setting = settings[step];
    return true;
}

/* Once the line side answers. */
static bool get_line_setting(const struct si3050 *chip, uint8_t step, struct setting *setting)
{
    const struct si3050_country *country = chip->country;
    const struct setting settings[] = {
        {SI3050_INTERNATIONAL1, (uint8_t)((country->ohs ? SI3050_OHS : 0) | (country->rz ? SI3050_RZ : 0) |
                                          (country->rt ? SI3050_RT : 0)), 0},
        {SI3050_SPARK_QUENCH, country->ohs ? SI3050_SQ : 0, (uint8_t)~SI3050_SQ},
        {SI3050_INTERNATIONAL2, 0, 0},
        {SI3050_DC_TERMINATION, (uint8_t)(country->dcv << 6 | country->mini << 4 | country->ilim << 1), 0},
        {SI3050_AC_TERMINATION, country->acim, 0},
        {SI3050_DAA_CONTROL5, (uint8_t)(SI3050_FOH_128_MS | (country->ohs2 ? SI3050_OHS2 : 0)), 0},
        {SI3050_INTERNATIONAL3, SI3050_RFWE, 0},
        {SI3050_RING1, SI3050_RING_RMX, 0},
        {SI3050_RING2, SI3050_RING_RTO << 3 | SI3050_RING_RCC, 0},
        {SI3050_RING3, SI3050_RNGV | SI3050_RING_RAS, 0},
    };
    if (step >= sizeof settings / sizeof settings[0])
        return false;
    *setting = settings[step];
    return true;
}

/* One register each millisecond, which must read back; true when all are done. */
static bool write_settings(struct si3050 *chip, const struct linecard_board *board,
                           bool (*get)(const struct si3050 *chip, uint8_t step, struct setting *setting))
{
    struct setting setting;
    if (!get(chip, chip->step, &setting))
        return true;
    write_register(chip, board, setting.number, setting.value);
    if ((read_register(chip, board, setting.number) & (uint8_t)~setting.others) == setting.value)
        chip->step++;
    return false;
}

/* --- what each state does in a millisecond; true = it has succeeded -------------------------- */

static bool wait_only(struct si3050 *chip, const struct linecard_board *board)
{
    (void)chip;
    (void)board;
    return false;
}

static bool identify(struct si3050 *chip, const struct linecard_board *board)
{
    return read_register(chip, board, SI3050_CONTROL2) == SI3050_CONTROL2_RESET;
}

static bool set_system(struct si3050 *chip, const struct linecard_board *board)
{
    return write_settings(chip, board, get_system_setting);
}

/* A chip that is not there reads as all ones. */
static bool has_frames(const struct si3050 *chip, const struct linecard_board *board)
{
    uint8_t status = read_register(chip, board, SI3050_LINE_STATUS);
    return (status & (SI3050_FDT | SI3050_STATUS_ZEROS)) == SI3050_FDT;
}

static bool await_frames(struct si3050 *chip, const struct linecard_board *board)
{
    if (chip->state_ms == 1)
        write_register(chip, board, SI3050_DAA_CONTROL2, 0);
    return has_frames(chip, board) && read_register(chip, board, SI3050_REVISION) >> 4 != 0;
}

static bool set_line(struct si3050 *chip, const struct linecard_board *board)
{
    if (!write_settings(chip, board, get_line_setting))
        return false;
    write_register(chip, board, SI3050_DAA_CONTROL1, SI3050_ONHM);
    chip->off_hook = chip->guarded = false;
    chip->lost_polls = 0;
    chip->starts++;
    return true;
}

static bool reset_again(struct si3050 *chip, const struct linecard_board *board)
{
    if (chip->state_ms == 1)
        write_register(chip, board, SI3050_CONTROL1, SI3050_SOFTWARE_RESET);
    return chip->state_ms > 1;
}

/* --- the line, while ready ------------------------------------------------------------------- */

static void count_up(uint16_t *counter)
{
    if (*counter < UINT16_MAX)
        (*counter)++;
}

static void follow_hook(struct si3050 *chip, const struct linecard_board *board)
{
    count_up(&chip->off_hook_ms);
    if (chip->off_hook != chip->want_off_hook || chip->hook_lost_ms >= SI3050_HOOK_LOST_MS) {
        chip->off_hook = chip->want_off_hook;
        chip->off_hook_ms = 0;
        chip->hook_lost_ms = 0;
        if (chip->guarded)
            write_register(chip, board, SI3050_INTERNATIONAL2, 0);
        chip->guarded = false;
        write_register(chip, board, SI3050_DAA_CONTROL1, chip->off_hook ? SI3050_OH : SI3050_ONHM);
    } else if (chip->off_hook && !chip->guarded && chip->off_hook_ms >= SI3050_OVERLOAD_GUARD_MS) {
        write_register(chip, board, SI3050_INTERNATIONAL2, SI3050_OPE);
        chip->guarded = true;
    }
}

/* A write that a gap in the isolation link swallowed would leave the line seized for ever, or never seize it. */
static void check_hook(struct si3050 *chip, uint8_t control)
{
    bool lost = ((control & SI3050_OH) != 0) != chip->off_hook;
    chip->hook_lost_ms = (uint8_t)(lost ? chip->hook_lost_ms + 1 : 0);
}

static void follow_ring(struct si3050 *chip, const struct linecard_board *board)
{
    uint8_t control = read_register(chip, board, SI3050_DAA_CONTROL1);
    check_hook(chip, control);
    if ((control & (SI3050_RDTN | SI3050_RDTP)) && !chip->off_hook)
        chip->quiet_ms = 0;
    else
        count_up(&chip->quiet_ms);
    if (chip->off_hook || chip->quiet_ms >= SI3050_RING_GAP_MS)
        chip->ringing = false;
}

/* The chip's own validation says when a burst begins; a reversal never does. */
static void read_interrupts(struct si3050 *chip, const struct linecard_board *board)
{
    if (!(read_register(chip, board, SI3050_INTERRUPTS) & SI3050_RDTI))
        return;
    write_register(chip, board, SI3050_INTERRUPTS, (uint8_t)~SI3050_RDTI);
    chip->ringing = !chip->off_hook && chip->quiet_ms < SI3050_RING_GAP_MS;
}

static void read_faults(struct si3050 *chip, const struct linecard_board *board)
{
    uint8_t faults = read_register(chip, board, SI3050_INTERNATIONAL4) & (SI3050_DOD | SI3050_OPD);
    if (faults & (uint8_t)~chip->faults & SI3050_OPD)
        chip->overloads++;
    chip->faults = faults;
}

static void read_frames(struct si3050 *chip, const struct linecard_board *board)
{
    chip->lost_polls = has_frames(chip, board) ? 0 : (uint8_t)(chip->lost_polls + 1);
}

/* "Succeeds" when the line side is lost. */
static bool watch_line(struct si3050 *chip, const struct linecard_board *board)
{
    follow_hook(chip, board);
    follow_ring(chip, board);
    switch (chip->turn++ & 7) {
    case 0:
    case 4:
        chip->line_v = (int8_t)read_register(chip, board, SI3050_LINE_VOLTAGE);
        break;
    case 1:
    case 5:
        chip->loop_counts = read_register(chip, board, SI3050_LOOP_CURRENT);
        break;
    case 2:
        read_frames(chip, board);
        break;
    case 6:
        read_faults(chip, board);
        break;
    default:
        read_interrupts(chip, board);
        break;
    }
    return chip->lost_polls >= SI3050_LOST_POLLS;
}

/* --- the table ------------------------------------------------------------------------------- */

static const struct {
    bool (*each_ms)(struct si3050 *chip, const struct linecard_board *board);
    uint16_t limit_ms;           /* 0 = none */
    enum si3050_state done, timed_out;
} TABLE[SI3050_STATES] = {
    [SI3050_HELD] = {wait_only, 0, SI3050_HELD, SI3050_HELD},
    [SI3050_PLL] = {wait_only, SI3050_PLL_MS, SI3050_IDENTIFY, SI3050_IDENTIFY},
    [SI3050_IDENTIFY] = {identify, SI3050_IDENTIFY_MS, SI3050_SYSTEM, SI3050_ABSENT},
    [SI3050_SYSTEM] = {set_system, SI3050_SETTINGS_MS, SI3050_FRAME, SI3050_ABSENT},
    [SI3050_FRAME] = {await_frames, SI3050_FRAME_MS, SI3050_LINE, SI3050_ABSENT},
    [SI3050_LINE] = {set_line, SI3050_SETTINGS_MS, SI3050_READY, SI3050_ABSENT},
    [SI3050_READY] = {watch_line, 0, SI3050_RESTART, SI3050_RESTART},
    [SI3050_RESTART] = {reset_again, SI3050_IDENTIFY_MS, SI3050_PLL, SI3050_ABSENT},
    [SI3050_ABSENT] = {wait_only, SI3050_ABSENT_MS, SI3050_RESTART, SI3050_RESTART},
};

static void forget_line(struct si3050 *chip)
{
    chip->off_hook = chip->guarded = chip->ringing = false;
    chip->line_v = 0;
    chip->loop_counts = chip->faults = chip->hook_lost_ms = 0;
    chip->quiet_ms = chip->off_hook_ms = UINT16_MAX;
}

static void enter(struct si3050 *chip, enum si3050_state state)
{
    if (chip->state == SI3050_READY) {
        chip->losses++;
        forget_line(chip);
    }
    chip->state = state;
    chip->state_ms = 0;
    chip->step = 0;
}

void si3050_init(struct si3050 *chip, uint8_t device, int socket)
{
    memset(chip, 0, sizeof *chip);
    chip->device = device;
    chip->start_pclk = (uint16_t)(SI3050_FIRST_PCLK + 16 * (socket - 1));
    chip->country = chip->wanted = si3050_country_find("US");
    forget_line(chip);
}

void si3050_begin(struct si3050 *chip)
{
    enter(chip, SI3050_PLL);
}

/* New settings are written on-hook only and between bursts of ringing: a call is not disturbed. */
static void follow_country(struct si3050 *chip)
{
    bool calls = chip->off_hook || chip->want_off_hook || chip->quiet_ms < SI3050_RING_GAP_MS;
    if (chip->country == chip->wanted || calls)
        return;
    chip->country = chip->wanted;
    if (chip->state != SI3050_READY && chip->state != SI3050_LINE)
        return; /* they will be written when their turn comes */
    chip->state = SI3050_LINE; /* entered without `enter`: nothing was lost */
    chip->state_ms = 0;
    chip->step = 0;
    forget_line(chip);
}

void si3050_ms(struct si3050 *chip, const struct linecard_board *board)
{
    follow_country(chip);
    count_up(&chip->state_ms);
    if (TABLE[chip->state].each_ms(chip, board))
        enter(chip, TABLE[chip->state].done);
    else if (TABLE[chip->state].limit_ms > 0 && chip->state_ms >= TABLE[chip->state].limit_ms)
        enter(chip, TABLE[chip->state].timed_out);
}

void si3050_set_country(struct si3050 *chip, const struct si3050_country *country)
{
    chip->wanted = country;
}

bool si3050_is_ready(const struct si3050 *chip)
{
    return chip->state == SI3050_READY;
}

bool si3050_has_audio(const struct si3050 *chip)
{
    return chip->off_hook && chip->off_hook_ms >= SI3050_SETTLE_MS;
}

int si3050_loop_ma(const struct si3050 *chip)
{
    return (chip->loop_counts * 11 + 5) / 10;
}
