/* SPDX-License-Identifier: Apache-2.0 */
/* Our touch-tone detector as a program: 8 kHz 16-bit little-endian samples in, one line per key out.
 *
 * hear-dtmf conversation|menu [BLOCK] <FILE
 *
 * A line is the number of frames fed when the key was reported, the key, the milliseconds since
 * its onset and its level in 0.1 dBm0. BLOCK: frames fed at once (80). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dtmf.h"

#define MOST_BLOCK 4096
#define MOST_HITS 64

static void feed(struct dtmf *d, const int16_t *samples, size_t n, long long frames)
{
    struct dtmf_hit hits[MOST_HITS];
    const size_t found = dtmf_feed(d, samples, n, hits, MOST_HITS);

    for (size_t i = 0; i < found; i++)
        printf("%lld %c %u %d\n", frames, hits[i].digit, (unsigned)hits[i].onset_ms_ago,
               hits[i].level_db10);
}

int main(int argc, char **argv)
{
    static struct dtmf detector;
    static int16_t block[MOST_BLOCK];
    const size_t length = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 80;
    const bool menu = argc > 1 && strcmp(argv[1], "menu") == 0;

    if (argc < 2 || (!menu && strcmp(argv[1], "conversation") != 0) || length < 1
        || length > MOST_BLOCK) {
        fprintf(stderr, "hear-dtmf conversation|menu [BLOCK] <FILE\n");
        return 2;
    }
    dtmf_init(&detector);
    dtmf_set_lenient(&detector, menu);
    long long frames = 0;
    for (size_t n; (n = fread(block, sizeof *block, length, stdin)) > 0;) {
        frames += (long long)n;
        feed(&detector, block, n, frames);
    }
    return ferror(stdin) ? 1 : 0;
}
