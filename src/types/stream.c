/* SPDX-License-Identifier: BSD-3-Clause */
/* The stream as a whole, and its end, where entries are appended: that is no more than copying them behind
 * the last one. */
#include "base/alloc.h"
#include "base/panic.h"
#include "rows.h"
#include "stream_private.h"

/* ---- the whole ---- */

struct stream *stream_new(void)
{
    struct stream *stream = mem_zalloc(sizeof *stream);
    tree_init(&stream->chunks, &tree_of_ids);
    return stream;
}

struct stream *stream_hold(const struct stream *stream)
{
    struct stream *held = mem_alloc(sizeof *held);
    *held = *stream;
    tree_hold(&stream->chunks, &held->chunks);
    if (stream->tail.bytes)
        (void)blob_ref(stream->tail.bytes);
    if (stream->groups)
        (void)groups_hold(stream->groups);
    return held;
}

static bool ids_are_same(struct stream_id a, struct stream_id b)
{
    return stream_id_compare(a, b) == 0;
}

/* Whoever edits what is shared gets another root, tail or groups; XSETID changes the rest. */
bool stream_is_same(const struct stream *a, const struct stream *b)
{
    return a->chunks.root == b->chunks.root && a->tail.bytes == b->tail.bytes && a->groups == b->groups &&
           a->entries_added == b->entries_added && ids_are_same(a->last, b->last) &&
           ids_are_same(a->max_deleted, b->max_deleted);
}

bool stream_free_some(struct stream *stream, size_t budget)
{
    if (!tree_free_some(&stream->chunks, budget))
        return false;
    if (stream->groups && !groups_free_some(stream->groups, budget))
        return false;
    blob_unref(stream->tail.bytes);
    mem_free(stream);
    return true;
}

void stream_free(struct stream *stream)
{
    while (!stream_free_some(stream, SIZE_MAX)) {
    }
}

size_t stream_memory(const struct stream *stream)
{
    return mem_size(stream) + tree_bytes(&stream->chunks) +
           (stream->tail.bytes ? mem_size(stream->tail.bytes) : 0) +
           (stream->groups ? groups_memory(stream->groups) : 0);
}

/* ---- the tail ---- */

/* Room that is made at once for a chunk. */
enum { TAIL_FIRST = 96, TAIL_GROWTH_MAX = 1024 };

static struct blob *new_bytes(size_t len, size_t room)
{
    struct blob *blob = blob_new(room);
    blob->len = len;
    return blob;
}

void tail_own(struct stream_tail *tail, size_t more)
{
    struct blob *before = tail->bytes, *own;
    size_t need = before->len + more;
    bool is_shared = blob_is_shared(before);
    if (!is_shared && need <= before->capacity)
        return;
    size_t room = need + (need < TAIL_GROWTH_MAX ? need : TAIL_GROWTH_MAX);
    own = is_shared ? NULL : blob_try_resize(before, room);
    if (!own) {
        own = new_bytes(before->len, room);
        memcpy(own->data, before->data, before->len);
        blob_unref(before);
    }
    tail->bytes = own;
}

void tail_drop(struct stream_tail *tail)
{
    blob_unref(tail->bytes);
    *tail = (struct stream_tail){.bytes = NULL};
}

void tail_close(struct stream *stream)
{
    char head[CHUNK_HEAD_MAX];
    struct stream_chunk chunk = chunk_of_tail(&stream->tail);
    struct tree_item item = chunk_item(&chunk, head);
    tree_append(&stream->chunks, &item);
    tail_drop(&stream->tail);
}

/* What the chunk adds to its node's size. */
static size_t listpack_size_of(const struct stream_chunk *chunk)
{
    struct stream_entry entry;
    size_t size = chunk->deleted_size;
    for (size_t at = 0; at < chunk->entries.len;) {
        at = stream_chunk_entry(chunk, at, &entry);
        size += chunk_entry_listpack_size(chunk, entry);
    }
    return size;
}

