/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG's view of data: digests that are equal when datasets are (Redis computes the same ones), how a
 * value is kept, and keys made up in numbers. */
#include "base/buf.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/number.h"
#include "debug.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "persist/dump.h"
#include "persist/rdb_string.h"
#include "types/hash.h"
#include "types/sequence.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

/* ---- digests ---- */

struct digest {
    unsigned char bytes[SHA1_SIZE];
};

/* Order doesn't matter ... */
static void digest_add(struct digest *digest, struct bytes bytes)
{
    unsigned char hash[SHA1_SIZE];
    digest_sha1(bytes, hash);
    for (int i = 0; i < SHA1_SIZE; i++)
        digest->bytes[i] ^= hash[i];
}

/* ... or it does. */
static void digest_mix(struct digest *digest, struct bytes bytes)
{
    digest_add(digest, bytes);
    struct digest before = *digest;
    digest_sha1(bytes_make(before.bytes, sizeof before.bytes), digest->bytes);
}

static void digest_mix_number(struct digest *digest, uint32_t number)
{
    uint32_t big_endian = htonl(number);
    digest_mix(digest, bytes_make(&big_endian, sizeof big_endian));
}

/* Pairs in no order. */
static void digest_add_hash(struct digest *digest, const struct value *value)
{
    struct collection hash = collection_of(VALUE_HASH, value);
    struct hash_walk walk;
    struct hash_field field;
    hash_walk_begin(&walk, &hash);
    while (hash_walk_next(&walk, &field)) {
        struct digest of_field = {{0}};
        digest_mix(&of_field, field.name);
        digest_mix(&of_field, field.value);
        if (field.deadline)
            digest_add(&of_field, BYTES("!!hexpire!!"));
        digest_add(digest, bytes_make(of_field.bytes, sizeof of_field.bytes));
    }
}

/* Members in no order. */
static void digest_add_set(struct digest *digest, const struct value *value)
{
    struct collection set = collection_of(VALUE_SET, value);
    struct set_walk walk;
    struct set_member member;
    set_walk_begin(&walk, &set);
    while (set_walk_next(&walk, &member))
        digest_add(digest, member.bytes);
}

/* Each element with its score, in no order. */
static void digest_add_zset(struct digest *digest, const struct value *value)
{
    struct collection zset = collection_of(VALUE_ZSET, value);
    struct zset_walk walk;
    char text[32];
    zset_walk_begin(&walk, &zset, (struct zset_range){0, zset_count(&zset)}, false);
    while (zset_walk_next(&walk)) {
        struct digest element = {{0}};
        digest_mix(&element, walk.member);
        digest_mix(&element, bytes_make(text, (size_t)snprintf(text, sizeof text, "%.17g", walk.score)));
        digest_add(digest, bytes_make(element.bytes, sizeof element.bytes));
    }
}

static void digest_mix_list(struct digest *digest, const struct value *value)
{
    struct collection list = collection_of(VALUE_LIST, value);
    struct sequence_walk walk;
    struct sequence_element element;
    sequence_walk_begin(&walk, &list, 0);
    while (sequence_walk_next(&walk, &element))
        digest_mix(digest, element.bytes);
}

