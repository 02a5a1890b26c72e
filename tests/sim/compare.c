/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's keys beside the model's. */
#include "engine/server.h"
#include "model_stream.h"
#include "reality.h"
#include "types/hash.h"
#include "types/sequence.h"
#include "types/set.h"
#include "types/stream_group.h"
#include "types/zset.h"
#include "world.h"

struct comparison {
    int database;
    size_t count;
};

static void __attribute__((noreturn))
differs(const struct comparison *comparison, struct bytes name, const char *how)
{
    world_fail("%.*s in database %d isn't what it must be: %s", (int)name.len, name.data,
               comparison->database, how);
}

static bool is_same_field(const struct hash_field *field, const struct item *item)
{
    int64_t deadline_ms = field->deadline ? field->deadline : MODEL_FOREVER;
    return bytes_equal(buf_bytes(&item->content), field->value) && item->deadline_ms == deadline_ms;
}

static bool is_same_hash(const struct collection *hash, const struct model_value *wanted)
{
    struct hash_walk walk;
    struct hash_field field;
    hash_walk_begin(&walk, hash);
    while (hash_walk_next(&walk, &field)) {
        int index = value_find(wanted, field.name);
        if (index < 0 || !is_same_field(&field, &wanted->items[index]))
            return false;
    }
    return true;
}

static bool is_same_set(const struct collection *set, const struct model_value *wanted)
{
    struct set_walk walk;
    struct set_member member;
    set_walk_begin(&walk, set);
    while (set_walk_next(&walk, &member)) {
        if (value_find(wanted, member.bytes) < 0)
            return false;
    }
    return true;
}

static bool is_same_zset(const struct collection *zset, const struct model_value *wanted)
{
    struct zset_walk walk;
    zset_walk_begin(&walk, zset, (struct zset_range){0, zset_count(zset)}, false);
    for (int i = 0; zset_walk_next(&walk); i++) {
        if (!bytes_equal(walk.member, item_name(&wanted->items[i])) || walk.score != wanted->items[i].score)
            return false;
    }
    return true;
}

static bool is_same_list(const struct collection *list, const struct model_value *wanted)
{
    struct sequence_walk walk;
    struct sequence_element element;
    sequence_walk_begin(&walk, list, 0);
    for (int i = 0; sequence_walk_next(&walk, &element); i++) {
        if (!bytes_equal(element.bytes, item_name(&wanted->items[i])))
            return false;
    }
    return true;
}

/* ---- streams ---- */

static bool is_same_id(struct stream_id id, struct id wanted)
{
    return id.ms == wanted.ms && id.sequence == wanted.sequence;
}

static bool is_same_entry(struct stream_entry entry, const struct item *wanted)
{
    struct buf fields = {0};
    struct stream_id id = entry.id;
    buf_printf(&fields, "*%llu\r\n", 2 * (unsigned long long)entry.field_count);
    for (uint64_t left = entry.field_count; left > 0; left--) {
        struct bytes name, value;
        stream_entry_field(&entry, &name, &value);
        encode_bulk(&fields, name);
        encode_bulk(&fields, value);
    }
    bool is_same = bytes_equal(buf_bytes(&fields), buf_bytes(&wanted->content));
    buf_clear(&fields);
    return is_same && is_same_id(id, id_of_item(wanted));
}

static bool is_same_pending(const struct stream_group *group, const struct stream_pending *pending,
                            const struct pending *wanted)
{
    return is_same_id(pending->id, wanted->id) && pending->delivered_ms == wanted->delivered_ms &&
           pending->deliveries == (uint64_t)wanted->deliveries &&
           bytes_is(stream_consumer_of(group, pending)->name, model_consumers[wanted->consumer]);
}

static bool is_same_group(const struct stream_group *group, const struct model_group *wanted)
{
    struct stream_pending_walk walk;
    struct stream_pending pending;
    int i = 0;
    if (!group || !wanted->is_there)
        return !group && !wanted->is_there;
    stream_pending_walk_begin(&walk, &group->pending, STREAM_ID_MIN);
    for (; stream_pending_walk_next(&walk, &pending); i++) {
        if (i == wanted->count || !is_same_pending(group, &pending, &wanted->pending[i]))
            return false;
    }
    for (int j = 0; j < STREAM_CONSUMERS; j++) {
        if (!stream_consumer_find(group, bytes_of(model_consumers[j])) == wanted->has[j])
            return false;
    }
    return i == wanted->count && is_same_id(group->last, wanted->last);
}

