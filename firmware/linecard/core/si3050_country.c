/* SPDX-License-Identifier: Apache-2.0 */
/* Country settings. Source: Si3050 + Si3011/18/19 data sheet rev 1.5 (2021), table 13, columns
 * OHS OHS2 RZ RT ILIM DCV MINI ACIM. Which FSK telephones expect: Bell 202 where Telcordia GR-30 is followed,
 * else V.23 (ETSI EN 300 659-1); operators differ, so the host may choose the other one. */
#include "linecard/core/si3050_country.h"
#include <stddef.h>

static const struct si3050_country ROWS[] = {
    /* Table 13: USA and the like. The first row is the one of a country that is not here. */
    {{'U', 'S'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_BELL},
    {{'C', 'A'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_BELL},
    {{'I', 'D'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_ETSI},
    {{'I', 'N'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_ETSI},
    {{'M', 'X'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_BELL},
    {{'S', 'G'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_BELL},
    {{'T', 'W'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_ETSI},
    {{'H', 'K'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_BELL},
    /* Table 13: low DC voltage (DCV 01), least loop current raised (MINI 01) */
    {{'P', 'H'}, 0, 0, 0, 0, 0, 1, 1, 0x0, CALLER_ID_BELL},
    {{'M', 'Y'}, 0, 0, 0, 0, 0, 1, 1, 0x0, CALLER_ID_ETSI},
    {{'T', 'H'}, 0, 0, 0, 0, 0, 1, 1, 0x0, CALLER_ID_BELL},
    {{'P', 'K'}, 0, 0, 0, 0, 0, 1, 1, 0x0, CALLER_ID_ETSI},
    /* Table 13: Japan */
    {{'J', 'P'}, 0, 0, 0, 0, 0, 2, 1, 0x0, CALLER_ID_ETSI},
    /* Table 13: Brazil */
    {{'B', 'R'}, 0, 0, 0, 0, 0, 3, 0, 0x1, CALLER_ID_ETSI},
    /* Table 13: China */
    {{'C', 'N'}, 0, 0, 0, 0, 0, 3, 0, 0xA, CALLER_ID_BELL},
    /* Table 13: Australia (AS/CA S002) */
    {{'A', 'U'}, 1, 0, 0, 0, 0, 1, 1, 0x3, CALLER_ID_BELL},
    /* Table 13: Korea, South Africa: a lower ringer impedance */
    {{'K', 'R'}, 0, 0, 1, 0, 0, 3, 0, 0x0, CALLER_ID_ETSI},
    {{'Z', 'A'}, 0, 0, 1, 0, 0, 3, 0, 0x0, CALLER_ID_ETSI},
    /* Table 13: TBR 21 (ETSI ES 203 021): on-hook speed 3 ms, current limit 60 mA */
    {{'A', 'T'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'B', 'E'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'B', 'G'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'C', 'H'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'C', 'Y'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'C', 'Z'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'D', 'E'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'D', 'K'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'E', 'E'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'E', 'S'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'F', 'I'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'F', 'R'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'G', 'R'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'H', 'R'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'H', 'U'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'I', 'E'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'I', 'S'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'I', 'T'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'L', 'I'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'L', 'T'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'L', 'U'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'L', 'V'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'M', 'T'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'N', 'L'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'N', 'O'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'P', 'L'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'P', 'T'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'R', 'O'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'S', 'E'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'S', 'I'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'S', 'K'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    {{'T', 'R'}, 0, 1, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    /* Table 13: United Kingdom */
    {{'G', 'B'}, 0, 1, 0, 0, 1, 3, 0, 0x5, CALLER_ID_ETSI},
    /* DAHDI's fxo_modes.h: 370 ohm + 620 ohm || 310 nF; and TBR 21's */
    {{'N', 'Z'}, 0, 0, 0, 0, 0, 3, 0, 0x4, CALLER_ID_BELL},
    {{'I', 'L'}, 0, 0, 0, 0, 1, 3, 0, 0x2, CALLER_ID_ETSI},
    /* Not in table 13: the USA's row, to be verified on the line */
    {{'V', 'N'}, 0, 0, 0, 0, 0, 3, 0, 0x0, CALLER_ID_BELL},
};

const struct si3050_country *si3050_country_at(unsigned index)
{
    return index < sizeof ROWS / sizeof ROWS[0] ? &ROWS[index] : NULL;
}

const struct si3050_country *si3050_country_find(const char letters[2])
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
        if (ROWS[i].letters[0] == letters[0] && ROWS[i].letters[1] == letters[1])
            return &ROWS[i];
    return &ROWS[0];
}
