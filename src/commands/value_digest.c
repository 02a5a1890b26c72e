/* SPDX-License-Identifier: BSD-3-Clause */
#include "value_digest.h"
#include "store/entry.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

void digest_add(struct digest *digest, struct bytes bytes)
{
    unsigned char hash[SHA1_SIZE];
    digest_sha1(bytes, hash);
    for (int i = 0; i < SHA1_SIZE; i++)
        digest->bytes[i] ^= hash[i];
}

void digest_mix(struct digest *digest, struct bytes bytes)
{
    digest_add(digest, bytes);
    struct digest before = *digest;
    digest_sha1(bytes_make(before.bytes, sizeof before.bytes), digest->bytes);
}

void digest_mix_number(struct digest *digest, uint32_t number)
{
    uint32_t big_endian = htonl(number);
    digest_mix(digest, bytes_make(&big_endian, sizeof big_endian));
}

void digest_print(const struct digest *digest, char hex[static SHA1_HEX_SIZE + 1])
{
    for (int i = 0; i < SHA1_SIZE; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest->bytes[i]);
}

/* ---- collections: the next element; false when there is none ---- */

/* Pairs in no order. */
static bool add_field(struct value_digest *all)
{
    struct hash_field field;
    if (!hash_walk_next(&all->walk.hash, &field))
        return false;
    struct digest of_field = {{0}};
    digest_mix(&of_field, field.name);
    digest_mix(&of_field, field.value);
    if (field.deadline)
        digest_add(&of_field, BYTES("!!hexpire!!"));
    digest_add(&all->digest, bytes_make(of_field.bytes, sizeof of_field.bytes));
    return true;
}

/* Members in no order. */
static bool add_member(struct value_digest *all)
{
    struct set_member member;
    if (!set_walk_next(&all->walk.set, &member))
        return false;
    digest_add(&all->digest, member.bytes);
    return true;
}

/* Members with their scores, in no order. */
static bool add_scored(struct value_digest *all)
{
    const struct zset_walk *walk = &all->walk.zset;
    char text[32];
    if (!zset_walk_next(&all->walk.zset))
        return false;
    struct digest element = {{0}};
    digest_mix(&element, walk->member);
    digest_mix(&element, bytes_make(text, (size_t)snprintf(text, sizeof text, "%.17g", walk->score)));
    digest_add(&all->digest, bytes_make(element.bytes, sizeof element.bytes));
    return true;
}

static bool mix_element(struct value_digest *all)
{
    struct sequence_element element;
    if (!sequence_walk_next(&all->walk.list, &element))
        return false;
    digest_mix(&all->digest, element.bytes);
    return true;
}

/* The ID, fields and values, in order. */
static bool mix_stream_entry(struct value_digest *all)
{
    char id[STREAM_ID_TEXT_MAX + 1];
    struct stream_entry entry;
    if (!stream_walk_next(&all->walk.stream, &entry))
        return false;
    int len = snprintf(id, sizeof id, "%" PRIu64 ".%" PRIu64, entry.id.ms, entry.id.sequence);
    digest_mix(&all->digest, bytes_make(id, (size_t)len));
    for (uint64_t i = 0; i < entry.field_count; i++) {
        struct bytes name, content;
        stream_entry_field(&entry, &name, &content);
        digest_mix(&all->digest, name);
        digest_mix(&all->digest, content);
    }
    return true;
}

static bool next(struct value_digest *all)
{
    switch (all->value.type) {
    case VALUE_HASH:
        return add_field(all);
    case VALUE_SET:
        return add_member(all);
    case VALUE_ZSET:
        return add_scored(all);
    case VALUE_LIST:
        return mix_element(all);
    default:
        return mix_stream_entry(all);
    }
}

static void begin_walk(struct value_digest *all)
{
    const struct collection *collection = &all->collection;
    switch (all->value.type) {
    case VALUE_HASH:
        hash_walk_begin(&all->walk.hash, collection);
        break;
    case VALUE_SET:
        set_walk_begin(&all->walk.set, collection);
        break;
    case VALUE_ZSET:
        zset_walk_begin(&all->walk.zset, collection, (struct zset_range){0, zset_count(collection)}, false);
        break;
    case VALUE_LIST:
        sequence_walk_begin(&all->walk.list, collection, 0);
        break;
    default:
        stream_walk_begin(&all->walk.stream, stream_of(collection), STREAM_ID_MIN, STREAM_ID_MAX, false);
    }
}

/* ---- values ---- */

static bool end(struct value_digest *digest)
{
    if (digest->has_deadline)
        digest_add(&digest->digest, BYTES("!!expire!!"));
    return true;
}

bool value_digest_begin(struct value_digest *digest, const struct entry *entry)
{
    char scratch[STRING_SCRATCH];
    struct value value = entry_value(entry);
    digest->has_deadline = entry_deadline(entry) != NO_DEADLINE;
    digest_mix_number(&digest->digest, (uint32_t)value_types[value.type]->number);
    if (value.type == VALUE_STRING) {
        digest_mix(&digest->digest, string_bytes(&value, scratch));
        return end(digest);
    }
    digest->value = value.large ? value_hold(&value) : value;
    digest->collection = collection_of(value.type, &digest->value);
    begin_walk(digest);
    if (value.large)
        return false;
    while (next(digest)) {
    }
    return end(digest);
}

bool value_digest_some(struct value_digest *digest, int count)
{
    for (int i = 0; i < count; i++) {
        if (!next(digest))
            return end(digest);
    }
    return false;
}

void value_digest_clear(struct value_digest *digest, struct store *store)
{
    if (digest->value.large)
        store_release_value(store, digest->value);
    digest->value = (struct value){0};
}
