/* SPDX-License-Identifier: Apache-2.0 */
/* The ears of the audio loop: touch tones, busy cadence, silence, level. Pure: samples in, facts out.
 * All work on 8 kHz 16-bit samples, 0 dBm0 = a sine of 3.14 dB below full scale (ITU-T G.711).
 * No allocation; callers embed the structs. Feed any block length. */
#ifndef DETECTORS_H
#define DETECTORS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dtmf.h"        /* struct dtmf; dtmf_init, dtmf_set_lenient, dtmf_feed */
#include "cadence.h"     /* struct cadence; cadence_init, cadence_hop */
#include "tone_watch.h"  /* struct tone_watch; tone_watch_init, tone_watch_patterns, tone_watch_feed */
#include "caller_id.h"   /* struct caller_id; caller_id_init, caller_id_feed */
#include "level.h"       /* struct level_meter, struct silence; level_init, level_feed, silence_feed */
#include "tone_gen.h"    /* struct tone_gen; tone_gen_init, tone_gen_fill */
#include "g711.h"        /* ulaw_encode, ulaw_decode tables */
#endif