static bool is_same_stream(const struct collection *collection, const struct model_value *wanted)
{
    const struct stream *stream = stream_of(collection);
    struct stream_walk walk;
    struct stream_entry entry;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, false);
    for (int i = 0; stream_walk_next(&walk, &entry); i++) {
        if (!is_same_entry(entry, &wanted->items[i]))
            return false;
    }
    for (int i = 0; i < STREAM_GROUPS; i++) {
        if (!is_same_group(stream_group_find(stream, bytes_of(model_groups[i])), &wanted->stream->groups[i]))
            return false;
    }
    return is_same_id(stream->last, wanted->stream->last);
}

static const struct {
    enum value_type type;
    bool (*is_same)(const struct collection *collection, const struct model_value *wanted);
} kinds[MODEL_KIND_COUNT] = {
    [MODEL_STRING] = {VALUE_STRING, NULL},     [MODEL_LIST] = {VALUE_LIST, is_same_list},
    [MODEL_HASH] = {VALUE_HASH, is_same_hash}, [MODEL_SET] = {VALUE_SET, is_same_set},
    [MODEL_ZSET] = {VALUE_ZSET, is_same_zset}, [MODEL_STREAM] = {VALUE_STREAM, is_same_stream},
};

bool reality_is_same_value(const struct value *value, const struct model_value *wanted)
{
    char scratch[STRING_SCRATCH];
    if (value->type != kinds[wanted->kind].type)
        return false;
    if (wanted->kind == MODEL_STRING)
        return bytes_equal(buf_bytes(&wanted->text), string_bytes(value, scratch));
    struct collection collection = collection_of(value->type, value);
    return value_count(value) == (uint64_t)wanted->count && kinds[wanted->kind].is_same(&collection, wanted);
}

static void look_at_entry(void *context, const struct entry *entry)
{
    struct comparison *comparison = context;
    const struct keyspace *keyspace = store_keyspace(running->store, comparison->database);
    struct key_name name = {0};
    int key = model_key(entry_key(entry, keyspace_prefixes(keyspace), &name));
    const struct slot *slot = &model.data.slots[comparison->database][key];
    struct value value = entry_value(entry);
    int64_t deadline_ms = entry_deadline(entry) == NO_DEADLINE ? MODEL_FOREVER : entry_deadline(entry);
    if (!slot->is_there)
        differs(comparison, name.bytes, "it isn't there in the model");
    if (slot->deadline_ms != deadline_ms)
        differs(comparison, name.bytes, "it ends at another time");
    if (!reality_is_same_value(&value, &slot->value))
        differs(comparison, name.bytes, "it holds something else");
    comparison->count++;
    key_name_clear(&name);
}

bool reality_text(int database, struct bytes key, struct buf *text)
{
    const struct entry *entry =
        keyspace_peek_even_dead(store_keyspace(running->store, database), key_of(key));
    char scratch[STRING_SCRATCH];
    if (!entry || entry_type(entry) != VALUE_STRING)
        return false;
    struct value value = entry_value(entry);
    buf_append_bytes(text, string_bytes(&value, scratch));
    return true;
}

bool reality_set_has(int database, struct bytes key, struct bytes member)
{
    const struct entry *entry = keyspace_peek(store_keyspace(running->store, database), key_of(key));
    if (!entry || entry_type(entry) != VALUE_SET)
        return false;
    struct value value = entry_value(entry);
    struct collection set = collection_of(VALUE_SET, &value);
    return set_has(&set, member);
}

static void name_what_is_missing(int database)
{
    struct keyspace *keyspace = store_keyspace(running->store, database);
    for (int key = 0; key < model.key_count; key++) {
        if ((model_live(database) >> key & 1) && !keyspace_peek(keyspace, key_of(model.key_names[key])))
            trace("%.*s isn't there", (int)model.key_names[key].len, model.key_names[key].data);
    }
}

void reality_compare(void)
{
    model.now_ms = running->clock.mono_ms;
    for (int database = 0; database < MODEL_DATABASES; database++) {
        struct keyspace *keyspace = store_keyspace(running->store, database);
        struct comparison comparison = {.database = database};
        uint64_t cursor = 0;
        keyspace_pause_shrinking(keyspace);
        do
            cursor = keyspace_scan(keyspace, cursor, look_at_entry, &comparison);
        while (cursor);
        keyspace_resume_shrinking(keyspace);
        size_t expected = (size_t)__builtin_popcountll(model_live(database));
        if (comparison.count < expected)
            name_what_is_missing(database);
        if (comparison.count != expected)
            world_fail("database %d has %zu keys instead of %zu", database, comparison.count, expected);
    }
    crowd_compare();
}
