/* SPDX-License-Identifier: BSD-3-Clause */
/* A packed list is gone through from its head, so it becomes a large one early; a large one stays it. */
#include "types/sequence.h"
#include "base/panic.h"
#include "rows.h"
#include "sequence_name.h"

enum {
    PACKED_MAX = 2048, /* bytes: to go through so many costs no more than to find the way in a tree */
    /* The tag of a packed one. */
    TAG_SMALL = 0, /* it is called the small one's name */
    TAG_LARGE = 1,
    /* A large one's size in Redis' small form isn't followed beyond this, nor looked for in a tree that is so
     * many times larger. */
    SIZE_FOLLOWED_MAX = 1 << 20,
    TREE_PER_LISTPACK = 10,
    REMOVED_ONE_BY_ONE = 64,
};

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

/* Where the element of that index begins in a packed list, or would, at its end. */
static size_t packed_offset(const struct collection *list, uint64_t index)
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
        walk->at = packed_offset(list, index);
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
    size_t at = packed_offset(walk->list, walk->left - count);
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

bool sequence_walk_next(struct sequence_walk *walk, struct sequence_element *element)
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

/* ---- by which name it goes ---- */

bool sequence_is_small(const struct collection *list)
{
    return list->large ? list->large->is_named_small : packed_tag(list->packed) == TAG_SMALL;
}

static void name(struct collection *list, bool is_small)
{
    if (list->large)
        list->large->is_named_small = is_small;
    else
        list->buffer->data[0] = is_small ? TAG_SMALL : TAG_LARGE;
}

static size_t count_listpack_size(const struct collection *list)
{
    struct sequence_walk walk;
    struct sequence_element element;
    size_t size = LISTPACK_HEAD;
    sequence_walk_begin(&walk, list, 0);
    while (sequence_walk_next(&walk, &element))
        size += listpack_element_size(element.bytes);
    return size;
}

/* What the list would take as one block. A large one knows, unless it is or was very large. */
static size_t listpack_size(const struct collection *list)
{
    if (!list->large)
        return count_listpack_size(list);
    if (list->large->small_size == 0)
        list->large->small_size = count_listpack_size(list);
    return list->large->small_size;
}

/* The same at the most, of a packed one, at a glance. */
static size_t packed_bound(const struct collection *list)
{
    enum { MORE_THAN_PACKED = 3 };
    return list->packed.len + MORE_THAN_PACKED * packed_count(list->packed) + LISTPACK_HEAD;
}

/* Whether the list, when so much is added to it, is one block; `halved`: fills half of one. */
static bool fits(const struct collection *list, bool halved, size_t more_bytes, uint64_t more_count)
{
    int64_t limit = list->limits.len;
    uint64_t count = sequence_count(list) + more_count;
    if (!listpack_fits(limit, halved, LISTPACK_HEAD + LISTPACK_ELEMENT_MIN * count, count))
        return false;
    if (!list->large && listpack_fits(limit, halved, packed_bound(list) + more_bytes, count))
        return true;
    if (list->large && list->large->small_size == 0 &&
        tree_bytes(&list->large->tree) / TREE_PER_LISTPACK > listpack_size_max(limit))
        return false;
    return listpack_fits(limit, halved, listpack_size(list) + more_bytes, count);
}

void sequence_expect(struct collection *list, const struct bytes *elements, size_t count)
{
    size_t len = 0;
    if (!sequence_is_small(list))
        return;
    for (size_t i = 0; i < count; i++)
        len += elements[i].len;
    if (!fits(list, false, len, count))
        name(list, false);
}

void sequence_shrunk(struct collection *list)
{
    if (!sequence_is_small(list) && fits(list, true, 0, 0))
        name(list, true);
}

void sequence_settle(struct collection *list)
{
    name(list, fits(list, false, 0, 0));
}

static void size_added(struct large *large, struct bytes bytes)
{
    if (large->small_size == 0)
        return;
    large->small_size += listpack_element_size(bytes);
    if (large->small_size > SIZE_FOLLOWED_MAX)
        large->small_size = 0;
}

static void size_removed(struct large *large, struct bytes bytes)
{
    if (large->small_size != 0)
        large->small_size -= listpack_element_size(bytes);
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
    list->large->small_size = LISTPACK_HEAD;
    while (packed_at(list->packed, element.end, &element)) {
        struct tree_item item = item_of(element.bytes);
        tree_append(&list->large->tree, &item);
        size_added(list->large, element.bytes);
    }
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
    size_added(large, bytes);
}

