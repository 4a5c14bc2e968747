/* SPDX-License-Identifier: Apache-2.0 */
/* The DLE shield of V.253 voice streams (ITU-T V.253, table of shielded codes). Pure, any split. */
#ifndef DLE_H
#define DLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DLE 0x10
#define DLE_ETX 0x03            /* end of stream */
#define DLE_SUB 0x1A            /* stands for two literal DLE */

struct dle_decoder { bool pending, ended; };

/* What one byte meant. */
enum dle_kind { DLE_NOTHING, DLE_DATA, DLE_TWO, DLE_CODE, DLE_END };

void dle_init(struct dle_decoder *d);
/* DLE_DATA: `byte` is a literal; DLE_TWO: two literal 0x10; DLE_CODE: `byte` is the code. Don't feed after the end. */
enum dle_kind dle_decode(struct dle_decoder *d, uint8_t byte);
/* Shields n bytes; out holds 2 n. Returns the length. */
size_t dle_encode(const uint8_t *in, size_t n, uint8_t *out);
#endif
