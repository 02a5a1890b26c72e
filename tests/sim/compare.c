/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's keys beside the model's. */
#include "engine/server.h"
#include "model.h"
#include "reality.h"
#include "types/hash.h"
#include "types/sequence.h"
#include "types/set.h"
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

static const struct {
    enum value_type type;
    bool (*is_same)(const struct collection *collection, const struct model_value *wanted);
} kinds[MODEL_KIND_COUNT] = {
    [MODEL_STRING] = {VALUE_STRING, NULL},     [MODEL_LIST] = {VALUE_LIST, is_same_list},
    [MODEL_HASH] = {VALUE_HASH, is_same_hash}, [MODEL_SET] = {VALUE_SET, is_same_set},
    [MODEL_ZSET] = {VALUE_ZSET, is_same_zset},
};

static bool is_same_value(const struct value *value, const struct model_value *wanted)
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
    if (!is_same_value(&value, &slot->value))
        differs(comparison, name.bytes, "it holds something else");
    comparison->count++;
    key_name_clear(&name);
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
        if (comparison.count != expected)
            world_fail("database %d has %zu keys instead of %zu", database, comparison.count, expected);
    }
}
