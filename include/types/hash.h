/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes: fields and their values. Small ones are packed, fields and values in turn, in the order in which
 * the fields came; large ones are a tree of pairs, in the order of the fields' hashes.
 *
 * A field may have a deadline, in milliseconds of the user's clock, which lies behind 0. Packed hashes in
 * which one ever had have a third element for each field: eight bytes, or none.
 *
 * Fields that are looked at are lent until the hash is edited. Reading changes nothing. */
#ifndef TYPES_HASH_H
#define TYPES_HASH_H

#include "types/collection.h"

struct hash_field {
    struct bytes name, value;
    struct blob *blob; /* that the value lies in, for whoever wants to send it by reference; or NULL */
    int64_t deadline;  /* 0: none */
};

/* ---- reading ---- */

uint64_t hash_count(const struct collection *hash);
bool hash_find(const struct collection *hash, struct bytes name, struct hash_field *field);

/* The least of all deadlines; TREE_NEVER when there is none. */
int64_t hash_least_deadline(const struct collection *hash);
/* A field whose deadline is not after `now`; false when there is none. */
bool hash_find_due(const struct collection *hash, int64_t now, struct hash_field *field);

/* A way through all fields. */
struct hash_walk {
    const struct collection *hash;
    struct tree_cursor cursor; /* of a large one: at the next field */
    size_t at;                 /* of a packed one: where that is, ... */
    uint64_t rank;             /* ... and its number */
};

void hash_walk_begin(struct hash_walk *walk, const struct collection *hash);
/* The next field; false behind the last. */
bool hash_walk_next(struct hash_walk *walk, struct hash_field *field);
/* The next one is that of `rank`. Ascending ranks of a packed hash are one pass through it. */
void hash_walk_seek(struct hash_walk *walk, uint64_t rank);

/* A scan in parts begins at the field that `cursor` stands for, 0 the first. hash_walk_cursor is the one of
 * the next field, and 0 when there is nothing to come back for. What stays in the hash from the first part to
 * the last is met, if fields of one cursor are taken together: those of a packed hash, all of them. */
void hash_walk_scan(struct hash_walk *walk, const struct collection *hash, uint64_t cursor);
uint64_t hash_walk_cursor(const struct hash_walk *walk);

/* ---- editing ---- */

/* Sets the field's value, and its deadline to `deadline`, 0 for none; true when it is a new field. The bytes
 * may not lie in the hash. */
bool hash_set_until(struct collection *hash, struct bytes name, struct bytes value, int64_t deadline);
static inline bool hash_set(struct collection *hash, struct bytes name, struct bytes value)
{
    return hash_set_until(hash, name, value, 0);
}
/* Gives the field, which must be there, a deadline, or takes it away (0). */
void hash_set_deadline(struct collection *hash, struct bytes name, int64_t deadline);
/* False when there is no such field. */
bool hash_remove(struct collection *hash, struct bytes name);

#endif
