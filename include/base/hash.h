/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash of table keys. Keyed with a secret drawn at the start, so that nobody outside can choose keys that
 * collide.
 *
 * Each 16 bytes of the key, as two words, are added to two secret words and multiplied to 128 bits; the
 * products are summed. For a random secret, two given keys have the same sum with a probability of about
 * 2^-64 (this is the NH hash, the core of UMAC). The products don't wait for each other, so a session key
 * costs little more than one multiplication. A last folding spreads the sum over all 64 bits of the
 * result. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 hash_wide;

/* The secret; hash_seed sets it. */
struct hash_secret {
    uint64_t block[8]; /* added to the key's words */
    uint64_t chain[2]; /* ties the blocks of long keys together */
    uint64_t final[2]; /* for the last folding */
};
extern struct hash_secret hash_secret;

/* Derives the secret from `seed`. Call it before the first table is made: it changes all hashes. */
void hash_seed(const uint8_t seed[16]);

/* For keys of over 64 bytes. */
uint64_t hash_long_bytes(const void *data, size_t len);

static inline uint64_t hash_read8(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t hash_read4(const unsigned char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

static inline hash_wide hash_product(uint64_t a, uint64_t b, const uint64_t *secret)
{
    return (hash_wide)(a + secret[0]) * (b + secret[1]);
}

static inline hash_wide hash_16_bytes(const unsigned char *at, const uint64_t *secret)
{
    return hash_product(hash_read8(at), hash_read8(at + 8), secret);
}

/* Both halves of a 128-bit product, folded. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    hash_wide product = (hash_wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_finish(hash_wide sum, size_t len)
{
    return hash_fold((uint64_t)sum ^ hash_secret.final[0],
                     (uint64_t)(sum >> 64) ^ hash_secret.final[1] ^ len);
}

/* The hash of a key: the same for the same bytes until the server ends, all of its bits as good as random. */
static inline uint64_t hash_bytes(const void *data, size_t len)
{
    const unsigned char *at = data;
    const uint64_t *secret = hash_secret.block;
    hash_wide sum;
    /* Where the reads from the front and from the back overlap, the length says how. */
    if (len > 64)
        return hash_long_bytes(data, len);
    if (len > 32) {
        sum = hash_16_bytes(at, secret) + hash_16_bytes(at + 16, secret + 2) +
              hash_16_bytes(at + len - 32, secret + 4) + hash_16_bytes(at + len - 16, secret + 6);
    } else if (len > 16) {
        sum = hash_16_bytes(at, secret) + hash_16_bytes(at + len - 16, secret + 2);
    } else if (len >= 8) {
        sum = hash_product(hash_read8(at), hash_read8(at + len - 8), secret);
    } else if (len >= 4) {
        sum = hash_product(hash_read4(at), hash_read4(at + len - 4), secret);
    } else if (len > 0) {
        /* First, middle and last byte: all there are. */
        sum = hash_product((uint64_t)at[0] << 16 | (uint64_t)at[len / 2] << 8 | at[len - 1], 0, secret);
    } else {
        sum = hash_product(0, 0, secret);
    }
    return hash_finish(sum, len);
}

#endif
