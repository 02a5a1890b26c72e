/* SPDX-License-Identifier: BSD-3-Clause */
/* The tree as a whole: making, holding, freeing; and the ways into it, which change nothing. */
#include "types/tree.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "tree_node.h"

void tree_init(struct tree *tree, const struct tree_kind *kind)
{
    *tree = (struct tree){.kind = kind};
}

void tree_hold(const struct tree *tree, struct tree *held)
{
    ASSERT(!tree->dead);
    *held = *tree;
    if (tree->root)
        node_ref(tree->root);
}

/* Freeing: dead branches wait in a chain, those nearer to the leaves first, and lose child by child */

static void let_go(struct tree *tree, struct tree_node *node)
{
    if (!node_drop(node))
        return;
    if (!node->height) {
        node_free(node);
        return;
    }
    branch_of(node)->next_dead = tree->dead ? branch_of(tree->dead) : NULL;
    tree->dead = node;
}

/* How much work it is to let go of a node: a leaf's blobs may all have to be freed. */
static size_t effort_of(const struct tree_node *node)
{
    return node->height ? 1 : 1u + node->blobs;
}

static size_t free_step(struct tree *tree)
{
    struct tree_node *branch = tree->dead;
    if (branch->used < branch->count) {
        struct tree_node *child = branch_children(branch)[branch->used++];
        size_t effort = effort_of(child);
        let_go(tree, child);
        return effort;
    }
    tree->dead = branch_of(branch)->next_dead ? &branch_of(branch)->next_dead->node : NULL;
    mem_free(branch);
    return 1;
}

bool tree_free_some(struct tree *tree, size_t budget)
{
    struct tree_node *root = tree->root;
    tree->root = NULL;
    tree->count = tree->bytes = 0;
    if (root)
        let_go(tree, root);
    for (size_t done = 0; tree->dead && done < budget;)
        done += free_step(tree);
    return !tree->dead;
}

void tree_free(struct tree *tree)
{
    while (!tree_free_some(tree, SIZE_MAX))
        ;
}

/* ---- Finding ---- */

/* Bytes at a leaf's front in which the orders mostly lie. */
enum { FRONT_USUAL = 320 };

enum search {
    FIND_FIRST, /* the first element that isn't below the key */
    FIND_ABOVE, /* the first element above it */
};

static bool is_before(int compared, enum search search)
{
    return compared < 0 || (compared == 0 && search == FIND_ABOVE);
}

static struct tree_node *leftmost(struct tree_node *node)
{
    while (node->height)
        node = branch_children(node)[0];
    return node;
}

/* How many of the orders are below `order`: all before them are, too. No branch depends on what is in the
 * node. */
static size_t orders_below(const uint64_t *orders, size_t count, uint64_t order)
{
    const uint64_t *base = orders;
    while (count > 1) {
        size_t half = count / 2;
        base += base[half - 1] < order ? half : 0;
        count -= half;
    }
    return (size_t)(base - orders) + (count == 1 && *base < order);
}

static size_t short_orders_below(const uint32_t *orders, size_t count, uint64_t order)
{
    const uint32_t *base = orders;
    while (count > 1) {
        size_t half = count / 2;
        base += base[half - 1] < order ? half : 0;
        count -= half;
    }
    return (size_t)(base - orders) + (count == 1 && *base < order);
}

