/* SPDX-License-Identifier: BSD-3-Clause */
/* The structure that all large collections stand on: a counted B+tree of packed nodes.
 *
 * An element is a number (its order), bytes, and perhaps a deadline. Elements are kept by order, those of
 * equal order by what the kind's compare says of their bytes; a kind without orders keeps them where they
 * were put (a list). So
 *
 *     list          no order             the bytes
 *     set           hash of the member   the member
 *     hash          hash of the field    field and value (tree_pair)
 *     sorted set    the score's number   the member
 *       its index   hash of the member   anything short, say the score: all of one hash are equal for the
 *                                        tree, and the user tells which it is
 *     stream        the id's time        the id's sequence and the entry
 *
 *     branch   | first orders ...   children   counts   bytes   least deadlines, if any |
 *     leaf     | orders ...   where each element ends ...   free   ... bytes of element 1, of element 0 |
 *
 * Nodes count their holders. tree_hold makes a second tree of the same nodes at no cost; an edit copies
 * the nodes on its path that somebody else holds too, so each tree keeps its content whatever happens to
 * others. A tree is used by one thread at a time; trees that share nodes may be used by several threads at
 * once.
 *
 * Bytes of more than TREE_INLINE_MAX lie outside of the node as a blob, which copies of the node share. */
#ifndef TYPES_TREE_H
#define TYPES_TREE_H

#include "base/blob.h"
#include "base/bytes.h"
#include "base/hash.h"

enum {
    TREE_HEIGHT_MAX = 16,
    TREE_INLINE_MAX = 256,
    TREE_ITEM_PARTS = 3,
};

/* What tree_least_deadline says when there is none. */
#define TREE_NEVER INT64_MAX

struct tree_node;

struct tree_kind {
    const char *name;
    uint8_t order_size; /* bytes kept of an order: 0 (no order: by position), 4 or 8 */
    bool is_unique;     /* no two elements are equal; insert only what tree_find didn't find */
    /* How an element's bytes stand to a key's, both of the same order: below, at or above zero. */
    int (*compare)(struct bytes element, struct bytes key);
};

extern const struct tree_kind tree_of_positions; /* list */
extern const struct tree_kind tree_of_members;   /* set: by hash (tree_hash_key), the bytes are the member */
extern const struct tree_kind tree_of_pairs;     /* hash: by hash of the pair's key */
extern const struct tree_kind tree_of_hashes;    /* index: by hash alone */
extern const struct tree_kind tree_of_scores; /* sorted set: by score (tree_score_order), then memcmp order */
extern const struct tree_kind tree_of_ids;    /* stream: by 8-byte number, then by the first eight bytes */

/* Made by tree_init, embedded in its user. The fields are the tree's. */
struct tree {
    const struct tree_kind *kind;
    struct tree_node *root; /* NULL when empty */
    struct tree_node *dead; /* branches on their way out, see tree_free_some */
    uint64_t count;
    size_t bytes;
};

/* A place in a tree: at an element, or at the end behind the last. Good until the tree is edited by other
 * means than this cursor; an edit through it says where it stands afterwards. */
struct tree_cursor {
    struct tree *tree;
    size_t height;                           /* of the root */
    struct tree_node *node[TREE_HEIGHT_MAX]; /* 0 is the leaf */
    uint16_t index[TREE_HEIGHT_MAX];
};

struct tree_key {
    uint64_t order;
    struct bytes bytes;
};

/* What is to be stored: the bytes are those of the parts, one after the other. They may not lie in the tree
 * that they are put into. */
struct tree_item {
    uint64_t order;
    int64_t deadline; /* in the user's clock; 0: none */
    struct bytes parts[TREE_ITEM_PARTS];
};

/* ---- The whole ---- */

void tree_init(struct tree *tree, const struct tree_kind *kind);

/* Makes `held` a second tree with the same content, in O(1). Each is edited and freed by itself, on any
 * thread. */
void tree_hold(const struct tree *tree, struct tree *held);

/* Lets go of the content; what nobody else holds is freed, about `budget` nodes and blobs at a time.
 * Returns true when all is done. The tree is empty for its users from the first call on, but may be used
 * again only after the last. */
bool tree_free_some(struct tree *tree, size_t budget);
void tree_free(struct tree *tree);

/* How many elements there are; what they take with all nodes and blobs, shared or not. Both O(1). */
static inline uint64_t tree_count(const struct tree *tree)
{
    return tree->count;
}

static inline size_t tree_bytes(const struct tree *tree)
{
    return tree->bytes;
}

