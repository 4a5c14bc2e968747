/* SPDX-License-Identifier: Apache-2.0 */
/* What is plugged into one socket of the host-built card: a telephone, or an exchange line's far end. */
#ifndef HOST_APPARATUS_H
#define HOST_APPARATUS_H
#include "linecard/hal/host/si3050_model.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APPARATUS_SCRIPT 1024    /* hook movements that can wait: about 50 pulse-dialled digits */
#define APPARATUS_MAX_QUEUE (600u * 8000u) /* samples that can wait to be said: 10 minutes */
#define APPARATUS_SILENCE 0xFF   /* µ-law */

struct hook_step { bool off_hook; uint32_t ms; };

struct apparatus {
    /* telephone */
    bool lifted;                 /* what the person wants; a script may break the loop meanwhile */
    struct hook_step script[APPARATUS_SCRIPT];
    size_t script_first, script_count;
    uint32_t step_ms;            /* spent in the present step */
    bool contact;                /* last level of the contact, for bounce */
    uint32_t bounce_left_ms;
    /* exchange line */
    bool ringing, loop_open, reversed;
    bool parallel;               /* another telephone on the line is off-hook */
    uint32_t ring_hz, ring_ms;   /* frequency, 0 = 25 Hz; time into this ringing */
    uint32_t reversal_left_ms;
    /* both: what waits to be said */
    uint8_t *queue;
    size_t queue_first, queue_count, queue_room;
};

void apparatus_free(struct apparatus *apparatus);
/* Hook movements; each of these drops a script that has not ended. */
void apparatus_lift(struct apparatus *apparatus, bool lifted);
/* Break the loop once for `ms`. false when the telephone is on-hook or the script is full. */
bool apparatus_flash(struct apparatus *apparatus, uint32_t ms);
/* 10 pulses a second, 60/40 ms, 700 ms between digits. false as above, or when a key is not 0-9. */
bool apparatus_dial_pulses(struct apparatus *apparatus, const char *digits);
/* The next millisecond of the hook contact, bouncing for `bounce_ms` after each change. */
bool apparatus_next_contact(struct apparatus *apparatus, uint32_t bounce_ms);
/* The line's poles change places. */
void apparatus_reverse(struct apparatus *apparatus);
/* The next millisecond at TIP and RING. `seized`: we close the loop; `others`: another telephone does. */
struct si3050_line apparatus_next_line(struct apparatus *apparatus, bool seized, bool others);
/* Queue µ-law samples. false when too many wait or memory is short. */
bool apparatus_say(struct apparatus *apparatus, const uint8_t *ulaw, size_t n);
/* Queue touch tones of 100/100 ms. false when a key is not one of 0-9 A-D * #, or as above. */
bool apparatus_press(struct apparatus *apparatus, const char *keys);
void apparatus_hush(struct apparatus *apparatus);
/* Whether speech passes: the loop is closed and no script moves the hook. */
bool apparatus_can_talk(const struct apparatus *apparatus);
/* The next n samples said, silence when nothing waits. */
void apparatus_speak(struct apparatus *apparatus, uint8_t *ulaw, size_t n);
#endif
