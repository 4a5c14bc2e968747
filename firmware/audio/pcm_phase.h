/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the bytes of a 16-bit stream (little end first) to samples, and notices when a byte was lost on the way. */
#ifndef PCM_PHASE_H
#define PCM_PHASE_H
#include <stdbool.h>
#include <stdint.h>

#define PCM_PHASE_BLOCK 80u     /* samples that are judged together: 10 ms */

struct pcm_phase {
    uint8_t half;               /* of a sample whose other byte is still to come */
    bool has_half;
    bool skips;                 /* the next byte belongs to nothing */
    int16_t block[PCM_PHASE_BLOCK + 1]; /* the last sample of the block before, then those of this one */
    uint32_t filled;
    uint32_t votes;             /* blocks in a row that make sense only when they are read a byte later */
};

void pcm_phase_init(struct pcm_phase *p);
/* n bytes, cut anywhere; room for (n + 1) / 2 samples. Returns how many came. */
uint32_t pcm_phase_join(struct pcm_phase *p, const uint8_t *bytes, uint32_t n, int16_t *samples);
/* Judges what was joined, in order, and silences what was joined wrongly. True when the stream was moved by one
 * byte: what is joined from now on is right. */
bool pcm_phase_judge(struct pcm_phase *p, int16_t *samples, uint32_t n);
#endif
