/* SPDX-License-Identifier: Apache-2.0 */
/* A telephone's hook contact, keypad and microphone; an exchange line's ringing, loop and far end. */
#include "linecard/hal/host/apparatus.h"
#include "audio/g711.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BREAK_MS = 60, MAKE_MS = 40, DIGIT_PAUSE_MS = 700, REVERSAL_MS = 20,
    TONE_FRAMES = 800, TONE_GAP_FRAMES = 800, RING_HZ = 25,
    BATTERY_V = 48, SEIZED_V = 8, IN_USE_V = 9, SHARED_V = 6, SEIZED_MA = 25, SHARED_MA = 15,
};

void apparatus_free(struct apparatus *apparatus)
{
    free(apparatus->queue);
    memset(apparatus, 0, sizeof *apparatus);
}

/* --- hook ----------------------------------------------------------------------------------- */

void apparatus_lift(struct apparatus *apparatus, bool lifted)
{
    apparatus->script_count = 0;
    apparatus->step_ms = 0;
    apparatus->lifted = lifted;
    if (!lifted)
        apparatus_hush(apparatus);
}

static void add_step(struct apparatus *apparatus, bool off_hook, uint32_t ms)
{
    size_t at = (apparatus->script_first + apparatus->script_count++) % APPARATUS_SCRIPT;
    apparatus->script[at] = (struct hook_step){off_hook, ms};
}

bool apparatus_flash(struct apparatus *apparatus, uint32_t ms)
{
    if (!apparatus->lifted || apparatus->script_count >= APPARATUS_SCRIPT)
        return false;
    add_step(apparatus, false, ms);
    return true;
}

bool apparatus_dial_pulses(struct apparatus *apparatus, const char *digits)
{
    size_t steps = 0;
    for (const char *digit = digits; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        steps += 2 * (*digit == '0' ? 10U : (size_t)(*digit - '0')) + 1;
    }
    if (!apparatus->lifted || steps > APPARATUS_SCRIPT - apparatus->script_count)
        return false;
    for (const char *digit = digits; *digit; digit++) {
        for (int pulses = *digit == '0' ? 10 : *digit - '0'; pulses > 0; pulses--) {
            add_step(apparatus, false, BREAK_MS);
            add_step(apparatus, true, MAKE_MS);
        }
        add_step(apparatus, true, DIGIT_PAUSE_MS);
    }
    return true;
}

static bool next_level(struct apparatus *apparatus)
{
    if (apparatus->script_count == 0)
        return apparatus->lifted;
    const struct hook_step *step = &apparatus->script[apparatus->script_first];
    bool level = step->off_hook;
    if (++apparatus->step_ms >= step->ms) {
        apparatus->step_ms = 0;
        apparatus->script_first = (apparatus->script_first + 1) % APPARATUS_SCRIPT;
        apparatus->script_count--;
    }
    return level;
}

bool apparatus_next_contact(struct apparatus *apparatus, uint32_t bounce_ms)
{
    bool level = next_level(apparatus);
    if (level != apparatus->contact)
        apparatus->bounce_left_ms = bounce_ms;
    apparatus->contact = level;
    if (apparatus->bounce_left_ms == 0)
        return level;
    apparatus->bounce_left_ms--;
    return (apparatus->bounce_left_ms & 1) ? !level : level;
}

void apparatus_reverse(struct apparatus *apparatus)
{
    apparatus->reversed = !apparatus->reversed;
    apparatus->reversal_left_ms = REVERSAL_MS;
}

/* Half waves above the detector's threshold (a quarter of the peak); a reversal is one of 20 ms. */
static int next_half_wave(struct apparatus *apparatus)
{
    if (apparatus->reversal_left_ms > 0) {
        apparatus->reversal_left_ms--;
        return apparatus->reversed ? -1 : 1;
    }
    if (!apparatus->ringing) {
        apparatus->ring_ms = 0;
        return 0;
    }
    double hz = apparatus->ring_hz > 0 ? apparatus->ring_hz : RING_HZ;
    double wave = sin(2 * M_PI * hz * (apparatus->ring_ms++ + 0.5) / 1000);
    return wave > 0.25 ? 1 : wave < -0.25 ? -1 : 0;
}

