/* SPDX-License-Identifier: Apache-2.0 */
/* A filter of second order that takes four samples at a time: its coefficients, worked out ahead. */
#include "biquad.h"

/* Four samples one by one, from a given state: their outputs and the state they leave. */
static void four_steps(const float c[5], const float x[4], quad *state, quad *y)
{
    for (int n = 0; n < 4; n++) {
        (*y)[n] = c[0] * x[n] + (*state)[0];
        (*state)[0] = c[1] * x[n] + c[3] * (*y)[n] + (*state)[1];
        (*state)[1] = c[2] * x[n] + c[4] * (*y)[n];
    }
}

void biquad_init(struct biquad *f, float b0, float b1, float b2, float a1, float a2)
{
    const float coefficients[5] = {b0, b1, b2, a1, a2};

    memset(f, 0, sizeof *f);
    for (int k = 0; k < 4; k++) {
        float one[4] = {0};
        one[k] = 1.0F;
        four_steps(coefficients, one, &f->keep_input[k], &f->input[k]);
    }
    for (int k = 0; k < 2; k++) {
        const float nothing[4] = {0};
        f->keep_state[k][k] = 1.0F;
        four_steps(coefficients, nothing, &f->keep_state[k], &f->echo[k]);
    }
}
