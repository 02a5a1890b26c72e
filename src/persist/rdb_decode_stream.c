/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream: nodes, each the ID of its first entry and a pack of them; facts about the whole; groups, each
 * with what is pending in it, and who reads for it. What came with later versions stands at the ends of
 * these. */
#include "rdb_decode.h"
#include "rdb_packed.h"

enum { ID_SIZE = 16 };

static uint64_t high_first(const char *bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

static struct rdb_stream_id id_of(const char *bytes)
{
    return (struct rdb_stream_id){high_first(bytes), high_first(bytes + sizeof(uint64_t))};
}

static bool take_id(struct rdb_decoding *decoding, struct rdb_stream_id *id)
{
    return rdb_decode_length(decoding, &id->ms) && rdb_decode_length(decoding, &id->sequence);
}

/* ---- nodes ---- */

/* The entries that were found so far; those that are marked as deleted are none. */
struct entries {
    uint64_t count;
    struct rdb_stream_id last;
};

struct node {
    struct rdb_decoding *decoding;
    struct entries *entries;
    struct rdb_stream_id master;
    bool has_entries;
};

static bool is_below(struct rdb_stream_id a, struct rdb_stream_id b)
{
    return a.ms < b.ms || (a.ms == b.ms && a.sequence < b.sequence);
}

/* From its node's ID on, which is above all that is in the nodes before. */
static bool is_in_order(const struct node *node, struct rdb_stream_id id)
{
    const struct entries *before = node->entries;
    bool is_above_last = before->count == 0 || is_below(before->last, node->has_entries ? id : node->master);
    return is_above_last && !is_below(id, node->master);
}

static void tell_entry(void *context, uint64_t ms, uint64_t sequence)
{
    struct node *node = context;
    struct rdb_decoding *decoding = node->decoding;
    const struct rdb_stream_id id = {node->master.ms + ms, node->master.sequence + sequence};
    if (!is_in_order(node, id))
        rdb_note_flaw(decoding, "entries of the stream are not in order");
    node->has_entries = true;
    node->entries->count++;
    node->entries->last = id;
    if (rdb_is_told(decoding))
        rdb_tell(decoding, decoding->builder->entry(decoding->builder->context, id));
}

static void tell_field(void *context, struct bytes name, struct bytes content)
{
    const struct node *node = context;
    struct rdb_decoding *decoding = node->decoding;
    const struct rdb_element element = {.text = name, .content = content, .expires_ms = RDB_NO_EXPIRY};
    if (rdb_may_tell(decoding, &element))
        rdb_tell(decoding, decoding->builder->element(decoding->builder->context, &element));
}

static void tell_node(struct rdb_decoding *decoding, struct rdb_stream_id id)
{
    if (rdb_is_told(decoding) && decoding->builder->node)
        rdb_tell(decoding, decoding->builder->node(decoding->builder->context, id));
}

/* Adds its entries to those before. */
static bool decode_node(struct rdb_decoding *decoding, struct entries *entries)
{
    struct node node = {.decoding = decoding, .entries = entries};
    struct rdb_entry_taker taker = {.entry = tell_entry, .context = &node};
    struct bytes bytes;
    decoding->offset = decoding->reader->offset;
    if (!rdb_reader_look(decoding->reader, "a node's ID", &bytes))
        return false;
    if (bytes.len == ID_SIZE) {
        rdb_hashes_add(&decoding->seen, bytes);
        node.master = id_of(bytes.data);
        tell_node(decoding, node.master);
    } else {
        rdb_note_flaw(decoding, "a node's ID hasn't 16 bytes");
    }
    decoding->offset = decoding->reader->offset;
    if (!rdb_reader_look(decoding->reader, "a node", &bytes))
        return false;
    if (decoding->builder)
        taker.field = tell_field;
    if (!rdb_stream_pack_read(bytes, &taker))
        rdb_note_flaw(decoding, "a node of the stream is broken");
    return true;
}

/* There may be none. */
static bool decode_nodes(struct rdb_decoding *decoding, uint64_t *count, struct entries *entries)
{
    if (!rdb_decode_small_count(decoding, count))
        return false;
    rdb_tell_begin(decoding, 0);
    for (uint64_t i = 0; i < *count; i++) {
        if (!decode_node(decoding, entries))
            return false;
    }
    rdb_note_repeats(decoding, &decoding->seen);
    return true;
}

/* ---- facts ---- */

static bool decode_facts(struct rdb_decoding *decoding, uint64_t nodes, const struct entries *entries)
{
    struct rdb_stream_facts facts = {.has_more = decoding->codec->code >= RDB_TYPE_STREAM2};
    uint64_t offset = decoding->reader->offset;
    if (!rdb_reader_length(decoding->reader, "a number of entries", &facts.length))
        return false;
    if (facts.length > 0 && nodes == 0)
        rdb_reader_note_flaw(decoding->reader, offset, "a stream of entries has none");
    else if (facts.length != entries->count)
        rdb_reader_note_flaw(decoding->reader, offset, "a stream has not as many entries as it says");
    if (!take_id(decoding, &facts.last))
        return false;
    if (entries->count > 0 && is_below(facts.last, entries->last))
        rdb_reader_note_flaw(decoding->reader, offset, "a stream's last ID is below that of an entry");
    if (facts.has_more && (!take_id(decoding, &facts.first) || !take_id(decoding, &facts.max_deleted) ||
                           !rdb_decode_length(decoding, &facts.entries_added)))
        return false;
    if (rdb_is_told(decoding))
        rdb_tell(decoding, decoding->builder->stream(decoding->builder->context, &facts));
    return true;
}

/* ---- groups ---- */

/* Where an entry waits for its consumer: once in the group, once with that consumer, or with nobody who gave
 * it back. */
struct pending {
    struct rdb_hashes of_group, of_consumers;
};

static bool take_pending_id(struct rdb_decoding *decoding, struct rdb_hashes *ids, struct rdb_stream_id *id)
{
    const char *bytes;
    if (!rdb_reader_take(decoding->reader, ID_SIZE, "an entry's ID", &bytes))
        return false;
    rdb_hashes_add(ids, bytes_make(bytes, ID_SIZE));
    *id = id_of(bytes);
    return true;
}

static bool decode_group_pending(struct rdb_decoding *decoding, struct rdb_hashes *ids)
{
    const struct rdb_builder *builder = decoding->builder;
    struct rdb_stream_pending pending;
    uint64_t count;
    if (!rdb_decode_small_count(decoding, &count))
        return false;
    while (count-- > 0) {
        if (!take_pending_id(decoding, ids, &pending.id) ||
            !rdb_decode_time(decoding, &pending.delivered_ms) ||
            !rdb_decode_length(decoding, &pending.deliveries))
            return false;
        if (rdb_is_told(decoding))
            rdb_tell(decoding, builder->pending(builder->context, &pending));
    }
    return true;
}

static bool decode_consumer_pending(struct rdb_decoding *decoding, struct rdb_hashes *ids)
{
    const struct rdb_builder *builder = decoding->builder;
    struct rdb_stream_id id;
    uint64_t count;
    if (!rdb_decode_small_count(decoding, &count))
        return false;
    while (count-- > 0) {
        if (!take_pending_id(decoding, ids, &id))
            return false;
        if (rdb_is_told(decoding))
            rdb_tell(decoding, builder->consumer_pending(builder->context, id));
    }
    return true;
}

/* A name that is there only once. */
static bool take_name(struct rdb_decoding *decoding, struct rdb_hashes *names, struct bytes *name)
{
    if (!rdb_decode_held(decoding, &decoding->text, name))
        return false;
    if (name->data)
        rdb_hashes_add(names, *name);
    return true;
}

static bool decode_consumer(struct rdb_decoding *decoding, struct rdb_hashes *names, struct rdb_hashes *ids)
{
    const struct rdb_builder *builder = decoding->builder;
    struct rdb_stream_consumer consumer = {.active_ms = -1};
    if (!take_name(decoding, names, &consumer.name) || !rdb_decode_time(decoding, &consumer.seen_ms))
        return false;
    if (decoding->codec->code >= RDB_TYPE_STREAM3 && !rdb_decode_time(decoding, &consumer.active_ms))
        return false;
    if (rdb_is_told(decoding))
        rdb_tell(decoding, builder->consumer(builder->context, &consumer));
    return decode_consumer_pending(decoding, ids);
}

static bool decode_consumers(struct rdb_decoding *decoding, struct rdb_hashes *ids)
{
    struct rdb_hashes names = {0};
    uint64_t count;
    bool is_good = rdb_decode_small_count(decoding, &count);
    while (is_good && count-- > 0)
        is_good = decode_consumer(decoding, &names, ids);
    rdb_note_repeats(decoding, &names);
    return is_good;
}

/* What was given back is nobody's. */
static bool decode_given_back(struct rdb_decoding *decoding, struct rdb_hashes *ids)
{
    struct rdb_stream_id id;
    uint64_t count;
    if (decoding->codec->code < RDB_TYPE_STREAM5)
        return true;
    if (!rdb_decode_small_count(decoding, &count))
        return false;
    while (count-- > 0) {
        if (!take_pending_id(decoding, ids, &id))
            return false;
    }
    return true;
}

/* The order of both is that of the file, so that hashes are sorted to be compared. */
static void compare_pending(struct rdb_decoding *decoding, struct pending *pending)
{
    bool is_repeated = rdb_hashes_repeat(&pending->of_group, decoding->reader);
    if (rdb_hashes_repeat(&pending->of_consumers, decoding->reader) || is_repeated)
        rdb_note_flaw(decoding, "something is there twice in the value");
    if (!rdb_hashes_equal(&pending->of_group, &pending->of_consumers))
        rdb_note_flaw(decoding, "what is pending in a group is not what its consumers have");
}

static bool decode_group_head(struct rdb_decoding *decoding, struct rdb_hashes *names)
{
    struct rdb_stream_group group = {.entries_read = UINT64_MAX};
    if (!take_name(decoding, names, &group.name) || !take_id(decoding, &group.last))
        return false;
    if (decoding->codec->code >= RDB_TYPE_STREAM2 && !rdb_decode_length(decoding, &group.entries_read))
        return false;
    if (rdb_is_told(decoding))
        rdb_tell(decoding, decoding->builder->group(decoding->builder->context, &group));
    return true;
}

static bool decode_group(struct rdb_decoding *decoding, struct rdb_hashes *names)
{
    struct pending pending = {{0}, {0}};
    decoding->offset = decoding->reader->offset;
    bool is_good = decode_group_head(decoding, names) && decode_group_pending(decoding, &pending.of_group) &&
                   decode_consumers(decoding, &pending.of_consumers) &&
                   decode_given_back(decoding, &pending.of_consumers);
    if (is_good)
        compare_pending(decoding, &pending);
    rdb_hashes_clear(&pending.of_group);
    rdb_hashes_clear(&pending.of_consumers);
    return is_good;
}

static bool decode_groups(struct rdb_decoding *decoding)
{
    struct rdb_hashes names = {0};
    uint64_t count;
    bool is_good = rdb_decode_small_count(decoding, &count);
    while (is_good && count-- > 0)
        is_good = decode_group(decoding, &names);
    rdb_note_repeats(decoding, &names);
    return is_good;
}

/* ---- producers, whose entries are recognised when they come again ---- */

static bool pass_producer(struct rdb_decoding *decoding)
{
    struct rdb_stream_id id;
    struct bytes text;
    uint64_t count;
    if (!rdb_decode_text(decoding, &text) || !rdb_decode_small_count(decoding, &count))
        return false;
    while (count-- > 0) {
        if (!rdb_decode_text(decoding, &text) || !take_id(decoding, &id))
            return false;
    }
    return true;
}

/* How long and how many are kept, the producers, and two counts. */
static bool pass_producers(struct rdb_decoding *decoding)
{
    uint64_t count;
    if (decoding->codec->code < RDB_TYPE_STREAM4)
        return true;
    if (!rdb_pass_lengths(decoding, 2) || !rdb_decode_small_count(decoding, &count))
        return false;
    while (count-- > 0) {
        if (!pass_producer(decoding))
            return false;
    }
    return rdb_pass_lengths(decoding, 2);
}

bool rdb_decode_stream(struct rdb_decoding *decoding)
{
    struct entries entries = {0};
    uint64_t nodes;
    return decode_nodes(decoding, &nodes, &entries) && decode_facts(decoding, nodes, &entries) &&
           decode_groups(decoding) && pass_producers(decoding);
}
