/* SPDX-License-Identifier: BSD-3-Clause */
/* The longest common subsequence of two strings, and where its parts lie in them. It takes long, and can be
 * worked out a piece at a time. */
#ifndef TYPES_LCS_H
#define TYPES_LCS_H

#include "base/blob.h"
#include "base/bytes.h"
#include <stdint.h>

/* A run of bytes that is common to both. */
struct lcs_match {
    size_t in_a, in_b, len;
};

enum lcs_stage { LCS_NUMBERING, LCS_MASKING, LCS_FILLING, LCS_WALKING, LCS_FINISHED };

struct lcs {
    struct bytes a, b; /* lent by the caller */
    /* When it is done: */
    size_t length;
    struct lcs_match *matches; /* from the last to the first, if they are wanted */
    size_t match_count, match_capacity;
    /* On the way there: */
    bool wants_matches;
    enum lcs_stage stage;
    size_t done; /* of `a` when numbering or filling, of `b` when masking */
    int16_t numbers[256];
    size_t mask_count;
    size_t words;         /* in a row */
    uint64_t *masks;      /* for each byte that is in `a`, where it is in `b` */
    struct blob *rows;    /* one for each byte of `a`, or a single one when matches aren't wanted */
    size_t a_end, b_end;  /* how far the way back has come */
    struct lcs_match run; /* the match it is in; length 0: none */
};

enum lcs_progress { LCS_MORE, LCS_DONE, LCS_NO_MEMORY };

/* The strings must stay until lcs_clear. */
void lcs_init(struct lcs *lcs, struct bytes a, struct bytes b, bool wants_matches);
void lcs_clear(struct lcs *lcs);

/* Goes on for about `budget` steps, of all that are a.len * b.len / 64 and some more; it needs about as many
 * words of memory (b.len / 64 of them without matches). Where several subsequences are longest, the same one
 * is found as by Redis. */
enum lcs_progress lcs_some(struct lcs *lcs, size_t budget);

#endif
