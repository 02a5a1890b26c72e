/* SPDX-License-Identifier: BSD-3-Clause */
#include "types/collection.h"
#include "base/panic.h"

struct collection collection_of(enum value_type type, const struct value *value)
{
    struct collection collection = {.type = type};
    if (!value)
        return collection;
    ASSERT(value->type == type);
    collection.large = value->large;
    if (!value->large)
        collection.packed = value->bytes;
    return collection;
}

/* A block without elements. */
static const char empty[PACKED_HEAD];

struct collection collection_edit(enum value_type type, const struct value *value, struct buf *buffer,
                                  const struct collection_limits *limits)
{
    struct collection collection = collection_of(type, value);
    collection.buffer = buffer;
    collection.limits = *limits;
    if (!collection.large && collection.packed.len == 0)
        collection.packed = (struct bytes){empty, sizeof empty};
    return collection;
}

void collection_fill_buffer(struct collection *collection)
{
    struct buf *buffer = collection->buffer;
    buffer->len = 0;
    buf_append_bytes(buffer, collection->packed);
    collection->is_in_buffer = true;
    collection_packed_changed(collection);
}

struct value collection_value(const struct collection *collection)
{
    return (struct value){.type = collection->type,
                          .encoding = STRING_RAW,
                          .bytes = collection->large ? (struct bytes){0} : collection->packed,
                          .large = collection->large};
}

void collection_enlarge(struct collection *collection)
{
    ASSERT(!collection->large);
    collection->large = large_new(collection->type);
}
