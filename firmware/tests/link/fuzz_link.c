/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target: any bytes into the decoder, in splits that the first byte chooses, both ways talking. */
#include "link.h"

static void ignore_audio(void *context, const struct link_audio *audio)
{
    (void)context;
    (void)audio;
}

static void answer(void *context, const struct link_message *message)
{
    link_send(context, message->kind, message->payload, message->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct link_end end;
    const struct link_handler handler = {&end, ignore_audio, answer};
    uint8_t wire[LINK_WINDOW * (LINK_MAX_PAYLOAD + 16)];
    link_init(&end, &handler);
    size_t piece = n > 0 ? data[0] % 31U + 1 : 1;
    for (size_t at = 0, now_ms = 0; at < n; at += piece, now_ms += 10) {
        link_receive(&end, data + at, n - at < piece ? n - at : piece);
        link_encode_messages(&end, (uint32_t)now_ms, wire, sizeof wire);
        link_is_stuck(&end, (uint32_t)now_ms);
    }
    /* The rest as the body of a well-formed frame, so that the checksum does not keep the fuzzer out. */
    if (n > 0 && n <= LINK_MAX_BODY) {
        uint8_t body[LINK_MAX_BODY + 2];
        uint8_t frame[LINK_MAX_WIRE];
        for (size_t i = 0; i < n; i++)
            body[i] = data[i];
        uint16_t crc = link_crc16(body, n);
        body[n] = (uint8_t)(crc >> 8);
        body[n + 1] = (uint8_t)crc;
        size_t length = link_cobs_encode(body, n + 2, frame);
        frame[length++] = 0;
        link_receive(&end, frame, length);
    }
    return 0;
}
