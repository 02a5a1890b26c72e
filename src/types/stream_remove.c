/* SPDX-License-Identifier: BSD-3-Clause */
/* Removing entries: single ones out of their chunks, whole chunks at the front. */
#include "base/panic.h"
#include "stream_private.h"

void stream_first_changed(struct stream *stream)
{
    struct stream_walk walk;
    struct stream_entry entry;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, false);
    stream->first = stream_walk_next(&walk, &entry) ? entry.id : STREAM_ID_MIN;
}

/* ---- out of a chunk ---- */

/* A chunk in the tree that a cursor is at. */
struct place {
    struct tree_cursor cursor;
    struct stream_chunk chunk;
};

/* The node's next chunk is its first one from now on. */
static void begin_with_next(struct stream *stream, struct place *next)
{
    char head[CHUNK_HEAD_MAX];
    struct buf copy = {0};
    if (tree_at_end(&next->cursor)) {
        stream->tail.continues = false;
        return;
    }
    next->chunk.continues = false;
    buf_append(&copy, next->chunk.names.data, next->chunk.names.len + next->chunk.entries.len);
    next->chunk.names.data = copy.data;
    next->chunk.entries.data = copy.data + next->chunk.names.len;
    struct tree_item item = chunk_item(&next->chunk, head);
    tree_replace(&next->cursor, &item);
    buf_clear(&copy);
}

/* A chunk that began a node went; the cursor is at what followed. */
static void node_lost_chunk(struct stream *stream, const struct tree_cursor *cursor)
{
    struct place next = {.cursor = *cursor};
    bool continues = stream->tail.bytes && stream->tail.continues;
    if (!tree_at_end(cursor)) {
        chunk_unpack(cursor, &next.chunk);
        continues = next.chunk.continues;
    }
    if (continues)
        begin_with_next(stream, &next);
    else
        stream->node_count--;
}

static void delete_chunk(struct stream *stream, struct place *place)
{
    bool began_node = !place->chunk.continues;
    tree_remove(&place->cursor);
    if (began_node)
        node_lost_chunk(stream, &place->cursor);
}

static void count_deleted(struct stream_chunk *chunk, size_t start, size_t end, uint32_t count)
{
    struct stream_entry entry;
    while (start < end) {
        start = stream_chunk_entry(chunk, start, &entry);
        chunk->deleted_size += chunk_entry_listpack_size(chunk, entry);
    }
    chunk->live -= count;
    chunk->deleted += count;
}

/* Takes `count` entries that lie from `start` to `end` out of a chunk that keeps others. */
static void delete_in_tree(struct place *place, size_t start, size_t end, uint32_t count)
{
    char head[CHUNK_HEAD_MAX];
    struct stream_chunk *chunk = &place->chunk;
    struct buf rest = {0};
    count_deleted(chunk, start, end, count);
    buf_append(&rest, chunk->names.data, chunk->names.len + start);
    buf_append(&rest, chunk->entries.data + end, chunk->entries.len - end);
    chunk->names.data = rest.data;
    chunk->entries = bytes_make(rest.data + chunk->names.len, rest.len - chunk->names.len);
    struct tree_item item = chunk_item(chunk, head);
    tree_replace(&place->cursor, &item);
    buf_clear(&rest);
}

static void delete_in_tail(struct stream *stream, size_t start, size_t end, uint32_t count)
{
    struct stream_tail *tail = &stream->tail;
    struct stream_chunk chunk = chunk_of_tail(tail);
    count_deleted(&chunk, start, end, count);
    tail->live = chunk.live;
    tail->deleted = chunk.deleted;
    tail->deleted_size = chunk.deleted_size;
    tail_own(tail, 0);
    char *entries = tail->bytes->data + tail->names_len;
    memmove(entries + start, entries + end, chunk.entries.len - end);
    tail->bytes->len -= end - start;
}

/* The tail is empty: the chunk before it is the tail again. */
static void delete_tail(struct stream *stream)
{
    stream->node_count -= !stream->tail.continues;
    tail_drop(&stream->tail);
    tail_reopen(stream);
}

