/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG's view of data: how a value is kept, and keys made up in numbers. */
#include "base/buf.h"
#include "base/log.h"
#include "base/number.h"
#include "debug.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "persist/dump.h"
#include "persist/rdb_string.h"
#include <stdio.h>

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
