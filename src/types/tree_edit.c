/* SPDX-License-Identifier: BSD-3-Clause */
/* Editing at a cursor. First the nodes on the path are made the tree's own: those that somebody else holds
 * are copied. Most edits then change one leaf and figures above it. The others split a leaf or join it
 * with a neighbour: the parent gets other children in their place, is made anew, and may in turn be split
 * or joined; at last the cursor is led back to where it was by its rank.
 *
 * Every node but the root is at least a quarter full, except for those at either edge of the tree. These
 * may be nearly empty: when a leaf is full and the next element goes to the tree's end, it isn't halved
 * but a new one begun, so that what is appended in order fills its leaves. */
#include "base/alloc.h"
#include "base/panic.h"
#include "tree_node.h"

/* ---- The path ---- */

static bool is_at_front(const struct tree_cursor *cursor, size_t level)
{
    for (; level <= cursor->height; level++)
        if (cursor->index[level] > 0)
            return false;
    return true;
}

static bool is_at_back(const struct tree_cursor *cursor, size_t level)
{
    for (; level <= cursor->height; level++)
        if (cursor->index[level] + 1u < cursor->node[level]->count)
            return false;
    return true;
}

static void set_node(struct tree_cursor *cursor, size_t level, struct tree_node *node)
{
    cursor->node[level] = node;
    if (level == cursor->height)
        cursor->tree->root = node;
    else
        branch_children(cursor->node[level + 1])[cursor->index[level + 1]] = node;
}

static void own_path(struct tree_cursor *cursor)
{
    for (size_t level = cursor->height + 1; level-- > 0;)
        if (node_is_shared(cursor->node[level]))
            set_node(cursor, level, node_own(cursor->node[level]));
}

/* Tells the nodes above the leaf that it has `count` more elements and `bytes` more bytes (modulo 2^64),
 * and its first order. */
static void tell_path(struct tree_cursor *cursor, uint64_t count, size_t bytes)
{
    bool is_first = cursor->index[0] == 0;
    for (size_t level = 1; level <= cursor->height; level++) {
        struct tree_node *branch = cursor->node[level];
        size_t i = cursor->index[level];
        branch_counts(branch)[i] += count;
        branch_bytes(branch)[i] += bytes;
        if (is_first)
            branch_orders(branch)[i] = leaf_order(cursor->node[0], 0);
        is_first = is_first && i == 0;
    }
    cursor->tree->count += count;
    cursor->tree->bytes += bytes;
}

/* A branch gets its array of deadlines when the first one appears below it, and is larger then. */
static size_t set_least(struct tree_cursor *cursor, size_t level, int64_t least)
{
    struct tree_node *branch = cursor->node[level];
    if (branch->deadlines) {
        branch_least(branch)[cursor->index[level]] = least;
        return 0;
    }
    struct tree_slot slots[FANOUT_MAX];
    size_t before = branch->size, count = branch_slots(branch, slots);
    slots[cursor->index[level]].least = least;
    branch_discard(branch);
    set_node(cursor, level, branch_new(slots, count));
    return cursor->node[level]->size - before;
}

static void tell_least(struct tree_cursor *cursor)
{
    size_t grown = 0;
    for (size_t level = 1; level <= cursor->height; level++) {
        int64_t least = node_least(cursor->node[level - 1]);
        branch_bytes(cursor->node[level])[cursor->index[level]] += grown;
        if (least != TREE_NEVER || cursor->node[level]->deadlines)
            grown += set_least(cursor, level, least);
    }
    cursor->tree->bytes += grown;
}

static void tell_deadlines(struct tree_cursor *cursor)
{
    if (cursor->node[0]->deadlines || cursor->tree->root->deadlines)
        tell_least(cursor);
}

/* ---- Other children in place of some ---- */

struct change {
    size_t level; /* of the branch */
    size_t index, removed, count;
    struct tree_slot slots[2];
};

static void put_children(struct tree_cursor *cursor, const struct change *change);

static struct change change_to(size_t level, size_t index, size_t removed, struct tree_node *const *nodes,
                               size_t count)
{
    struct change change = {.level = level, .index = index, .removed = removed, .count = count};
    for (size_t i = 0; i < count; i++)
        change.slots[i] = node_slot(nodes[i]);
    return change;
}

/* Puts one or two nodes, or none, in place of the one on the path at `level`. */
static void put_nodes(struct tree_cursor *cursor, size_t level, struct tree_node *const *nodes, size_t count)
{
    struct change change = change_to(level + 1, cursor->index[level + 1], 1, nodes, count);
    put_children(cursor, &change);
}

static void put_root(struct tree_cursor *cursor, const struct change *change)
{
    struct tree_node *root = NULL;
    if (change->count == 1)
        root = change->slots[0].node;
    else if (change->count == 2)
        root = branch_new(change->slots, 2);
    tree_set_root(cursor->tree, node_collapse(root));
}

/* Whether `node`, which comes in the place of the one on the path at `level`, should be settled with a
 * neighbour: when it is poor. At an edge it may be poor; there two become one only when that leaves room
 * for a while. */