static size_t head_size_of(const struct stream_chunk *chunk)
{
    struct stream_names names = {chunk->names.data};
    struct bytes *texts = mem_zalloc(((size_t)chunk->name_count * 2 + 1) * sizeof *texts);
    for (size_t i = 0; i < chunk->name_count; i++)
        texts[2 * i] = stream_next_name(&names);
    size_t size = node_head_size(texts, chunk->name_count);
    mem_free(texts);
    return size;
}

/* The node that the chunk at the cursor ends, which may have begun some chunks before. */
static void measure_node(struct tree_cursor cursor, struct stream_chunk chunk, struct stream_tail *tail)
{
    tail->node_size = head_size_of(&chunk) + listpack_size_of(&chunk);
    tail->node_entries = (uint64_t)chunk.live + chunk.deleted;
    while (chunk.continues && tree_previous(&cursor)) {
        chunk_unpack(&cursor, &chunk);
        tail->node_size += listpack_size_of(&chunk);
        tail->node_entries += (uint64_t)chunk.live + chunk.deleted;
    }
    tail->node_key = chunk.key;
}

void tail_reopen(struct stream *stream)
{
    struct tree_cursor cursor;
    struct stream_chunk chunk;
    struct stream_tail *tail = &stream->tail;
    if (tree_count(&stream->chunks) == 0)
        return;
    (void)tree_seek_rank(&stream->chunks, tree_count(&stream->chunks) - 1, &cursor);
    chunk_unpack(&cursor, &chunk);
    *tail = (struct stream_tail){.key = chunk.key,
                                 .last = chunk.last,
                                 .deleted_size = chunk.deleted_size,
                                 .live = chunk.live,
                                 .deleted = chunk.deleted,
                                 .name_count = chunk.name_count,
                                 .continues = chunk.continues,
                                 .names_len = chunk.names.len};
    measure_node(cursor, chunk, tail);
    tail->bytes = blob_new(chunk.names.len + chunk.entries.len);
    memcpy(tail->bytes->data, chunk.names.data, chunk.names.len + chunk.entries.len);
    tree_remove(&cursor);
}

/* ---- appending ---- */

static size_t names_size(const struct bytes *texts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += varied_size(texts[2 * i].len) + texts[2 * i].len;
    return size;
}

static void write_names(struct stream_tail *tail, const struct bytes *texts, size_t count)
{
    char *at = tail->bytes->data;
    for (size_t i = 0; i < count; i++)
        at = text_write(at, texts[2 * i]);
}

/* A chunk for the entry, which is its first one. */
static void begin_chunk(struct stream *stream, const struct new_entry *entry, struct stream_id key)
{
    struct stream_tail *tail = &stream->tail;
    size_t len = names_size(entry->texts, entry->count);
    if (tail->bytes)
        tail_close(stream);
    *tail = (struct stream_tail){.key = key, .name_count = (uint32_t)entry->count, .names_len = len};
    tail->bytes = new_bytes(len, len + TAIL_FIRST);
    write_names(tail, entry->texts, entry->count);
}

static void begin_node(struct stream *stream, const struct new_entry *entry, struct stream_id key)
{
    begin_chunk(stream, entry, key);
    stream->tail.node_key = key;
    stream->tail.node_size = node_head_size(entry->texts, entry->count);
    stream->node_count++;
}

/* The node goes on in another chunk. */
static void continue_node(struct stream *stream, const struct new_entry *entry)
{
    const struct stream_tail before = stream->tail;
    begin_chunk(stream, entry, entry->id);
    stream->tail.continues = true;
    stream->tail.node_key = before.node_key;
    stream->tail.node_size = before.node_size;
    stream->tail.node_entries = before.node_entries;
}

static bool chunk_has_room(const struct stream_tail *tail, const struct new_entry *entry)
{
    return tail->live < STREAM_CHUNK_ENTRIES && tail->bytes->len + entry->size <= CHUNK_SIZE_MAX;
}

