/* SPDX-License-Identifier: BSD-3-Clause */
/* A large sorted set: a tree by score and member, and an index by hash that leads to each element there.
 *
 *     tree     order: the score's number    bytes: the member
 *     index    order: the member's hash     bytes: | length 1 | score | how the member begins |
 *
 * A scan goes by the index, as a member keeps its hash when its score changes. So that it finds the member
 * that an entry stands for among many of one score, the entry has as much of it as told it from its
 * neighbours when it came: nothing, where scores differ. Those that came later and begin the same are passed
 * over. Whose entry one is among those of equal hashes, the tree says. */
#include "base/panic.h"
#include "zset_forms.h"

enum { START_MAX = 128, HEAD_SIZE = 1 + ZSET_SCORE_SIZE };

static struct tree_key tree_key_of(double score, struct bytes member)
{
    return (struct tree_key){tree_score_order(score), member};
}

/* ---- the index ---- */

struct index_entry {
    double score;
    struct bytes start;
};

static struct index_entry entry_at(const struct tree_cursor *cursor)
{
    struct bytes bytes = tree_bytes_at(cursor);
    size_t len = (unsigned char)bytes.data[0];
    return (struct index_entry){zset_unpack_score(bytes_make(bytes.data + 1, len)),
                                bytes_make(bytes.data + 1 + len, bytes.len - 1 - len)};
}

static struct tree_item entry_item(uint64_t hash, double score, struct bytes start,
                                   char head[static HEAD_SIZE])
{
    struct bytes packed = zset_pack_score(score, head + 1);
    head[0] = (char)packed.len;
    return (struct tree_item){hash, 0, {bytes_make(head, 1 + packed.len), start}};
}

static size_t common_len(struct bytes a, struct bytes b)
{
    size_t len = 0;
    while (len < a.len && len < b.len && a.data[len] == b.data[len])
        len++;
    return len;
}

/* How much of `member`, which is at `cursor`, its neighbour there has, if that is of the same score. */
static size_t needed_for(const struct tree_cursor *cursor, bool (*step)(struct tree_cursor *),
                         struct bytes member)
{
    struct tree_cursor neighbour = *cursor;
    if (!step(&neighbour) || tree_order_at(&neighbour) != tree_order_at(cursor))
        return 0;
    return common_len(tree_bytes_at(&neighbour), member) + 1;
}

static struct bytes start_of(const struct tree_cursor *cursor, struct bytes member)
{
    size_t before = needed_for(cursor, tree_previous, member);
    size_t behind = needed_for(cursor, tree_next, member);
    size_t len = before > behind ? before : behind;
    if (len > START_MAX)
        len = START_MAX;
    return bytes_make(member.data, len < member.len ? len : member.len);
}

/* ---- one member ---- */

bool large_zset_find(const struct large *large, struct bytes member, struct zset_slot *slot)
{
    struct tree_key key = tree_hash_key(member);
    struct tree_cursor *index = &slot->index, candidate;
    slot->member = member;
    slot->is_there = false;
    if (!tree_find(&large->index, key, index))
        return false;
    candidate = *index;
    size_t best = 0;
    do {
        struct index_entry entry = entry_at(&candidate);
        if (!bytes_starts_with(member, entry.start) || entry.start.len < best)
            continue;
        /* The element is found once; another entry that leads to it has the same score. */
        if (slot->is_there ? entry.score != slot->score
                           : !tree_find(&large->tree, tree_key_of(entry.score, member), &slot->element))
            continue;
        slot->is_there = true;
        slot->score = entry.score;
        best = entry.start.len;
        *index = candidate;
    } while (tree_next(&candidate) && tree_order_at(&candidate) == key.order);
    return slot->is_there;
}

/* Puts the member into the tree; where it came to lie is told by `cursor`. */
static void insert_element(struct large *large, struct bytes member, double score, struct tree_cursor *cursor)
{
    struct tree_key key = tree_key_of(score, member);
    bool is_there = tree_find(&large->tree, key, cursor);
    ASSERT(!is_there);
    tree_insert(cursor, &(struct tree_item){key.order, 0, {member}});
}

void large_zset_place(struct large *large, struct zset_slot *slot, double score)
{
    char head[HEAD_SIZE];
    if (slot->is_there)
        tree_remove(&slot->element);
    insert_element(large, slot->member, score, &slot->element);
    struct bytes start = start_of(&slot->element, slot->member);
    struct tree_item entry = entry_item(tree_hash_key(slot->member).order, score, start, head);
    if (slot->is_there)
        tree_replace(&slot->index, &entry);
    else
        tree_insert(&slot->index, &entry);
}

void large_zset_take(struct zset_slot *slot)
{
    tree_remove(&slot->element);
    tree_remove(&slot->index);
}

/* ---- ranges ---- */

