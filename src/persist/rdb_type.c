/* SPDX-License-Identifier: BSD-3-Clause */
/* A type is a row: its name and its layout, which is one of few: strings, counted and otherwise, with numbers
 * in between.
 *
 * What redis-server refuses to load is a flaw, although it is known where the value ends: a broken structure
 * within a string, a field that is there twice, a score that is no number. */
#include "rdb_type.h"
#include "base/number.h"
#include "rdb_packed.h"
#include <math.h>

enum { STREAM_ID_SIZE = 16, TIME_SIZE = 8 };

/* ---- pieces ---- */

static bool pass_string(struct rdb_reader *reader)
{
    return rdb_reader_pass_string(reader, "an element");
}

/* A string that is there only once in its value. */
static bool pass_unique(struct rdb_reader *reader, struct rdb_hashes *seen)
{
    struct bytes bytes;
    if (!rdb_reader_look(reader, "an element", &bytes))
        return false;
    if (bytes.data)
        rdb_hashes_add(seen, bytes);
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

/* Nobody keeps a value without elements; nor one of more than there are bytes. */
static bool take_count(struct rdb_reader *reader, uint64_t *count)
{
    uint64_t offset = reader->offset;
    if (!rdb_reader_length(reader, "a number of elements", count))
        return false;
    if (*count > reader->size - reader->offset)
        return rdb_reader_refuse(reader, offset, "%llu elements are more than what is left of the file",
                                 (unsigned long long)*count);
    if (*count == 0)
        rdb_reader_note_flaw(reader, offset, "the value has no elements");
    return true;
}

/* The same where none is fine. */
static bool take_small_count(struct rdb_reader *reader, uint64_t *count)
{
    return rdb_reader_length(reader, "a number of elements", count);
}

static void note_repeats(struct rdb_reader *reader, uint64_t offset, struct rdb_hashes *seen)
{
    if (rdb_hashes_repeat(seen))
        rdb_reader_note_flaw(reader, offset, "something is there twice in the value");
}

/* Has elements passed one by one, with what may be there only once. */
typedef bool pass_element(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen);

static bool pass_elements(struct rdb_reader *reader, unsigned type, pass_element *pass)
{
    struct rdb_hashes seen = {0};
    uint64_t offset = reader->offset, count;
    bool is_good = take_count(reader, &count);
    while (is_good && count-- > 0)
        is_good = pass(reader, type, &seen);
    if (is_good)
        note_repeats(reader, offset, &seen);
    rdb_hashes_clear(&seen);
    return is_good;
}

/* ---- layouts ---- */

static bool pass_text(struct rdb_reader *reader, unsigned type)
{
    (void)type;
    return rdb_reader_pass_string(reader, "a value");
}

static bool pass_list_element(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    (void)type;
    (void)seen;
    return pass_string(reader);
}

static bool pass_list(struct rdb_reader *reader, unsigned type)
{
    return pass_elements(reader, type, pass_list_element);
}

static bool pass_member(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    (void)type;
    return pass_unique(reader, seen);
}

static bool pass_set(struct rdb_reader *reader, unsigned type)
{
    return pass_elements(reader, type, pass_member);
}

static bool pass_field(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    (void)type;
    return pass_unique(reader, seen) && pass_string(reader);
}

static bool pass_hash(struct rdb_reader *reader, unsigned type)
{
    return pass_elements(reader, type, pass_field);
}

/* A number as text, behind one byte with its length; the highest lengths stand for what is no number, and the
 * infinite ones. */
static bool pass_text_score(struct rdb_reader *reader)
{
    uint64_t offset = reader->offset;
    char text[256];
    const char *bytes;
    unsigned len;
    double score;
    if (!rdb_reader_byte(reader, "a score", &len))
        return false;
    for (unsigned i = 0; len < 253 && i < len; i++) {
        if (!rdb_reader_take(reader, 1, "a score", &bytes))
            return false;
        text[i] = *bytes;
    }
    if (len == 253 || (len < 253 && !parse_double(bytes_make(text, len), &score)))
        rdb_reader_note_flaw(reader, offset, "a score is not a number");
    return true;
}

static bool pass_score(struct rdb_reader *reader)
{
    uint64_t offset = reader->offset;
    const char *bytes;
    double score;
    if (!rdb_reader_take(reader, sizeof score, "a score", &bytes))
        return false;
    memcpy(&score, bytes, sizeof score);
    if (isnan(score))
        rdb_reader_note_flaw(reader, offset, "a score is not a number");
    return true;
}

static bool pass_scored(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    return pass_unique(reader, seen) &&
           (type == RDB_TYPE_ZSET ? pass_text_score(reader) : pass_score(reader));
}

static bool pass_zset(struct rdb_reader *reader, unsigned type)
{
    return pass_elements(reader, type, pass_scored);
}

static bool is_whole(unsigned type, struct bytes packed, struct rdb_hashes *firsts)
{
    const struct rdb_packed_shape single = {1, firsts}, pairs = {2, firsts}, triples = {3, firsts};
    switch (type) {
    case RDB_TYPE_HASH_ZIPMAP:
        return rdb_zipmap_is_whole(packed, firsts);
    case RDB_TYPE_SET_INTSET:
        return rdb_intset_is_whole(packed);
    case RDB_TYPE_LIST_ZIPLIST:
    case RDB_TYPE_LIST_QUICKLIST:
        return rdb_ziplist_is_whole(packed, &(struct rdb_packed_shape){.group = 1});
    case RDB_TYPE_ZSET_ZIPLIST:
    case RDB_TYPE_HASH_ZIPLIST:
        return rdb_ziplist_is_whole(packed, &pairs);
    case RDB_TYPE_LIST_QUICKLIST2:
        return rdb_listpack_is_whole(packed, &(struct rdb_packed_shape){.group = 1});
    case RDB_TYPE_SET_LISTPACK:
        return rdb_listpack_is_whole(packed, &single);
    case RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA:
    case RDB_TYPE_HASH_LISTPACK_EXPIRING:
        return rdb_listpack_is_whole(packed, &triples);
    default:
        return rdb_listpack_is_whole(packed, &pairs);
    }
}

static bool pass_packed(struct rdb_reader *reader, unsigned type)
{
    struct rdb_hashes firsts = {0};
    struct bytes packed;
    if (type == RDB_TYPE_HASH_LISTPACK_EXPIRING && !pass_bytes(reader, TIME_SIZE))
        return false;
    uint64_t offset = reader->offset;
    if (!rdb_reader_look(reader, "a packed value", &packed))
        return false;
    if (!is_whole(type, packed, &firsts))
        rdb_reader_note_flaw(reader, offset, "the packed value is broken");
    note_repeats(reader, offset, &firsts);
    rdb_hashes_clear(&firsts);
    return true;
}

static bool pass_ziplist(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    (void)seen;
    return pass_packed(reader, type);
}

static bool pass_quicklist(struct rdb_reader *reader, unsigned type)
{
    return pass_elements(reader, type, pass_ziplist);
}

static bool pass_node(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    enum { PLAIN = 1, PACKED = 2 };
    uint64_t offset = reader->offset, kind;
    (void)seen;
    if (!rdb_reader_length(reader, "a node's kind", &kind))
        return false;
    if (kind == PACKED)
        return pass_packed(reader, type);
    if (kind != PLAIN)
        rdb_reader_note_flaw(reader, offset, "a list has no nodes of this kind");
    return pass_string(reader);
}

/* Nodes of one kind or another, each a string. */
static bool pass_quicklist2(struct rdb_reader *reader, unsigned type)
{
    return pass_elements(reader, type, pass_node);
}

static bool pass_expiring_field(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    return pass_lengths(reader, 1) && pass_field(reader, type, seen);
}

static bool pass_expiring_hash(struct rdb_reader *reader, unsigned type)
{
    if (type == RDB_TYPE_HASH_EXPIRING && !pass_bytes(reader, TIME_SIZE))
        return false;
    return pass_elements(reader, type, pass_expiring_field);
}

/* ---- streams ---- */

/* Where an entry waits for its consumer: once in the group, once with that consumer. */
struct pending {
    struct rdb_hashes of_group, of_consumers;
};

static bool pass_id(struct rdb_reader *reader, struct rdb_hashes *ids)
{
    const char *bytes;
    if (!rdb_reader_take(reader, STREAM_ID_SIZE, "an entry's ID", &bytes))
        return false;
    rdb_hashes_add(ids, bytes_make(bytes, STREAM_ID_SIZE));
    return true;
}

static bool pass_group_pending(struct rdb_reader *reader, struct rdb_hashes *ids)
{
    uint64_t count;
    if (!take_small_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_id(reader, ids) || !pass_bytes(reader, TIME_SIZE) || !pass_lengths(reader, 1))
            return false;
    }
    return true;
}