static bool delete_from_tail(struct stream *stream, struct stream_id id)
{
    struct stream_chunk chunk = chunk_of_tail(&stream->tail);
    size_t start, end;
    if (!chunk_find(&chunk, id, &start, &end))
        return false;
    if (chunk.live > 1)
        delete_in_tail(stream, start, end, 1);
    else
        delete_tail(stream);
    return true;
}

static bool delete_from_tree(struct stream *stream, struct stream_id id)
{
    struct place place;
    struct id_key key;
    size_t start, end;
    (void)tree_seek_after(&stream->chunks, id_tree_key(id, &key), &place.cursor);
    if (tree_rank(&place.cursor) == 0)
        return false;
    (void)tree_previous(&place.cursor);
    chunk_unpack(&place.cursor, &place.chunk);
    if (!chunk_find(&place.chunk, id, &start, &end))
        return false;
    if (place.chunk.live > 1)
        delete_in_tree(&place, start, end, 1);
    else
        delete_chunk(stream, &place);
    return true;
}

bool stream_delete(struct stream *stream, struct stream_id id)
{
    if (!stream->tail.bytes)
        return false;
    bool is_in_tail = stream_id_compare(id, stream->tail.key) >= 0;
    if (!(is_in_tail ? delete_from_tail(stream, id) : delete_from_tree(stream, id)))
        return false;
    stream->length--;
    if (stream_id_compare(id, stream->max_deleted) > 0)
        stream->max_deleted = id;
    if (stream_id_compare(id, stream->first) == 0 || stream->length == 0)
        stream_first_changed(stream);
    return true;
}

/* ---- at the front ---- */

struct front {
    uint64_t entries, chunks, nodes; /* that go as a whole */
};

struct node_walk {
    struct stream_chunk_walk chunks;
    struct stream_chunk chunk; /* the next node's first one */
    bool has_more;
};

/* A node: how many entries and chunks it has, and its last ID. False behind the last node. */
static bool next_node(struct node_walk *walk, struct front *node, struct stream_id *last)
{
    if (!walk->has_more)
        return false;
    *node = (struct front){.nodes = 1};
    do {
        node->entries += walk->chunk.live;
        node->chunks++;
        *last = walk->chunk.last;
        walk->has_more = stream_chunk_next(&walk->chunks, &walk->chunk);
    } while (walk->has_more && walk->chunk.continues);
    return true;
}

static bool is_done(const struct stream *stream, const struct stream_trim *trim, uint64_t removed)
{
    return !trim->is_by_id && stream->length - removed <= trim->max_length;
}

static bool node_goes(const struct stream *stream, const struct stream_trim *trim, uint64_t removed,
                      const struct front *node, struct stream_id last)
{
    if (trim->is_by_id)
        return stream_id_compare(last, trim->min_id) < 0;
    return stream->length - removed - node->entries >= trim->max_length &&
           stream->length - removed >= node->entries;
}

/* Where few entries stay, those are counted: from the last one on the nodes that have them. */
static void count_rest(const struct stream *stream, const struct stream_trim *trim, struct front *front)
{
    struct tree_cursor cursor;
    struct stream_chunk chunk = chunk_of_tail(&stream->tail);
    struct front rest = {chunk.live, 1, !chunk.continues};
    (void)tree_seek_rank(&stream->chunks, tree_count(&stream->chunks), &cursor);
    while ((rest.entries < trim->max_length || chunk.continues) && tree_previous(&cursor)) {
        chunk_unpack(&cursor, &chunk);
        rest.entries += chunk.live;
        rest.chunks++;
        rest.nodes += !chunk.continues;
    }
    *front = (struct front){stream->length - rest.entries, tree_count(&stream->chunks) + 1 - rest.chunks,
                            stream->node_count - rest.nodes};
}

