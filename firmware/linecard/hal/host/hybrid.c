/* SPDX-License-Identifier: Apache-2.0 */
/* A first return and a decaying oscillation, shaped like the hybrid models of ITU-T G.168 annex D. */
#include "linecard/hal/host/hybrid.h"
#include "audio/g711.h"
#include <math.h>
#include <string.h>

void hybrid_init(struct hybrid *hybrid, double loss_db)
{
    double energy = 0;
    memset(hybrid, 0, sizeof *hybrid);
    if (loss_db <= 0)
        return;
    for (int i = 0; i < HYBRID_TAPS; i++) {
        hybrid->taps[i] = (float)(exp(-4.0 * i / HYBRID_TAPS) * cos(0.9 * i) + (i == 0));
        energy += (double)hybrid->taps[i] * (double)hybrid->taps[i];
    }
    for (int i = 0; i < HYBRID_TAPS; i++)
        hybrid->taps[i] *= (float)(pow(10, -loss_db / 20) / sqrt(energy));
}

void hybrid_send(struct hybrid *hybrid, const uint8_t *ulaw, size_t n)
{
    memmove(hybrid->line, hybrid->line + n, (HYBRID_TAPS - 1) * sizeof *hybrid->line);
    for (size_t i = 0; i < n; i++)
        hybrid->line[HYBRID_TAPS - 1 + i] = ulaw_decode(ulaw[i]);
}

void hybrid_return(const struct hybrid *hybrid, uint8_t *ulaw, size_t n)
{
    if (hybrid->taps[0] == 0.0F)
        return;
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t k = 0; k < HYBRID_TAPS; k++)
            sum += hybrid->taps[k] * hybrid->line[HYBRID_TAPS - 1 + i - k];
        int32_t heard = ulaw_decode(ulaw[i]) + (int32_t)lrintf(sum);
        ulaw[i] = ulaw_encode((int16_t)(heard > INT16_MAX ? INT16_MAX : heard < INT16_MIN ? INT16_MIN : heard));
    }
}