static bool pass_consumer(struct rdb_reader *reader, unsigned type, struct rdb_hashes *names,
                          struct rdb_hashes *ids)
{
    int times = type >= RDB_TYPE_STREAM3 ? 2 : 1;
    uint64_t count;
    if (!pass_unique(reader, names) || !pass_bytes(reader, (size_t)times * TIME_SIZE) ||
        !take_small_count(reader, &count))
        return false;
    while (count-- > 0) {
        if (!pass_id(reader, ids))
            return false;
    }
    return true;
}

static bool pass_consumers(struct rdb_reader *reader, unsigned type, struct rdb_hashes *ids)
{
    struct rdb_hashes names = {0};
    uint64_t offset = reader->offset, count;
    bool is_good = take_small_count(reader, &count);
    while (is_good && count-- > 0)
        is_good = pass_consumer(reader, type, &names, ids);
    if (is_good)
        note_repeats(reader, offset, &names);
    rdb_hashes_clear(&names);
    return is_good;
}

static bool pass_group(struct rdb_reader *reader, unsigned type, struct rdb_hashes *names)
{
    struct pending pending = {{0}, {0}};
    uint64_t offset = reader->offset;
    int numbers = type >= RDB_TYPE_STREAM2 ? 3 : 2;
    bool is_good = pass_unique(reader, names) && pass_lengths(reader, numbers) &&
                   pass_group_pending(reader, &pending.of_group) &&
                   pass_consumers(reader, type, &pending.of_consumers);
    if (is_good) {
        note_repeats(reader, offset, &pending.of_group);
        note_repeats(reader, offset, &pending.of_consumers);
        if (!rdb_hashes_equal(&pending.of_group, &pending.of_consumers))
            rdb_reader_note_flaw(reader, offset, "what is pending in a group is not what its consumers have");
    }
    rdb_hashes_clear(&pending.of_group);
    rdb_hashes_clear(&pending.of_consumers);
    return is_good;
}

