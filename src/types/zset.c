/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: which form does it, and when a small one has to become large. */
#include "types/zset.h"
#include "base/panic.h"
#include "rows.h"
#include "zset_forms.h"

/* ---- the row ---- */

static const char *encoding_name(const struct value *value)
{
    return value->large && !value->large->is_named_small ? "skiplist" : "listpack";
}

static uint64_t count(const struct value *value)
{
    return value->large ? tree_count(&value->large->tree) : packed_count(value->bytes) / 2;
}

static void check(const struct value *value)
{
    if (value->large)
        large_zset_check(value->large);
    else
        packed_zset_check(value->bytes);
}

const struct value_row zset_row = {.name = "zset",
                                   .number = 3,
                                   .encoding_name = encoding_name,
                                   .count = count,
                                   .check = check,
                                   .tree_kind = &tree_of_scores,
                                   .index_kind = &tree_of_hashes};

uint64_t zset_count(const struct collection *zset)
{
    return zset->large ? tree_count(&zset->large->tree) : packed_count(zset->packed) / 2;
}

bool zset_is_named_small(const struct collection *zset)
{
    return !zset->large || zset->large->is_named_small;
}

/* ---- from small to large ---- */

static void enlarge(struct collection *zset)
{
    struct zset_slot slot;
    struct zset_pair pair;
    collection_enlarge(zset);
    for (size_t at = PACKED_HEAD; packed_zset_at(zset->packed, at, &pair); at = pair.end) {
        (void)large_zset_find(zset->large, pair.member, &slot);
        large_zset_place(zset->large, &slot, pair.score);
    }
}

/* Not a small one any more by its limits, if it was. */
static void become_large(struct collection *zset)
{
    if (!zset->large)
        enlarge(zset);
    zset->large->is_named_small = false;
}

void zset_expect(struct collection *zset, uint64_t element_count)
{
    if (element_count > (uint64_t)zset->limits.count)
        become_large(zset);
}

/* Sees to it that there is room for one more element. */
static void make_room_for(struct collection *zset, struct bytes member)
{
    size_t added = packed_element_size(member.len) + packed_element_size(ZSET_SCORE_SIZE);
    zset_expect(zset, zset_count(zset) + 1);
    if (member.len > (uint64_t)zset->limits.len)
        become_large(zset);
    if (zset->large || zset->packed.len + added <= COLLECTION_PACKED_MAX)
        return;
    enlarge(zset);
    zset->large->is_named_small = true;
}

/* ---- one member ---- */

bool zset_find(const struct collection *zset, struct bytes member, struct zset_slot *slot)
{
    return zset->large ? large_zset_find(zset->large, member, slot)
                       : packed_zset_find(zset->packed, member, slot);
}

static void place_packed(struct collection *zset, const struct zset_slot *slot, double score)
{
    if (slot->is_there)
        packed_remove(collection_buffer(zset), slot->start, slot->end, 2);
    packed_zset_insert(collection_buffer(zset), slot->member, score);
    collection_packed_changed(zset);
}

void zset_place(struct collection *zset, struct zset_slot *slot, double score)
{
    bool was_packed = !zset->large;
    double stored = score == 0 ? 0 : score;
    if (!slot->is_there)
        make_room_for(zset, slot->member);
    if (!zset->large) {
        place_packed(zset, slot, stored);
        return;
    }
    if (was_packed)
        (void)large_zset_find(zset->large, slot->member, slot);
    large_zset_place(zset->large, slot, stored);
}

/* Removes the slot's member, which is there. The slot is used up. */
static void take(struct collection *zset, struct zset_slot *slot)
{
    if (zset->large) {
        large_zset_take(slot);
        return;
    }
    packed_remove(collection_buffer(zset), slot->start, slot->end, 2);
    collection_packed_changed(zset);
}

uint64_t zset_rank(const struct collection *zset, const struct zset_slot *slot)
{
    return zset->large ? tree_rank(&slot->element) : packed_zset_rank(zset->packed, slot->start);
}

bool zset_put(struct collection *zset, struct bytes member, double score)
{
    struct zset_slot slot;
    bool is_new = !zset_find(zset, member, &slot);
    if (is_new || slot.score != score)
        zset_place(zset, &slot, score);
    return is_new;
}

bool zset_remove(struct collection *zset, struct bytes member)
{
    struct zset_slot slot;
    if (!zset_find(zset, member, &slot))
        return false;
    take(zset, &slot);
    return true;
}

/* ---- ranges ---- */

struct zset_range zset_range_of_scores(const struct collection *zset, const struct zset_score_limits *limits)
{
    return zset->large ? large_zset_scores(zset->large, limits) : packed_zset_scores(zset->packed, limits);
}

