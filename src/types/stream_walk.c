/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways through a stream, and a look at all of it. */
#include "base/panic.h"
#include "stream_private.h"

/* ---- one entry ---- */

/* The chunk in which the ID would be; false when it is before the first one. */
static bool find_chunk(const struct stream *stream, struct stream_id id, struct stream_chunk *chunk)
{
    struct tree_cursor cursor;
    struct id_key key;
    if (!stream->tail.bytes)
        return false;
    if (stream_id_compare(id, stream->tail.key) >= 0) {
        *chunk = chunk_of_tail(&stream->tail);
        return true;
    }
    (void)tree_seek_after(&stream->chunks, id_tree_key(id, &key), &cursor);
    if (tree_rank(&cursor) == 0)
        return false;
    (void)tree_previous(&cursor);
    chunk_unpack(&cursor, chunk);
    return true;
}

bool stream_find(const struct stream *stream, struct stream_id id, struct stream_entry *entry)
{
    struct stream_chunk chunk;
    size_t start, end;
    if (!find_chunk(stream, id, &chunk) || !chunk_find(&chunk, id, &start, &end))
        return false;
    (void)stream_chunk_entry(&chunk, start, entry);
    return true;
}

bool stream_has(const struct stream *stream, struct stream_id id)
{
    struct stream_entry entry;
    return stream_find(stream, id, &entry);
}

bool stream_last_id(const struct stream *stream, struct stream_id *id)
{
    struct stream_walk walk;
    struct stream_entry entry;
    *id = stream->tail.last;
    if (stream->tail.deleted == 0)
        return stream->length > 0;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, true);
    bool is_there = stream_walk_next(&walk, &entry);
    *id = entry.id;
    return is_there;
}

bool stream_has_after(const struct stream *stream, struct stream_id id)
{
    struct stream_id last;
    return stream_last_id(stream, &last) && stream_id_compare(last, id) > 0;
}

/* ---- in order ---- */

static void enter_tail(struct stream_walk *walk)
{
    walk->is_in_tail = true;
    walk->chunk = chunk_of_tail(&walk->stream->tail);
}

/* To the chunk in which `id` would be, or to the first one. */
static void enter(struct stream_walk *walk, struct stream_id id)
{
    struct id_key key;
    if (stream_id_compare(id, walk->stream->tail.key) >= 0) {
        enter_tail(walk);
        return;
    }
    bool has_more = tree_seek_after(&walk->stream->chunks, id_tree_key(id, &key), &walk->cursor);
    if (tree_rank(&walk->cursor) > 0)
        has_more = tree_previous(&walk->cursor);
    if (has_more)
        chunk_unpack(&walk->cursor, &walk->chunk);
    else
        enter_tail(walk);
}

static bool enter_next(struct stream_walk *walk)
{
    if (walk->is_in_tail)
        return false;
    if (tree_next(&walk->cursor))
        chunk_unpack(&walk->cursor, &walk->chunk);
    else
        enter_tail(walk);
    return true;
}

static bool enter_previous(struct stream_walk *walk)
{
    if (walk->is_in_tail) {
        (void)tree_seek_rank(&walk->stream->chunks, tree_count(&walk->stream->chunks), &walk->cursor);
        walk->is_in_tail = false;
    }
    if (!tree_previous(&walk->cursor))
        return false;
    chunk_unpack(&walk->cursor, &walk->chunk);
    return true;
}

/* Entries can only be gone through from a chunk's begin on. */
static void find_starts(struct stream_walk *walk)
{
    struct stream_entry entry;
    walk->count = 0;
    for (size_t at = 0; at < walk->chunk.entries.len;) {
        ASSERT(walk->count < STREAM_CHUNK_ENTRIES);
        walk->starts[walk->count++] = (uint16_t)at;
        at = stream_chunk_entry(&walk->chunk, at, &entry);
    }
}

void stream_walk_begin(struct stream_walk *walk, const struct stream *stream, struct stream_id first,
                       struct stream_id last, bool is_backwards)
{
    walk->stream = stream;
    walk->first = first;
    walk->last = last;
    walk->is_backwards = is_backwards;
    walk->is_in_tail = false;
    walk->at = 0;
    walk->is_over = !stream || stream->length == 0 || stream_id_compare(first, last) > 0;
    if (walk->is_over)
        return;
    enter(walk, is_backwards ? last : first);
    if (is_backwards)
        find_starts(walk);
}

static bool next_forwards(struct stream_walk *walk, struct stream_entry *entry)
{
    do {
        while (walk->at == walk->chunk.entries.len) {
            if (!enter_next(walk))
                return false;
            walk->at = 0;
        }
        walk->at = stream_chunk_entry(&walk->chunk, walk->at, entry);
    } while (stream_id_compare(entry->id, walk->first) < 0);
    return stream_id_compare(entry->id, walk->last) <= 0;
}

static bool next_backwards(struct stream_walk *walk, struct stream_entry *entry)
{
    do {
        while (walk->count == 0) {
            if (!enter_previous(walk))
                return false;
            find_starts(walk);
        }
        (void)stream_chunk_entry(&walk->chunk, walk->starts[--walk->count], entry);
    } while (stream_id_compare(entry->id, walk->last) > 0);
    return stream_id_compare(entry->id, walk->first) >= 0;
}

