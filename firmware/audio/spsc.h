/* SPDX-License-Identifier: Apache-2.0 */
/* Single-producer single-consumer ring of fixed-size items: commands one way, events the other. */
#ifndef SPSC_H
#define SPSC_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spsc {
    _Atomic uint32_t head;      /* next to write; producer's */
    _Atomic uint32_t tail;      /* next to read; consumer's */
    uint32_t slots;             /* a power of two */
    size_t item_bytes;
    unsigned char *items;
};

/* False when memory is short. Not for the tick. */
bool spsc_init(struct spsc *ring, uint32_t slots, size_t item_bytes);
void spsc_free(struct spsc *ring);
bool spsc_push(struct spsc *ring, const void *item); /* producer; false when full */
bool spsc_pop(struct spsc *ring, void *item);        /* consumer; false when empty */
#endif
