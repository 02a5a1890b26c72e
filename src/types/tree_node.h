/* SPDX-License-Identifier: BSD-3-Clause */
/* The nodes of a tree: leaves, which pack elements, and branches. Whoever changes a node is its only
 * holder.
 *
 * A leaf is filled from both sides: the numbers from the front, the bytes from the back, the first
 * element's last, so that appending moves nothing. Where an element ends is counted from the back, and the
 * two highest bits say what is stored: a deadline comes before the bytes, the address of a blob in place
 * of them.
 *
 * Branches are made anew whenever the number of their children changes: this is seldom. */
#ifndef TYPES_TREE_NODE_H
#define TYPES_TREE_NODE_H

#include "types/tree.h"
#include <stdatomic.h>

enum {
    LEAF_MAX = 2048, /* bytes */
    LIST_LEAF_MAX = 4096,
    FANOUT_MAX = 63, /* with its head a branch fills 2048 bytes */
    FANOUT_MIN = FANOUT_MAX / 4,
    END_BLOB = 0x8000,
    END_DEADLINE = 0x4000,
    END_MASK = 0x3fff,
};

struct tree_node {
    atomic_uint references;
    uint16_t count; /* of elements or children */
    uint8_t height; /* 0: a leaf */
    uint8_t order_size;
    uint16_t size; /* bytes allocated */
    uint16_t used; /* of a leaf: bytes filled from the back */
    uint16_t
        deadlines; /* of a leaf: elements that have one; of a branch: whether there is an array of them */
    uint16_t blobs;
};

struct tree_branch {
    struct tree_node node;
    struct tree_branch *next_dead;
    uint64_t order[];
};

/* What a branch knows of a child. */
struct tree_slot {
    struct tree_node *node;
    uint64_t order; /* of its first element */
    uint64_t count;
    size_t bytes;
    int64_t least; /* deadline */
};

/* An element as it is stored. */
struct tree_stored {
    uint64_t order;
    int64_t deadline;
    struct blob *blob;
    const struct bytes *parts;
    uint16_t flags;
    uint16_t size;
};

/* ---- Leaves ---- */

/* Lists, which have no orders, are mostly appended to, which moves nothing: their leaves are fewer and
 * larger. */
static inline size_t leaf_max(const struct tree_node *leaf)
{
    return leaf->order_size ? LEAF_MAX : LIST_LEAF_MAX;
}

static inline unsigned char *leaf_body(const struct tree_node *leaf)
{
    return (unsigned char *)(uintptr_t)(leaf + 1);
}

static inline uint16_t *leaf_ends(const struct tree_node *leaf)
{
    return (uint16_t *)(void *)(leaf_body(leaf) + (size_t)leaf->order_size * leaf->count);
}

static inline uint64_t leaf_order(const struct tree_node *leaf, size_t i)
{
    const void *body = leaf_body(leaf);
    if (leaf->order_size == 4)
        return ((const uint32_t *)body)[i];
    return leaf->order_size == 8 ? ((const uint64_t *)body)[i] : 0;
}

/* Bytes that elements before `i` take. */
static inline size_t leaf_start(const struct tree_node *leaf, size_t i)
{
    return i ? leaf_ends(leaf)[i - 1] & END_MASK : 0;
}

/* What an element takes besides its bytes. */
static inline size_t leaf_extra(const struct tree_node *leaf)
{
    return leaf->order_size + sizeof(uint16_t);
}

/* Bytes of the node that are in use. */
static inline size_t leaf_need(const struct tree_node *leaf)
{
    return sizeof *leaf + leaf_extra(leaf) * leaf->count + leaf->used;
}

struct tree_node *leaf_new(uint8_t order_size, size_t size);

/* A new leaf of `count` elements of another, which are moved, not held: the other one is freed without its
 * elements. */
struct tree_node *leaf_of_range(const struct tree_node *from, size_t first, size_t count, size_t room);
void leaf_append(struct tree_node *leaf, const struct tree_node *from, size_t first, size_t count);

/* Bytes that are too many for a leaf are put in a blob. */
struct tree_stored leaf_store(const struct tree_item *item);
/* An item whose bytes are in a blob already; takes the reference. */
struct tree_stored leaf_store_blob(const struct tree_item *item, struct blob *blob);
/* There has to be room. */
void leaf_insert(struct tree_node *leaf, size_t i, const struct tree_stored *stored);
/* Lets go of the element's blob; returns the bytes of that. */
size_t leaf_remove(struct tree_node *leaf, size_t i);
/* True when the new element took the old one's room; else nothing is changed. */
bool leaf_overwrite(struct tree_node *leaf, size_t i, const struct tree_stored *stored);

struct bytes leaf_bytes(const struct tree_node *leaf, size_t i);
struct blob *leaf_blob(const struct tree_node *leaf, size_t i);
int64_t leaf_deadline(const struct tree_node *leaf, size_t i);
/* The least deadline, and the element that has it. */
int64_t leaf_least(const struct tree_node *leaf, size_t *i);

/* How many elements are in front: the first `below` are. */
size_t leaf_half(const struct tree_node *leaf);

/* ---- Branches ---- */

static inline struct tree_branch *branch_of(const struct tree_node *node)
{
    return (struct tree_branch *)(uintptr_t)node;
}

static inline uint64_t *branch_orders(const struct tree_node *node)
{
    return branch_of(node)->order;
}

static inline struct tree_node **branch_children(const struct tree_node *node)
{
    return (struct tree_node **)(void *)(branch_orders(node) + node->count);
}

static inline uint64_t *branch_counts(const struct tree_node *node)
{
    return branch_orders(node) + 2 * (size_t)node->count;
}

static inline uint64_t *branch_bytes(const struct tree_node *node)
{
    return branch_orders(node) + 3 * (size_t)node->count;
}

/* NULL when no element below has a deadline. */
static inline int64_t *branch_least(const struct tree_node *node)
{
    return node->deadlines ? (int64_t *)(void *)(branch_orders(node) + 4 * (size_t)node->count) : NULL;
}

struct tree_node *branch_new(const struct tree_slot *slots, size_t count);
size_t branch_slots(const struct tree_node *branch, struct tree_slot *slots);
/* Frees the branch itself: its slots have been taken. */
void branch_discard(struct tree_node *branch);

/* ---- Both ---- */

int64_t node_least(const struct tree_node *node);
struct tree_slot node_slot(struct tree_node *node);

/* `node` itself when nobody else holds it, else a copy: the caller's reference goes over. */
struct tree_node *node_own(struct tree_node *node);
/* Lets go of a reference; true when it was the last, and the node is the caller's to free. */
bool node_drop(struct tree_node *node);
void node_ref(struct tree_node *node);
void node_free(struct tree_node *node);

static inline bool node_is_shared(const struct tree_node *node)
{
    return atomic_load_explicit(&node->references, memory_order_acquire) > 1;
}

/* True when a node has less than it should. */
bool node_is_poor(const struct tree_node *node);
/* How full two neighbours would be in one, in hundredths. */
size_t node_fill_of_both(const struct tree_node *a, const struct tree_node *b);
/* Makes one or two good neighbours of two of which one may be poor. Takes both, returns how many there
 * are. */
size_t node_settle(struct tree_node *a, struct tree_node *b, struct tree_node *out[2]);

/* Takes the node, which may be NULL: a branch with a single child gives way to it. */
struct tree_node *node_collapse(struct tree_node *root);

/* Sets the root and the tree's figures. Takes the node, which may be NULL. */
void tree_set_root(struct tree *tree, struct tree_node *root);

#endif