/* Children from `from` on may begin with the key's order; where they do, their first elements decide. */
static size_t children_tied(const struct tree *tree, const struct tree_node *branch, size_t from,
                            const struct tree_key *key, enum search search)
{
    size_t low = from, high = from;
    while (high < branch->count && branch_orders(branch)[high] == key->order)
        high++;
    while (low < high) {
        size_t middle = (low + high) / 2;
        struct bytes first = leaf_bytes(leftmost(branch_children(branch)[middle]), 0);
        if (is_before(tree->kind->compare(first, key->bytes), search))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The last child that begins before the key, or the first child. */
static size_t child_for(const struct tree *tree, const struct tree_node *branch, const struct tree_key *key,
                        enum search search)
{
    const uint64_t *orders = branch_orders(branch);
    size_t before = orders_below(orders, branch->count, key->order);
    if (before < branch->count && orders[before] == key->order)
        before = children_tied(tree, branch, before, key, search);
    return before ? before - 1 : 0;
}

/* The numbers at a leaf's front are asked for at once, so that the search in them waits once. */
static void prefetch_leaf(const struct tree_node *leaf)
{
    for (size_t at = 0; at < FRONT_USUAL; at += 64)
        memory_prefetch((const char *)leaf + at);
}

static size_t index_in_leaf(const struct tree *tree, const struct tree_node *leaf, const struct tree_key *key,
                            enum search search)
{
    const void *body = leaf_body(leaf);
    size_t low = leaf->order_size == 4 ? short_orders_below(body, leaf->count, key->order)
                                       : orders_below(body, leaf->count, key->order);
    size_t high = low;
    while (high < leaf->count && leaf_order(leaf, high) == key->order)
        high++;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_before(tree->kind->compare(leaf_bytes(leaf, middle), key->bytes), search))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void descend(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor,
                    enum search in_branch, enum search in_leaf)
{
    struct tree_node *node = tree->root;
    ASSERT(tree->kind->order_size > 0);
    while (node->height) {
        size_t i = child_for(tree, node, &key, in_branch);
        cursor->node[node->height] = node;
        cursor->index[node->height] = (uint16_t)i;
        node = branch_children(node)[i];
        prefetch_leaf(node);
    }
    cursor->node[0] = node;
    cursor->index[0] = (uint16_t)index_in_leaf(tree, node, &key, in_leaf);
}

static bool begin(const struct tree *tree, struct tree_cursor *cursor)
{
    cursor->tree = (struct tree *)(uintptr_t)tree;
    cursor->height = tree->root ? tree->root->height : 0;
    cursor->node[0] = NULL;
    cursor->index[0] = 0;
    return tree->root;
}

/* From behind a leaf's last element to the next leaf's first. */
static bool settle_cursor(struct tree_cursor *cursor)
{
    if (cursor->index[0] < cursor->node[0]->count)
        return true;
    cursor->index[0]--;
    return tree_next(cursor);
}

static bool is_at(const struct tree_cursor *cursor, const struct tree_key *key)
{
    return leaf_order(cursor->node[0], cursor->index[0]) == key->order &&
           cursor->tree->kind->compare(leaf_bytes(cursor->node[0], cursor->index[0]), key->bytes) == 0;
}

/* Where the key is the first of a leaf it is found there at once, which is right when it is in the tree
 * only once. */
bool tree_find(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor)
{
    if (!begin(tree, cursor))
        return false;
    descend(tree, key, cursor, tree->kind->is_unique ? FIND_ABOVE : FIND_FIRST, FIND_FIRST);
    if (cursor->index[0] < cursor->node[0]->count)
        return is_at(cursor, &key);
    return !tree->kind->is_unique && settle_cursor(cursor) && is_at(cursor, &key);
}

static bool seek(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor, enum search search)
{
    if (!begin(tree, cursor))
        return false;
    descend(tree, key, cursor, search, search);
    return settle_cursor(cursor);
}

bool tree_seek(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor)
{
    return seek(tree, key, cursor, FIND_FIRST);
}

bool tree_seek_after(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor)
{
    return seek(tree, key, cursor, FIND_ABOVE);
}

bool tree_seek_rank(const struct tree *tree, uint64_t rank, struct tree_cursor *cursor)
{
    if (!begin(tree, cursor))
        return false;
    struct tree_node *node = tree->root;
    uint64_t left = rank < tree->count ? rank : tree->count;
    for (; node->height; node = branch_children(node)[cursor->index[node->height]]) {
        const uint64_t *counts = branch_counts(node);
        size_t i = 0;
        while (i + 1u < node->count && left >= counts[i])
            left -= counts[i++];
        cursor->node[node->height] = node;
        cursor->index[node->height] = (uint16_t)i;
    }
    cursor->node[0] = node;
    cursor->index[0] = (uint16_t)left;
    return left < node->count;
}

bool tree_seek_random(const struct tree *tree, struct tree_cursor *cursor)
{
    return tree_seek_rank(tree, tree->count ? random_below(tree->count) : 0, cursor);
}

/* ---- From element to element ---- */

/* The outermost child on the side that is come from, all the way down. */
static void descend_edge(struct tree_cursor *cursor, size_t level, bool last)
{
    for (; level > 0; level--) {
        struct tree_node *child = branch_children(cursor->node[level])[cursor->index[level]];
        cursor->node[level - 1] = child;
        cursor->index[level - 1] = last ? (uint16_t)(child->count - 1) : 0;
    }
}

bool tree_at_end(const struct tree_cursor *cursor)
{
    return !cursor->node[0] || cursor->index[0] >= cursor->node[0]->count;
}

bool tree_next(struct tree_cursor *cursor)
{
    if (tree_at_end(cursor))
        return false;
    if (++cursor->index[0] < cursor->node[0]->count)
        return true;
    for (size_t level = 1; level <= cursor->height; level++) {
        if (cursor->index[level] + 1u == cursor->node[level]->count)
            continue;
        cursor->index[level]++;
        descend_edge(cursor, level, false);
        return true;
    }
    return false;
}

bool tree_previous(struct tree_cursor *cursor)
{
    if (!cursor->node[0])
        return false;
    if (cursor->index[0] > 0) {
        cursor->index[0]--;
        return true;
    }
    for (size_t level = 1; level <= cursor->height; level++) {
        if (cursor->index[level] == 0)
            continue;
        cursor->index[level]--;
        descend_edge(cursor, level, true);
        return true;
    }
    return false;
}

uint64_t tree_rank(const struct tree_cursor *cursor)
{
    uint64_t rank = cursor->index[0];
    for (size_t level = 1; level <= cursor->height; level++)
        for (size_t i = 0; i < cursor->index[level]; i++)
            rank += branch_counts(cursor->node[level])[i];
    return rank;
}

struct bytes tree_bytes_at(const struct tree_cursor *cursor)
{
    return leaf_bytes(cursor->node[0], cursor->index[0]);
}

uint64_t tree_order_at(const struct tree_cursor *cursor)
{
    return leaf_order(cursor->node[0], cursor->index[0]);
}

int64_t tree_deadline_at(const struct tree_cursor *cursor)
{
    return leaf_deadline(cursor->node[0], cursor->index[0]);
}

struct blob *tree_blob_at(const struct tree_cursor *cursor)
{
    return leaf_blob(cursor->node[0], cursor->index[0]);
}
