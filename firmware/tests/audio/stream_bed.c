/* SPDX-License-Identifier: Apache-2.0 */
/* One modem's stream at port 0 of a bed, for the tests of streams. */
#include <string.h>
#include <unistd.h>

#include "tests/audio/stream_bed.h"

struct bed modem_bed;
int modem_fds[2];

int set_up(void **state)
{
    (void)state;
    bed_open(&modem_bed);
    bed_pair(modem_fds);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    bed_close(&modem_bed);
    close(modem_fds[0]);
    if (modem_fds[1] >= 0)
        close(modem_fds[1]);
    return 0;
}

void attach(void)
{
    assert_int_equal(audio_port_attach_stream(modem_bed.loop, 0, modem_fds[0], NULL, 0), 0);
}

size_t tick(uint32_t n, uint8_t *got)
{
    uint8_t quiet[400];
    uint8_t scrap[20000];

    memset(quiet, 0xFF, sizeof quiet);
    if (n > 0)
        bed_write(modem_fds[1], quiet, n);
    bed_step(&modem_bed);
    return bed_read(modem_fds[1], got ? got : scrap, sizeof scrap);
}