struct zset_range zset_range_of_members(const struct collection *zset, const struct zset_lex_limit *min,
                                        const struct zset_lex_limit *max)
{
    return zset->large ? large_zset_members(zset->large, min, max)
                       : packed_zset_members(zset->packed, min, max);
}

void zset_remove_range(struct collection *zset, struct zset_range range)
{
    if (zset->large) {
        large_zset_remove_range(zset->large, range);
        return;
    }
    packed_zset_remove_range(collection_buffer(zset), range);
    collection_packed_changed(zset);
}

/* ---- walks ---- */

/* Elements of a packed one know only where the next begins. */
static void note_window(struct zset_walk *walk, uint64_t first)
{
    struct zset_pair pair;
    size_t at = PACKED_HEAD;
    walk->window = first;
    walk->window_count = 0;
    for (uint64_t i = 0;
         walk->window_count < ZSET_WALK_WINDOW && packed_zset_at(walk->zset->packed, at, &pair); i++) {
        if (i >= first)
            walk->starts[walk->window_count++] = (uint16_t)at;
        at = pair.end;
    }
}

static size_t start_in_window(struct zset_walk *walk, uint64_t rank)
{
    if (rank < walk->window || rank >= walk->window + walk->window_count)
        note_window(walk, rank - rank % ZSET_WALK_WINDOW);
    return walk->starts[rank - walk->window];
}

static size_t start_of_rank(struct bytes packed, uint64_t rank)
{
    struct zset_pair pair = {.end = PACKED_HEAD};
    for (uint64_t i = 0; i < rank && packed_zset_at(packed, pair.end, &pair);)
        i++;
    return pair.end;
}

void zset_walk_begin(struct zset_walk *walk, const struct collection *zset, struct zset_range range,
                     bool is_backwards)
{
    walk->zset = zset;
    walk->left = range.end > range.first ? range.end - range.first : 0;
    walk->rank = is_backwards ? range.end - 1 : range.first;
    walk->is_backwards = is_backwards;
    walk->has_begun = false;
    walk->window = 0;
    walk->window_count = 0;
    if (walk->left == 0)
        return;
    if (zset->large)
        (void)tree_seek_rank(&zset->large->tree, walk->rank, &walk->cursor);
    else if (!is_backwards)
        walk->at = start_of_rank(zset->packed, walk->rank);
}

static void take_packed(struct zset_walk *walk)
{
    struct zset_pair pair;
    bool is_there = packed_zset_at(walk->zset->packed, walk->at, &pair);
    ASSERT(is_there);
    walk->at = pair.end;
    walk->member = pair.member;
    walk->score = pair.score;
}

static void take_large(struct zset_walk *walk)
{
    walk->member = tree_bytes_at(&walk->cursor);
    walk->score = tree_order_score(tree_order_at(&walk->cursor));
}

static void next_of_packed(struct zset_walk *walk)
{
    if (walk->is_backwards)
        walk->at = start_in_window(walk, walk->rank--);
    take_packed(walk);
}

static void next_of_large(struct zset_walk *walk)
{
    if (walk->has_begun)
        (void)(walk->is_backwards ? tree_previous : tree_next)(&walk->cursor);
    walk->has_begun = true;
    take_large(walk);
}

bool zset_walk_next(struct zset_walk *walk)
{
    if (walk->left == 0)
        return false;
    walk->left--;
    if (walk->zset->large)
        next_of_large(walk);
    else
        next_of_packed(walk);
    return true;
}

void zset_pick_begin(struct zset_walk *walk, const struct collection *zset)
{
    walk->zset = zset;
    walk->window = 0;
    walk->window_count = 0;
}

void zset_pick(struct zset_walk *walk, uint64_t rank)
{
    if (walk->zset->large) {
        bool is_there = tree_seek_rank(&walk->zset->large->tree, rank, &walk->cursor);
        ASSERT(is_there);
        take_large(walk);
        return;
    }
    walk->at = start_in_window(walk, rank);
    take_packed(walk);
}

struct bytes zset_at(const struct collection *zset, uint64_t rank, double *score)
{
    struct zset_walk walk;
    zset_walk_begin(&walk, zset, (struct zset_range){rank, rank + 1}, false);
    bool is_there = zset_walk_next(&walk);
    ASSERT(is_there);
    *score = walk.score;
    return walk.member;
}

uint64_t zset_scan(const struct collection *zset, uint64_t cursor, uint64_t visit_count, zset_visitor visit,
                   void *context)
{
    struct zset_pair pair;
    if (zset->large)
        return large_zset_scan(zset->large, cursor, visit_count, visit, context);
    for (size_t at = PACKED_HEAD; packed_zset_at(zset->packed, at, &pair); at = pair.end)
        visit(context, pair.member, pair.score);
    return 0;
}
