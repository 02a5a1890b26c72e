/* SPDX-License-Identifier: BSD-3-Clause */
/* The frame of a snapshot file: opcodes, then keys, then the end. What an opcode says about the key that follows is kept
 * until that key has come. */
#include "persist/rdb_load.h"
#include "rdb_format.h"
#include "rdb_reader.h"
#include <errno.h>

struct load {
    struct rdb_reader reader;
    const struct rdb_load_handler *handler;
    unsigned version;
    struct rdb_loaded_key key;
    struct buf name, text;
    bool has_ended;
};

static void forget_key(struct load *load)
{
    load->key.expires_ms = RDB_NO_EXPIRY;
    load->key.idle_s = -1;
    load->key.frequency = -1;
    load->key.offset = load->reader.offset;
}

static bool load_header(struct load *load)
{
    struct rdb_reader *reader = &load->reader;
    const char *header;
    if (!rdb_reader_take(reader, RDB_HEADER_SIZE, "the header", &header))
        return false;
    if (memcmp(header, RDB_MAGIC, sizeof RDB_MAGIC - 1) != 0)
        return rdb_reader_refuse(reader, 0, "this is not a snapshot file: it should begin with " RDB_MAGIC);
    for (const char *digit = header + sizeof RDB_MAGIC - 1; digit < header + RDB_HEADER_SIZE; digit++) {
        if (*digit < '0' || *digit > '9')
            return rdb_reader_refuse(reader, 5, "the version is not a number");
        load->version = load->version * 10 + (unsigned)(*digit - '0');
    }
    if (load->version < 1 || load->version > RDB_VERSION_MAX)
        return rdb_reader_refuse(reader, 5, "version %u is not among those known, 1 to %d", load->version,
                                 RDB_VERSION_MAX);
    return true;
}

static bool load_end(struct load *load)
{
    struct rdb_reader *reader = &load->reader;
    uint64_t computed = reader->checksum, offset = reader->offset, stored;
    load->has_ended = true;
    if (load->version < RDB_VERSION_WITH_CHECKSUM)
        return true;
    if (!rdb_reader_number(reader, RDB_CHECKSUM_SIZE, "the checksum", &stored))
        return false;
    if (stored != 0 && stored != computed)
        return rdb_reader_refuse(reader, offset, "the checksum is %016llx, that of the content %016llx",
                                 (unsigned long long)stored, (unsigned long long)computed);
    return true;
}

static bool load_sizes(struct load *load)
{
    uint64_t keys, expiring;
    if (!rdb_reader_length(&load->reader, "a database's number of keys", &keys) ||
        !rdb_reader_length(&load->reader, "a database's number of keys", &expiring))
        return false;
    /* No more keys than bytes: a damaged number may not take the memory. */
    uint64_t left = load->reader.size - load->reader.offset;
    if (load->handler->sizes && keys <= left)
        load->handler->sizes(load->handler->context, load->key.database, keys, expiring);
    return true;
}

static bool load_aux(struct load *load)
{
    if (!rdb_reader_text(&load->reader, "the name of a field", &load->name) ||
        !rdb_reader_text(&load->reader, "the content of a field", &load->text))
        return false;
    if (load->handler->aux)
        load->handler->aux(load->handler->context, buf_bytes(&load->name), buf_bytes(&load->text));
    return true;
}

static bool load_expiry(struct load *load, unsigned byte_count, int64_t unit_ms)
{
    uint64_t number;
    if (!rdb_reader_number(&load->reader, byte_count, "an expiry time", &number))
        return false;
    load->key.expires_ms = byte_count == 8 ? (int64_t)number : (int64_t)(int32_t)(uint32_t)number * unit_ms;
    return true;
}

static bool load_idle(struct load *load)
{
    uint64_t seconds;
    if (!rdb_reader_length(&load->reader, "an idle time", &seconds))
        return false;
    load->key.idle_s = seconds < INT32_MAX ? (int64_t)seconds : INT32_MAX;
    return true;
}

static bool load_frequency(struct load *load)
{
    unsigned frequency;
    if (!rdb_reader_byte(&load->reader, "an access frequency", &frequency))
        return false;
    load->key.frequency = (int)frequency;
    return true;
}