/* Of each entry the ID, fields and values, in order. */
static void digest_mix_stream(struct digest *digest, const struct value *value)
{
    char id[STREAM_ID_TEXT_MAX + 1];
    struct collection collection = collection_of(VALUE_STREAM, value);
    struct stream_walk walk;
    struct stream_entry entry;
    stream_walk_begin(&walk, stream_of(&collection), STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (stream_walk_next(&walk, &entry)) {
        int len = snprintf(id, sizeof id, "%" PRIu64 ".%" PRIu64, entry.id.ms, entry.id.sequence);
        digest_mix(digest, bytes_make(id, (size_t)len));
        for (uint64_t i = 0; i < entry.field_count; i++) {
            struct bytes name, content;
            stream_entry_field(&entry, &name, &content);
            digest_mix(digest, name);
            digest_mix(digest, content);
        }
    }
}

static void digest_mix_entry(struct digest *digest, const struct entry *entry)
{
    char scratch[STRING_SCRATCH];
    struct value value = entry_value(entry);
    digest_mix_number(digest, (uint32_t)value_types[value.type]->number);
    if (value.type == VALUE_LIST)
        digest_mix_list(digest, &value);
    else if (value.type == VALUE_HASH)
        digest_add_hash(digest, &value);
    else if (value.type == VALUE_SET)
        digest_add_set(digest, &value);
    else if (value.type == VALUE_ZSET)
        digest_add_zset(digest, &value);
    else if (value.type == VALUE_STREAM)
        digest_mix_stream(digest, &value);
    else
        digest_mix(digest, string_bytes(&value, scratch));
    if (entry_deadline(entry) != NO_DEADLINE)
        digest_add(digest, BYTES("!!expire!!"));
}

static void print_digest(const struct digest *digest, char hex[static SHA1_HEX_SIZE + 1])
{
    for (int i = 0; i < SHA1_SIZE; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest->bytes[i]);
}

static void reply_digest(struct reply *reply, const struct digest *digest)
{
    char hex[SHA1_HEX_SIZE + 1];
    print_digest(digest, hex);
    reply_simple(reply, hex);
}

struct digest_walk {
    const struct keyspace *keyspace;
    struct digest *digest;
    bool has_begun; /* there is a live key */
};

static void add_entry(void *context, const struct entry *entry)
{
    struct digest_walk *walk = context;
    struct digest of_entry = {{0}};
    struct key_name name = {.heap = NULL};
    digest_mix(&of_entry, entry_key(entry, keyspace_prefixes(walk->keyspace), &name));
    key_name_clear(&name);
    digest_mix_entry(&of_entry, entry);
    if (!walk->has_begun)
        digest_mix_number(walk->digest, (uint32_t)keyspace_index(walk->keyspace));
    walk->has_begun = true;
    digest_add(walk->digest, bytes_make(of_entry.bytes, sizeof of_entry.bytes));
}

void dataset_digest(struct store *store, char hex[static SHA1_HEX_SIZE + 1])
{
    struct digest digest = {{0}};
    for (int i = 0; i < store_keyspace_count(store); i++) {
        struct keyspace *keyspace = store_keyspace(store, i);
        struct digest_walk walk = {.keyspace = keyspace, .digest = &digest};
        uint64_t cursor = 0;
        do {
            cursor = keyspace_scan(keyspace, cursor, add_entry, &walk);
        } while (cursor != 0);
    }
    print_digest(&digest, hex);
}

void debug_digest(struct call *call)
{
    char hex[SHA1_HEX_SIZE + 1];
    dataset_digest(call->server->store, hex);
    reply_simple(call->reply, hex);
}

void debug_digest_value(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        struct digest digest = {{0}};
        const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, i));
        if (entry)
            digest_mix_entry(&digest, entry);
        reply_digest(call->reply, &digest);
    }
}

/* ---- one value ---- */

/* The entry of argv[2]; NULL, having replied, when there is none. */
static const struct entry *find(struct call *call)
{
    const struct entry *entry = keyspace_peek_even_dead(call->keyspace, call_key(call, 2));
    if (!entry)
        call_error(call, ERR_NO_SUCH_KEY);
    return entry;
}

/* Bytes of a value in a snapshot, without its type; 0 when there is no memory to find out. */
static size_t saved_size(const struct call *call, const struct value *value)
{
    const struct config *config = call->server->config;
    struct buf saved = {0};
    if (value->type == VALUE_STRING) {
        (void)rdb_append_string(&saved, value, config->rdbcompression ? RDB_COMPRESSED : RDB_UNCOMPRESSED);
        size_t size = saved.len;
        buf_clear(&saved);
        return size;
    }
    const struct dump_options options = {.compresses = config->rdbcompression,
                                         .version = (unsigned)config->rdb_version,
                                         .wall_offset_ms = call->server->clock.wall_offset_ms};
    struct dump *dump = dump_new(call->server->store, value, &options);
    if (!dump)
        return 0;
    size_t start, len = DUMP_FRAME_SIZE;
    while (!dump_step(dump)) {
    }
    if (!dump_has_failed(dump))
        (void)dump_payload(dump, &start, &len);
    dump_free(dump);
    return len - DUMP_FRAME_SIZE;
}

void debug_object(struct call *call)
{
    const struct entry *entry = find(call);
    char line[256];
    if (!entry)
        return;
    struct value value = entry_value(entry);
    size_t size = saved_size(call, &value);
    if (size == 0) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    (void)snprintf(line, sizeof line,
                   "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%lld",
                   (const void *)entry, value_encoding_name(&value), size, entry_clock(entry),
                   (long long)(store_idle_ms(call->server->store, entry) / 1000));
    reply_simple(call->reply, line);
}

/* In the terms of Redis' strings: key and value lie in one allocation, and nothing is kept free behind
 * them. */