static bool pass_groups(struct rdb_reader *reader, unsigned type)
{
    struct rdb_hashes names = {0};
    uint64_t offset = reader->offset, count;
    bool is_good = take_small_count(reader, &count);
    while (is_good && count-- > 0)
        is_good = pass_group(reader, type, &names);
    if (is_good)
        note_repeats(reader, offset, &names);
    rdb_hashes_clear(&names);
    return is_good;
}

static bool pass_stream_node(struct rdb_reader *reader, unsigned type, struct rdb_hashes *seen)
{
    struct bytes bytes;
    uint64_t offset = reader->offset;
    (void)type;
    if (!rdb_reader_look(reader, "a node's ID", &bytes))
        return false;
    if (bytes.len == STREAM_ID_SIZE)
        rdb_hashes_add(seen, bytes);
    else
        rdb_reader_note_flaw(reader, offset, "a node's ID hasn't 16 bytes");
    offset = reader->offset;
    if (!rdb_reader_look(reader, "a node", &bytes))
        return false;
    if (!rdb_stream_pack_is_whole(bytes))
        rdb_reader_note_flaw(reader, offset, "a node of the stream is broken");
    return true;
}

/* It may be empty. */
static bool pass_nodes(struct rdb_reader *reader, unsigned type, uint64_t *count)
{
    struct rdb_hashes seen = {0};
    uint64_t offset = reader->offset;
    bool is_good = take_small_count(reader, count);
    for (uint64_t i = 0; is_good && i < *count; i++)
        is_good = pass_stream_node(reader, type, &seen);
    if (is_good)
        note_repeats(reader, offset, &seen);
    rdb_hashes_clear(&seen);
    return is_good;
}