struct si3050_line apparatus_next_line(struct apparatus *apparatus, bool seized, bool others)
{
    bool shared = apparatus->parallel || others;
    int volts = shared ? (seized ? SHARED_V : IN_USE_V) : seized ? SEIZED_V : BATTERY_V;
    struct si3050_line line = {.ringing = next_half_wave(apparatus), .far_power = !apparatus->loop_open};
    if (line.far_power) {
        line.volts = apparatus->reversed ? -volts : volts;
        line.ma = !seized ? 0 : shared ? SHARED_MA : SEIZED_MA;
    } else {
        line.ringing = 0;
    }
    return line;
}

/* --- speech --------------------------------------------------------------------------------- */

static bool make_room(struct apparatus *apparatus, size_t n)
{
    if (n > APPARATUS_MAX_QUEUE - apparatus->queue_count)
        return false;
    if (apparatus->queue_count > 0)
        memmove(apparatus->queue, apparatus->queue + apparatus->queue_first, apparatus->queue_count);
    apparatus->queue_first = 0;
    size_t needed = apparatus->queue_count + n;
    if (needed <= apparatus->queue_room)
        return true;
    size_t room = needed * 2;
    uint8_t *queue = realloc(apparatus->queue, room);
    if (!queue)
        return false;
    apparatus->queue = queue;
    apparatus->queue_room = room;
    return true;
}

bool apparatus_say(struct apparatus *apparatus, const uint8_t *ulaw, size_t n)
{
    if (n == 0)
        return true;
    if (apparatus->queue_first + apparatus->queue_count + n > apparatus->queue_room && !make_room(apparatus, n))
        return false;
    memcpy(apparatus->queue + apparatus->queue_first + apparatus->queue_count, ulaw, n);
    apparatus->queue_count += n;
    return true;
}

/* ITU-T Q.23 frequencies; the high group 2 dB louder, as keypads do (-9 and -7 dBm0). */
static bool make_tone(char key, uint8_t ulaw[TONE_FRAMES])
{
    static const char KEYS[] = "123A456B789C*0#D";
    static const double LOW_HZ[] = {697, 770, 852, 941};
    static const double HIGH_HZ[] = {1209, 1336, 1477, 1633};
    const char *at = key ? strchr(KEYS, key) : NULL;
    if (!at)
        return false;
    const double turn = 2 * M_PI / 8000;
    double low = LOW_HZ[(at - KEYS) / 4] * turn;
    double high = HIGH_HZ[(at - KEYS) % 4] * turn;
    for (int i = 0; i < TONE_FRAMES; i++)
        ulaw[i] = ulaw_encode((int16_t)lround(7940 * sin(low * i) + 9997 * sin(high * i)));
    return true;
}

bool apparatus_press(struct apparatus *apparatus, const char *keys)
{
    uint8_t press[TONE_FRAMES + TONE_GAP_FRAMES];
    for (const char *key = keys; *key; key++)
        if (!make_tone(*key, press))
            return false;
    memset(press + TONE_FRAMES, APPARATUS_SILENCE, TONE_GAP_FRAMES);
    for (const char *key = keys; *key; key++) {
        make_tone(*key, press);
        if (!apparatus_say(apparatus, press, sizeof press))
            return false;
    }
    return true;
}

void apparatus_hush(struct apparatus *apparatus)
{
    apparatus->queue_first = 0;
    apparatus->queue_count = 0;
}

bool apparatus_can_talk(const struct apparatus *apparatus)
{
    return apparatus->lifted && apparatus->script_count == 0;
}

void apparatus_speak(struct apparatus *apparatus, uint8_t *ulaw, size_t n)
{
    size_t ready = apparatus->queue_count < n ? apparatus->queue_count : n;
    if (ready > 0)
        memcpy(ulaw, apparatus->queue + apparatus->queue_first, ready);
    memset(ulaw + ready, APPARATUS_SILENCE, n - ready);
    apparatus->queue_first += ready;
    apparatus->queue_count -= ready;
}
