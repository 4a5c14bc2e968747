/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of the echo canceller: speech-like noise both ways, in ticks of 10 ms.
 *
 * bench-echo cancel|search TICKS: `cancel` echoes at 12 dB and 60 ms; `search` has no echo to find. Under callgrind
 * with --toggle-collect=echo_cancel it counts the instructions of the canceller alone. The first second is spent
 * before the count of ticks begins to matter: compare two runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audio/echo.h"
#include "audio/g711.h"

#define TICK 80u
#define DELAY 480u

static int16_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (int16_t)((int32_t)(*seed >> 16) / 8 - 4096);
}

int main(int argc, char **argv)
{
    static struct echo_tables tables;
    static struct echo echo;
    static int16_t line[DELAY + TICK];
    uint32_t seed = 1, ticks = argc > 2 ? (uint32_t)atoi(argv[2]) : 1000;
    bool echoes = argc > 1 && strcmp(argv[1], "cancel") == 0;
    struct timespec begun, ended;

    echo_tables_init(&tables);
    echo_init(&echo, &tables);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (uint32_t t = 0; t < ticks; t++) {
        uint8_t codes[TICK];
        int16_t near[TICK];
        memmove(line, line + TICK, DELAY * sizeof *line);
        for (uint32_t i = 0; i < TICK; i++) {
            codes[i] = ulaw_encode(noise(&seed));
            line[DELAY + i] = ulaw_decode(codes[i]);
            near[i] = (int16_t)(echoes ? line[i] / 4 : noise(&seed));
        }
        echo_sent(&echo, codes, TICK);
        echo_cancel(&echo, near, TICK);
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double us = (double)(ended.tv_sec - begun.tv_sec) * 1e6 + (double)(ended.tv_nsec - begun.tv_nsec) / 1e3;
    printf("%u ticks, %s: %.2f us for each 20 ms; ERLE %.1f dB\n", ticks, echo.aligned ? "aligned" : "not aligned",
           us / ticks * 2.0, (double)echo_filter_erle_db10(&echo.filter) / 10.0);
    return 0;
}
