/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements of lists are removed by where they are, or by what they are. */
#include "sequence_private.h"

/* Ranges of more are cut out of the tree. */
enum { REMOVED_ONE_BY_ONE = 64 };

/* ---- by where they are ---- */

static void remove_at(struct large *large, struct tree_cursor *cursor)
{
    sequence_size_removed(large, tree_bytes_at(cursor));
    tree_remove(cursor);
}

static struct large *cut_large(struct large *large, uint64_t index, uint64_t count)
{
    struct tree_cursor cursor;
    if (count <= REMOVED_ONE_BY_ONE) {
        (void)tree_seek_rank(&large->tree, index, &cursor);
        while (count-- > 0)
            remove_at(large, &cursor);
        return NULL;
    }
    struct large *cut = large_new(VALUE_LIST);
    large->small_size = 0;
    tree_cut(&large->tree, index, count, &cut->tree);
    return cut;
}

struct large *sequence_cut(struct collection *list, uint64_t index, uint64_t count)
{
    if (list->large)
        return cut_large(list->large, index, count);
    if (count == 0)
        return NULL;
    size_t start = sequence_packed_offset(list, index), end = start;
    struct packed_element element;
    for (uint64_t i = 0; i < count && packed_at(list->packed, end, &element); i++)
        end = element.end;
    packed_remove(collection_buffer(list), start, end, count);
    collection_packed_changed(list);
    return NULL;
}

void sequence_remove(struct collection *list, uint64_t index, uint64_t count)
{
    struct large *cut = sequence_cut(list, index, count);
    if (cut)
        large_free(cut);
}

/* ---- by what they are ---- */

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
        packed_remove(collection_buffer(list), element.start, element.end, 1);
        collection_packed_changed(list);
        removed++;
    }
    return removed;
}

void sequence_removal_begin(struct sequence_removal *removal, struct collection *list, struct bytes bytes,
                            enum sequence_end from, uint64_t most)
{
    *removal = (struct sequence_removal){
        .list = list, .bytes = bytes, .from = from, .most = most ? most : UINT64_MAX};
    if (!list->large)
        return;
    uint64_t rank = from == SEQUENCE_HEAD ? 0 : sequence_count(list);
    (void)tree_seek_rank(&list->large->tree, rank, &removal->cursor);
}

/* Looks at the next element; false when there is none. */
static bool look(struct sequence_removal *removal)
{
    struct tree_cursor *cursor = &removal->cursor;
    bool is_forwards = removal->from == SEQUENCE_HEAD;
    if (is_forwards ? tree_at_end(cursor) : !tree_previous(cursor))
        return false;
    if (bytes_equal(tree_bytes_at(cursor), removal->bytes)) {
        remove_at(removal->list->large, cursor);
        removal->removed++;
    } else if (is_forwards) {
        (void)tree_next(cursor);
    }
    return true;
}

bool sequence_removal_step(struct sequence_removal *removal, uint64_t looks)
{
    struct collection *list = removal->list;
    if (!list->large) {
        uint64_t count = removal->from == SEQUENCE_TAIL ? count_equal(list->packed, removal->bytes) : 0;
        uint64_t spared = count > removal->most ? count - removal->most : 0;
        removal->removed = remove_equal_packed(list, removal->bytes, spared, removal->most);
        return true;
    }
    while (looks-- > 0) {
        if (removal->removed == removal->most || !look(removal))
            return true;
    }
    return false;
}

uint64_t sequence_remove_equal(struct collection *list, struct bytes bytes, enum sequence_end from,
                               uint64_t most)
{
    struct sequence_removal removal;
    sequence_removal_begin(&removal, list, bytes, from, most);
    (void)sequence_removal_step(&removal, UINT64_MAX);
    return removal.removed;
}
