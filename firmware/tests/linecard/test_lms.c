/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and LMS against the standards' own examples; every spoiled bit is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "linecard/core/lms.h"
#include "tests/linecard/lms_vectors.h"
#include <string.h>

enum { STEP = 64, H5_BYTES = 1292, H5_HASHES = LMS_CHAINS * 256 + 8, STRIDE = 23 };

static size_t unhex(const char *text, uint8_t *bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    size_t n = strlen(text) / 2;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)((strchr(DIGITS, text[2 * i]) - DIGITS) << 4 | (strchr(DIGITS, text[2 * i + 1]) - DIGITS));
    return n;
}

static void sha256_of_the_standard(void **state)
{
    (void)state;
    static const struct { const char *text, *digest; } CASES[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sha256 hash;
        uint8_t got[SHA256_BYTES], wanted[SHA256_BYTES];
        unhex(CASES[i].digest, wanted);
        sha256_begin(&hash);
        sha256_add(&hash, (const uint8_t *)CASES[i].text, strlen(CASES[i].text));
        sha256_end(&hash, got);
        assert_memory_equal(got, wanted, sizeof wanted);
    }
}

/* FIPS 180-4's million of `a`, in pieces of odd sizes. */
static void sha256_in_pieces(void **state)
{
    (void)state;
    uint8_t piece[251], got[SHA256_BYTES], wanted[SHA256_BYTES];
    struct sha256 hash;
    memset(piece, 'a', sizeof piece);
    sha256_begin(&hash);
    for (size_t left = 1000000, n; left > 0; left -= n) {
        n = left % sizeof piece + 1 < left ? left % sizeof piece + 1 : left;
        sha256_add(&hash, piece, n);
    }
    sha256_end(&hash, got);
    unhex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", wanted);
    assert_memory_equal(got, wanted, sizeof wanted);
}

struct example { uint8_t key[LMS_KEY_BYTES], message[256], signature[LMS_MOST_BYTES]; size_t message_n, signature_n; };

static struct example read_example(const char *key, const char *message, const char *signature)
{
    struct example example;
    assert_int_equal(unhex(key, example.key), LMS_KEY_BYTES);
    example.message_n = unhex(message, example.message);
    example.signature_n = unhex(signature, example.signature);
    return example;
}

static enum lms_result check(const struct example *example)
{
    struct lms lms;
    lms_begin(&lms, example->key, example->signature, example->signature_n, example->message, example->message_n);
    for (int i = 0; i < H5_HASHES / STEP + 1 && lms_step(&lms, STEP) == LMS_BUSY; i++)
        ;
    return lms_step(&lms, STEP); /* an end stays the end */
}

static struct example level(int n)
{
    return n ? read_example(KEY_LEVEL_1, MESSAGE, SIGNATURE_LEVEL_1)
             : read_example(KEY_LEVEL_0, KEY_LEVEL_1, SIGNATURE_LEVEL_0);
}

static void lms_of_the_standard(void **state)
{
    (void)state;
    for (int n = 0; n < 2; n++) {
        struct example example = level(n);
        assert_int_equal(example.signature_n, H5_BYTES);
        assert_int_equal(check(&example), LMS_GOOD);
    }
}

static void a_step_is_bounded(void **state)
{
    (void)state;
    struct example example = level(0);
    struct lms lms;
    unsigned steps = 0;
    lms_begin(&lms, example.key, example.signature, example.signature_n, example.message, example.message_n);
    while (lms_step(&lms, 1) == LMS_BUSY)
        steps++;
    assert_in_range(steps, LMS_CHAINS, H5_HASHES);
}

/* A stride that goes through all bits of a byte and every part of a signature; tests/unit/test_linecard_image.py
 * tries more of them. */
static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct example example = level(1);
    for (size_t i = 0; i < example.signature_n; i += STRIDE) {
        example.signature[i] ^= (uint8_t)(1U << i / STRIDE % 8);
        assert_int_equal(check(&example), LMS_BAD);
        example.signature[i] ^= (uint8_t)(1U << i / STRIDE % 8);
    }
    for (size_t i = 0; i < example.message_n; i += STRIDE) {
        example.message[i] ^= (uint8_t)(1U << i / STRIDE % 8);
        assert_int_equal(check(&example), LMS_BAD);
        example.message[i] ^= (uint8_t)(1U << i / STRIDE % 8);
    }
    for (size_t bit = 0; bit < LMS_KEY_BYTES * 8; bit += STRIDE) {
        example.key[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(check(&example), LMS_BAD);
        example.key[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(check(&example), LMS_GOOD);
}

static void a_length_that_is_none_is_refused(void **state)
{
    (void)state;
    struct example example = level(0);
    const size_t whole = example.signature_n;
    for (size_t n = 0; n < LMS_MOST_BYTES; n += 4) {
        example.signature_n = n;
        assert_int_equal(check(&example), n == whole ? LMS_GOOD : LMS_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_the_standard),
        cmocka_unit_test(sha256_in_pieces),
        cmocka_unit_test(lms_of_the_standard),
        cmocka_unit_test(a_step_is_bounded),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_length_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
