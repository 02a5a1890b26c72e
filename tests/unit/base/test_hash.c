/* SPDX-License-Identifier: BSD-3-Clause */
/* The key hash: that it depends on every byte, the length and the secret, and that all of its bits are good.
 * The bounds on randomness hold for fixed secrets, so the outcome is the same in every run. */
#include "base/alloc.h"
#include "base/hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LONGEST = 200 };

static int seed_again(void **state)
{
    static const uint8_t seed[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    (void)state;
    hash_seed(seed);
    return 0;
}

static void fill(unsigned char *key, size_t len)
{
    for (size_t i = 0; i < len; i++)
        key[i] = (unsigned char)(i * 151 + 17);
}

static void every_byte_of_every_length_counts(void **state)
{
    (void)state;
    for (size_t len = 1; len <= LONGEST; len++) {
        unsigned char *key = mem_alloc(len); /* exactly as long: the sanitizer sees a read beyond */
        uint64_t hash;
        fill(key, len);
        hash = hash_bytes(key, len);
        for (size_t i = 0; i < len; i++) {
            key[i] ^= 0x40;
            assert_true(hash_bytes(key, len) != hash);
            key[i] ^= 0x40;
        }
        assert_true(hash_bytes(key, len) == hash);
        mem_free(key);
    }
}

static void the_length_counts(void **state)
{
    static const unsigned char zeros[LONGEST + 1];
    uint64_t hashes[LONGEST + 1];
    (void)state;
    for (size_t len = 0; len <= LONGEST; len++) {
        hashes[len] = hash_bytes(zeros, len);
        for (size_t shorter = 0; shorter < len; shorter++)
            assert_true(hashes[shorter] != hashes[len]);
    }
    assert_true(hash_bytes(NULL, 0) == hashes[0]);
}

static void where_the_key_lies_does_not_count(void **state)
{
    unsigned char room[LONGEST + 8];
    (void)state;
    for (size_t len = 0; len <= LONGEST; len += 7) {
        uint64_t hash;
        fill(room, len);
        hash = hash_bytes(room, len);
        for (size_t shift = 1; shift < 8; shift++) {
            fill(room + shift, len);
            assert_true(hash_bytes(room + shift, len) == hash);
        }
    }
}

static void the_secret_counts(void **state)
{
    uint8_t seed[16] = {0}, swapped[16] = {0};
    uint64_t hashes[17];
    (void)state;
    for (size_t i = 0; i < 17; i++) {
        memset(seed, 0, sizeof seed);
        if (i < 16)
            seed[i] = 1;
        hash_seed(seed);
        hashes[i] = hash_bytes("session:abc", 11);
        for (size_t j = 0; j < i; j++)
            assert_true(hashes[j] != hashes[i]);
        assert_true(hash_bytes("session:abc", 11) == hashes[i]);
    }
    seed[0] = swapped[8] = 5;
    hash_seed(seed);
    hashes[0] = hash_bytes("session:abc", 11);
    hash_seed(swapped);
    assert_true(hash_bytes("session:abc", 11) != hashes[0]);
}

/* Flipping one bit of the key flips each bit of the hash about every second time. */
static void one_bit_changes_half_of_the_hash(void **state)
{
    static const size_t lens[] = {1,  2,  3,  4,  5,  7,  8,  9,  15,  16,  17,
                                  24, 31, 32, 33, 40, 48, 64, 65, 100, 128, 129};
    enum { ROUNDS = 400 };

    (void)state;
    for (size_t at = 0; at < sizeof lens / sizeof lens[0]; at++) {
        size_t len = lens[at];
        unsigned flips[64] = {0}, count = 0;
        unsigned char key[LONGEST];
        for (unsigned round = 0; round < ROUNDS; round++) {
            size_t bit = round * 7 % (len * 8);
            uint64_t difference;
            fill(key, len);
            key[0] = (unsigned char)round;
            key[len / 2] ^= (unsigned char)(round >> 3);
            difference = hash_bytes(key, len);
            key[bit / 8] ^= (unsigned char)(1 << (bit % 8));
            difference ^= hash_bytes(key, len);
            count++;
            for (int i = 0; i < 64; i++)
                flips[i] += (unsigned)(difference >> i & 1);
        }
        for (int i = 0; i < 64; i++) {
            if (flips[i] < count * 35 / 100 || flips[i] > count * 65 / 100)
                fail_msg("len %zu: bit %d changes %u times of %u", len, i, flips[i], count);
        }
    }
}

enum { KEYS = 1 << 16 };

/* Any 16 neighbouring bits of the hash spread KEYS keys over KEYS cells as evenly as chance does. */
static void assert_spread(const char *what, const uint64_t *hashes)
{
    static unsigned char cells[KEYS];
    for (int shift = 0; shift <= 48; shift += 8) {
        unsigned used = 0;
        memset(cells, 0, sizeof cells);
        for (size_t i = 0; i < KEYS; i++) {
            unsigned char *cell = &cells[hashes[i] >> shift & (KEYS - 1)];
            used += *cell == 0;
            *cell = 1;
        }
        /* 1 - 1/e of the cells, 41427; the deviation is about 80. */
        if (used < 41427 - 500 || used > 41427 + 500)
            fail_msg("%s: bits from %d on fill %u cells", what, shift, used);
    }
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

static void similar_keys_are_spread_evenly(void **state)
{
    static const char *const formats[] = {
        "%u",
        "%04x",
        "%08x",
        "k:%u",
        "session:%08x",
        "session:%u:data",
        "sess:00000000-0000-0000-0000-%012x",
        "%060u",
        "flask_session:%016x%016x",
        "%0100u",
        "%u-a-long-tail-behind-the-number-that-is-hashed-in-a-second-block-of-its-own",
    };
    static uint64_t hashes[KEYS];
    char key[256];
    (void)state;
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
        for (unsigned i = 0; i < KEYS; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
            int len = snprintf(key, sizeof key, formats[f], i, i);
#pragma GCC diagnostic pop
            hashes[i] = hash_bytes(key, (size_t)len);
        }
        assert_spread(formats[f], hashes);
        qsort(hashes, KEYS, sizeof hashes[0], compare_hashes);
        for (size_t i = 1; i < KEYS; i++)
            assert_true(hashes[i] != hashes[i - 1]);
    }
}

static void binary_counters_are_spread_evenly(void **state)
{
    static uint64_t hashes[KEYS];
    (void)state;
    for (size_t len = 3; len <= 72; len += 3) {
        for (size_t position = 0; position + 2 <= len; position += len > 20 ? 11 : 1) {
            char what[64];
            for (unsigned i = 0; i < KEYS; i++) {
                unsigned char key[72] = {0};
                key[position] = (unsigned char)i;
                key[position + 1] = (unsigned char)(i >> 8);
                hashes[i] = hash_bytes(key, len);
            }
            (void)snprintf(what, sizeof what, "len %zu, counter at %zu", len, position);
            assert_spread(what, hashes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_byte_of_every_length_counts, seed_again),
        cmocka_unit_test_setup(the_length_counts, seed_again),
        cmocka_unit_test_setup(where_the_key_lies_does_not_count, seed_again),
        cmocka_unit_test_setup(the_secret_counts, seed_again),
        cmocka_unit_test_setup(one_bit_changes_half_of_the_hash, seed_again),
        cmocka_unit_test_setup(similar_keys_are_spread_evenly, seed_again),
        cmocka_unit_test_setup(binary_counters_are_spread_evenly, seed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