static const char *type_name(unsigned type)
{
    static const char *const names[] = {
        [0] = "string",
        [1] = "list",
        [2] = "set",
        [3] = "sorted set",
        [4] = "hash",
        [5] = "sorted set",
        [6] = "module",
        [7] = "module",
        [9] = "hash (zipmap)",
        [10] = "list (ziplist)",
        [11] = "set (intset)",
        [12] = "sorted set (ziplist)",
        [13] = "hash (ziplist)",
        [14] = "list (quicklist)",
        [15] = "stream",
        [16] = "hash (listpack)",
        [17] = "sorted set (listpack)",
        [18] = "list (quicklist)",
        [19] = "stream",
        [20] = "set (listpack)",
        [21] = "stream",
        [22] = "hash with expiry",
        [23] = "hash with expiry",
        [24] = "hash with expiry",
        [25] = "hash with expiry",
    };
    const char *name = type < sizeof names / sizeof names[0] ? names[type] : NULL;
    return name ? name : "unknown";
}

static bool refuse_type(struct load *load, unsigned type)
{
    struct buf shown = {0};
    buf_append_quoted(&shown, bytes_make(load->name.data, load->name.len < 64 ? load->name.len : 64));
    rdb_reader_refuse(&load->reader, load->key.offset, "key %s has type %u (%s), which is not supported",
                      buf_cstring(&shown), type, type_name(type));
    buf_clear(&shown);
    return false;
}

static bool load_key(struct load *load, unsigned type, uint64_t offset)
{
    struct value value;
    if (type > 25)
        return rdb_reader_refuse(&load->reader, offset, "there is no opcode or type %u", type);
    if (!rdb_reader_text(&load->reader, "a key", &load->name))
        return false;
    if (type != RDB_TYPE_STRING)
        return refuse_type(load, type);
    if (!rdb_reader_string(&load->reader, "a value", &value))
        return false;
    load->key.name = buf_bytes(&load->name);
    struct error error;
    bool is_taken = load->handler->key(load->handler->context, &load->key, value, &error);
    if (!is_taken)
        rdb_reader_refuse(&load->reader, load->key.offset, "%s", error.text);
    forget_key(load);
    return is_taken;
}

/* An opcode with all that belongs to it, or a key. */
static bool load_item(struct load *load)
{
    struct rdb_reader *reader = &load->reader;
    uint64_t offset = reader->offset;
    unsigned opcode;
    if (!rdb_reader_byte(reader, "an opcode", &opcode))
        return false;
    switch (opcode) {
    case RDB_SELECT:
        return rdb_reader_length(reader, "a database's number", &load->key.database);
    case RDB_RESIZE:
        return load_sizes(load);
    case RDB_AUX:
        return load_aux(load);
    case RDB_EXPIRE_MS:
        return load_expiry(load, 8, 1);
    case RDB_EXPIRE:
        return load_expiry(load, 4, 1000);
    case RDB_IDLE:
        return load_idle(load);
    case RDB_FREQUENCY:
        return load_frequency(load);
    case RDB_END:
        return load_end(load);
    case RDB_MODULE_AUX:
        return rdb_reader_refuse(reader, offset,
                                 "the file holds data of a module; there are no modules here");
    case RDB_FUNCTION2:
    case RDB_FUNCTION_PRE_GA:
        return rdb_reader_refuse(reader, offset,
                                 "the file holds functions (FUNCTION LOAD), which are not supported");
    case RDB_SLOT_INFO:
        return rdb_reader_refuse(reader, offset, "the file holds a cluster's slots, which are not supported");
    default:
        return load_key(load, opcode, offset);
    }
}

enum rdb_load_result rdb_load(const char *path, const struct rdb_load_handler *handler, struct error *error)
{
    struct load load = {.handler = handler};
    if (!rdb_reader_open(&load.reader, path, error))
        return errno == ENOENT ? RDB_MISSING : RDB_DAMAGED;
    forget_key(&load);
    bool is_good = load_header(&load);
    while (is_good && !load.has_ended) {
        /* What precedes a key belongs to it. */
        if (load.key.expires_ms == RDB_NO_EXPIRY && load.key.idle_s < 0 && load.key.frequency < 0)
            load.key.offset = load.reader.offset;
        is_good = load_item(&load);
    }
    rdb_reader_close(&load.reader);
    buf_clear(&load.name);
    buf_clear(&load.text);
    return is_good ? RDB_LOADED : RDB_DAMAGED;
}
