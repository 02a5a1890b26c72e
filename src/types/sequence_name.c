/* SPDX-License-Identifier: BSD-3-Clause */
/* What a list is called by what it would take in a block of Redis' kind. */
#include "listpack_size.h"
#include "sequence_private.h"

enum {
    LISTPACK_ELEMENT_MIN = 2,
    /* A large list's size in that form isn't followed beyond this, nor looked for in a tree that is so many
     * times larger. */
    SIZE_FOLLOWED_MAX = 1 << 20,
    TREE_PER_LISTPACK = 10,
};

/* ---- Redis' blocks ---- */

/* Where the directive limits the count, there is a limit of bytes all the same. */
enum { SAFE_SIZE = 8192 };

static size_t listpack_size_max(int64_t limit)
{
    static const size_t sizes[] = {4096, 8192, 16384, 32768, 65536};
    if (limit >= 0)
        return SAFE_SIZE;
    return sizes[limit < -5 ? 4 : -limit - 1];
}

static bool listpack_fits(int64_t limit, bool halved, size_t size, uint64_t count)
{
    uint64_t divisor = halved ? 2 : 1;
    if (limit < 0)
        return size <= listpack_size_max(limit) / divisor;
    return size <= SAFE_SIZE && count <= (limit == 0 ? 1 : (uint64_t)limit) / divisor;
}

/* ---- the list ---- */

bool sequence_is_small(const struct collection *list)
{
    return list->large ? list->large->is_named_small : packed_tag(list->packed) == SEQUENCE_NAMED_SMALL;
}

static void rename_to(struct collection *list, bool is_small)
{
    if (list->large)
        list->large->is_named_small = is_small;
    else
        collection_buffer(list)->data[0] = is_small ? SEQUENCE_NAMED_SMALL : SEQUENCE_NAMED_LARGE;
}

size_t sequence_listpack_size(const struct collection *list)
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
        return sequence_listpack_size(list);
    if (list->large->small_size == 0)
        list->large->small_size = sequence_listpack_size(list);
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
        rename_to(list, false);
}

void sequence_shrunk(struct collection *list)
{
    if (!sequence_is_small(list) && fits(list, true, 0, 0))
        rename_to(list, true);
}

void sequence_settle(struct collection *list)
{
    rename_to(list, fits(list, false, 0, 0));
}

void sequence_size_added(struct large *large, struct bytes bytes)
{
    if (large->small_size == 0)
        return;
    large->small_size += listpack_element_size(bytes);
    if (large->small_size > SIZE_FOLLOWED_MAX)
        large->small_size = 0;
}

void sequence_size_removed(struct large *large, struct bytes bytes)
{
    if (large->small_size != 0)
        large->small_size -= listpack_element_size(bytes);
}