static bool wants_neighbour(const struct tree_cursor *cursor, size_t level, const struct tree_node *node,
                            size_t *neighbour)
{
    if (!node_is_poor(node) || level == cursor->height || cursor->node[level + 1]->count == 1)
        return false;
    size_t index = cursor->index[level + 1];
    *neighbour = index > 0 ? index - 1 : 1;
    if (!is_at_front(cursor, level + 1) && !is_at_back(cursor, level + 1))
        return true;
    return node_fill_of_both(node, branch_children(cursor->node[level + 1])[*neighbour]) <= 50;
}

static void put_node(struct tree_cursor *cursor, size_t level, struct tree_node *node)
{
    size_t neighbour, index = cursor->index[level + 1];
    if (!wants_neighbour(cursor, level, node, &neighbour)) {
        put_nodes(cursor, level, &node, 1);
        return;
    }
    bool is_left = neighbour < index;
    struct tree_node *out[2], *beside = branch_children(cursor->node[level + 1])[neighbour];
    size_t count = node_settle(is_left ? beside : node, is_left ? node : beside, out);
    struct change change = change_to(level + 1, is_left ? neighbour : index, 2, out, count);
    put_children(cursor, &change);
}

/* Where too many children are parted: in the middle, or so that those that come in order fill their
 * branch. */
static size_t parting(const struct tree_cursor *cursor, const struct change *change, size_t count)
{
    if (is_at_back(cursor, change->level + 1) && change->index + change->count == count)
        return count - 1;
    if (is_at_front(cursor, change->level + 1) && change->index == 0)
        return 1;
    return count / 2;
}

static void put_slots(struct tree_cursor *cursor, const struct change *change, const struct tree_slot *slots,
                      size_t count)
{
    if (count == 0) {
        put_nodes(cursor, change->level, NULL, 0);
    } else if (count <= FANOUT_MAX) {
        put_node(cursor, change->level, branch_new(slots, count));
    } else {
        size_t left = parting(cursor, change, count);
        struct tree_node *halves[2] = {branch_new(slots, left), branch_new(slots + left, count - left)};
        put_nodes(cursor, change->level, halves, 2);
    }
}

static void put_children(struct tree_cursor *cursor, const struct change *change)
{
    if (change->level > cursor->height) {
        put_root(cursor, change);
        return;
    }
    struct tree_slot slots[FANOUT_MAX + 2];
    struct tree_node *branch = cursor->node[change->level];
    size_t count = branch_slots(branch, slots), after = change->index + change->removed;
    memmove(slots + change->index + change->count, slots + after, (count - after) * sizeof *slots);
    memcpy(slots + change->index, change->slots, change->count * sizeof *slots);
    put_slots(cursor, change, slots, count - change->removed + change->count);
    branch_discard(branch);
}

/* ---- Leaves ---- */

static size_t size_with(const struct tree_node *leaf, const struct tree_stored *stored)
{
    return leaf_need(leaf) + leaf_extra(leaf) + stored->size;
}

static struct tree_node *resized(struct tree_node *leaf, size_t size)
{
    struct tree_node *other = leaf_of_range(leaf, 0, leaf->count, size - leaf_need(leaf));
    mem_free(leaf);
    return other;
}

/* A leaf that has become half empty gives back what it has too much. */
static size_t shrink(struct tree_cursor *cursor)
{
    struct tree_node *leaf = cursor->node[0];
    size_t before = leaf->size;
    if (leaf_need(leaf) > before / 8 * 5 || before <= 64)
        return 0;
    set_node(cursor, 0, resized(leaf, leaf_need(leaf)));
    return cursor->node[0]->size - before;
}

static struct tree_node *leaf_of_one(uint8_t order_size, const struct tree_stored *stored, size_t size)
{
    struct tree_node *leaf = leaf_new(order_size, size);
    leaf_insert(leaf, 0, stored);
    return leaf;
}

/* The new element goes into a full leaf: it gets its own at the tree's ends, elsewhere its half of the
 * leaf. */
static void split_leaf(struct tree_cursor *cursor, const struct tree_stored *stored)
{
    struct tree_node *leaf = cursor->node[0], *halves[2];
    size_t i = cursor->index[0];
    if (i == leaf->count && is_at_back(cursor, 1)) {
        halves[0] = leaf;
        halves[1] = leaf_of_one(leaf->order_size, stored, leaf_max(leaf));
    } else if (i == 0 && is_at_front(cursor, 1)) {
        halves[0] = leaf_of_one(leaf->order_size, stored, LEAF_MAX);
        halves[1] = leaf;
    } else {
        size_t left = leaf_half(leaf), room = leaf_extra(leaf) + stored->size;
        halves[0] = leaf_of_range(leaf, 0, left, i <= left ? room : 0);
        halves[1] = leaf_of_range(leaf, left, leaf->count - left, i <= left ? 0 : room);
        leaf_insert(halves[i > left], i > left ? i - left : i, stored);
        mem_free(leaf);
    }
    put_nodes(cursor, 0, halves, 2);
}

