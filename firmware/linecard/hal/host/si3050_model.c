/* SPDX-License-Identifier: Apache-2.0 */
/* Registers with the timing and the side effects that the data sheet gives them. */
#include "linecard/hal/host/si3050_model.h"
#include <string.h>

enum {
    PLL_MS = 1, LINK_MS = 5, RESISTOR_CALIBRATION_MS = 17, ADC_CALIBRATION_MS = 256,
    LINE_SIDE = 0x35, SYSTEM_ONLY = 0x05, /* register 11: LSID 3 = Si3019, REVA 5 = rev E; without a line side */
    OH = 0x01, ONHM = 0x08, RDT = 0x04, OHS = 0x40, SQ = 0x50, OHS2 = 0x08, PCME = 0x20, OPE = 0x08, RDTI = 0x80,
    RDT_ONE_SHOT_MS = 5000, TRANSIENT_MS = 25, ON_HOOK_MS = 3, SPARK_QUENCHED_MS = 26,
};

void si3050_model_init(struct si3050_model *model)
{
    memset(model, 0, sizeof *model);
    model->held = true;
}

static void load_defaults(struct si3050_model *model)
{
    static const struct { uint8_t number, value; } DEFAULTS[] = {
        {2, 0x03}, {6, 0x10}, {22, 0x96}, {23, 0x2D}, {24, 0x19}, {31, 0x20},
    };
    memset(model->registers, 0, sizeof model->registers);
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof DEFAULTS[0]; i++)
        model->registers[DEFAULTS[i].number] = DEFAULTS[i].value;
    model->awake_ms = model->powered_ms = model->off_hook_ms = model->release_ms = 0;
    model->valid_ms = 0;
    model->in_burst = model->told = false;
}

void si3050_model_set_reset(struct si3050_model *model, bool held)
{
    if (model->held && !held)
        load_defaults(model);
    model->held = held;
}

static bool answers(const struct si3050_model *model)
{
    return !model->held && !model->dead && model->awake_ms >= PLL_MS;
}

/* Frames cross the isolation barrier. */
static bool is_linked(const struct si3050_model *model)
{
    return answers(model) && !model->line_side_dead && model->powered_ms >= LINK_MS;
}

bool si3050_model_is_off_hook(const struct si3050_model *model)
{
    return is_linked(model) && ((model->registers[5] & OH) || model->release_ms > 0);
}

/* --- registers ------------------------------------------------------------------------------- */

static bool is_on_line_side(uint8_t number)
{
    return number == 5 || number == 16 || number == 17 || number == 19 || number == 26 || (number >= 28 && number <= 31);
}

/* How long the loop current outlasts OH: OHS and OHS2 mean something only with their SQ (register 59). */
static uint16_t find_release_ms(struct si3050_model *model)
{
    bool quenched = (model->registers[59] & SQ) == SQ;
    if (((model->registers[16] & OHS) != 0) != quenched || (!quenched && (model->registers[59] & SQ)))
        model->breaches++;
    if (model->registers[16] & OHS)
        return SPARK_QUENCHED_MS;
    return model->registers[31] & OHS2 ? ON_HOOK_MS : 0;
}

static void write_hook(struct si3050_model *model, uint8_t value)
{
    if ((value & OH) && !(model->registers[5] & OH)) {
        model->breaches += (model->registers[17] & OPE) != 0; /* cleared before going off-hook (5.26) */
        model->off_hook_ms = model->release_ms = 0;
    } else if (!(value & OH) && (model->registers[5] & OH)) {
        model->release_ms = find_release_ms(model);
    }
    model->registers[5] = value & (OH | ONHM);
}

/* Start counts are set before the bus is driven: until then they are another's slots. */
static bool drives_wrong_slots(const struct si3050_model *model)
{
    int start = model->registers[34] | (model->registers[35] & 3) << 8;
    return (model->registers[33] & PCME) && start % 16 != 1;
}

