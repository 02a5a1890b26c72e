/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that lie packed in one string, or in several of a list. */
#include "base/number.h"
#include "rdb_decode.h"
#include "rdb_packed.h"

/* A string that is a pack, and how it is read. */
typedef bool read_pack(struct bytes pack, const struct rdb_packed_taker *taker);

static void take_single(void *context, const struct bytes *texts)
{
    const struct rdb_element element = {.text = texts[0], .expires_ms = RDB_NO_EXPIRY};
    rdb_tell_element(context, &element);
}

static void take_pair(void *context, const struct bytes *texts)
{
    const struct rdb_element element = {.text = texts[0], .content = texts[1], .expires_ms = RDB_NO_EXPIRY};
    rdb_tell_element(context, &element);
}

static void take_scored(void *context, const struct bytes *texts)
{
    struct rdb_element element = {.text = texts[0], .expires_ms = RDB_NO_EXPIRY};
    if (!parse_double(texts[1], &element.score))
        rdb_note_flaw(context, "a score is not a number");
    rdb_tell_element(context, &element);
}

/* The third is the time, 0 when there is none. */
static void take_expiring(void *context, const struct bytes *texts)
{
    struct rdb_element element = {.text = texts[0], .content = texts[1]};
    if (!parse_i64(texts[2], &element.expires_ms) || element.expires_ms < 0)
        rdb_note_flaw(context, "the expiry of a field is not a time");
    if (element.expires_ms == 0)
        element.expires_ms = RDB_NO_EXPIRY;
    rdb_tell_element(context, &element);
}

static bool is_expiring(unsigned code)
{
    return code == RDB_TYPE_HASH_LISTPACK_EXPIRING || code == RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA;
}

static struct rdb_packed_taker taker_for(struct rdb_decoding *decoding)
{
    enum rdb_kind kind = decoding->codec->kind;
    if (kind == RDB_KIND_ZSET)
        return (struct rdb_packed_taker){2, take_scored, decoding};
    if (kind != RDB_KIND_HASH)
        return (struct rdb_packed_taker){1, take_single, decoding};
    if (is_expiring(decoding->codec->code))
        return (struct rdb_packed_taker){3, take_expiring, decoding};
    return (struct rdb_packed_taker){2, take_pair, decoding};
}

static read_pack *reader_for(unsigned code)
{
    switch (code) {
    case RDB_TYPE_HASH_ZIPMAP:
        return rdb_zipmap_read;
    case RDB_TYPE_SET_INTSET:
        return rdb_intset_read;
    case RDB_TYPE_LIST_ZIPLIST:
    case RDB_TYPE_LIST_QUICKLIST:
    case RDB_TYPE_ZSET_ZIPLIST:
    case RDB_TYPE_HASH_ZIPLIST:
        return rdb_ziplist_read;
    default:
        return rdb_listpack_read;
    }
}

static bool decode_pack(struct rdb_decoding *decoding)
{
    const struct rdb_packed_taker taker = taker_for(decoding);
    struct bytes packed;
    decoding->offset = decoding->reader->offset;
    if (!rdb_reader_look(decoding->reader, "a packed value", &packed))
        return false;
    if (!reader_for(decoding->codec->code)(packed, &taker))
        rdb_note_flaw(decoding, "the packed value is broken");
    return true;
}

/* The least expiry of the fields is in front of them, too. */
bool rdb_decode_packed(struct rdb_decoding *decoding)
{
    int64_t least;
    if (decoding->codec->code == RDB_TYPE_HASH_LISTPACK_EXPIRING && !rdb_decode_time(decoding, &least))
        return false;
    rdb_tell_begin(decoding, 0);
    return decode_pack(decoding);
}

bool rdb_decode_quicklist(struct rdb_decoding *decoding)
{
    uint64_t count;
    if (!rdb_decode_count(decoding, &count))
        return false;
    rdb_tell_begin(decoding, 0);
    while (count-- > 0) {
        if (!decode_pack(decoding))
            return false;
    }
    return true;
}

static bool decode_node(struct rdb_decoding *decoding)
{
    enum { PLAIN = 1, PACKED = 2 };
    struct rdb_element element = {.expires_ms = RDB_NO_EXPIRY};
    uint64_t kind;
    decoding->offset = decoding->reader->offset;
    if (!rdb_reader_length(decoding->reader, "a node's kind", &kind))
        return false;
    if (kind == PACKED)
        return decode_pack(decoding);
    if (kind != PLAIN)
        rdb_note_flaw(decoding, "a list has no nodes of this kind");
    if (!rdb_decode_content(decoding, &element.text))
        return false;
    rdb_tell_element(decoding, &element);
    return true;
}

/* Nodes of one kind or another, each a string. */
bool rdb_decode_quicklist2(struct rdb_decoding *decoding)
{
    uint64_t count;
    if (!rdb_decode_count(decoding, &count))
        return false;
    rdb_tell_begin(decoding, 0);
    while (count-- > 0) {
        if (!decode_node(decoding))
            return false;
    }
    return true;
}