static void measure(const struct stream_tail *tail, struct new_entry *entry)
{
    struct bytes names = bytes_make(tail->bytes->data, tail->names_len);
    entry->is_same = names_equal(names, tail->name_count, entry->texts, entry->count);
    new_entry_measure(entry, tail->key, tail->node_key);
}

static void put(struct stream *stream, const struct new_entry *entry)
{
    struct stream_tail *tail = &stream->tail;
    tail_own(tail, entry->size);
    (void)new_entry_write(tail->bytes->data + tail->bytes->len, entry, tail->key);
    tail->bytes->len += entry->size;
    tail->last = entry->id;
    tail->live++;
    tail->node_size += entry->listpack_size;
    tail->node_entries++;
    if (tail->bytes->len > stream->chunk_size_max)
        stream->chunk_size_max = tail->bytes->len;
    if (stream->length++ == 0)
        stream->first = entry->id;
}

static void put_in_node(struct stream *stream, struct new_entry *entry)
{
    if (!chunk_has_room(&stream->tail, entry)) {
        continue_node(stream, entry);
        measure(&stream->tail, entry);
    }
    put(stream, entry);
}

static void put_in_new_node(struct stream *stream, struct new_entry *entry, struct stream_id key)
{
    begin_node(stream, entry, key);
    measure(&stream->tail, entry);
    put(stream, entry);
}

/* As Redis decides it: by the size of the texts, not of what they will take. */
static bool node_has_room(const struct stream_tail *tail, const struct new_entry *entry,
                          const struct collection_limits *limits)
{
    enum { NODE_SIZE_MAX = 1 << 30 };
    uint64_t size_max =
        limits->len > 0 && limits->len < NODE_SIZE_MAX ? (uint64_t)limits->len : NODE_SIZE_MAX;
    if (node_size_of(tail) + entry->text_size >= size_max)
        return false;
    return limits->count <= 0 || tail->node_entries < (uint64_t)limits->count;
}

void stream_append(struct stream *stream, struct stream_id id, const struct bytes *texts, size_t count,
                   const struct collection_limits *limits)
{
    struct new_entry entry = {.id = id, .texts = texts, .count = count};
    if (stream->tail.bytes)
        measure(&stream->tail, &entry);
    if (stream->tail.bytes && node_has_room(&stream->tail, &entry, limits))
        put_in_node(stream, &entry);
    else
        put_in_new_node(stream, &entry, id);
    stream->last = id;
    stream->entries_added++;
}

bool stream_append_saved(struct stream *stream, struct stream_id id, const struct bytes *texts, size_t count,
                         const struct stream_id *node)
{
    struct new_entry entry = {.id = id, .texts = texts, .count = count};
    struct stream_tail *tail = &stream->tail;
    if ((tail->bytes && stream_id_compare(tail->last, id) >= 0) ||
        stream_id_compare(node ? *node : tail->node_key, id) > 0)
        return false;
    if (!node && !tail->bytes)
        return false;
    if (node && tail->bytes && stream_id_compare(tail->last, *node) >= 0)
        return false;
    if (node) {
        put_in_new_node(stream, &entry, *node);
    } else {
        measure(tail, &entry);
        put_in_node(stream, &entry);
    }
    return true;
}

/* ---- the row ---- */

static const struct stream *stream_of_value(const struct value *value)
{
    return value->large->stream;
}

static const char *encoding_name(const struct value *value)
{
    (void)value;
    return "stream";
}

static uint64_t count(const struct value *value)
{
    return value->large ? stream_of_value(value)->length : 0;
}

static void check(const struct value *value)
{
    stream_check(stream_of_value(value));
}

const struct value_row stream_row = {
    .name = "stream",
    .number = 6,
    .encoding_name = encoding_name,
    .count = count,
    .check = check,
    .may_be_empty = true,
    .tree_kind = &tree_of_ids,
};
