/* SPDX-License-Identifier: Apache-2.0 */
/* A Si3050 + Si3019 as its pins and registers show it (data sheet rev 1.5): what a driver does wrong has the effect
 * it has on the part, or is counted as a breach of the data sheet. Shares nothing with the driver but numbers. */
#ifndef HOST_SI3050_MODEL_H
#define HOST_SI3050_MODEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The line at TIP and RING in this millisecond. */
struct si3050_line {
    int volts;                   /* direct voltage, signed; what the part measures */
    int ma;                      /* through the part; 0 on-hook */
    int ringing;                 /* +1, -1: a half wave above the detector's threshold; 0 none */
    bool far_power;              /* false: the exchange's battery is gone */
};

struct si3050_model {
    uint8_t registers[64];
    bool held;                   /* RESET is low */
    bool dead;                   /* broken: answers nothing */
    bool overload;               /* more current than the part bears */
    bool line_side_dead;         /* no frames over the isolation barrier */
    uint16_t awake_ms;           /* since reset ended, saturating */
    uint16_t powered_ms;         /* since the line side was powered, saturating */
    uint16_t off_hook_ms;        /* since OH was set, saturating */
    uint16_t release_ms;         /* loop current still flows for so long though OH is cleared */
    struct si3050_line line;
    int half_wave;               /* of the last millisecond */
    uint32_t now_ms, event_ms;   /* event: a half wave began */
    uint16_t valid_ms;           /* of ringing within RAS and RMX */
    bool in_burst, told;         /* confirmed; RDT */
    uint32_t confirmed_ms;
    unsigned breaches;           /* of the data sheet, counted */
};

void si3050_model_init(struct si3050_model *model);
void si3050_model_set_reset(struct si3050_model *model, bool held);
/* One frame on the chain's SPI, CS low for n bytes. `in` may be NULL. */
void si3050_model_transfer(struct si3050_model *chain, size_t devices, const uint8_t *out, uint8_t *in, size_t n);
/* One millisecond with this at TIP and RING. */
void si3050_model_ms(struct si3050_model *model, const struct si3050_line *line);
/* Whether the part closes the loop. */
bool si3050_model_is_off_hook(const struct si3050_model *model);
/* Socket (1-8) whose 16-bit slots carry what the line says (`up`) or what it hears; 0 = none. */
int si3050_model_socket_up(const struct si3050_model *model);
int si3050_model_socket_down(const struct si3050_model *model);
#endif