void debug_sdslen(struct call *call)
{
    const struct entry *entry = find(call);
    char line[256];
    if (!entry)
        return;
    struct value value = entry_value(entry);
    if (value.type != VALUE_STRING || value.encoding == STRING_INT) {
        call_error_format(call, "ERR Not an sds encoded string.");
        return;
    }
    (void)snprintf(line, sizeof line,
                   "key_sds_len:%zu, key_sds_avail:0, key_zmalloc: 0, val_sds_len:%zu, val_sds_avail:0, "
                   "val_zmalloc: %zu",
                   call->argv[2].len, string_length(&value), entry_size(entry));
    reply_simple(call->reply, line);
}

/* The log tells of the value at argv[2], if it goes by that name. */
static void log_value(struct call *call, const char *encoding, const char *error, const char *done)
{
    const struct entry *entry = find(call);
    if (!entry)
        return;
    struct value value = entry_value(entry);
    if (strcmp(value_encoding_name(&value), encoding) != 0) {
        call_error_format(call, "ERR %s", error);
        return;
    }
    log_notice("A %s of %llu elements, %zu bytes with its key", encoding,
               (unsigned long long)value_count(&value), entry_size(entry));
    reply_simple(call->reply, done);
}

void debug_listpack(struct call *call)
{
    log_value(call, "listpack", "Not a listpack encoded object.", "Listpack structure printed on stdout");
}

void debug_quicklist(struct call *call)
{
    log_value(call, "quicklist", "Not a quicklist encoded object.", "Quicklist structure printed on stdout");
}

/* ---- tables ---- */

static void print_table(const struct keyspace *keyspace, struct buf *out)
{
    buf_printf(out, "[Dictionary HT]\n");
    buf_printf(out, "Hash table 0 stats (main hash table):\n table size: %zu\n number of elements: %zu\n",
               keyspace_capacity(keyspace), keyspace_count(keyspace));
    buf_printf(out, " bytes: %zu\n", keyspace_index_memory(keyspace));
    buf_printf(out, "[Expires HT]\n number of elements: %zu\n", keyspace_deadline_count(keyspace));
}

void debug_htstats(struct call *call)
{
    int64_t index;
    struct buf text = {0};
    if (!call_int(call, 2, &index))
        return;
    if (index < 0 || index >= store_keyspace_count(call->server->store)) {
        call_error_format(call, "ERR Out of range database");
        return;
    }
    print_table(store_keyspace(call->server->store, (int)index), &text);
    reply_verbatim(call->reply, buf_bytes(&text), "txt");
    buf_clear(&text);
}

void debug_htstats_key(struct call *call)
{
    if (find(call))
        call_error_format(call,
                          "ERR The value stored at the specified key is not represented using an hash table");
}

/* ---- POPULATE ---- */

#define POPULATE_SIZE_MAX (512 << 20)

static bool parse_count(struct call *call, int index, int64_t *count)
{
    if (parse_i64(call->argv[index], count) && *count >= 0)
        return true;
    call_error(call, ERR_NOT_POSITIVE);
    return false;
}

/* "value:7", cut or filled up with zero bytes to `size` unless that is 0. */
static void print_value(struct buf *value, int64_t number, int64_t size)
{
    value->len = 0;
    buf_printf(value, "value:%lld", (long long)number);
    if (size == 0)
        return;
    size_t wanted = (size_t)size, printed = value->len < wanted ? value->len : wanted;
    buf_reserve(value, wanted);
    memset(value->data + printed, 0, wanted - printed);
    value->len = wanted;
}

void debug_populate(struct call *call)
{
    const struct deadline never = {.mode = DEADLINE_NONE};
    int64_t count, size = 0;
    struct buf name = {0}, value = {0};
    struct bytes prefix = call->argc > 3 ? call->argv[3] : BYTES("key");
    if (!parse_count(call, 2, &count) || (call->argc > 4 && !parse_count(call, 4, &size)))
        return;
    if (size > POPULATE_SIZE_MAX) {
        call_error(call, ERR_OUT_OF_RANGE);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        name.len = 0;
        buf_append_bytes(&name, prefix);
        buf_printf(&name, ":%lld", (long long)i);
        struct key key = key_of(buf_bytes(&name));
        if (keyspace_peek(call->keyspace, key))
            continue;
        print_value(&value, i, size);
        call_set(call, key, string_value(buf_bytes(&value)), never, 0, NULL);
        call_record(call, 3, (struct bytes[]){BYTES("SET"), key.name, buf_bytes(&value)});
    }
    buf_clear(&name);
    buf_clear(&value);
    reply_ok(call->reply);
}
