/* SPDX-License-Identifier: BSD-3-Clause */
#include "held_collection.h"
#include "base/alloc.h"
#include "store/entry.h"
#include "types/stream.h"

static struct bytes copy(struct bytes bytes)
{
    char *data = mem_alloc(bytes.len);
    memcpy(data, bytes.data, bytes.len);
    return bytes_make(data, bytes.len);
}

void hold_collection(struct held_collection *held, enum value_type type, const struct entry *entry)
{
    held->value = (struct value){.type = type};
    if (entry) {
        struct value value = entry_value(entry);
        held->value = value_hold(&value);
        if (!value.large)
            held->value.bytes = copy(value.bytes);
    }
    held->collection = collection_of(type, entry ? &held->value : NULL);
}

/* Whoever edits a held tree gets another root. */
static bool is_same_large(const struct large *a, const struct large *b)
{
    if (a && b && a->stream && b->stream)
        return stream_is_same(a->stream, b->stream);
    return a && b && a->tree.root == b->tree.root;
}

bool is_held_collection(const struct held_collection *held, const struct entry *entry)
{
    if (!entry)
        return !held->value.large && held->value.bytes.len == 0;
    struct value value = entry_value(entry);
    if (value.type != held->value.type)
        return false;
    if (value.large || held->value.large)
        return is_same_large(value.large, held->value.large);
    return bytes_equal(value.bytes, held->value.bytes);
}

void release_collection(struct held_collection *held, struct store *store)
{
    if (held->value.large)
        store_release_value(store, held->value);
    else
        mem_free((char *)held->value.bytes.data);
    held->value = (struct value){.type = held->value.type};
}
