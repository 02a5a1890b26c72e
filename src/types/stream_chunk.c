/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_chunk.h"
#include "base/number.h"
#include "listpack_size.h"
#include <endian.h>

/* ---- IDs ---- */

bool stream_id_next(struct stream_id *id)
{
    if (id->sequence == UINT64_MAX && id->ms == UINT64_MAX)
        return false;
    id->sequence++;
    id->ms += id->sequence == 0;
    return true;
}

bool stream_id_previous(struct stream_id *id)
{
    if (stream_id_is_zero(*id))
        return false;
    id->ms -= id->sequence == 0;
    id->sequence--;
    return true;
}

size_t stream_id_print(char out[static STREAM_ID_TEXT_MAX], struct stream_id id)
{
    size_t len = print_u64(out, id.ms);
    out[len++] = '-';
    return len + print_u64(out + len, id.sequence);
}

struct tree_key id_tree_key(struct stream_id id, struct id_key *key)
{
    uint64_t big_endian = htobe64(id.sequence);
    memcpy(key->sequence, &big_endian, sizeof big_endian);
    return (struct tree_key){id.ms, bytes_make(key->sequence, sizeof key->sequence)};
}

uint64_t id_sequence(const char *bytes)
{
    uint64_t big_endian;
    memcpy(&big_endian, bytes, sizeof big_endian);
    return be64toh(big_endian);
}

/* ---- chunks ---- */

void chunk_unpack(const struct tree_cursor *cursor, struct stream_chunk *chunk)
{
    struct bytes bytes = tree_bytes_at(cursor);
    const char *at = bytes.data + sizeof(uint64_t);
    uint64_t live, deleted, ms, continues, names, len;
    chunk->key = (struct stream_id){tree_order_at(cursor), id_sequence(bytes.data)};
    at = varied_read(at, &live);
    at = varied_read(at, &deleted);
    at = varied_read(at, &chunk->deleted_size);
    at = varied_read(at, &ms);
    at = varied_read(at, &chunk->last.sequence);
    at = varied_read(at, &continues);
    at = varied_read(at, &names);
    at = varied_read(at, &len);
    chunk->last.ms = chunk->key.ms + ms;
    chunk->live = (uint32_t)live;
    chunk->deleted = (uint32_t)deleted;
    chunk->continues = continues;
    chunk->name_count = (uint32_t)names;
    chunk->names = bytes_make(at, len);
    chunk->entries = bytes_make(at + len, (size_t)(bytes.data + bytes.len - at) - len);
}

struct tree_item chunk_item(const struct stream_chunk *chunk, char head[static CHUNK_HEAD_MAX])
{
    struct id_key key;
    (void)id_tree_key(chunk->key, &key);
    memcpy(head, key.sequence, sizeof key.sequence);
    char *end = head + sizeof key.sequence;
    end = varied_write(end, chunk->live);
    end = varied_write(end, chunk->deleted);
    end = varied_write(end, chunk->deleted_size);
    end = varied_write(end, chunk->last.ms - chunk->key.ms);
    end = varied_write(end, chunk->last.sequence);
    end = varied_write(end, chunk->continues);
    end = varied_write(end, chunk->name_count);
    end = varied_write(end, chunk->names.len);
    return (struct tree_item){
        chunk->key.ms, 0, {bytes_make(head, (size_t)(end - head)), chunk->names, chunk->entries}};
}

struct stream_chunk chunk_of_tail(const struct stream_tail *tail)
{
    struct bytes all = blob_bytes(tail->bytes);
    return (struct stream_chunk){
        .key = tail->key,
        .last = tail->last,
        .deleted_size = tail->deleted_size,
        .live = tail->live,
        .deleted = tail->deleted,
        .name_count = tail->name_count,
        .continues = tail->continues,
        .names = bytes_make(all.data, tail->names_len),
        .entries = bytes_make(all.data + tail->names_len, all.len - tail->names_len),
    };
}

size_t stream_chunk_entry(const struct stream_chunk *chunk, size_t at, struct stream_entry *entry)
{
    uint64_t head, ms;
    const char *from = varied_read(chunk->entries.data + at, &head), *end = from + head / 2;
    from = varied_read(from, &ms);
    from = varied_read(from, &entry->id.sequence);
    entry->id.ms = chunk->key.ms + ms;
    entry->names = head & 1 ? chunk->names.data : NULL;
    entry->field_count = chunk->name_count;
    if (!entry->names)
        from = varied_read(from, &entry->field_count);
    entry->texts = from;
    entry->size = (size_t)(end - from) + (entry->names ? chunk->names.len : 0);
    return (size_t)(end - chunk->entries.data);
}

