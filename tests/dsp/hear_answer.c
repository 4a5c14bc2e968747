/* SPDX-License-Identifier: Apache-2.0 */
/* Our answer ear as a program: 8 kHz 16-bit little-endian samples in, "FRAME MS" out for every voice it tells;
 * it is listened for anew 0.5 s after each. With an argument: ringback was heard before. */
#include <stdio.h>

#include "answer_ear.h"

int main(int argc, char **argv)
{
    static struct voice_ear ear;
    int16_t block[ANSWER_HOP];
    long long frames = 0, again = 0;

    (void)argv;
    voice_ear_init(&ear);
    if (argc > 1)
        voice_ear_rings(&ear);
    while (fread(block, sizeof *block, ANSWER_HOP, stdin) == ANSWER_HOP) {
        frames += ANSWER_HOP;
        if (frames == again) {
            voice_ear_init(&ear);
            if (argc > 1)
                voice_ear_rings(&ear);
        }
        uint32_t ms = voice_ear_feed(&ear, block, ANSWER_HOP);
        if (ms > 0) {
            printf("%lld %u\n", frames, (unsigned)ms);
            again = frames + 4000;
        }
    }
    return ferror(stdin) ? 1 : 0;
}