bool stream_walk_next(struct stream_walk *walk, struct stream_entry *entry)
{
    if (walk->is_over)
        return false;
    walk->is_over = !(walk->is_backwards ? next_backwards(walk, entry) : next_forwards(walk, entry));
    return !walk->is_over;
}

/* ---- chunks ---- */

void stream_chunk_walk_begin(struct stream_chunk_walk *walk, const struct stream *stream)
{
    walk->stream = stream;
    walk->is_over = !stream->tail.bytes;
    (void)tree_seek_rank(&stream->chunks, 0, &walk->cursor);
}

bool stream_chunk_next(struct stream_chunk_walk *walk, struct stream_chunk *chunk)
{
    if (walk->is_over)
        return false;
    walk->is_over = tree_at_end(&walk->cursor);
    if (walk->is_over) {
        *chunk = chunk_of_tail(&walk->stream->tail);
        return true;
    }
    chunk_unpack(&walk->cursor, chunk);
    (void)tree_next(&walk->cursor);
    return true;
}

/* ---- Redis' radix tree of nodes, each by its 16 bytes ---- */

enum { RADIX_KEY = 16 };

struct radix {
    uint64_t nodes;
    unsigned branch[RADIX_KEY]; /* bytes that the branches on the way to the last key have in front */
    unsigned depth;
    bool is_begun;
    unsigned char last[RADIX_KEY];
};

static void radix_key(struct stream_id id, unsigned char key[static RADIX_KEY])
{
    struct id_key low, high;
    (void)id_tree_key(id, &low);
    (void)id_tree_key((struct stream_id){0, id.ms}, &high);
    memcpy(key, high.sequence, sizeof high.sequence);
    memcpy(key + sizeof high.sequence, low.sequence, sizeof low.sequence);
}

/* Between a branch, or the root, that leads to byte `from` and what stands at `to`, bytes that have no
 * alternative share a node. */
static unsigned run_between(unsigned from, unsigned to)
{
    return to > from;
}

/* The last key, below the branches, ends where the new one parts from it. */
static void radix_add(struct radix *radix, struct stream_id id)
{
    unsigned char key[RADIX_KEY];
    radix_key(id, key);
    unsigned common = 0;
    while (radix->is_begun && common < RADIX_KEY - 1 && key[common] == radix->last[common])
        common++;
    if (!radix->is_begun) {
        radix->nodes = 1 + run_between(0, RADIX_KEY);
    } else {
        unsigned below = RADIX_KEY;
        while (radix->depth > 0 && radix->branch[radix->depth - 1] > common)
            below = radix->branch[--radix->depth];
        unsigned above = radix->depth > 0 ? radix->branch[radix->depth - 1] + 1 : 0;
        if (radix->depth == 0 || radix->branch[radix->depth - 1] != common) {
            radix->nodes -= run_between(above, below);
            radix->nodes += run_between(above, common) + 1 + run_between(common + 1, below);
            radix->branch[radix->depth++] = common;
        }
        radix->nodes += 1 + run_between(common + 1, RADIX_KEY);
    }
    radix->is_begun = true;
    memcpy(radix->last, key, sizeof key);
}

uint64_t stream_radix_nodes(const struct stream *stream)
{
    struct radix radix = {.nodes = 1};
    struct stream_chunk_walk walk;
    struct stream_chunk chunk;
    stream_chunk_walk_begin(&walk, stream);
    while (stream_chunk_next(&walk, &chunk))
        if (!chunk.continues)
            radix_add(&radix, chunk.key);
    return radix.nodes;
}

/* ---- checking ---- */

static void check_chunk(const struct stream_chunk *chunk)
{
    struct stream_id before = {0, 0};
    struct stream_entry entry;
    uint32_t live = 0;
    for (size_t at = 0; at < chunk->entries.len; live++) {
        at = stream_chunk_entry(chunk, at, &entry);
        ASSERT(stream_id_compare(entry.id, chunk->key) >= 0 && stream_id_compare(entry.id, chunk->last) <= 0);
        ASSERT(live == 0 || stream_id_compare(before, entry.id) < 0);
        before = entry.id;
    }
    ASSERT(live == chunk->live);
}

void stream_check(const struct stream *stream)
{
    struct stream_chunk_walk walk;
    struct stream_chunk chunk;
    struct stream_id before = {0, 0}; /* the key of the chunk before */
    uint64_t length = 0, nodes = 0;
    tree_check(&stream->chunks);
    ASSERT(stream->tail.bytes || tree_count(&stream->chunks) == 0);
    stream_chunk_walk_begin(&walk, stream);
    for (; stream_chunk_next(&walk, &chunk); before = chunk.key) {
        check_chunk(&chunk);
        ASSERT(length == 0 || stream_id_compare(before, chunk.key) < 0);
        nodes += !chunk.continues;
        length += chunk.live;
    }
    ASSERT(length == stream->length && nodes == stream->node_count);
    if (stream->groups)
        groups_check(stream->groups);
}
