/* SPDX-License-Identifier: BSD-3-Clause */
/* The secret of the key hash, and keys of more than 64 bytes: blocks of 64 bytes, each summed as a short key,
 * folded one after the other into a chain. The last block is the key's last 64 bytes and may overlap the one
 * before. */
#include "base/hash.h"

enum { BLOCK_SIZE = 64 };

/* Arbitrary until hash_seed is called; tests and tools need no secret. */
struct hash_secret hash_secret __attribute__((aligned(64))) = {
    .block = {0x7b0d61c93e5f2a87, 0xd1428ae7065bf39d, 0x2c97f35ba84e60d1, 0x95e20c7d4f1ab863,
              0xe83b5f9a12c7d047, 0x46fd18a3b9527ec5, 0xb1590ed62c8f437b, 0x0fa6c3741d9be85f},
    .chain = {0xc85d2be7f0931a47, 0x3a71f49e86d50bc9},
    .final = {0x9f06b85c3d71ea23, 0x64ea1d97b2c8530f},
};

/* One step of a scrambled counter: distinct for every step, all bits depending on all bits of the state. */
static uint64_t next_word(uint64_t *counter)
{
    uint64_t mixed = *counter += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

void hash_seed(const uint8_t seed[16])
{
    uint64_t words[sizeof hash_secret / sizeof(uint64_t)], first = hash_read8(seed),
                                                           second = hash_read8(seed + 8);
    /* Two counters of different start; the second passes through the scrambling once more, so that exchanging
     * the seed's halves gives another secret. */
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        uint64_t inner = next_word(&second);
        words[i] = next_word(&first) ^ next_word(&inner);
    }
    memcpy(&hash_secret, words, sizeof hash_secret);
}

static inline hash_wide hash_block(const unsigned char *at)
{
    const uint64_t *secret = hash_secret.block;
    return hash_16_bytes(at, secret) + hash_16_bytes(at + 16, secret + 2) +
           hash_16_bytes(at + 32, secret + 4) + hash_16_bytes(at + 48, secret + 6);
}

uint64_t hash_long_bytes(const void *data, size_t len)
{
    const unsigned char *at = data, *end = at + len;
    uint64_t chain = hash_secret.chain[0];
    for (; end - at > BLOCK_SIZE; at += BLOCK_SIZE) {
        hash_wide sum = hash_block(at);
        chain = hash_fold((uint64_t)sum ^ chain, (uint64_t)(sum >> 64) ^ hash_secret.chain[1]);
    }
    return hash_finish(hash_block(end - BLOCK_SIZE) + chain, len);
}
