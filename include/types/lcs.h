/* SPDX-License-Identifier: BSD-3-Clause */
/* The longest common subsequence of two strings, and where its parts lie in them. */
#ifndef TYPES_LCS_H
#define TYPES_LCS_H

#include "base/bytes.h"
#include <stdint.h>

struct lcs {
    struct bytes a, b; /* lent by the caller */
    size_t length;
    size_t words;    /* in a row */
    uint64_t *masks; /* for each byte that is in `a`, where it is in `b` */
    uint64_t *rows;  /* one for each byte of `a`, or a single one when matches aren't wanted */
};

/* A run of bytes that is common to both. */
struct lcs_match {
    size_t in_a, in_b, len;
};

/* Takes a.len * b.len / 64 steps, and about as many words of memory (b.len / 64 of them without matches). False, with nothing
 * to be cleared, when there is no memory. The strings must stay until lcs_clear. */
bool lcs_init(struct lcs *lcs, struct bytes a, struct bytes b, bool wants_matches);
void lcs_clear(struct lcs *lcs);

/* Walks through the matches from the last to the first: `*a_end` and `*b_end` begin as the strings' lengths, and are moved to
 * the start of the match. Where several subsequences are longest, the same one is found as by Redis. */
bool lcs_previous(const struct lcs *lcs, size_t *a_end, size_t *b_end, struct lcs_match *match);

#endif
