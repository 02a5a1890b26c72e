/* SPDX-License-Identifier: BSD-3-Clause */
/* The quick generator is a counter that steps by an odd constant and is then scrambled: it visits all 2^64
 * states, and starts in each thread at an unpredictable one. */
#include "base/random.h"
#include "base/panic.h"
#include <limits.h>
#include <openssl/rand.h>
#include <stdbool.h>

void random_fill(void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        int part = len > INT_MAX ? INT_MAX : (int)len;
        /* Going on with guessable keys would be worse than stopping. */
        if (RAND_bytes(at, part) != 1)
            PANIC("the random number generator failed");
        at += part;
        len -= (size_t)part;
    }
}

void random_hex(char *out, size_t count)
{
    unsigned char chunk[32];
    for (size_t i = 0; i < count; i++) {
        size_t digit = i % (2 * sizeof chunk);
        if (digit == 0)
            random_fill(chunk, sizeof chunk);
        out[i] = "0123456789abcdef"[digit % 2 == 0 ? chunk[digit / 2] >> 4 : chunk[digit / 2] & 15];
    }
}

static _Thread_local uint64_t counter;
static _Thread_local bool is_seeded;

void random_seed(uint64_t seed)
{
    counter = seed;
    is_seeded = true;
}

uint64_t random_u64(void)
{
    uint64_t mixed;

    if (!is_seeded) {
        random_fill(&counter, sizeof counter);
        is_seeded = true;
    }
    counter += 0x9e3779b97f4a7c15;
    mixed = counter;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

__extension__ typedef unsigned __int128 wide;

uint64_t random_below(uint64_t bound)
{
    wide product;

    ASSERT(bound > 0);
    /* The upper half of random * bound is in range; lower halves below 2^64 mod bound come once too often. */
    do {
        product = (wide)random_u64() * bound;
    } while ((uint64_t)product < bound && (uint64_t)product < (0 - bound) % bound);
    return (uint64_t)(product >> 64);
}
