/* SPDX-License-Identifier: BSD-3-Clause */
/* A collection too large to lie packed in its entry: one tree (types/tree.h), two for a sorted set, a stream
 * (types/stream.h), which always is. It has one owner; a second one gets a `large` of its own that shares the
 * trees' nodes until one of them is edited. */
#ifndef TYPES_LARGE_H
#define TYPES_LARGE_H

#include "types/tree.h"
#include "types/value.h"

struct stream;

struct large {
    enum value_type type;
    bool is_named_small; /* OBJECT ENCODING still calls it by the small one's name ... */
    bool is_of_integers; /* ... that of a set of integers */
    size_t small_size;   /* of a list: what it would take in Redis' small form; 0: not known */
    struct tree tree, index;
    struct stream *stream; /* of a stream: all of it */
};

/* An empty one of that type. */
struct large *large_new(enum value_type type);

/* The same content for another owner, who may be another thread: O(1). */
struct large *large_hold(const struct large *large);

/* Frees about `budget` nodes; true when all is freed, `large` too. Any thread may, as nobody else uses it. */
bool large_free_some(struct large *large, size_t budget);
void large_free(struct large *large);

/* What it takes, shared nodes included: O(1). */
size_t large_memory(const struct large *large);

/* Stops the process where an invariant of its trees doesn't hold. */
void large_check(const struct large *large);

#endif