struct bytes stream_next_name(struct stream_names *names)
{
    struct bytes name;
    names->at = text_read(names->at, &name);
    return name;
}

void stream_entry_field(struct stream_entry *entry, struct bytes *name, struct bytes *value)
{
    if (entry->names)
        entry->names = text_read(entry->names, name);
    else
        entry->texts = text_read(entry->texts, name);
    entry->texts = text_read(entry->texts, value);
}

bool chunk_find(const struct stream_chunk *chunk, struct stream_id id, size_t *start, size_t *end)
{
    struct stream_entry entry;
    for (size_t at = 0, next; at < chunk->entries.len; at = next) {
        next = stream_chunk_entry(chunk, at, &entry);
        int compared = stream_id_compare(entry.id, id);
        if (compared > 0)
            return false;
        *start = at;
        *end = next;
        if (compared == 0)
            return true;
    }
    return false;
}

/* ---- sizes as listpacks ---- */

enum { FLAGS_SIZE = 2, ZERO_SIZE = 2 };

/* Of flags, both differences of the ID and the number of elements. */
static size_t entry_frame_size(struct stream_id id, struct stream_id node, bool is_same, uint64_t count)
{
    size_t size = FLAGS_SIZE + listpack_number_size((int64_t)(id.ms - node.ms)) +
                  listpack_number_size((int64_t)(id.sequence - node.sequence));
    if (is_same)
        return size + listpack_number_size((int64_t)count + 3);
    return size + listpack_number_size((int64_t)count) + listpack_number_size((int64_t)count * 2 + 4);
}

size_t chunk_entry_listpack_size(const struct stream_chunk *chunk, struct stream_entry entry)
{
    bool is_same = entry.names;
    size_t size = entry_frame_size(entry.id, chunk->key, is_same, entry.field_count);
    for (uint64_t i = 0; i < entry.field_count; i++) {
        struct bytes name, value;
        stream_entry_field(&entry, &name, &value);
        size += listpack_element_size(value) + (is_same ? 0 : listpack_element_size(name));
    }
    return size;
}

size_t node_head_size(const struct bytes *texts, size_t count)
{
    size_t size = LISTPACK_HEAD + listpack_number_size((int64_t)count) + ZERO_SIZE;
    for (size_t i = 0; i < count; i++)
        size += listpack_element_size(texts[2 * i]);
    return size;
}

/* Besides what is counted already it says how many entries there are, and how many of them are deleted. */
size_t node_size_of(const struct stream_tail *tail)
{
    return tail->node_size + listpack_number_size((int64_t)(tail->node_entries - tail->deleted)) +
           listpack_number_size(tail->deleted);
}

/* ---- entries to be written ---- */

bool names_equal(struct bytes names, uint64_t name_count, const struct bytes *texts, size_t count)
{
    const char *at = names.data;
    struct bytes name;
    if (name_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        at = text_read(at, &name);
        if (!bytes_equal(name, texts[2 * i]))
            return false;
    }
    return true;
}

void new_entry_measure(struct new_entry *entry, struct stream_id chunk, struct stream_id node)
{
    size_t listpack = entry_frame_size(entry->id, node, entry->is_same, entry->count), texts = 0,
           len = varied_size(entry->id.ms - chunk.ms) + varied_size(entry->id.sequence);
    if (!entry->is_same)
        len += varied_size(entry->count);
    for (size_t i = entry->is_same; i < 2 * entry->count; i += entry->is_same ? 2 : 1) {
        size_t text = entry->texts[i].len;
        len += varied_size(text) + text;
        listpack += listpack_element_size(entry->texts[i]);
    }
    for (size_t i = 0; i < 2 * entry->count; i++)
        texts += entry->texts[i].len;
    entry->len = len;
    entry->size = varied_size(len * 2) + len;
    entry->listpack_size = listpack;
    entry->text_size = texts;
}

char *new_entry_write(char *to, const struct new_entry *entry, struct stream_id chunk)
{
    to = varied_write(to, entry->len * 2 + entry->is_same);
    to = varied_write(to, entry->id.ms - chunk.ms);
    to = varied_write(to, entry->id.sequence);
    if (!entry->is_same)
        to = varied_write(to, entry->count);
    for (size_t i = entry->is_same; i < 2 * entry->count; i += entry->is_same ? 2 : 1)
        to = text_write(to, entry->texts[i]);
    return to;
}
