/* SPDX-License-Identifier: BSD-3-Clause */
/* Branches, and what nodes of both sorts have in common: holders, copies, neighbours. */
#include "tree_node.h"
#include "base/alloc.h"
#include "base/panic.h"

/* ---- Branches ---- */

static bool any_deadline(const struct tree_slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slots[i].least != TREE_NEVER)
            return true;
    return false;
}

static size_t size_of_branch(size_t count, bool with_least)
{
    return sizeof(struct tree_branch) + count * (with_least ? 5 : 4) * sizeof(uint64_t);
}

static void fill_branch(struct tree_node *branch, const struct tree_slot *slots)
{
    for (size_t i = 0; i < branch->count; i++) {
        branch_children(branch)[i] = slots[i].node;
        branch_orders(branch)[i] = slots[i].order;
        branch_counts(branch)[i] = slots[i].count;
        branch_bytes(branch)[i] = slots[i].bytes;
        if (branch->deadlines)
            branch_least(branch)[i] = slots[i].least;
    }
}

struct tree_node *branch_new(const struct tree_slot *slots, size_t count)
{
    bool with_least = any_deadline(slots, count);
    struct tree_branch *branch = mem_alloc(size_of_branch(count, with_least));
    ASSERT(count > 0 && count <= FANOUT_MAX);
    branch->next_dead = NULL;
    branch->node = (struct tree_node){
        .count = (uint16_t)count,
        .height = (uint8_t)(slots[0].node->height + 1),
        .order_size = slots[0].node->order_size,
        .size = (uint16_t)mem_size(branch),
        .deadlines = with_least,
    };
    atomic_init(&branch->node.references, 1);
    ASSERT(branch->node.height < TREE_HEIGHT_MAX);
    fill_branch(&branch->node, slots);
    return &branch->node;
}

size_t branch_slots(const struct tree_node *branch, struct tree_slot *slots)
{
    const int64_t *least = branch_least(branch);
    for (size_t i = 0; i < branch->count; i++)
        slots[i] =
            (struct tree_slot){branch_children(branch)[i], branch_orders(branch)[i], branch_counts(branch)[i],
                               branch_bytes(branch)[i], least ? least[i] : TREE_NEVER};
    return branch->count;
}

void branch_discard(struct tree_node *branch)
{
    ASSERT(!node_is_shared(branch));
    mem_free(branch);
}

/* ---- What a parent knows ---- */

static int64_t least_of_children(const struct tree_node *branch)
{
    int64_t least = TREE_NEVER;
    for (size_t i = 0; branch->deadlines && i < branch->count; i++)
        if (branch_least(branch)[i] < least)
            least = branch_least(branch)[i];
    return least;
}

int64_t node_least(const struct tree_node *node)
{
    size_t i;
    return node->height ? least_of_children(node) : leaf_least(node, &i);
}

static size_t bytes_of_leaf(const struct tree_node *leaf)
{
    size_t bytes = leaf->size;
    for (size_t i = 0; leaf->blobs && i < leaf->count; i++)
        if (leaf_blob(leaf, i))
            bytes += mem_size(leaf_blob(leaf, i));
    return bytes;
}

struct tree_slot node_slot(struct tree_node *node)
{
    struct tree_slot slot = {.node = node, .least = node_least(node)};
    if (!node->height) {
        slot.order = node->count ? leaf_order(node, 0) : 0;
        slot.count = node->count;
        slot.bytes = bytes_of_leaf(node);
        return slot;
    }
    slot.order = branch_orders(node)[0];
    slot.bytes = node->size;
    for (size_t i = 0; i < node->count; i++) {
        slot.count += branch_counts(node)[i];
        slot.bytes += branch_bytes(node)[i];
    }
    return slot;
}

/* ---- Holders ---- */

void node_ref(struct tree_node *node)
{
    atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
}

/* What one thread read or wrote before it let go comes before what the last one does. */
bool node_drop(struct tree_node *node)
{
    unsigned before = atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel);
    ASSERT(before > 0);
    return before == 1;
}

static void free_leaf(struct tree_node *leaf)
{
    for (size_t i = 0; leaf->blobs && i < leaf->count; i++)
        blob_unref(leaf_blob(leaf, i));
    mem_free(leaf);
}

