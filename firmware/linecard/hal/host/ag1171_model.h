/* SPDX-License-Identifier: Apache-2.0 */
/* An Ag1171 with a telephone at its pins (Silvertel data sheet v1.6): what harms the part is remembered. */
#ifndef HOST_AG1171_MODEL_H
#define HOST_AG1171_MODEL_H
#include <stdbool.h>
#include <stdint.h>

enum ag1171_pd { AG1171_PD_OPEN, AG1171_PD_LOW, AG1171_PD_HIGH };

struct ag1171_model {
    bool rm, forward;            /* pins */
    enum ag1171_pd pd;
    bool off_hook;               /* the telephone's contact */
    uint16_t awake_ms;           /* since PD was let go, saturating */
    uint16_t edge_ms;            /* since F/R last changed, saturating */
    uint16_t half_ms;            /* length of the half wave before that */
    uint16_t edges;              /* since RM went high, saturating */
    uint16_t lifted_ms;          /* RM high though the telephone is off-hook */
    uint32_t heat_ms;            /* twice the time of RM high, less that of RM low */
    const char *damage;          /* what has broken the part, NULL when it is whole */
    unsigned bell_taps;          /* RM dropped too soon after the last half wave */
};

/* As at power-up: PD open for long. */
void ag1171_model_init(struct ag1171_model *model);
/* The pins change. */
void ag1171_model_set_pins(struct ag1171_model *model, bool rm, enum ag1171_pd pd);
void ag1171_model_set_polarity(struct ag1171_model *model, bool forward);
/* A millisecond with the telephone's contact so. */
void ag1171_model_ms(struct ag1171_model *model, bool off_hook);
/* The SHK pin now. */
bool ag1171_model_shk(const struct ag1171_model *model);
/* The telephone's bell has current of a frequency it rings at. */
bool ag1171_model_rings(const struct ag1171_model *model);
/* Whether audio passes: powered, awake, not ringing. */
bool ag1171_model_passes_audio(const struct ag1171_model *model);
#endif
