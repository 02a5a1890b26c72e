/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes: fields and their values. Small ones are packed, fields and values in turn, in the order in which
 * the fields came; large ones are a tree of pairs, in the order of the fields' hashes.
 *
 * Fields that are looked at are lent until the hash is edited. Reading changes nothing. */
#ifndef TYPES_HASH_H
#define TYPES_HASH_H

#include "types/collection.h"

struct hash_field {
    struct bytes name, value;
    struct blob *blob; /* that the value lies in, for whoever wants to send it by reference; or NULL */
};

/* ---- reading ---- */

uint64_t hash_count(const struct collection *hash);
bool hash_find(const struct collection *hash, struct bytes name, struct hash_field *field);

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

/* Sets the field's value; true when it is a new field. The bytes may not lie in the hash. */
bool hash_set(struct collection *hash, struct bytes name, struct bytes value);
/* False when there is no such field. */
bool hash_remove(struct collection *hash, struct bytes name);

#endif
