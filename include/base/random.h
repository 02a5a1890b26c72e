/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers: unpredictable ones for what must not be guessed, quick ones for sampling. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Unpredictable bytes, from the cryptographic generator. */
void random_fill(void *out, size_t len);

/* `count` unpredictable lower-case hex digits; no NUL. */
void random_hex(char *out, size_t count);

/* Quick and evenly spread, but predictable for whoever saw enough of them. Each thread has its own
 * sequence. */
uint64_t random_u64(void);
/* This thread's sequence from here on is the one of the seed (tests). */
void random_seed(uint64_t seed);

/* 0 to `bound` - 1, without bias; `bound` must not be 0. */
uint64_t random_below(uint64_t bound);

#endif
