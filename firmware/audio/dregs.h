/* SPDX-License-Identifier: Apache-2.0 */
/* Ends a filter's dying echo: in digital silence a float would fade into denormal numbers, which
 * some processors handle a hundred times slower and which rounding can keep alive for ever. */
#ifndef DREGS_H
#define DREGS_H

static inline float dregs_dropped(float state)
{
    return state > -1e-15F && state < 1e-15F ? 0.0F : state;
}
#endif