/* Walks everything and stops the process where an invariant doesn't hold. */
void tree_check(const struct tree *tree);

/* ---- Finding. The tree isn't changed; cursors of a held tree may only read ---- */

/* Exact search. True: the cursor is at an element equal to `key` (the first of them in kinds where several
 * may be). False: it is good only for tree_insert of that key. */
bool tree_find(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor);

/* To the first element that is not below `key`, or that is above it. False at the end. A scan needs to
 * remember only the order of the next element: everything that stays in the tree from its beginning to its
 * end is met, if all elements of one order are taken together. */
bool tree_seek(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor);
bool tree_seek_after(const struct tree *tree, struct tree_key key, struct tree_cursor *cursor);

/* To the element of that rank, 0 the first; to the end when there are no more. False at the end. */
bool tree_seek_rank(const struct tree *tree, uint64_t rank, struct tree_cursor *cursor);

/* To an element that is drawn fairly; false when there is none. */
bool tree_seek_random(const struct tree *tree, struct tree_cursor *cursor);

/* False at the end. From the end, tree_previous leads to the last element; from the first, it returns
 * false and stays. */
bool tree_next(struct tree_cursor *cursor);
bool tree_previous(struct tree_cursor *cursor);
bool tree_at_end(const struct tree_cursor *cursor);

/* How many elements are before the cursor. */
uint64_t tree_rank(const struct tree_cursor *cursor);

/* ---- The element at a cursor, lent until the next edit (of a held tree: until that is freed) ---- */

struct bytes tree_bytes_at(const struct tree_cursor *cursor);
uint64_t tree_order_at(const struct tree_cursor *cursor);
int64_t tree_deadline_at(const struct tree_cursor *cursor); /* 0: none */

/* The blob that the bytes lie in, for whoever wants to send them by reference; NULL when they lie in the
 * node. */
struct blob *tree_blob_at(const struct tree_cursor *cursor);

/* ---- Editing through a cursor ---- */

/* Inserts before the cursor, and leaves it at the new element. The caller sees to it that the order is
 * kept: the cursor comes from tree_find or a seek of the item's key. */
void tree_insert(struct tree_cursor *cursor, const struct tree_item *item);

/* Puts another element in the place of the one at the cursor; it has to stand there by its order. The
 * cursor stays. */
void tree_replace(struct tree_cursor *cursor, const struct tree_item *item);

/* Removes the element at the cursor, which is then at the one that followed, or at the end. */
void tree_remove(struct tree_cursor *cursor);

/* ---- Editing by rank ---- */

/* Appends or prepends: for kinds by position, or when the order is known to be right. */
void tree_append(struct tree *tree, const struct tree_item *item);
void tree_prepend(struct tree *tree, const struct tree_item *item);

/* Moves `count` elements from `rank` on into `cut`, which is made here and is the caller's; fewer when
 * there aren't as many. O(log n) whatever the count is, so a long one may be walked and freed later, in
 * steps. */
void tree_cut(struct tree *tree, uint64_t rank, uint64_t count, struct tree *cut);

/* Moves all of `tail`, of the same kind and in order behind `tree`, to the end of it: O(log n). `tail` is
 * empty then. */
void tree_join(struct tree *tree, struct tree *tail);

/* ---- Deadlines: trees without any pay nothing for them ---- */

/* Gives the element at the cursor a deadline, or takes it away (0). The cursor stays. */
void tree_set_deadline(struct tree_cursor *cursor, int64_t deadline);

/* The least of all deadlines, TREE_NEVER when there is none: O(fan-out of a node). */
int64_t tree_least_deadline(const struct tree *tree);

/* To an element with the least deadline if that is not after `now`; false when none is due. */
bool tree_find_due(const struct tree *tree, int64_t now, struct tree_cursor *cursor);

/* ---- What elements and orders are made of ---- */

static inline struct tree_key tree_hash_key(struct bytes member)
{
    return (struct tree_key){hash_bytes(member.data, member.len) >> 32, member};
}

/* Numbers in the order of the scores; -0 comes just before 0, so whoever takes them for equal stores 0. */
uint64_t tree_score_order(double score);
double tree_order_score(uint64_t order);

enum { TREE_PAIR_HEAD_MAX = 9 };

/* The item of a key and a value; `head` is room for their first part, and has to live as long as the item. */
struct tree_item tree_pair_item(struct tree_key key, struct bytes value, char head[TREE_PAIR_HEAD_MAX]);
struct bytes tree_pair_key(struct bytes element);
struct bytes tree_pair_value(struct bytes element);

#endif
