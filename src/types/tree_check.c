/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks all of a tree, for its tests and for the sanitizer builds. */
#include "base/alloc.h"
#include "base/panic.h"
#include "tree_node.h"

/* On the way down: where the node lies. At an edge it may be poor. */
struct position {
    bool is_root, is_front, is_back;
};

static void check_leaf(const struct tree_node *leaf)
{
    size_t end = 0, deadlines = 0, blobs = 0;
    ASSERT(leaf->count > 0);
    ASSERT(leaf->size <= mem_size(leaf));
    ASSERT(leaf_need(leaf) <= leaf->size);
    for (size_t i = 0; i < leaf->count; i++) {
        uint16_t stored = leaf_ends(leaf)[i];
        size_t least = (stored & END_BLOB ? sizeof(void *) : 0) + (stored & END_DEADLINE ? 8u : 0);
        ASSERT((stored & END_MASK) >= end + least);
        end = stored & END_MASK;
        deadlines += !!(stored & END_DEADLINE);
        blobs += !!(stored & END_BLOB);
        ASSERT(!(stored & END_BLOB) || atomic_load(&leaf_blob(leaf, i)->references) > 0);
        ASSERT((leaf_bytes(leaf, i).len > TREE_INLINE_MAX) == !!(stored & END_BLOB));
    }
    ASSERT(end == leaf->used);
    ASSERT(deadlines == leaf->deadlines);
    ASSERT(blobs == leaf->blobs);
}

static void check_node(const struct tree_node *node, struct position position);

static void check_slot(const struct tree_slot *slot, const struct tree_node *branch, struct position below)
{
    ASSERT(slot->node->height + 1 == branch->height);
    check_node(slot->node, below);
    struct tree_slot right = node_slot(slot->node);
    ASSERT(slot->order == right.order);
    ASSERT(slot->count == right.count);
    ASSERT(slot->bytes == right.bytes);
    ASSERT(slot->least == right.least);
}

static void check_branch(const struct tree_node *branch, struct position position)
{
    struct tree_slot slots[FANOUT_MAX];
    ASSERT(branch->count >= (position.is_root ? 2 : 1) && branch->count <= FANOUT_MAX);
    ASSERT(branch->size <= mem_size(branch));
    size_t count = branch_slots(branch, slots);
    for (size_t i = 0; i < count; i++)
        check_slot(&slots[i], branch,
                   (struct position){false, position.is_front && i == 0, position.is_back && i + 1 == count});
}

static void check_node(const struct tree_node *node, struct position position)
{
    ASSERT(atomic_load(&node->references) > 0);
    ASSERT(!node_is_poor(node) || position.is_root || position.is_front || position.is_back);
    if (node->height)
        check_branch(node, position);
    else
        check_leaf(node);
}

/* Compare takes keys; an element of a pair is one with its value cut off. */
static struct bytes key_of(const struct tree *tree, struct bytes element)
{
    return tree->kind == &tree_of_pairs ? tree_pair_key(element) : element;
}

static void check_order(const struct tree *tree)
{
    struct tree_cursor cursor, before;
    uint64_t count = 0;
    for (bool more = tree_seek_rank(tree, 0, &cursor); more; more = tree_next(&cursor)) {
        if (count++ > 0) {
            uint64_t order = tree_order_at(&cursor), order_before = tree_order_at(&before);
            struct bytes key = key_of(tree, tree_bytes_at(&cursor));
            int compared = tree->kind->compare(tree_bytes_at(&before), key);
            ASSERT(order_before <= order);
            ASSERT(order_before < order || (tree->kind->is_unique ? compared < 0 : compared <= 0));
        }
        before = cursor;
    }
    ASSERT(count == tree->count);
}

void tree_check(const struct tree *tree)
{
    if (!tree->root) {
        ASSERT(tree->count == 0 && tree->bytes == 0);
        return;
    }
    ASSERT(!tree->dead);
    check_node(tree->root, (struct position){true, true, true});
    struct tree_slot slot = node_slot(tree->root);
    ASSERT(tree->count == slot.count);
    ASSERT(tree->bytes == slot.bytes);
    check_order(tree);
}
