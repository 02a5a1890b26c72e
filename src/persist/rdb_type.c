/* SPDX-License-Identifier: BSD-3-Clause */
/* A type is a row: its name and its layout, which is one of few: strings, counted and otherwise, with numbers in between. */
#include "rdb_type.h"
#include "rdb_format.h"

enum { STREAM_ID_SIZE = 16, TIME_SIZE = 8 };

/* ---- pieces ---- */

static bool pass_string(struct rdb_reader *reader)
{
    struct value value;
    if (!rdb_reader_string(reader, "an element", &value))
        return false;
    blob_unref(value.blob);
    return true;
}

static bool pass_strings(struct rdb_reader *reader, uint64_t count)
{
    while (count-- > 0) {
        if (!pass_string(reader))
            return false;
    }
    return true;
}

static bool pass_lengths(struct rdb_reader *reader, int count)
{
    uint64_t length;
    while (count-- > 0) {
        if (!rdb_reader_length(reader, "a number", &length))
            return false;
    }
    return true;
}

static bool pass_bytes(struct rdb_reader *reader, size_t len)
{
    const char *bytes;
    return rdb_reader_take(reader, len, "part of a value", &bytes);
}

static bool take_count(struct rdb_reader *reader, uint64_t *count)
{
    return rdb_reader_length(reader, "a number of elements", count);
}

/* ---- layouts ---- */

static bool pass_list(struct rdb_reader *reader, unsigned type)
{
    uint64_t count;
    (void)type;
    return take_count(reader, &count) && pass_strings(reader, count);
}

static bool pass_hash(struct rdb_reader *reader, unsigned type)
{
    uint64_t count;
    (void)type;
    if (!take_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_strings(reader, 2))
            return false;
    }
    return true;
}

/* A number as text, behind one byte with its length; the highest lengths stand for what is no number. */
static bool pass_text_score(struct rdb_reader *reader)
{
    unsigned len;
    return rdb_reader_byte(reader, "a score", &len) && (len >= 253 || len == 0 || pass_bytes(reader, len));
}

static bool pass_zset(struct rdb_reader *reader, unsigned type)
{
    uint64_t count;
    if (!take_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_string(reader))
            return false;
        if (!(type == RDB_TYPE_ZSET ? pass_text_score(reader) : pass_bytes(reader, sizeof(double))))
            return false;
    }
    return true;
}

static bool pass_packed(struct rdb_reader *reader, unsigned type)
{
    if (type == RDB_TYPE_HASH_LISTPACK_EXPIRING && !pass_bytes(reader, TIME_SIZE))
        return false;
    return pass_string(reader);
}

/* Nodes of one kind or another, each a string. */
static bool pass_quicklist2(struct rdb_reader *reader, unsigned type)
{
    uint64_t count;
    (void)type;
    if (!take_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_lengths(reader, 1) || !pass_string(reader))
            return false;
    }
    return true;
}

static bool pass_expiring_hash(struct rdb_reader *reader, unsigned type)
{
    uint64_t count;
    if (type == RDB_TYPE_HASH_EXPIRING && !pass_bytes(reader, TIME_SIZE))
        return false;
    if (!take_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_lengths(reader, 1) || !pass_strings(reader, 2))
            return false;
    }
    return true;
}

/* ---- streams ---- */

static bool pass_group_pending(struct rdb_reader *reader)
{
    uint64_t count;
    if (!take_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_bytes(reader, STREAM_ID_SIZE) || !pass_bytes(reader, TIME_SIZE) || !pass_lengths(reader, 1))
            return false;
    }
    return true;
}

static bool pass_consumers(struct rdb_reader *reader, unsigned type)
{
    uint64_t consumers, pending;
    int times = type >= RDB_TYPE_STREAM3 ? 2 : 1;
    if (!take_count(reader, &consumers))
        return false;
    while (consumers-- > 0) {
        if (!pass_string(reader) || !pass_bytes(reader, (size_t)times * TIME_SIZE) ||
            !take_count(reader, &pending))
            return false;
        while (pending-- > 0) {
            if (!pass_bytes(reader, STREAM_ID_SIZE))
                return false;
        }
    }
    return true;
}

static bool pass_groups(struct rdb_reader *reader, unsigned type)
{
    uint64_t groups;
    int numbers = type >= RDB_TYPE_STREAM2 ? 3 : 2;
    if (!take_count(reader, &groups))
        return false;
    while (groups-- > 0) {
        if (!pass_string(reader) || !pass_lengths(reader, numbers) || !pass_group_pending(reader) ||
            !pass_consumers(reader, type))
            return false;
    }
    return true;
}

static bool pass_stream(struct rdb_reader *reader, unsigned type)
{
    int numbers = type >= RDB_TYPE_STREAM2 ? 8 : 3;
    return pass_hash(reader, type) && pass_lengths(reader, numbers) && pass_groups(reader, type);
}

