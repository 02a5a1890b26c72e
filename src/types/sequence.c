/* SPDX-License-Identifier: BSD-3-Clause */
/* A packed list is gone through from its head, so it becomes a large one early; a large one stays it. */
#include "types/sequence.h"
#include "base/panic.h"
#include "rows.h"
#include "sequence_private.h"

/* Bytes: to go through so many costs no more than to find the way in a tree. */
enum { PACKED_MAX = 2048 };

/* ---- reading ---- */

uint64_t sequence_count(const struct collection *list)
{
    return list->large ? tree_count(&list->large->tree) : packed_count(list->packed);
}

static struct sequence_element element_at(const struct tree_cursor *cursor)
{
    return (struct sequence_element){tree_bytes_at(cursor), tree_blob_at(cursor)};
}

bool sequence_at(const struct collection *list, uint64_t index, struct sequence_element *element)
{
    struct tree_cursor cursor;
    if (index >= sequence_count(list))
        return false;
    if (!list->large) {
        *element = (struct sequence_element){.bytes = packed_number(list->packed, index).bytes};
        return true;
    }
    (void)tree_seek_rank(&list->large->tree, index, &cursor);
    *element = element_at(&cursor);
    return true;
}

size_t sequence_packed_offset(const struct collection *list, uint64_t index)
{
    if (index == 0)
        return PACKED_HEAD;
    return index == packed_count(list->packed) ? list->packed.len : packed_number(list->packed, index).start;
}

/* ---- walking ---- */

void sequence_walk_begin(struct sequence_walk *walk, const struct collection *list, uint64_t index)
{
    uint64_t count = sequence_count(list);
    walk->list = list;
    walk->is_backwards = false;
    walk->left = index < count ? count - index : 0;
    walk->index = index - 1;
    if (walk->left == 0)
        return;
    if (list->large)
        (void)tree_seek_rank(&list->large->tree, index, &walk->cursor);
    else
        walk->at = sequence_packed_offset(list, index);
}

void sequence_walk_backwards(struct sequence_walk *walk, const struct collection *list)
{
    walk->list = list;
    walk->is_backwards = true;
    walk->left = walk->index = sequence_count(list);
    walk->start_count = 0;
    if (list->large)
        (void)tree_seek_rank(&list->large->tree, walk->left, &walk->cursor);
}

/* A packed list is gone through from its head for every so many elements of the way back. */
static void find_starts(struct sequence_walk *walk)
{
    enum { MANY = sizeof walk->starts / sizeof *walk->starts };
    uint64_t count = walk->left < MANY ? walk->left : MANY;
    size_t at = sequence_packed_offset(walk->list, walk->left - count);
    struct packed_element element;
    while (walk->start_count < count && packed_at(walk->list->packed, at, &element)) {
        walk->starts[walk->start_count++] = (uint16_t)at;
        at = element.end;
    }
}

static void next_packed(struct sequence_walk *walk, struct sequence_element *element)
{
    struct packed_element packed = {.end = 0};
    if (walk->is_backwards) {
        if (walk->start_count == 0)
            find_starts(walk);
        walk->at = walk->starts[--walk->start_count];
    }
    ASSERT(packed_at(walk->list->packed, walk->at, &packed));
    walk->at = packed.end;
    *element = (struct sequence_element){.bytes = packed.bytes};
}

static void next_large(struct sequence_walk *walk, struct sequence_element *element)
{
    if (walk->is_backwards)
        (void)tree_previous(&walk->cursor);
    *element = element_at(&walk->cursor);
    if (!walk->is_backwards)
        (void)tree_next(&walk->cursor);
}

bool sequence_walk_any(struct sequence_walk *walk, struct sequence_element *element)
{
    if (walk->left == 0)
        return false;
    if (walk->list->large)
        next_large(walk, element);
    else
        next_packed(walk, element);
    walk->left--;
    walk->index += walk->is_backwards ? (uint64_t)-1 : 1;
    return true;
}

/* ---- putting ---- */

static struct tree_item item_of(struct bytes bytes)
{
    return (struct tree_item){.parts = {bytes}};
}

static void enlarge(struct collection *list)
{
    struct packed_element element = {.end = PACKED_HEAD};
    bool is_small = sequence_is_small(list);
    collection_enlarge(list);
    list->large->is_named_small = is_small;
    while (packed_at(list->packed, element.end, &element)) {
        struct tree_item item = item_of(element.bytes);
        tree_append(&list->large->tree, &item);
    }
    list->large->small_size = sequence_listpack_size(list);
}

static void enlarge_for(struct collection *list, size_t more_bytes)
{
    if (!list->large && list->packed.len + more_bytes > PACKED_MAX)
        enlarge(list);
}

static void insert_in_large(struct large *large, uint64_t index, struct bytes bytes)
{
    struct tree *tree = &large->tree;
    struct tree_item item = item_of(bytes);
    struct tree_cursor cursor;
    if (index == tree_count(tree)) {
        tree_append(tree, &item);
    } else if (index == 0) {
        tree_prepend(tree, &item);
    } else {
        (void)tree_seek_rank(tree, index, &cursor);
        tree_insert(&cursor, &item);
    }
    sequence_size_added(large, bytes);
}

void sequence_insert(struct collection *list, uint64_t index, struct bytes bytes)
{
    enlarge_for(list, packed_element_size(bytes.len));
    if (list->large) {
        insert_in_large(list->large, index, bytes);
        return;
    }
    packed_insert(collection_buffer(list), sequence_packed_offset(list, index), bytes);
    collection_packed_changed(list);
}

void sequence_push(struct collection *list, enum sequence_end end, struct bytes bytes)
{
    sequence_insert(list, end == SEQUENCE_HEAD ? 0 : sequence_count(list), bytes);
}

static void replace_in_large(struct large *large, uint64_t index, struct bytes bytes)
{
    struct tree_item item = item_of(bytes);
    struct tree_cursor cursor;
    (void)tree_seek_rank(&large->tree, index, &cursor);
    sequence_size_removed(large, tree_bytes_at(&cursor));
    tree_replace(&cursor, &item);
    sequence_size_added(large, bytes);
}

void sequence_replace(struct collection *list, uint64_t index, struct bytes bytes)
{
    enlarge_for(list, packed_element_size(bytes.len));
    if (list->large) {
        replace_in_large(list->large, index, bytes);
        return;
    }
    struct packed_element old = packed_number(list->packed, index);
    packed_replace(collection_buffer(list), &old, bytes);
    collection_packed_changed(list);
}

void sequence_exchange(struct collection *list, struct collection *other)
{
    ASSERT(list->large && other->large);
    struct large content = *list->large;
    *list->large = *other->large;
    *other->large = content;
}

/* ---- the row ---- */

static const char *encoding_name(const struct value *value)
{
    struct collection list = collection_of(VALUE_LIST, value);
    return sequence_is_small(&list) ? "listpack" : "quicklist";
}

static uint64_t count_of(const struct value *value)
{
    struct collection list = collection_of(VALUE_LIST, value);
    return sequence_count(&list);
}

static void check(const struct value *value)
{
    struct collection list = collection_of(VALUE_LIST, value);
    if (list.large)
        ASSERT(list.large->small_size == 0 || list.large->small_size == sequence_listpack_size(&list));
    else
        ASSERT(packed_is_whole(list.packed) && list.packed.len <= PACKED_MAX);
}

const struct value_row list_row = {
    .name = "list",
    .number = 1,
    .encoding_name = encoding_name,
    .count = count_of,
    .check = check,
    .tree_kind = &tree_of_positions,
};