void node_free(struct tree_node *node)
{
    if (!node->height) {
        free_leaf(node);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        if (node_drop(branch_children(node)[i]))
            node_free(branch_children(node)[i]);
    mem_free(node);
}

static struct tree_node *copy_leaf(const struct tree_node *leaf)
{
    struct tree_node *copy = leaf_new(leaf->order_size, leaf->size);
    copy->size = leaf->size;
    leaf_append(copy, leaf, 0, leaf->count);
    for (size_t i = 0; leaf->blobs && i < leaf->count; i++)
        if (leaf_blob(leaf, i))
            blob_ref(leaf_blob(leaf, i));
    return copy;
}

static struct tree_node *copy_branch(const struct tree_node *branch)
{
    struct tree_node *copy = mem_alloc(branch->size);
    memcpy((char *)copy + sizeof *copy, (const char *)branch + sizeof *branch,
           size_of_branch(branch->count, branch->deadlines) - sizeof *branch);
    copy->count = branch->count;
    copy->height = branch->height;
    copy->order_size = branch->order_size;
    copy->size = branch->size;
    copy->deadlines = branch->deadlines;
    copy->used = copy->blobs = 0;
    atomic_init(&copy->references, 1);
    for (size_t i = 0; i < copy->count; i++)
        node_ref(branch_children(copy)[i]);
    return copy;
}

struct tree_node *node_own(struct tree_node *node)
{
    if (!node_is_shared(node))
        return node;
    struct tree_node *copy = node->height ? copy_branch(node) : copy_leaf(node);
    if (node_drop(node))
        node_free(node);
    return copy;
}

/* ---- Neighbours ---- */

bool node_is_poor(const struct tree_node *node)
{
    return node->height ? node->count < FANOUT_MIN : leaf_need(node) < leaf_max(node) / 4;
}

size_t node_fill_of_both(const struct tree_node *a, const struct tree_node *b)
{
    if (a->height)
        return (size_t)(a->count + b->count) * 100 / FANOUT_MAX;
    return (leaf_need(a) + leaf_need(b) - sizeof *a) * 100 / leaf_max(a);
}

static struct tree_node *merge_leaves(struct tree_node *a, struct tree_node *b)
{
    struct tree_node *both = leaf_of_range(a, 0, a->count, leaf_need(b) - sizeof *b);
    leaf_append(both, b, 0, b->count);
    mem_free(a);
    mem_free(b);
    return both;
}

/* How many elements go from the richer of two leaves to the poorer so that they come to have about the
 * same. */
static size_t elements_to_move(const struct tree_node *from, bool from_front, size_t bytes)
{
    size_t moved = 0, count = 0;
    while (count + 1u < from->count && moved < bytes) {
        size_t i = from_front ? count : from->count - 1u - count;
        moved += leaf_start(from, i + 1) - leaf_start(from, i) + leaf_extra(from);
        count++;
    }
    return count;
}

static size_t bytes_of_range(const struct tree_node *leaf, size_t first, size_t count)
{
    return leaf_start(leaf, first + count) - leaf_start(leaf, first) + count * leaf_extra(leaf);
}

static void balance_leaves(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    size_t left = leaf_need(a), right = leaf_need(b);
    if (left < right) {
        size_t count = elements_to_move(b, true, (right - left) / 2);
        out[0] = leaf_of_range(a, 0, a->count, bytes_of_range(b, 0, count));
        leaf_append(out[0], b, 0, count);
        out[1] = leaf_of_range(b, count, b->count - count, 0);
    } else {
        size_t count = elements_to_move(a, false, (left - right) / 2);
        out[0] = leaf_of_range(a, 0, a->count - count, 0);
        out[1] = leaf_of_range(a, a->count - count, count, bytes_of_range(b, 0, b->count));
        leaf_append(out[1], b, 0, b->count);
    }
    mem_free(a);
    mem_free(b);
}

static size_t settle_branches(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    struct tree_slot slots[2 * FANOUT_MAX];
    size_t count = branch_slots(a, slots);
    count += branch_slots(b, slots + count);
    branch_discard(a);
    branch_discard(b);
    size_t left = count <= FANOUT_MAX ? count : count / 2;
    out[0] = branch_new(slots, left);
    if (left == count)
        return 1;
    out[1] = branch_new(slots + left, count - left);
    return 2;
}

static size_t settle_leaves(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    if (leaf_need(a) + leaf_need(b) - sizeof *a <= leaf_max(a)) {
        out[0] = merge_leaves(a, b);
        return 1;
    }
    balance_leaves(a, b, out);
    return 2;
}

size_t node_settle(struct tree_node *a, struct tree_node *b, struct tree_node *out[2])
{
    if (!node_is_poor(a) && !node_is_poor(b)) {
        out[0] = a;
        out[1] = b;
        return 2;
    }
    a = node_own(a);
    b = node_own(b);
    return a->height ? settle_branches(a, b, out) : settle_leaves(a, b, out);
}
