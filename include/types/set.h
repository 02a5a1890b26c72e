/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets. Small ones are packed: integers by value, each in the least width that holds all of them, or, if any
 * member is something else, members in the order in which they came. Large ones are a tree of members, in the
 * order of their hashes.
 *
 * Members that are looked at are lent until the set is edited, or the walk goes on. Reading changes
 * nothing. */
#ifndef TYPES_SET_H
#define TYPES_SET_H

#include "base/number.h"
#include "types/collection.h"

/* ---- reading ---- */

uint64_t set_count(const struct collection *set);
bool set_has(const struct collection *set, struct bytes member);
/* Whether it is packed, and all members are integers that come by value. */
bool set_is_by_value(const struct collection *set);

struct set_member {
    struct bytes bytes;
    struct blob *blob; /* that they lie in, for whoever wants to send them by reference; or NULL */
};

/* A way through all members. */
struct set_walk {
    const struct collection *set;
    struct tree_cursor cursor; /* of a large one: at the next member */
    size_t at;                 /* of one packed in order: where that is, ... */
    uint64_t rank;             /* ... and, of every packed one, its number */
    char digits[NUMBER_I64_SIZE];
};

void set_walk_begin(struct set_walk *walk, const struct collection *set);
/* The next member; false behind the last. */
bool set_walk_next(struct set_walk *walk, struct set_member *member);
/* The next one is that of `rank`. Ascending ranks of a packed set are one pass through it. */
void set_walk_seek(struct set_walk *walk, uint64_t rank);

/* A scan in parts begins at the member that `cursor` stands for, 0 the first. set_walk_cursor is the one of
 * the next member, and 0 when there is nothing to come back for. What stays in the set from the first part to
 * the last is met, if members of one cursor are taken together: those of a packed set, all of them. */
void set_walk_scan(struct set_walk *walk, const struct collection *set, uint64_t cursor);
uint64_t set_walk_cursor(const struct set_walk *walk);

/* A member drawn fairly from a set that has some. `walk` is where it is lent. */
void set_draw(const struct collection *set, struct set_walk *walk, struct set_member *member);

/* ---- editing ---- */

/* Up to `count` members are about to be added, `first` before all others: a set that may outgrow its limits
 * by them becomes a large one at once. */
void set_expect(struct collection *set, struct bytes first, uint64_t count);
/* The empty set will keep members in the order in which they come, even if all are integers ... */
void set_keep_order(struct collection *set);
/* ... until this: one of integers alone, if they aren't too many, is kept by value. */
void set_order_integers(struct collection *set);

/* False when it was there already. The bytes may not lie in the set. */
bool set_add(struct collection *set, struct bytes member);
/* False when there is no such member. */
bool set_remove(struct collection *set, struct bytes member);

#endif
