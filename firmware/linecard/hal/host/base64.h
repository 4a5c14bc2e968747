/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) for samples on the stimulus socket. */
#ifndef HOST_BASE64_H
#define HOST_BASE64_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
/* Writes 4 * ((n + 2) / 3) characters and a final 0. */
void base64_encode(const uint8_t *bytes, size_t n, char *text);
/* Decodes in place or elsewhere; returns the number of bytes, -1 when `text` is no Base64. */
ssize_t base64_decode(const char *text, size_t n, uint8_t *bytes);
#endif