static void write_register(struct si3050_model *model, uint8_t number, uint8_t value)
{
    if (is_on_line_side(number) && !is_linked(model)) {
        model->breaches++; /* lost: there is nobody to take it */
        return;
    }
    switch (number) {
    case 1:
        if (value & 0x80)
            load_defaults(model);
        break;
    case 4:
        model->registers[4] &= value; /* only zeros have an effect */
        break;
    case 5:
        write_hook(model, value);
        break;
    case 17:
        model->breaches += (value & OPE) && model->off_hook_ms < TRANSIENT_MS;
        model->registers[17] = value;
        break;
    case 11:
    case 12:
    case 13:
    case 28:
    case 29:
        break;
    default:
        model->registers[number & 63] = value;
        break;
    }
    model->breaches += drives_wrong_slots(model);
}

static uint8_t read_hook(const struct si3050_model *model)
{
    uint8_t value = model->registers[5] & (OH | ONHM);
    bool rectified = model->registers[18] & 0x02;
    if (is_linked(model) && !si3050_model_is_off_hook(model)) {
        value |= model->told ? RDT : 0;
        value |= model->line.ringing > 0 ? 0x20 : 0;
        value |= model->line.ringing < 0 && rectified ? 0x40 : 0;
    }
    return value;
}

static int8_t read_voltage(const struct si3050_model *model)
{
    int volts = model->line.far_power ? model->line.volts : 0;
    return (int8_t)(volts >= -3 && volts <= 3 ? 0 : volts);
}

static uint8_t read_faults(const struct si3050_model *model)
{
    bool dropped = si3050_model_is_off_hook(model) && model->off_hook_ms > 30 && model->line.ma == 0;
    return (uint8_t)((dropped ? 0x02 : 0) | (model->overload ? 0x01 : 0));
}

/* Below the least current of MINI the reading is unpredictable (5.12.2); 0 would be luck. */
static uint8_t read_current(const struct si3050_model *model)
{
    int least_ma = 10 + 2 * (model->registers[26] >> 4 & 3);
    if (!si3050_model_is_off_hook(model))
        return 0;
    return (uint8_t)(model->line.ma < least_ma ? 1 + (int)(model->now_ms * 7 % 60) : model->line.ma * 10 / 11);
}

static uint8_t read_register(const struct si3050_model *model, uint8_t number)
{
    bool linked = is_linked(model);
    if (is_on_line_side(number) && !linked)
        return 0;
    switch (number) {
    case 5:
        return read_hook(model);
    case 11:
        return linked ? LINE_SIDE : SYSTEM_ONLY;
    case 12:
        return linked ? (uint8_t)(0x40 | (model->line.ma * 10 / 33 & 0x1F)) : 0;
    case 28:
        return read_current(model);
    case 29:
        return (uint8_t)read_voltage(model);
    case 19:
        return read_faults(model);
    default:
        return model->registers[number & 63];
    }
}

static uint8_t device_of(uint8_t control)
{
    return (uint8_t)((control & 8) >> 3 | (control & 4) >> 1 | (control & 2) << 1 | (control & 1) << 3);
}

void si3050_model_transfer(struct si3050_model *chain, size_t devices, const uint8_t *out, uint8_t *in, size_t n)
{
    uint8_t answer = 0xFF;
    for (size_t i = 0; i < devices; i++) {
        struct si3050_model *model = &chain[i];
        bool meant = n == 3 && ((out[0] & 0x80) || device_of(out[0]) == i);
        if (n != 3 || !(out[0] & 0x20))
            model->breaches++; /* CS rises off the frame: the state machine resets, nothing is done */
        else if (meant && !answers(model))
            model->breaches += !model->dead;
        else if (meant && (out[0] & 0x40))
            answer = read_register(model, out[1]);
        else if (meant)
            write_register(model, out[1], out[2]);
    }
    for (size_t i = 0; in && i < n; i++)
        in[i] = i == 2 ? answer : 0xFF;
}

/* --- the ring detector ------------------------------------------------------------------------ */

/* A half wave has begun: is the time since the last one that of 1 / (2 f)? In steps of 2 ms. */
static void judge_half_wave(struct si3050_model *model)
{
    uint32_t gap_ms = model->now_ms - model->event_ms;
    uint32_t counts = gap_ms / 2;
    uint32_t longest = model->registers[24] & 0x3F;
    uint32_t most_left = model->registers[22] & 0x3F;
    bool valid = counts <= longest && longest - counts <= most_left;
    model->event_ms = model->now_ms;
    model->valid_ms = (uint16_t)(valid ? model->valid_ms + gap_ms : 0);
}