/* How many elements are before the first that `key` finds. */
static uint64_t count_before(const struct large *large, struct tree_key key,
                             bool (*seek)(const struct tree *, struct tree_key, struct tree_cursor *))
{
    struct tree_cursor cursor;
    return seek(&large->tree, key, &cursor) ? tree_rank(&cursor) : tree_count(&large->tree);
}

/* The number behind that of a score is its next one, or none's. */
static uint64_t count_of_scores(const struct large *large, double score, bool with_equal)
{
    struct tree_key key = {tree_score_order(score == 0 ? 0 : score) + with_equal, BYTES("")};
    return count_before(large, key, tree_seek);
}

struct zset_range large_zset_scores(const struct large *large, const struct zset_score_limits *limits)
{
    uint64_t first = count_of_scores(large, limits->min, limits->is_min_open);
    uint64_t end = count_of_scores(large, limits->max, !limits->is_max_open);
    return (struct zset_range){first, end > first ? end : first};
}

/* How many members are before a limit, those at it included or not. All are of the first one's score. */
static uint64_t count_of_members(const struct large *large, const struct zset_lex_limit *limit,
                                 bool with_equal)
{
    struct tree_cursor first;
    if (limit->kind == ZSET_LEX_LEAST || !tree_seek_rank(&large->tree, 0, &first))
        return 0;
    if (limit->kind == ZSET_LEX_MOST)
        return tree_count(&large->tree);
    struct tree_key key = {tree_order_at(&first), limit->member};
    return count_before(large, key, with_equal ? tree_seek_after : tree_seek);
}

struct zset_range large_zset_members(const struct large *large, const struct zset_lex_limit *min,
                                     const struct zset_lex_limit *max)
{
    uint64_t first = count_of_members(large, min, min->kind == ZSET_LEX_OPEN);
    uint64_t end = count_of_members(large, max, max->kind == ZSET_LEX_CLOSED);
    return (struct zset_range){first, end > first ? end : first};
}

static void forget(struct large *large, struct tree_cursor *element, struct tree_cursor *index)
{
    struct bytes member = tree_bytes_at(element);
    struct tree_key key = tree_hash_key(member);
    struct tree_cursor candidate, best;
    double score = tree_order_score(tree_order_at(element));
    bool is_found = tree_find(&large->index, key, &candidate);
    ASSERT(is_found);
    size_t best_len = 0;
    is_found = false;
    do {
        struct index_entry entry = entry_at(&candidate);
        if (entry.score != score || !bytes_starts_with(member, entry.start) || entry.start.len < best_len)
            continue;
        is_found = true;
        best = candidate;
        best_len = entry.start.len;
    } while (tree_next(&candidate) && tree_order_at(&candidate) == key.order);
    ASSERT(is_found);
    *index = best;
}

void large_zset_remove_range(struct large *large, struct zset_range range)
{
    struct tree cut;
    struct tree_cursor element, index;
    tree_cut(&large->tree, range.first, range.end - range.first, &cut);
    for (bool more = tree_seek_rank(&cut, 0, &element); more; more = tree_next(&element)) {
        forget(large, &element, &index);
        tree_remove(&index);
    }
    tree_free(&cut);
}

/* ---- scans ---- */

/* Visits the members of one hash and score that begin so. */
static void visit_entry(const struct large *large, uint64_t hash, struct index_entry entry,
                        zset_visitor visit, void *context)
{
    struct tree_key key = tree_key_of(entry.score, entry.start);
    struct tree_cursor cursor;
    for (bool more = tree_seek(&large->tree, key, &cursor); more; more = tree_next(&cursor)) {
        struct bytes member = tree_bytes_at(&cursor);
        if (tree_order_at(&cursor) != key.order || !bytes_starts_with(member, entry.start))
            return;
        if (tree_hash_key(member).order == hash)
            visit(context, member, entry.score);
    }
}

uint64_t large_zset_scan(const struct large *large, uint64_t cursor, uint64_t count, zset_visitor visit,
                         void *context)
{
    struct tree_cursor index;
    uint64_t visited = 0, hash = 0;
    bool more = tree_seek(&large->index, (struct tree_key){cursor, BYTES("")}, &index);
    for (; more; more = tree_next(&index)) {
        if (visited >= count && tree_order_at(&index) != hash)
            return tree_order_at(&index);
        hash = tree_order_at(&index);
        visit_entry(large, hash, entry_at(&index), visit, context);
        visited++;
    }
    return 0;
}

void large_zset_check(const struct large *large)
{
    struct tree_cursor cursor;
    struct zset_slot slot;
    ASSERT(tree_count(&large->tree) == tree_count(&large->index));
    for (bool more = tree_seek_rank(&large->tree, 0, &cursor); more; more = tree_next(&cursor)) {
        bool is_there = large_zset_find(large, tree_bytes_at(&cursor), &slot);
        ASSERT(is_there && tree_score_order(slot.score) == tree_order_at(&cursor));
    }
}
