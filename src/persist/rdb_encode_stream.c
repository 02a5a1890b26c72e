/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams, written: rdb_decode_stream.c has the layout, rdb_packed.c that of a node. What was deleted isn't
 * written. */
#include "base/list.h"
#include "base/number.h"
#include "rdb_decode.h"
#include "rdb_pack.h"
#include "rdb_stream.h"

enum { SAME_FIELDS = 2, TIME_SIZE = 8 };

static void add_high_first(struct buf *to, uint64_t number)
{
    for (unsigned i = 8; i-- > 0;)
        buf_append_char(to, (char)(number >> (8 * i)));
}

static void write_id(struct rdb_output *output, struct stream_id id)
{
    add_high_first(&output->bytes, id.ms);
    add_high_first(&output->bytes, id.sequence);
    rdb_output_rest(output);
}

static void write_id_as_lengths(struct rdb_output *output, struct stream_id id)
{
    rdb_output_length(output, id.ms);
    rdb_output_length(output, id.sequence);
}

/* ---- nodes ---- */

/* A node in the making. */
struct node {
    struct stream_chunk first; /* its first chunk, whose names are the node's */
    struct buf pack;
    uint64_t elements;
};

static void add_text(struct node *node, struct bytes text)
{
    rdb_listpack_add(&node->pack, text);
    node->elements++;
}

static void add_number(struct node *node, int64_t number)
{
    char digits[NUMBER_I64_SIZE];
    add_text(node, bytes_make(digits, print_i64(digits, number)));
}

static bool is_same(const struct node *node, const struct stream_chunk *chunk,
                    const struct stream_entry *entry)
{
    return entry->names && chunk->name_count == node->first.name_count &&
           bytes_equal(chunk->names, node->first.names);
}

static void add_entry(struct node *node, const struct stream_chunk *chunk, struct stream_entry entry)
{
    bool same = is_same(node, chunk, &entry);
    int64_t count = (int64_t)entry.field_count;
    add_number(node, same ? SAME_FIELDS : 0);
    add_number(node, (int64_t)(entry.id.ms - node->first.key.ms));
    add_number(node, (int64_t)(entry.id.sequence - node->first.key.sequence));
    if (!same)
        add_number(node, count);
    for (int64_t i = 0; i < count; i++) {
        struct bytes name, value;
        stream_entry_field(&entry, &name, &value);
        if (!same)
            add_text(node, name);
        add_text(node, value);
    }
    add_number(node, same ? count + 3 : 2 * count + 4);
}

static void add_chunk(struct node *node, const struct stream_chunk *chunk)
{
    struct stream_entry entry;
    for (size_t at = 0; at < chunk->entries.len;) {
        at = stream_chunk_entry(chunk, at, &entry);
        add_entry(node, chunk, entry);
    }
}

/* What stands before the entries of a node that has so many. */
static void begin_node(struct node *node, const struct stream_chunk *chunk, uint64_t entries)
{
    struct stream_names names = {chunk->names.data};
    node->first = *chunk;
    node->elements = 0;
    rdb_listpack_begin(&node->pack);
    add_number(node, (int64_t)entries);
    add_number(node, 0);
    add_number(node, (int64_t)chunk->name_count);
    for (uint64_t i = 0; i < chunk->name_count; i++)
        add_text(node, stream_next_name(&names));
    add_number(node, 0);
}

static void write_node(struct rdb_output *output, struct node *node)
{
    struct buf key = {0};
    add_high_first(&key, node->first.key.ms);
    add_high_first(&key, node->first.key.sequence);
    rdb_output_text(output, buf_bytes(&key));
    rdb_listpack_end(&node->pack, node->elements);
    rdb_output_text(output, buf_bytes(&node->pack));
    buf_clear(&key);
}

/* Entries of the node that begins with `chunk`, the walk being behind that. */
static uint64_t entries_of_node(struct stream_chunk_walk walk, const struct stream_chunk *chunk)
{
    struct stream_chunk next;
    uint64_t entries = chunk->live;
    while (stream_chunk_next(&walk, &next) && next.continues)
        entries += next.live;
    return entries;
}

static void write_nodes(struct rdb_output *output, const struct stream *stream)
{
    struct node node = {.elements = 0};
    struct stream_chunk_walk walk;
    struct stream_chunk chunk;
    bool is_begun = false;
    rdb_output_length(output, stream->node_count);
    stream_chunk_walk_begin(&walk, stream);
    while (stream_chunk_next(&walk, &chunk)) {
        if (!chunk.continues) {
            if (is_begun)
                write_node(output, &node);
            begin_node(&node, &chunk, entries_of_node(walk, &chunk));
            is_begun = true;
        }
        add_chunk(&node, &chunk);
    }
    if (is_begun)
        write_node(output, &node);
    buf_clear(&node.pack);
}

static void write_facts(struct rdb_output *output, const struct stream *stream)
{
    rdb_output_length(output, stream->length);
    write_id_as_lengths(output, stream->last);
    write_id_as_lengths(output, stream->first);
    write_id_as_lengths(output, stream->max_deleted);
    rdb_output_length(output, stream->entries_added);
}

/* ---- groups ---- */

static void write_group_pending(struct rdb_output *output, const struct stream_group *group)
{
    struct stream_pending_walk walk;
    struct stream_pending pending;
    rdb_output_length(output, tree_count(&group->pending));
    stream_pending_walk_begin(&walk, &group->pending, STREAM_ID_MIN);
    while (stream_pending_walk_next(&walk, &pending)) {
        write_id(output, pending.id);
        rdb_output_number(output, (uint64_t)pending.delivered_ms, TIME_SIZE);
        rdb_output_length(output, pending.deliveries);
    }
}

static void write_consumer(struct rdb_output *output, const struct stream_consumer *consumer, bool with_times)
{
    struct stream_pending_walk walk;
    struct stream_pending pending;
    rdb_output_text(output, consumer->name);
    rdb_output_number(output, (uint64_t)consumer->seen_ms, TIME_SIZE);
    if (with_times)
        rdb_output_number(output, (uint64_t)consumer->active_ms, TIME_SIZE);
    rdb_output_length(output, tree_count(&consumer->pending));
    stream_pending_walk_begin(&walk, &consumer->pending, STREAM_ID_MIN);
    while (stream_pending_walk_next(&walk, &pending))
        write_id(output, pending.id);
}

static void write_groups(struct rdb_output *output, const struct stream *stream, bool with_times)
{
    rdb_output_length(output, stream_group_count(stream));
    for (size_t i = 0; i < stream_group_count(stream); i++) {
        const struct stream_group *group = stream_group_at(stream, i);
        rdb_output_text(output, group->name);
        write_id_as_lengths(output, group->last);
        rdb_output_length(output, (uint64_t)group->entries_read);
        write_group_pending(output, group);
        rdb_output_length(output, group->consumer_count);
        for (size_t k = 0; k < group->consumer_count; k++)
            write_consumer(output, group->consumers[k], with_times);
    }
}

void rdb_encode_stream(struct rdb_output *output, struct rdb_elements *elements)
{
    const struct rdb_stream_elements *stream = LIST_ENTRY(elements, struct rdb_stream_elements, elements);
    write_nodes(output, stream->stream);
    write_facts(output, stream->stream);
    write_groups(output, stream->stream, stream->with_times);
}
