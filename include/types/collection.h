/* SPDX-License-Identifier: BSD-3-Clause */
/* A collection in either form, as the types' functions take it: to be read, or to be edited before it
 * becomes a value (again). A type's functions look at the form; nobody else does. */
#ifndef TYPES_COLLECTION_H
#define TYPES_COLLECTION_H

#include "types/large.h"
#include "types/packed.h"

/* A packed collection of more bytes than this becomes a large one, whatever its limits say. By the default
 * limits all small sets and sorted sets are packed, and hashes of 512 fields whose names and values have 14
 * bytes each. */
enum { COLLECTION_PACKED_MAX = 16000 };

/* Up to where OBJECT ENCODING calls a collection by the small one's name; beyond, it is a large one. */
struct collection_limits {
    int64_t count;     /* elements (a hash: fields) */
    int64_t len;       /* bytes of an element */
    int64_t int_count; /* elements of a set of integers */
};

/* Those of all types, for who makes any. */
struct value_limits {
    struct collection_limits of[VALUE_TYPE_COUNT];
};

struct collection {
    enum value_type type;
    struct large *large; /* of the large form */
    struct bytes packed; /* content of the packed form; of one that is edited: of `buffer` */
    struct buf *buffer;  /* where a packed one is edited; NULL: it is only read */
    bool is_in_buffer;   /* it has been edited: `packed` is the buffer's content */
    struct collection_limits limits;
};

/* To read `value`, or, NULL, an empty one. */
struct collection collection_of(enum value_type type, const struct value *value);

/* To edit what `value` (NULL: nothing yet) holds: a large one in place, a packed one in `buffer`, to which it
 * is copied only by the first edit: until then the value's bytes are lent. */
struct collection collection_edit(enum value_type type, const struct value *value, struct buf *buffer,
                                  const struct collection_limits *limits);

/* The value that it is now. Packed bytes are lent, a large one is as it was owned. */
struct value collection_value(const struct collection *collection);

/* ---- for types ---- */

void collection_fill_buffer(struct collection *collection);

/* The packed collection, to be edited. What was found in `packed` lies at the same offsets. */
static inline struct buf *collection_buffer(struct collection *collection)
{
    if (!collection->is_in_buffer)
        collection_fill_buffer(collection);
    return collection->buffer;
}

/* To be called after the buffer was edited. */
static inline void collection_packed_changed(struct collection *collection)
{
    collection->packed = buf_bytes(collection->buffer);
}

/* From now on it is the large form, empty so far; `packed` keeps the elements for the caller to take
 * over. */
void collection_enlarge(struct collection *collection);

#endif
