/* SPDX-License-Identifier: BSD-3-Clause */
#include "types/large.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "types/stream.h"

struct large *large_new(enum value_type type)
{
    const struct value_row *row = value_types[type];
    ASSERT(row && row->tree_kind);
    struct large *large = mem_zalloc(sizeof *large);
    large->type = type;
    tree_init(&large->tree, row->tree_kind);
    tree_init(&large->index, row->index_kind ? row->index_kind : row->tree_kind);
    if (type == VALUE_STREAM)
        large->stream = stream_new();
    return large;
}

struct large *large_hold(const struct large *large)
{
    struct large *held = mem_alloc(sizeof *held);
    *held = *large;
    tree_hold(&large->tree, &held->tree);
    tree_hold(&large->index, &held->index);
    if (large->stream)
        held->stream = stream_hold(large->stream);
    return held;
}

bool large_free_some(struct large *large, size_t budget)
{
    if (!tree_free_some(&large->tree, budget) || !tree_free_some(&large->index, budget))
        return false;
    if (large->stream && !stream_free_some(large->stream, budget))
        return false;
    mem_free(large);
    return true;
}

void large_free(struct large *large)
{
    while (!large_free_some(large, SIZE_MAX)) {
    }
}

size_t large_memory(const struct large *large)
{
    return mem_size(large) + tree_bytes(&large->tree) + tree_bytes(&large->index) +
           (large->stream ? stream_memory(large->stream) : 0);
}

void large_check(const struct large *large)
{
    tree_check(&large->tree);
    tree_check(&large->index);
}
