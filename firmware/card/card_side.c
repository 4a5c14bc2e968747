/* SPDX-License-Identifier: Apache-2.0 */
/* A sound card's callback: its samples to 8 kHz and into the shared memory, and the other way round.
 *
 * Resampling is done here, once a card, and not in the loop's tick: the tick then costs the same whatever the
 * card's rate, the memory holds 8 kHz only, and what a slow filter delays is one card. An 8 kHz card is copied.
 * The loop follows the card's clock; here nothing is known of it. */
#include "card_side.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

#include "audio/card_ring.h"

#define BLOCK 1024u             /* card frames done at a time */
#define PENDING (BLOCK + 64u)   /* 8 kHz samples for them at 8 kHz, and what a block may leave */
#define QUALITY 5               /* of speexdsp's 0-10 */
/* PaStreamCallbackFlags (portaudio.h) */
#define INPUT_UNDERFLOW 1ul
#define INPUT_OVERFLOW 2ul
#define OUTPUT_UNDERFLOW 4ul
#define OUTPUT_OVERFLOW 8ul

struct card_side {
    struct card_ring *ring;
    uint32_t rate_hz, channels_in, channels_out;
    SpeexResamplerState *down, *up; /* card to 8 kHz and back; NULL at 8 kHz */
    int16_t mono[BLOCK], resampled[BLOCK + 8u];
    int16_t pending[PENDING];   /* 8 kHz samples taken and not yet played */
    uint32_t pending_len;
    uint32_t brought;           /* 8 kHz frames of this callback */
};

static bool make_resamplers(struct card_side *side)
{
    int error = RESAMPLER_ERR_SUCCESS;

    if (side->rate_hz == CARD_RING_RATE_HZ)
        return true;
    side->down = speex_resampler_init(1, side->rate_hz, CARD_RING_RATE_HZ, QUALITY, &error);
    side->up = speex_resampler_init(1, CARD_RING_RATE_HZ, side->rate_hz, QUALITY, &error);
    return side->down != NULL && side->up != NULL;
}

card_side *card_side_open(void *shared, uint32_t bytes, uint32_t rate_hz, uint32_t channels_in,
                          uint32_t channels_out)
{
    struct card_ring *ring = shared;

    if (shared == NULL || bytes < sizeof *ring || !card_ring_is_sound(ring))
        return NULL;
    if (rate_hz < CARD_SIDE_RATE_MIN || rate_hz > CARD_SIDE_RATE_MAX || channels_in == 0 || channels_out == 0 ||
        channels_in > CARD_SIDE_CHANNELS_MAX || channels_out > CARD_SIDE_CHANNELS_MAX)
        return NULL;
    struct card_side *side = calloc(1, sizeof *side);
    if (side == NULL)
        return NULL;
    side->ring = ring;
    side->rate_hz = rate_hz;
    side->channels_in = channels_in;
    side->channels_out = channels_out;
    if (!make_resamplers(side)) {
        card_side_close(side);
        return NULL;
    }
    card_lane_clear(&ring->down);
    atomic_store_explicit(&ring->piece, 0u, memory_order_relaxed);
    atomic_fetch_add_explicit(&ring->generation, 1u, memory_order_release);
    return side;
}

void card_side_close(card_side *side)
{
    if (side == NULL)
        return;
    if (side->down != NULL)
        speex_resampler_destroy(side->down);
    if (side->up != NULL)
        speex_resampler_destroy(side->up);
    free(side);
}

void card_side_get_stats(const card_side *side, card_side_stats *out)
{
    out->callbacks = atomic_load_explicit(&side->ring->callbacks, memory_order_relaxed);
    out->xruns_in = atomic_load_explicit(&side->ring->xruns_in, memory_order_relaxed);
    out->xruns_out = atomic_load_explicit(&side->ring->xruns_out, memory_order_relaxed);
}

static void bring(struct card_side *side, const int16_t *samples, uint32_t n)
{
    uint32_t fitted = card_lane_push(&side->ring->up, samples, n);

    if (fitted < n)
        card_count(&side->ring->lost_frames, n - fitted);
    side->brought += n;
}