/* What goes in whole nodes; true when the one that follows is to be looked at entry by entry. */
static bool find_front(const struct stream *stream, const struct stream_trim *trim, struct front *front)
{
    struct node_walk walk;
    struct front node;
    struct stream_id last;
    *front = (struct front){0};
    if (!trim->is_by_id && trim->limit == 0 && trim->max_length > 0 &&
        trim->max_length < stream->length / 2) {
        count_rest(stream, trim, front);
        return trim->is_exact;
    }
    stream_chunk_walk_begin(&walk.chunks, stream);
    walk.has_more = stream_chunk_next(&walk.chunks, &walk.chunk);
    while (!is_done(stream, trim, front->entries) && next_node(&walk, &node, &last)) {
        if (trim->limit > 0 && front->entries + node.entries > trim->limit)
            return false;
        if (!node_goes(stream, trim, front->entries, &node, last))
            return trim->is_exact;
        front->entries += node.entries;
        front->chunks += node.chunks;
        front->nodes++;
    }
    return false;
}

static void cut_front(struct stream *stream, const struct front *front, struct tree *cut)
{
    bool with_tail = front->chunks > tree_count(&stream->chunks);
    tree_cut(&stream->chunks, 0, front->chunks, cut);
    if (with_tail)
        tail_drop(&stream->tail);
    stream->node_count -= front->nodes;
    stream->length -= front->entries;
}

/* The entries at the front of a chunk that go: their number, and where they end. */
static uint32_t entries_that_go(const struct stream_chunk *chunk, const struct stream_trim *trim,
                                uint64_t left, size_t *end)
{
    struct stream_entry entry;
    uint32_t count = 0;
    *end = 0;
    while (*end < chunk->entries.len && (trim->is_by_id || count < left)) {
        size_t next = stream_chunk_entry(chunk, *end, &entry);
        if (trim->is_by_id && stream_id_compare(entry.id, trim->min_id) >= 0)
            break;
        *end = next;
        count++;
    }
    return count;
}

/* Entries at the front of the first chunk go; true when it went as a whole, and there may be more. */
static bool trim_first_chunk(struct stream *stream, const struct stream_trim *trim, uint64_t left,
                             uint64_t *removed)
{
    struct place place;
    size_t end;
    bool is_tail = tree_count(&stream->chunks) == 0;
    (void)tree_seek_rank(&stream->chunks, 0, &place.cursor);
    if (is_tail)
        place.chunk = chunk_of_tail(&stream->tail);
    else
        chunk_unpack(&place.cursor, &place.chunk);
    uint32_t count = entries_that_go(&place.chunk, trim, left, &end);
    /* Redis keeps the node while one that was deleted is in it that wouldn't go. */
    bool keeps_empty = trim->is_by_id && stream_id_compare(place.chunk.last, trim->min_id) >= 0;
    bool is_whole = count == place.chunk.live && !keeps_empty;
    *removed += count;
    if (count == 0)
        return false;
    if (is_whole && is_tail)
        delete_tail(stream);
    else if (is_whole)
        delete_chunk(stream, &place);
    else if (is_tail)
        delete_in_tail(stream, 0, end, count);
    else
        delete_in_tree(&place, 0, end, count);
    return is_whole && stream->tail.bytes;
}

static uint64_t trim_within_node(struct stream *stream, const struct stream_trim *trim)
{
    uint64_t removed = 0, excess = trim->is_by_id ? 0 : stream->length - trim->max_length;
    while (trim_first_chunk(stream, trim, excess - removed, &removed)) {
    }
    stream->length -= removed;
    return removed;
}

uint64_t stream_trim(struct stream *stream, const struct stream_trim *trim, struct tree *cut)
{
    struct front front;
    tree_init(cut, &tree_of_ids);
    bool goes_on = find_front(stream, trim, &front);
    uint64_t removed = front.entries;
    if (front.chunks > 0)
        cut_front(stream, &front, cut);
    if (goes_on)
        removed += trim_within_node(stream, trim);
    if (removed > 0)
        stream_first_changed(stream);
    return removed;
}
