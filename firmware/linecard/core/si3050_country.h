/* SPDX-License-Identifier: Apache-2.0 */
/* What each country's exchange lines want of the Si3050's line side, and which caller ID its telephones know. */
#ifndef LINECARD_SI3050_COUNTRY_H
#define LINECARD_SI3050_COUNTRY_H
#include <stdint.h>

enum caller_id_standard { CALLER_ID_BELL = 1, CALLER_ID_ETSI = 2 };

struct si3050_country {
    char letters[2];             /* ISO 3166-1 */
    uint8_t ohs, ohs2;           /* on-hook speed: registers 16 and 31 */
    uint8_t rz, rt;              /* ringer impedance and threshold: register 16 */
    uint8_t ilim, dcv, mini;     /* current limit, voltage, least current: register 26 */
    uint8_t acim;                /* AC termination: register 30 */
    uint8_t caller_id;           /* enum caller_id_standard */
};

/* The row of a country; that of the USA when there is none. Never NULL. */
const struct si3050_country *si3050_country_find(const char letters[2]);
/* Row `index`, NULL beyond the last. */
const struct si3050_country *si3050_country_at(unsigned index);
#endif
