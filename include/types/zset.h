/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: members, each with a score, in the order of their scores; those of equal scores in memcmp
 * order. A score is no NaN, and -0 is taken for 0.
 *
 *     packed    | member | score | member | score | ...          in order; types/packed.h
 *     large     tree     by score: the member
 *               index    by the member's hash: its score, and how the member begins
 *
 * Functions take either form. Ranks count from 0, the lowest score. What they lend is lent until the next
 * edit. */
#ifndef TYPES_ZSET_H
#define TYPES_ZSET_H

#include "types/collection.h"

uint64_t zset_count(const struct collection *zset);
/* OBJECT ENCODING calls it by the small one's name. */
bool zset_is_named_small(const struct collection *zset);

/* ---- one member ---- */

/* Where a member is or would be. Good until the next edit. */
struct zset_slot {
    struct bytes member;
    bool is_there;
    double score; /* if it is */
    /* The type's own: */
    size_t start, end;
    struct tree_cursor index, element;
};

/* Finds the member, whose bytes have to stay as long as the slot; true when it is there. */
bool zset_find(const struct collection *zset, struct bytes member, struct zset_slot *slot);
/* Gives the slot's member, there or not, this score. The slot is used up. */
void zset_place(struct collection *zset, struct zset_slot *slot, double score);
/* The rank of the slot's member, which is there. */
uint64_t zset_rank(const struct collection *zset, const struct zset_slot *slot);

/* Puts or removes a member that nobody asks about before; true when it is new, or was there. */
bool zset_put(struct collection *zset, struct bytes member, double score);
bool zset_remove(struct collection *zset, struct bytes member);

/* Becomes a large one if `count` elements are more than a small one may have. */
void zset_expect(struct collection *zset, uint64_t count);

/* ---- ranges ---- */

/* Ranks from `first` up to, without, `end`. */
struct zset_range {
    uint64_t first, end;
};

struct zset_score_limits {
    double min, max;
    bool is_min_open, is_max_open; /* the limit itself is outside */
};
struct zset_range zset_range_of_scores(const struct collection *zset, const struct zset_score_limits *limits);

enum zset_lex_kind { ZSET_LEX_LEAST, ZSET_LEX_CLOSED, ZSET_LEX_OPEN, ZSET_LEX_MOST };
struct zset_lex_limit {
    enum zset_lex_kind kind;
    struct bytes member; /* of a closed or an open one */
};
/* For sets whose scores are all the same. */
struct zset_range zset_range_of_members(const struct collection *zset, const struct zset_lex_limit *min,
                                        const struct zset_lex_limit *max);

void zset_remove_range(struct collection *zset, struct zset_range range);

/* ---- walks ---- */

enum { ZSET_WALK_WINDOW = 128 };

/* From element to element, either way. */
struct zset_walk {
    struct bytes member;
    double score;
    /* The type's own: */
    const struct collection *zset;
    uint64_t rank, left;
    bool is_backwards, has_begun;
    size_t at;
    struct tree_cursor cursor;
    uint64_t window; /* of a packed one: the first rank of which it is known where the element begins */
    size_t window_count;
    uint16_t starts[ZSET_WALK_WINDOW];
};

/* Over a range: from its first element, or, backwards, from its last. */
void zset_walk_begin(struct zset_walk *walk, const struct collection *zset, struct zset_range range,
                     bool is_backwards);
/* The next element into `member` and `score`; false at the end. */
bool zset_walk_next(struct zset_walk *walk);

/* Elements in any order: zset_pick goes to that of a rank, which has to be there. */
void zset_pick_begin(struct zset_walk *walk, const struct collection *zset);
void zset_pick(struct zset_walk *walk, uint64_t rank);

/* The element of that rank, which is there. */
struct bytes zset_at(const struct collection *zset, uint64_t rank, double *score);

typedef void (*zset_visitor)(void *context, struct bytes member, double score);
/* Visits about `count` elements from `cursor` on (all of a packed one), and returns where to go on, 0 behind
 * the last. Whatever is there from the first call to the last is visited, whatever happens to its score. */
uint64_t zset_scan(const struct collection *zset, uint64_t cursor, uint64_t count, zset_visitor visit,
                   void *context);

#endif