static bool pass_stream(struct rdb_reader *reader, unsigned type)
{
    int numbers =
        type >= RDB_TYPE_STREAM2 ? 7 : 2; /* IDs, and from 7.0 on how many entries there ever were */
    uint64_t offset = reader->offset, nodes, length;
    if (!pass_nodes(reader, type, &nodes) || !rdb_reader_length(reader, "a number of entries", &length))
        return false;
    if (length > 0 && nodes == 0)
        rdb_reader_note_flaw(reader, offset, "a stream of entries has none");
    return pass_lengths(reader, numbers) && pass_groups(reader, type);
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

/* Nine letters and a version make a module's number: a small one is none. */
static bool pass_module_id(struct rdb_reader *reader)
{
    uint64_t offset = reader->offset, id;
    if (!rdb_reader_length(reader, "a module's number", &id))
        return false;
    if (id <= UINT32_MAX)
        rdb_reader_note_flaw(reader, offset, "there is no such module");
    return true;
}

static bool pass_module(struct rdb_reader *reader, unsigned type)
{
    (void)type;
    return pass_module_id(reader) && pass_module_items(reader);
}

/* Its number, when it is to be loaded, and its items. */
static bool pass_module_aux(struct rdb_reader *reader)
{
    return pass_module_id(reader) && pass_lengths(reader, 2) && pass_module_items(reader);
}

/* The text begins with the language's name. */
static bool pass_functions(struct rdb_reader *reader, uint64_t offset)
{
    struct bytes code;
    if (!rdb_reader_look(reader, "a library of functions", &code))
        return false;
    if (!bytes_starts_with(code, BYTES("#!")))
        rdb_reader_note_flaw(reader, offset, "a library of functions doesn't begin with #!");
    return true;
}

bool rdb_type_pass_extra(struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset)
{
    if (opcode == RDB_MODULE_AUX)
        return pass_module_aux(reader);
    if (opcode == RDB_FUNCTION2)
        return pass_functions(reader, offset);
    return rdb_reader_refuse(reader, offset, "functions of a 7.0 release candidate don't say where they end");
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
    unsigned version; /* of the format, that it came with; 0: long ago */
} types[RDB_TYPE_MAX + 1] = {
    [RDB_TYPE_STRING] = {"string", pass_text, 0},
    [RDB_TYPE_LIST] = {"list", pass_list, 0},
    [RDB_TYPE_SET] = {"set", pass_set, 0},
    [RDB_TYPE_ZSET] = {"sorted set, scores as text", pass_zset, 0},
    [RDB_TYPE_HASH] = {"hash", pass_hash, 0},
    [RDB_TYPE_ZSET2] = {"sorted set", pass_zset, 8},
    [RDB_TYPE_MODULE_PRE_GA] = {"module, of a 4.0 release candidate", pass_opaque, 8},
    [RDB_TYPE_MODULE] = {"module", pass_module, 8},
    [RDB_TYPE_HASH_ZIPMAP] = {"hash (zipmap)", pass_packed, 0},
    [RDB_TYPE_LIST_ZIPLIST] = {"list (ziplist)", pass_packed, 0},
    [RDB_TYPE_SET_INTSET] = {"set (intset)", pass_packed, 0},
    [RDB_TYPE_ZSET_ZIPLIST] = {"sorted set (ziplist)", pass_packed, 0},
    [RDB_TYPE_HASH_ZIPLIST] = {"hash (ziplist)", pass_packed, 0},
    [RDB_TYPE_LIST_QUICKLIST] = {"list (quicklist of ziplists)", pass_quicklist, 7},
    [RDB_TYPE_STREAM] = {"stream", pass_stream, 9},
    [RDB_TYPE_HASH_LISTPACK] = {"hash (listpack)", pass_packed, 10},
    [RDB_TYPE_ZSET_LISTPACK] = {"sorted set (listpack)", pass_packed, 10},
    [RDB_TYPE_LIST_QUICKLIST2] = {"list (quicklist)", pass_quicklist2, 10},
    [RDB_TYPE_STREAM2] = {"stream, of 7.0", pass_stream, 10},
    [RDB_TYPE_SET_LISTPACK] = {"set (listpack)", pass_packed, 11},
    [RDB_TYPE_STREAM3] = {"stream, of 7.2", pass_stream, 11},
    [RDB_TYPE_HASH_EXPIRING_PRE_GA] = {"hash with expiring fields, of a 7.4 release candidate",
                                       pass_expiring_hash, 12},
    [RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA] =
        {"hash with expiring fields (listpack), of a 7.4 release candidate", pass_packed, 12},
    [RDB_TYPE_HASH_EXPIRING] = {"hash with expiring fields", pass_expiring_hash, 12},
    [RDB_TYPE_HASH_LISTPACK_EXPIRING] = {"hash with expiring fields (listpack)", pass_packed, 12},
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

unsigned rdb_type_version(unsigned type)
{
    return types[type].version;
}
