/* SPDX-License-Identifier: BSD-3-Clause */
/* The two forms of a sorted set, for zset.c, which tells them apart. */
#ifndef TYPES_ZSET_FORMS_H
#define TYPES_ZSET_FORMS_H

#include "types/zset.h"

/* ---- scores in few bytes: whole numbers in as many as they need, none for 0; others in eight ---- */

enum { ZSET_SCORE_SIZE = 8 };
struct bytes zset_pack_score(double score, char out[static ZSET_SCORE_SIZE]);
double zset_unpack_score(struct bytes packed);

/* How an element stands to another: below, at or above zero. */
static inline int zset_compare(double a_score, struct bytes a, double b_score, struct bytes b)
{
    if (a_score != b_score)
        return a_score < b_score ? -1 : 1;
    return bytes_compare(a, b);
}

static inline bool zset_lex_is_above_min(struct bytes member, const struct zset_lex_limit *min)
{
    if (min->kind == ZSET_LEX_LEAST || min->kind == ZSET_LEX_MOST)
        return min->kind == ZSET_LEX_LEAST;
    return bytes_compare(member, min->member) >= (min->kind == ZSET_LEX_OPEN);
}

static inline bool zset_lex_is_below_max(struct bytes member, const struct zset_lex_limit *max)
{
    if (max->kind == ZSET_LEX_LEAST || max->kind == ZSET_LEX_MOST)
        return max->kind == ZSET_LEX_MOST;
    return bytes_compare(member, max->member) <= -(max->kind == ZSET_LEX_OPEN);
}

/* ---- packed ---- */

struct zset_pair {
    struct bytes member;
    double score;
    size_t start, end;
};

/* The pair at offset `at`; false behind the last. */
bool packed_zset_at(struct bytes packed, size_t at, struct zset_pair *pair);
bool packed_zset_find(struct bytes packed, struct bytes member, struct zset_slot *slot);
uint64_t packed_zset_rank(struct bytes packed, size_t start);
void packed_zset_insert(struct buf *packed, struct bytes member, double score);
void packed_zset_remove_range(struct buf *packed, struct zset_range range);
struct zset_range packed_zset_scores(struct bytes packed, const struct zset_score_limits *limits);
struct zset_range packed_zset_members(struct bytes packed, const struct zset_lex_limit *min,
                                      const struct zset_lex_limit *max);
void packed_zset_check(struct bytes packed);

/* ---- large ---- */

bool large_zset_find(const struct large *large, struct bytes member, struct zset_slot *slot);
void large_zset_place(struct large *large, struct zset_slot *slot, double score);
void large_zset_take(struct zset_slot *slot);
void large_zset_remove_range(struct large *large, struct zset_range range);
struct zset_range large_zset_scores(const struct large *large, const struct zset_score_limits *limits);
struct zset_range large_zset_members(const struct large *large, const struct zset_lex_limit *min,
                                     const struct zset_lex_limit *max);
uint64_t large_zset_scan(const struct large *large, uint64_t cursor, uint64_t count, zset_visitor visit,
                         void *context);
void large_zset_check(const struct large *large);

#endif