/* Told a delay (RDLY, 256 ms) after it was confirmed; without validation at once, and for about 5 s. */
static void tell_ringing(struct si3050_model *model, bool validating)
{
    uint32_t delay_ms = (uint32_t)(model->registers[22] >> 6 | model->registers[23] >> 7 << 2) * 256;
    if (!model->in_burst) {
        bool lasts = !validating && model->now_ms - model->event_ms <= RDT_ONE_SHOT_MS;
        model->told = model->told && lasts;
        return;
    }
    if (model->told || (validating && model->now_ms - model->confirmed_ms < delay_ms))
        return;
    model->told = true;
    model->registers[4] |= RDTI;
}

static void detect_ringing(struct si3050_model *model)
{
    static const uint16_t CONFIRM_MS[8] = {100, 150, 200, 256, 384, 512, 640, 1024};
    bool validating = model->registers[24] & 0x80;
    bool rectified = model->registers[18] & 0x02;
    int wave = model->line.ringing < 0 && !rectified ? 0 : model->line.ringing;
    if (si3050_model_is_off_hook(model))
        wave = 0;
    if (wave != 0 && wave != model->half_wave)
        judge_half_wave(model);
    model->half_wave = wave == 0 ? model->half_wave : wave;
    bool confirmed = !validating || model->valid_ms >= CONFIRM_MS[model->registers[23] & 7];
    uint32_t over_ms = (model->registers[23] >> 3 & 15) * 128U;
    if (wave != 0 && confirmed && !model->in_burst) {
        model->in_burst = true;
        model->confirmed_ms = model->now_ms;
    } else if (model->now_ms - model->event_ms > (over_ms > 0 ? over_ms : 80)) {
        model->in_burst = false;
        model->valid_ms = 0;
        model->half_wave = 0;
    }
    tell_ringing(model, validating);
}

static void count_up(uint16_t *counter)
{
    if (*counter < UINT16_MAX)
        (*counter)++;
}

void si3050_model_ms(struct si3050_model *model, const struct si3050_line *line)
{
    model->now_ms++;
    model->line = *line;
    if (model->held)
        return;
    count_up(&model->awake_ms);
    count_up(&model->off_hook_ms);
    model->release_ms = (uint16_t)(model->release_ms - (model->release_ms > 0));
    if (model->registers[6] & 0x18)
        model->powered_ms = 0;
    else
        count_up(&model->powered_ms);
    if (model->powered_ms == LINK_MS)
        model->registers[4] |= RDTI; /* powering the line side up may look like ringing (register 4) */
    if (is_linked(model))
        detect_ringing(model);
}

/* --- PCM -------------------------------------------------------------------------------------- */

static bool has_settled(const struct si3050_model *model)
{
    static const uint16_t FAST_MS[4] = {512, 128, 64, 8};
    uint32_t needed_ms = FAST_MS[model->registers[31] >> 5 & 3] + (model->registers[25] & 0x20 ? 0U : RESISTOR_CALIBRATION_MS) +
                         (model->registers[17] & 0x20 ? 0U : ADC_CALIBRATION_MS);
    return model->off_hook_ms >= needed_ms;
}

/* The socket whose slots begin at this start count; the first bit is one PCLK after FSYNC. */
static int find_socket(const struct si3050_model *model, uint8_t low)
{
    int start = model->registers[low] | (model->registers[low + 1] & 3) << 8;
    bool linear = (model->registers[33] & 0xB8) == 0x38;
    if (!linear || start % 16 != 1 || start / 16 > 7)
        return 0;
    return start / 16 + 1;
}

int si3050_model_socket_up(const struct si3050_model *model)
{
    if (!is_linked(model) || !model->line.far_power)
        return 0;
    bool passes = si3050_model_is_off_hook(model) ? has_settled(model) : (model->registers[5] & ONHM) != 0;
    return passes ? find_socket(model, 34) : 0;
}

int si3050_model_socket_down(const struct si3050_model *model)
{
    if (!si3050_model_is_off_hook(model) || !has_settled(model) || !model->line.far_power)
        return 0;
    return find_socket(model, 36);
}
