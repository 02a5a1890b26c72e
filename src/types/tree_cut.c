/* SPDX-License-Identifier: BSD-3-Clause */
/* Trees cut in two and put together, along one path: what lies beside it stays as it is, so the length of
 * a tree hardly matters. Where two trees meet, the nodes of both edges, which may be poor, are settled
 * level by level. */
#include "base/alloc.h"
#include "base/panic.h"
#include "tree_node.h"

struct tree_node *node_collapse(struct tree_node *root)
{
    while (root && root->height && root->count == 1) {
        struct tree_node *owned = node_own(root);
        root = branch_children(owned)[0];
        branch_discard(owned);
    }
    return root;
}

void tree_set_root(struct tree *tree, struct tree_node *root)
{
    struct tree_slot slot = root ? node_slot(root) : (struct tree_slot){0};
    tree->root = root;
    tree->count = slot.count;
    tree->bytes = slot.bytes;
}

/* ---- Joining ---- */

/* A branch's children while it is made anew; one more than fits for a moment. */
struct row {
    size_t count;
    struct tree_slot slots[FANOUT_MAX + 1];
};

static void take_row(struct tree_node *branch, struct row *row)
{
    branch = node_own(branch);
    row->count = branch_slots(branch, row->slots);
    branch_discard(branch);
}

static void drop_first(struct row *row)
{
    memmove(row->slots, row->slots + 1, --row->count * sizeof *row->slots);
}

static void put_first(struct row *row, struct tree_node *node)
{
    memmove(row->slots + 1, row->slots, row->count * sizeof *row->slots);
    row->slots[0] = node_slot(node);
    row->count++;
}

static void put_last(struct row *row, struct tree_node *node)
{
    row->slots[row->count++] = node_slot(node);
}

static size_t nodes_of_row(const struct row *row, struct tree_node *out[2])
{
    size_t left = row->count <= FANOUT_MAX ? row->count : row->count / 2;
    out[0] = branch_new(row->slots, left);
    if (left == row->count)
        return 1;
    out[1] = branch_new(row->slots + left, row->count - left);
    return 2;
}

static size_t join_level(struct tree_node *a, struct tree_node *b, struct tree_node *out[2]);

static size_t join_to_higher(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    struct row row;
    take_row(a, &row);
    size_t count = join_level(row.slots[--row.count].node, b, out);
    for (size_t i = 0; i < count; i++)
        put_last(&row, out[i]);
    return nodes_of_row(&row, out);
}

static size_t join_to_lower(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    struct row row;
    take_row(b, &row);
    size_t count = join_level(a, row.slots[0].node, out);
    drop_first(&row);
    while (count > 0)
        put_first(&row, out[--count]);
    return nodes_of_row(&row, out);
}

/* Two poor nodes may have become one that is still poor: it is settled with the one before or after it. */
static size_t settle_seam(struct row *left, struct row *right, struct tree_node *out[2], size_t count)
{
    if (count == 2 || !node_is_poor(out[0]))
        return count;
    if (left->count > 0)
        return node_settle(left->slots[--left->count].node, out[0], out);
    if (right->count == 0)
        return 1;
    struct tree_node *after = right->slots[0].node;
    drop_first(right);
    return node_settle(out[0], after, out);
}

/* Of two branches of a height the inner children are joined first; where these became one, the right
 * branch is shorter. */
static size_t join_branches(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    struct row left, right;
    take_row(a, &left);
    take_row(b, &right);
    size_t count = join_level(left.slots[--left.count].node, right.slots[0].node, out);
    drop_first(&right);
    count = settle_seam(&left, &right, out, count);
    put_last(&left, out[0]);
    if (count == 2)
        put_first(&right, out[1]);
    out[0] = branch_new(left.slots, left.count);
    if (right.count == 0)
        return 1;
    return node_settle(out[0], branch_new(right.slots, right.count), out);
}

/* Joins two trees of any heights to one or two nodes of the greater height. */
static size_t join_level(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    if (a->height > b->height)
        return join_to_higher(a, b, out);
    if (a->height < b->height)
        return join_to_lower(a, b, out);
    return a->height ? join_branches(a, b, out) : node_settle(a, b, out);
}

static struct tree_node *join_roots(struct tree_node *a, struct tree_node *b)
{
    struct tree_node *out[2];
    if (!a || !b)
        return a ? a : b;
    if (join_level(a, b, out) == 1)
        return node_collapse(out[0]);
    struct tree_slot slots[2] = {node_slot(out[0]), node_slot(out[1])};
    return branch_new(slots, 2);
}

/* ---- Cutting ---- */

static void cut_leaf(struct tree_node *leaf, size_t at, struct tree_node *out[2])
{
    out[0] = leaf_of_range(leaf, 0, at, 0);
    out[1] = leaf_of_range(leaf, at, leaf->count - at, 0);
    mem_free(leaf);
}

static struct tree_node *root_of_slots(const struct tree_slot *slots, size_t count)
{
    return count ? node_collapse(branch_new(slots, count)) : NULL;
}

/* Cuts what is below `node` in two: the first `rank` elements, and the others; neither is empty. Takes
 * `node`. */
static void cut_node(struct tree_node *node, uint64_t rank, struct tree_node *out[2])
{
    node = node_own(node);
    if (!node->height) {
        cut_leaf(node, rank, out);
        return;
    }
    struct row row;
    size_t i = 0;
    take_row(node, &row);
    while (rank > row.slots[i].count)
        rank -= row.slots[i++].count;
    struct tree_node *inner[2] = {row.slots[i].node, NULL};
    if (rank < row.slots[i].count)
        cut_node(row.slots[i].node, rank, inner);
    out[0] = join_roots(root_of_slots(row.slots, i), inner[0]);
    out[1] = join_roots(inner[1], root_of_slots(row.slots + i + 1, row.count - i - 1));
}

static void cut_root(struct tree_node *root, uint64_t count, uint64_t rank, struct tree_node *out[2])
{
    out[0] = out[1] = NULL;
    if (rank == 0 || rank >= count)
        out[rank == 0] = root;
    else
        cut_node(root, rank, out);
}

void tree_cut(struct tree *tree, uint64_t rank, uint64_t count, struct tree *cut)
{
    struct tree_node *front[2], *back[2];
    tree_init(cut, tree->kind);
    rank = rank < tree->count ? rank : tree->count;
    count = count < tree->count - rank ? count : tree->count - rank;
    if (count == 0)
        return;
    cut_root(tree->root, tree->count, rank, front);
    cut_root(front[1], tree->count - rank, count, back);
    tree_set_root(cut, back[0]);
    tree_set_root(tree, join_roots(front[0], back[1]));
}

void tree_join(struct tree *tree, struct tree *tail)
{
    ASSERT(tree->kind == tail->kind);
    ASSERT(!tree->dead && !tail->dead);
    tree_set_root(tree, join_roots(tree->root, tail->root));
    tree_set_root(tail, NULL);
}