/* The card's first channel: two microphones in one phase can't be told from two out of phase. */
static void take_input(struct card_side *side, const int16_t *input, uint32_t frames, bool joined)
{
    for (uint32_t i = 0; i < frames; i++)
        side->mono[i] = input[i * side->channels_in];
    if (side->down == NULL) {
        if (joined)
            bring(side, side->mono, frames);
        return;
    }
    for (uint32_t done = 0; done < frames;) {
        spx_uint32_t used = frames - done, made = BLOCK;
        speex_resampler_process_int(side->down, 0, side->mono + done, &used, side->resampled, &made);
        if (joined)
            bring(side, side->resampled, made);
        done += used;
        if (used == 0 && made == 0)
            break;
    }
}

/* Has at least n samples pending; silence stands in for what the loop has not sent. */
static void fill_pending(struct card_side *side, uint32_t n, bool joined)
{
    if (side->pending_len >= n)
        return;
    uint32_t wanted = n - side->pending_len;
    int16_t *to = side->pending + side->pending_len;
    uint32_t got = joined ? card_lane_pull(&side->ring->down, to, wanted) : 0;
    memset(to + got, 0, (wanted - got) * sizeof *to);
    if (joined && got < wanted)
        card_count(&side->ring->dry_frames, wanted - got);
    side->pending_len = n;
}

static void drop_pending(struct card_side *side, uint32_t n)
{
    side->pending_len -= n;
    memmove(side->pending, side->pending + n, side->pending_len * sizeof *side->pending);
}

/* Leaves `frames` samples at the card's rate in `mono`. */
static void make_output(struct card_side *side, uint32_t frames, bool joined)
{
    if (side->up == NULL) {
        fill_pending(side, frames, joined);
        memcpy(side->mono, side->pending, frames * sizeof *side->mono);
        drop_pending(side, frames);
        return;
    }
    for (uint32_t done = 0; done < frames;) {
        uint32_t left = frames - done;
        uint32_t needed = (uint32_t)((uint64_t)left * CARD_RING_RATE_HZ / side->rate_hz);
        fill_pending(side, needed > 0 ? needed : 1u, joined);
        spx_uint32_t used = side->pending_len, made = left;
        speex_resampler_process_int(side->up, 0, side->pending, &used, side->mono + done, &made);
        drop_pending(side, used);
        done += made;
    }
}

static void give_output(struct card_side *side, int16_t *output, uint32_t frames, bool joined)
{
    make_output(side, frames, joined);
    for (uint32_t i = 0; i < frames; i++)
        for (uint32_t c = 0; c < side->channels_out; c++)
            output[i * side->channels_out + c] = side->mono[i];
}

static void count_callback(struct card_ring *ring, unsigned long flags, uint32_t piece)
{
    card_count(&ring->callbacks, 1u);
    card_count(&ring->xruns_in, (flags & (INPUT_UNDERFLOW | INPUT_OVERFLOW)) != 0);
    card_count(&ring->xruns_out, (flags & (OUTPUT_UNDERFLOW | OUTPUT_OVERFLOW)) != 0);
    if (piece > atomic_load_explicit(&ring->piece, memory_order_relaxed))
        atomic_store_explicit(&ring->piece, piece, memory_order_relaxed);
}

int card_side_callback(const void *input, void *output, unsigned long frames, const void *time_info,
                       unsigned long flags, void *user)
{
    struct card_side *side = user;
    bool joined = atomic_load_explicit(&side->ring->joined, memory_order_acquire) != 0;
    const int16_t *in = input;
    int16_t *out = output;

    (void)time_info;
    side->brought = 0;
    for (unsigned long done = 0; done < frames;) {
        uint32_t n = frames - done < BLOCK ? (uint32_t)(frames - done) : BLOCK;
        if (in != NULL)
            take_input(side, in + done * side->channels_in, n, joined);
        if (out != NULL)
            give_output(side, out + done * side->channels_out, n, joined);
        done += n;
    }
    count_callback(side->ring, flags, side->brought);
    return 0;
}