void sequence_insert(struct collection *list, uint64_t index, struct bytes bytes)
{
    enlarge_for(list, packed_element_size(bytes.len));
    if (list->large) {
        insert_in_large(list->large, index, bytes);
        return;
    }
    packed_insert(list->buffer, packed_offset(list, index), bytes);
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
    size_removed(large, tree_bytes_at(&cursor));
    tree_replace(&cursor, &item);
    size_added(large, bytes);
}

void sequence_replace(struct collection *list, uint64_t index, struct bytes bytes)
{
    enlarge_for(list, packed_element_size(bytes.len));
    if (list->large) {
        replace_in_large(list->large, index, bytes);
        return;
    }
    struct packed_element old = packed_number(list->packed, index);
    packed_replace(list->buffer, &old, bytes);
    collection_packed_changed(list);
}

/* ---- removing ---- */

static void remove_at(struct large *large, struct tree_cursor *cursor)
{
    size_removed(large, tree_bytes_at(cursor));
    tree_remove(cursor);
}

static void remove_from_large(struct large *large, uint64_t index, uint64_t count)
{
    struct tree_cursor cursor;
    struct tree cut;
    if (count <= REMOVED_ONE_BY_ONE) {
        (void)tree_seek_rank(&large->tree, index, &cursor);
        while (count-- > 0)
            remove_at(large, &cursor);
        return;
    }
    large->small_size = 0;
    tree_cut(&large->tree, index, count, &cut);
    tree_free(&cut);
}

void sequence_remove(struct collection *list, uint64_t index, uint64_t count)
{
    if (list->large) {
        remove_from_large(list->large, index, count);
        return;
    }
    if (count == 0)
        return;
    size_t start = packed_offset(list, index), end = start;
    struct packed_element element;
    for (uint64_t i = 0; i < count && packed_at(list->packed, end, &element); i++)
        end = element.end;
    packed_remove(list->buffer, start, end, count);
    collection_packed_changed(list);
}

static uint64_t remove_equal_forwards(struct large *large, struct bytes bytes, uint64_t most)
{
    struct tree_cursor cursor;
    uint64_t removed = 0;
    (void)tree_seek_rank(&large->tree, 0, &cursor);
    while (removed < most && !tree_at_end(&cursor)) {
        if (bytes_equal(tree_bytes_at(&cursor), bytes)) {
            remove_at(large, &cursor);
            removed++;
        } else {
            (void)tree_next(&cursor);
        }
    }
    return removed;
}

static uint64_t remove_equal_backwards(struct large *large, struct bytes bytes, uint64_t most)
{
    struct tree_cursor cursor;
    uint64_t removed = 0;
    (void)tree_seek_rank(&large->tree, tree_count(&large->tree), &cursor);
    while (removed < most && tree_previous(&cursor)) {
        if (bytes_equal(tree_bytes_at(&cursor), bytes)) {
            remove_at(large, &cursor);
            removed++;
        }
    }
    return removed;
}

static uint64_t count_equal(struct bytes packed, struct bytes bytes)
{
    struct packed_element element = {.end = PACKED_HEAD};
    uint64_t count = 0;
    while (packed_at(packed, element.end, &element))
        count += bytes_equal(element.bytes, bytes);
    return count;
}

/* Leaves the first `spared` of them. */
static uint64_t remove_equal_packed(struct collection *list, struct bytes bytes, uint64_t spared,
                                    uint64_t most)
{
    struct packed_element element;
    uint64_t removed = 0;
    for (size_t at = PACKED_HEAD; removed < most && packed_at(list->packed, at, &element);) {
        if (!bytes_equal(element.bytes, bytes) || (spared > 0 && spared--)) {
            at = element.end;
            continue;
        }
        packed_remove(list->buffer, element.start, element.end, 1);
        collection_packed_changed(list);
        removed++;
    }
    return removed;
}

uint64_t sequence_remove_equal(struct collection *list, struct bytes bytes, enum sequence_end from,
                               uint64_t most)
{
    if (most == 0)
        most = UINT64_MAX;
    if (list->large)
        return (from == SEQUENCE_HEAD ? remove_equal_forwards : remove_equal_backwards)(list->large, bytes,
                                                                                        most);
    uint64_t count = from == SEQUENCE_TAIL ? count_equal(list->packed, bytes) : 0;
    return remove_equal_packed(list, bytes, count > most ? count - most : 0, most);
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
        ASSERT(list.large->small_size == 0 || list.large->small_size == count_listpack_size(&list));
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
