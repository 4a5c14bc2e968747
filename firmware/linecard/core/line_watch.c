/* SPDX-License-Identifier: Apache-2.0 */
/* Debounced facts out of smoothed readings. */
#include "linecard/core/line_watch.h"
#include "linecard/core/si3050_regs.h"
#include <string.h>

enum { SMOOTHING = 32 };         /* ms: readings come each 4 ms */

void line_watch_init(struct line_watch *watch)
{
    memset(watch, 0, sizeof *watch);
}

static void debounce(struct line_flag *flag, bool raw, uint16_t ms)
{
    if (raw == flag->on) {
        flag->differs_ms = 0;
        return;
    }
    if (++flag->differs_ms < ms)
        return;
    flag->differs_ms = 0;
    flag->on = raw;
}

static int absolute(int value)
{
    return value < 0 ? -value : value;
}

static int16_t smooth(int16_t old, int new_16)
{
    int step = (new_16 - old) / SMOOTHING;
    if (step == 0)
        step = (new_16 > old) - (new_16 < old);
    return (int16_t)(old + step);
}

static void follow_readings(struct line_watch *watch, const struct si3050 *chip)
{
    int v16 = absolute(chip->line_v) * 16;
    int ma16 = line_watch_is_open(chip) ? 0 : chip->loop_counts * 176 / 10;
    if (!watch->filled) {
        watch->smooth_v16 = (int16_t)v16;
        watch->smooth_ma16 = (int16_t)ma16;
        watch->filled = true;
    }
    watch->smooth_v16 = smooth(watch->smooth_v16, v16);
    watch->smooth_ma16 = smooth(watch->smooth_ma16, ma16);
}

/* A second telephone takes part of the current and pulls the voltage down. */
static bool is_shared(const struct line_watch *watch)
{
    return watch->smooth_ma16 <= watch->base_ma16 - watch->base_ma16 / LINE_PARALLEL_DROP ||
           watch->smooth_v16 <= watch->base_v16 - LINE_PARALLEL_V * 16;
}

/* What there is when a call begins; when we joined another's, so much more shows that he has left. */
static void take_base(struct line_watch *watch)
{
    watch->base_v16 = watch->smooth_v16;
    watch->base_ma16 = watch->smooth_ma16;
    if (!watch->parallel.on)
        return;
    watch->base_v16 = (int16_t)(watch->base_v16 + LINE_PARALLEL_V * 16);
    watch->base_ma16 = (int16_t)(watch->base_ma16 * LINE_PARALLEL_DROP / (LINE_PARALLEL_DROP - 1));
}

static void follow_parallel(struct line_watch *watch, const struct si3050 *chip)
{
    if (!chip->off_hook) {
        watch->parallel = (struct line_flag){false, 0};
        watch->base_v16 = watch->base_ma16 = 0;
    } else if (!watch->was_off_hook) {
        watch->parallel.on = watch->in_use.on; /* we joined a call */
    } else if (si3050_has_audio(chip) && !line_watch_is_open(chip)) {
        if (watch->base_ma16 == 0)
            take_base(watch);
        debounce(&watch->parallel, is_shared(watch), LINE_DEBOUNCE_MS);
    }
    watch->was_off_hook = chip->off_hook;
}

void line_watch_ms(struct line_watch *watch, const struct si3050 *chip)
{
    if (watch->told_ms < UINT16_MAX)
        watch->told_ms++;
    if (!si3050_is_ready(chip)) {
        bool told = watch->told;
        uint16_t told_ms = watch->told_ms;
        uint8_t told_flags = watch->told_flags;
        line_watch_init(watch);
        watch->told = told;
        watch->told_ms = told_ms;
        watch->told_flags = told_flags;
        return;
    }
    follow_readings(watch, chip);
    bool quiet = chip->quiet_ms >= SI3050_RING_GAP_MS; /* ringing swings the voltage */
    debounce(&watch->connected, !line_watch_is_open(chip), LINE_DEBOUNCE_MS);
    if (quiet && absolute(chip->line_v) >= LINE_CONNECTED_V)
        debounce(&watch->reversed, chip->line_v < 0, LINE_REVERSED_MS);
    follow_parallel(watch, chip);
    if (quiet)
        debounce(&watch->in_use,
                 !chip->off_hook && watch->connected.on && watch->smooth_v16 < LINE_IDLE_V * 16, LINE_DEBOUNCE_MS);
}

bool line_watch_is_open(const struct si3050 *chip)
{
    if (!si3050_is_ready(chip))
        return false; /* not known */
    /* The current says nothing of it: below the chip's least it is unpredictable (data sheet 5.12.2). */
    return (chip->faults & SI3050_DOD) || absolute(chip->line_v) < LINE_CONNECTED_V;
}

bool line_watch_is_idle(const struct line_watch *watch, const struct si3050 *chip)
{
    return si3050_is_ready(chip) && !chip->off_hook && chip->quiet_ms >= SI3050_RING_GAP_MS &&
           (absolute(chip->line_v) >= LINE_IDLE_V || !watch->connected.on);
}

uint8_t line_watch_flags(const struct line_watch *watch, const struct si3050 *chip)
{
    unsigned flags = 0;
    flags |= watch->connected.on ? LINE_FLAG_CONNECTED : 0U;
    flags |= watch->in_use.on ? LINE_FLAG_IN_USE : 0U;
    flags |= watch->parallel.on ? LINE_FLAG_PARALLEL : 0U;
    flags |= watch->reversed.on ? LINE_FLAG_REVERSED : 0U;
    flags |= si3050_is_ready(chip) ? LINE_FLAG_READY : 0U;
    flags |= si3050_has_audio(chip) ? LINE_FLAG_AUDIO : 0U;
    flags |= chip->faults & SI3050_OPD ? LINE_FLAG_OVERLOAD : 0U;
    return (uint8_t)flags;
}

int8_t line_watch_volts(const struct line_watch *watch)
{
    int volts = (watch->smooth_v16 + 8) / 16;
    return (int8_t)(watch->reversed.on ? -volts : volts);
}

uint8_t line_watch_ma(const struct line_watch *watch)
{
    int ma = (watch->smooth_ma16 + 8) / 16;
    return (uint8_t)(ma > UINT8_MAX ? UINT8_MAX : ma);
}

bool line_watch_has_news(struct line_watch *watch, const struct si3050 *chip)
{
    uint8_t flags = line_watch_flags(watch, chip);
    int8_t volts = line_watch_volts(watch);
    uint8_t ma = line_watch_ma(watch);
    bool moved = absolute(volts - watch->told_v) >= LINE_REPORT_V || absolute(ma - watch->told_ma) >= LINE_REPORT_MA;
    if (watch->told && flags == watch->told_flags && !(moved && watch->told_ms >= LINE_REPORT_MS))
        return false;
    watch->told = true;
    watch->told_flags = flags;
    watch->told_v = volts;
    watch->told_ma = ma;
    watch->told_ms = 0;
    return true;
}
