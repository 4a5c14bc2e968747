/* SPDX-License-Identifier: Apache-2.0 */
/* spandsp's touch-tone receiver behind the interface of hear_dtmf.c, to compare with.
 *
 * hear-spandsp [filter] <FILE      filter: with its dial-tone filter */
#include <stdio.h>
#include <string.h>

#include <spandsp.h>

static long long frames;

static void on_digits(void *user, const char *digits, int length)
{
    (void)user;
    for (int i = 0; i < length; i++)
        printf("%lld %c\n", frames, digits[i]);
}

int main(int argc, char **argv)
{
    int16_t block[80];
    dtmf_rx_state_t *receiver = dtmf_rx_init(NULL, on_digits, NULL);

    if (receiver == NULL)
        return 1;
    dtmf_rx_parms(receiver, argc > 1 && strcmp(argv[1], "filter") == 0, -1, -1, -99);
    for (size_t n; (n = fread(block, sizeof *block, 80, stdin)) > 0;) {
        frames += (long long)n;
        dtmf_rx(receiver, block, (int)n);
    }
    dtmf_rx_free(receiver);
    return ferror(stdin) ? 1 : 0;
}