static void put_back(struct tree_cursor *cursor, uint64_t rank)
{
    tree_seek_rank(cursor->tree, rank, cursor);
}

static size_t size_of_blob(const struct tree_stored *stored)
{
    return stored->blob ? mem_size(stored->blob) : 0;
}

/* What goes in front moves all of its leaf: a list that grows there gets smaller ones. */
static size_t size_max(const struct tree_cursor *cursor)
{
    return cursor->index[0] == 0 && is_at_front(cursor, 1) ? LEAF_MAX : leaf_max(cursor->node[0]);
}

/* `count` and `bytes` are what the path has not been told yet. */
static void place(struct tree_cursor *cursor, const struct tree_stored *stored, uint64_t count, size_t bytes)
{
    struct tree_node *leaf = cursor->node[0];
    size_t size = size_with(leaf, stored), before = leaf->size;
    if (size > size_max(cursor)) {
        uint64_t rank = tree_rank(cursor);
        split_leaf(cursor, stored);
        put_back(cursor, rank);
        return;
    }
    if (size > before) {
        leaf = resized(leaf, size);
        set_node(cursor, 0, leaf);
    }
    leaf_insert(leaf, cursor->index[0], stored);
    tell_path(cursor, count, bytes + leaf->size - before + size_of_blob(stored));
    tell_deadlines(cursor);
}

static void begin_tree(struct tree_cursor *cursor)
{
    struct tree *tree = cursor->tree;
    ASSERT(!tree->dead);
    tree->root = leaf_new(tree->kind->order_size, 64);
    tree->bytes = tree->root->size;
    cursor->node[0] = tree->root;
    cursor->index[0] = 0;
    cursor->height = 0;
}

void tree_insert(struct tree_cursor *cursor, const struct tree_item *item)
{
    struct tree_stored stored = leaf_store(item);
    if (!cursor->tree->root)
        begin_tree(cursor);
    own_path(cursor);
    place(cursor, &stored, 1, 0);
}

/* After the element at the cursor became smaller or went: a leaf that is poor now takes its neighbour. */
static void settle_leaf(struct tree_cursor *cursor)
{
    struct tree_node *leaf = cursor->node[0];
    size_t neighbour;
    if (leaf->count > 0 && !wants_neighbour(cursor, 0, leaf, &neighbour))
        return;
    uint64_t rank = tree_rank(cursor);
    if (leaf->count > 0) {
        put_node(cursor, 0, leaf);
    } else {
        put_nodes(cursor, 0, NULL, 0);
        mem_free(leaf);
    }
    put_back(cursor, rank);
}

static void replace(struct tree_cursor *cursor, const struct tree_stored *stored)
{
    own_path(cursor);
    if (leaf_overwrite(cursor->node[0], cursor->index[0], stored)) {
        tell_path(cursor, 0, 0);
        tell_deadlines(cursor);
        return;
    }
    size_t bytes = leaf_remove(cursor->node[0], cursor->index[0]);
    place(cursor, stored, 0, 0 - bytes);
    settle_leaf(cursor);
}

void tree_replace(struct tree_cursor *cursor, const struct tree_item *item)
{
    struct tree_stored stored = leaf_store(item);
    replace(cursor, &stored);
}

/* The bytes lie where they are changed: those in the node are set aside, a blob is kept. */
void tree_set_deadline(struct tree_cursor *cursor, int64_t deadline)
{
    char aside[TREE_INLINE_MAX];
    struct bytes bytes = tree_bytes_at(cursor);
    struct blob *blob = tree_blob_at(cursor);
    if (deadline == tree_deadline_at(cursor))
        return;
    if (!blob)
        bytes = bytes_make(memcpy(aside, bytes.data, bytes.len), bytes.len);
    struct tree_item item = {tree_order_at(cursor), deadline, {bytes}};
    struct tree_stored stored = blob ? leaf_store_blob(&item, blob_ref(blob)) : leaf_store(&item);
    replace(cursor, &stored);
}

/* To the next leaf's first element if the last of its leaf went. */
static void step_over_end(struct tree_cursor *cursor)
{
    if (!cursor->tree->root || cursor->index[0] < cursor->node[0]->count)
        return;
    cursor->index[0]--;
    tree_next(cursor);
}

void tree_remove(struct tree_cursor *cursor)
{
    own_path(cursor);
    size_t bytes = leaf_remove(cursor->node[0], cursor->index[0]);
    if (cursor->node[0]->count > 0) {
        size_t shrunk = shrink(cursor);
        tell_path(cursor, (uint64_t)-1, shrunk - bytes);
        tell_deadlines(cursor);
    }
    settle_leaf(cursor);
    step_over_end(cursor);
}

/* ---- Without a cursor ---- */

void tree_append(struct tree *tree, const struct tree_item *item)
{
    struct tree_cursor cursor;
    tree_seek_rank(tree, tree->count, &cursor);
    tree_insert(&cursor, item);
}

void tree_prepend(struct tree *tree, const struct tree_item *item)
{
    struct tree_cursor cursor;
    tree_seek_rank(tree, 0, &cursor);
    tree_insert(&cursor, item);
}
