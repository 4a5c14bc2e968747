/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps touch tones out of what is recorded: says which of the newest frames to blank. Pure. */
#ifndef SECRET_H
#define SECRET_H
#include <stdbool.h>
#include <stdint.h>

#define SECRET_BLOCK 80          /* frames of one feed: 10 ms */
#define SECRET_HOP 40            /* an ear judges every 5 ms */
#define SECRET_WINDOW 200        /* its long window: 25 ms */
#define SECRET_BACK 480u         /* 60 ms: so far before the first suspicion a key may have begun */
#define SECRET_HOLD 2000u        /* 250 ms: so long after the last one its echo may still come */

enum secret_suspicion { SECRET_NOTHING, SECRET_MAYBE, SECRET_SURE };

/* One channel's ear. */
struct secret_ear {
    float past[SECRET_WINDOW];   /* newest last */
    int low, high, steady;       /* the pair in the long window, and for how many hops */
};

struct secret {
    struct secret_ear ears[2];
    bool awake;
    uint32_t linger;             /* frames for which it listens on after it was last asked to */
    uint32_t hold;               /* frames still to blank */
    uint32_t run;                /* suspect blocks in a row */
};

void secret_init(struct secret *s);
/* Whether a touch tone, or what may become one, is in the ear's newest samples; one hop more. */
enum secret_suspicion secret_ear_hop(struct secret_ear *ear, const int16_t *samples);
/* One block of both channels. `asked`: a secret is being keyed in. Returns how many of the newest
 * frames, this block included, must be blanked in both channels: 0, SECRET_BLOCK or more. */
uint32_t secret_feed(struct secret *s, bool asked, const int16_t *left, const int16_t *right);
#endif