/* ---- modules ---- */

/* Each item says what it is, up to the one that is the end. */
static bool pass_module_items(struct rdb_reader *reader)
{
    enum { END, SIGNED, UNSIGNED, FLOAT, DOUBLE, STRING };
    for (;;) {
        uint64_t offset = reader->offset, kind;
        bool is_good;
        if (!rdb_reader_length(reader, "an item of a module's value", &kind))
            return false;
        switch (kind) {
        case END:
            return true;
        case SIGNED:
        case UNSIGNED:
            is_good = pass_lengths(reader, 1);
            break;
        case FLOAT:
            is_good = pass_bytes(reader, sizeof(float));
            break;
        case DOUBLE:
            is_good = pass_bytes(reader, sizeof(double));
            break;
        case STRING:
            is_good = pass_string(reader);
            break;
        default:
            return rdb_reader_refuse(reader, offset, "a module's value has no items of kind %llu",
                                     (unsigned long long)kind);
        }
        if (!is_good)
            return false;
    }
}

static bool pass_module(struct rdb_reader *reader, unsigned type)
{
    (void)type;
    return pass_lengths(reader, 1) && pass_module_items(reader);
}

bool rdb_type_pass_module_aux(struct rdb_reader *reader)
{
    return pass_lengths(reader, 3) && pass_module_items(reader);
}

static bool pass_opaque(struct rdb_reader *reader, unsigned type)
{
    return rdb_reader_refuse(reader, reader->offset, "a value of type %u (%s) doesn't say where it ends",
                             type, rdb_type_name(type));
}

/* ---- the table ---- */

static const struct {
    const char *name;
    bool (*pass)(struct rdb_reader *reader, unsigned type);
} types[RDB_TYPE_MAX + 1] = {
    [RDB_TYPE_STRING] = {"string", pass_packed},
    [RDB_TYPE_LIST] = {"list", pass_list},
    [RDB_TYPE_SET] = {"set", pass_list},
    [RDB_TYPE_ZSET] = {"sorted set, scores as text", pass_zset},
    [RDB_TYPE_HASH] = {"hash", pass_hash},
    [RDB_TYPE_ZSET2] = {"sorted set", pass_zset},
    [RDB_TYPE_MODULE_PRE_GA] = {"module, of a 4.0 release candidate", pass_opaque},
    [RDB_TYPE_MODULE] = {"module", pass_module},
    [RDB_TYPE_HASH_ZIPMAP] = {"hash (zipmap)", pass_packed},
    [RDB_TYPE_LIST_ZIPLIST] = {"list (ziplist)", pass_packed},
    [RDB_TYPE_SET_INTSET] = {"set (intset)", pass_packed},
    [RDB_TYPE_ZSET_ZIPLIST] = {"sorted set (ziplist)", pass_packed},
    [RDB_TYPE_HASH_ZIPLIST] = {"hash (ziplist)", pass_packed},
    [RDB_TYPE_LIST_QUICKLIST] = {"list (quicklist of ziplists)", pass_list},
    [RDB_TYPE_STREAM] = {"stream", pass_stream},
    [RDB_TYPE_HASH_LISTPACK] = {"hash (listpack)", pass_packed},
    [RDB_TYPE_ZSET_LISTPACK] = {"sorted set (listpack)", pass_packed},
    [RDB_TYPE_LIST_QUICKLIST2] = {"list (quicklist)", pass_quicklist2},
    [RDB_TYPE_STREAM2] = {"stream, of 7.0", pass_stream},
    [RDB_TYPE_SET_LISTPACK] = {"set (listpack)", pass_packed},
    [RDB_TYPE_STREAM3] = {"stream, of 7.2", pass_stream},
    [RDB_TYPE_HASH_EXPIRING_PRE_GA] = {"hash with expiring fields, of a 7.4 release candidate",
                                       pass_expiring_hash},
    [RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA] =
        {"hash with expiring fields (listpack), of a 7.4 release candidate", pass_packed},
    [RDB_TYPE_HASH_EXPIRING] = {"hash with expiring fields", pass_expiring_hash},
    [RDB_TYPE_HASH_LISTPACK_EXPIRING] = {"hash with expiring fields (listpack)", pass_packed},
};

const char *rdb_type_name(unsigned type)
{
    return type <= RDB_TYPE_MAX && types[type].name ? types[type].name : "unknown";
}

bool rdb_type_pass(struct rdb_reader *reader, unsigned type)
{
    if (type > RDB_TYPE_MAX || !types[type].pass)
        return rdb_reader_refuse(reader, reader->offset, "there is no type %u", type);
    return types[type].pass(reader, type);
}
