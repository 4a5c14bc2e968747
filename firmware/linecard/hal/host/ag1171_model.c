/* SPDX-License-Identifier: Apache-2.0 */
/* Wake-up, ringing, the switch-hook output and the absolute maximum ratings. */
#include "linecard/hal/host/ag1171_model.h"
#include <string.h>

enum {
    WAKE_MS = 50, LEAST_HALF_MS = 7, MOST_HALF_MS = 34, BELL_CURRENT_MS = 3, TRIP_LIMIT_MS = 500, TAP_MS = 10,
    HEAT_LIMIT_MS = 4200, /* RM high for a third of the time: no more than 2 s and a little at once */
};

void ag1171_model_init(struct ag1171_model *model)
{
    memset(model, 0, sizeof *model);
    model->forward = true;
    model->awake_ms = model->edge_ms = UINT16_MAX;
}

static bool is_awake(const struct ag1171_model *model)
{
    return !model->damage && model->pd == AG1171_PD_OPEN && model->awake_ms >= WAKE_MS;
}

void ag1171_model_set_pins(struct ag1171_model *model, bool rm, enum ag1171_pd pd)
{
    if (pd == AG1171_PD_HIGH)
        model->damage = "PD driven high";
    if (pd != model->pd)
        model->awake_ms = 0;
    if (rm && !model->rm)
        model->edges = 0;
    if (model->rm && !rm && model->edges > 0 && (!model->forward || model->edge_ms <= TAP_MS))
        model->bell_taps++;
    model->rm = rm;
    model->pd = pd;
}

void ag1171_model_set_polarity(struct ag1171_model *model, bool forward)
{
    if (forward == model->forward)
        return;
    model->half_ms = model->edge_ms;
    model->edge_ms = 0;
    model->edges = (uint16_t)(model->edges < UINT16_MAX ? model->edges + 1 : model->edges);
    model->forward = forward;
}

static void count_up(uint16_t *counter)
{
    if (*counter < UINT16_MAX)
        (*counter)++;
}

void ag1171_model_ms(struct ag1171_model *model, bool off_hook)
{
    model->off_hook = off_hook;
    count_up(&model->awake_ms);
    count_up(&model->edge_ms);
    model->heat_ms = model->rm ? model->heat_ms + 2 : model->heat_ms - (model->heat_ms > 0);
    if (model->heat_ms > HEAT_LIMIT_MS)
        model->damage = "RM high for more than a third of the time";
    model->lifted_ms = model->rm && off_hook ? (uint16_t)(model->lifted_ms + 1) : 0;
    if (model->lifted_ms > TRIP_LIMIT_MS)
        model->damage = "RM high for more than 500 ms into a lifted telephone";
}

bool ag1171_model_shk(const struct ag1171_model *model)
{
    if (!is_awake(model))
        return false;
    if (!model->rm)
        return model->off_hook;
    bool bell_current = model->edge_ms < BELL_CURRENT_MS; /* charging the bell's capacitor */
    return model->off_hook ? model->forward : bell_current;
}

bool ag1171_model_rings(const struct ag1171_model *model)
{
    if (!is_awake(model) || !model->rm || model->edges == 0 || model->edge_ms > MOST_HALF_MS)
        return false;
    if (model->edges > 1 && model->edge_ms > model->half_ms + 2)
        return false; /* the toggling has ended */
    return model->edges == 1 || (model->half_ms >= LEAST_HALF_MS && model->half_ms <= MOST_HALF_MS);
}

bool ag1171_model_passes_audio(const struct ag1171_model *model)
{
    return is_awake(model) && !model->rm;
}
