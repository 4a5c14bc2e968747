/* SPDX-License-Identifier: Apache-2.0 */
/* One modem's stream at port 0 of a bed, for the tests of streams. */
#ifndef STREAM_BED_H
#define STREAM_BED_H
#include "tests/audio/bed.h"

extern struct bed modem_bed;
extern int modem_fds[2];              /* the loop's end and the modem's */

int set_up(void **state);
int tear_down(void **state);
void attach(void);
/* One tick in which the modem sends n samples of silence and what it gets is read (NULL: thrown away). */
size_t tick(uint32_t n, uint8_t *got);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#endif
