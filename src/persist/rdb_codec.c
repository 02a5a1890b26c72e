/* SPDX-License-Identifier: BSD-3-Clause */
/* A type is a row. Up to code 21 Redis and Valkey have the same ones. */
#include "rdb_codec.h"
#include "rdb_decode.h"

static const struct rdb_codec codecs[] = {
    {RDB_TYPE_STRING, "string", RDB_KIND_STRING, 0, rdb_decode_string, rdb_encode_string},
    {RDB_TYPE_LIST, "list", RDB_KIND_LIST, 0, rdb_decode_list, rdb_encode_texts},
    {RDB_TYPE_SET, "set", RDB_KIND_SET, 0, rdb_decode_set, rdb_encode_texts},
    {RDB_TYPE_ZSET, "sorted set, scores as text", RDB_KIND_ZSET, 0, rdb_decode_zset, NULL},
    {RDB_TYPE_HASH, "hash", RDB_KIND_HASH, 0, rdb_decode_hash, rdb_encode_hash},
    {RDB_TYPE_ZSET2, "sorted set", RDB_KIND_ZSET, 8, rdb_decode_zset, rdb_encode_zset},
    {RDB_TYPE_MODULE_PRE_GA, "module, of a 4.0 release candidate", RDB_KIND_MODULE, 8, rdb_decode_opaque,
     NULL},
    {RDB_TYPE_MODULE, "module", RDB_KIND_MODULE, 8, rdb_decode_module, NULL},
    {RDB_TYPE_HASH_ZIPMAP, "hash (zipmap)", RDB_KIND_HASH, 0, rdb_decode_packed, NULL},
    {RDB_TYPE_LIST_ZIPLIST, "list (ziplist)", RDB_KIND_LIST, 0, rdb_decode_packed, NULL},
    {RDB_TYPE_SET_INTSET, "set (intset)", RDB_KIND_SET, 0, rdb_decode_packed, rdb_encode_intset},
    {RDB_TYPE_ZSET_ZIPLIST, "sorted set (ziplist)", RDB_KIND_ZSET, 0, rdb_decode_packed, NULL},
    {RDB_TYPE_HASH_ZIPLIST, "hash (ziplist)", RDB_KIND_HASH, 0, rdb_decode_packed, NULL},
    {RDB_TYPE_LIST_QUICKLIST, "list (quicklist of ziplists)", RDB_KIND_LIST, 7, rdb_decode_quicklist, NULL},
    {RDB_TYPE_STREAM, "stream", RDB_KIND_STREAM, 9, rdb_decode_stream, NULL},
    {RDB_TYPE_HASH_LISTPACK, "hash (listpack)", RDB_KIND_HASH, 10, rdb_decode_packed, rdb_encode_packed_hash},
    {RDB_TYPE_ZSET_LISTPACK, "sorted set (listpack)", RDB_KIND_ZSET, 10, rdb_decode_packed,
     rdb_encode_packed_zset},
    {RDB_TYPE_LIST_QUICKLIST2, "list (quicklist)", RDB_KIND_LIST, 10, rdb_decode_quicklist2,
     rdb_encode_quicklist},
    {RDB_TYPE_STREAM2, "stream, of 7.0", RDB_KIND_STREAM, 10, rdb_decode_stream, rdb_encode_stream},
    {RDB_TYPE_SET_LISTPACK, "set (listpack)", RDB_KIND_SET, 11, rdb_decode_packed, rdb_encode_packed_set},
    {RDB_TYPE_STREAM3, "stream, of 7.2", RDB_KIND_STREAM, 11, rdb_decode_stream, rdb_encode_stream},
    {RDB_TYPE_HASH_EXPIRING_PRE_GA, "hash with expiring fields, of a 7.4 release candidate", RDB_KIND_HASH,
     12, rdb_decode_expiring_hash, NULL},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING_PRE_GA,
     "hash with expiring fields (listpack), of a 7.4 release candidate", RDB_KIND_HASH, 12, rdb_decode_packed,
     NULL},
    {RDB_TYPE_HASH_EXPIRING, "hash with expiring fields", RDB_KIND_HASH, RDB_VERSION_WITH_EXPIRING,
     rdb_decode_expiring_hash, rdb_encode_expiring_hash},
    {RDB_TYPE_HASH_LISTPACK_EXPIRING, "hash with expiring fields (listpack)", RDB_KIND_HASH, 12,
     rdb_decode_packed, NULL},
    {RDB_TYPE_STREAM4, "stream, of 8.6", RDB_KIND_STREAM, 13, rdb_decode_stream, NULL},
    {RDB_TYPE_STREAM5, "stream, of 8.8", RDB_KIND_STREAM, 14, rdb_decode_stream, NULL},
    {RDB_TYPE_ARRAY, "array", RDB_KIND_ARRAY, 14, rdb_decode_array, NULL},
    {RDB_TYPE_HASH_TEMPLATE_LISTPACK, "hash with its template (listpack)", RDB_KIND_HASH, 14,
     rdb_decode_template, NULL},
    {RDB_TYPE_HASH_TEMPLATE_LISTPACK_REF, "hash of a template (listpack)", RDB_KIND_HASH, 14,
     rdb_decode_template, NULL},
    {RDB_TYPE_HASH_TEMPLATE, "hash with its template", RDB_KIND_HASH, 14, rdb_decode_template, NULL},
    {RDB_TYPE_HASH_TEMPLATE_REF, "hash of a template", RDB_KIND_HASH, 14, rdb_decode_template, NULL},
    {RDB_TYPE_RATE_LIMIT, "rate limit", RDB_KIND_OTHER, 14, rdb_decode_opaque, NULL},
    /* Valkey's own: */
    {RDB_VALKEY_TYPE_HASH_EXPIRING, "hash with expiring fields, of Valkey", RDB_KIND_HASH, 80,
     rdb_decode_valkey_hash, NULL},
    {RDB_VALKEY_TYPE_HASH_PATHS, "hash of paths, of Valkey", RDB_KIND_OTHER, 81, rdb_decode_opaque, NULL},
};

enum { CODEC_COUNT = sizeof codecs / sizeof codecs[0] };
_Static_assert(CODEC_COUNT <= RDB_CODEC_COUNT_MAX, "those who count by type have no room");

/* The first code that means different things. */
#define FIRST_OWN_CODE 22

static bool is_of(const struct rdb_codec *codec, enum rdb_dialect dialect)
{
    bool is_valkey = codec->version >= RDB_VALKEY_VERSION_MIN;
    return codec->code < FIRST_OWN_CODE || is_valkey == (dialect == RDB_VALKEY);
}

const struct rdb_codec *rdb_codec_find(enum rdb_dialect dialect, unsigned code)
{
    for (size_t i = 0; code <= RDB_TYPE_RATE_LIMIT && i < CODEC_COUNT; i++) {
        if (codecs[i].code == code && is_of(&codecs[i], dialect))
            return &codecs[i];
    }
    return NULL;
}

size_t rdb_codec_count(void)
{
    return CODEC_COUNT;
}

const struct rdb_codec *rdb_codec_at(size_t index)
{
    return &codecs[index];
}

size_t rdb_codec_index(const struct rdb_codec *codec)
{
    return (size_t)(codec - codecs);
}

/* ---- decoding ---- */

/* Most values are strings, which hold nothing. */
static void clear(struct rdb_decoding *decoding)
{
    if (decoding->seen.at)
        rdb_hashes_clear(&decoding->seen);
    if (decoding->text.data)
        buf_clear(&decoding->text);
    if (decoding->other.data)
        buf_clear(&decoding->other);
}

bool rdb_decode(const struct rdb_codec *codec, struct rdb_reader *reader, const struct rdb_builder *builder)
{
    struct rdb_decoding decoding = {
        .reader = reader, .codec = codec, .builder = builder, .offset = reader->offset};
    bool is_good = codec->decode(&decoding);
    if (is_good && decoding.seen.count > 0)
        rdb_note_repeats(&decoding, &decoding.seen);
    clear(&decoding);
    return is_good;
}

/* ---- encoding ---- */

/* The type of each kind and layout; 0 stands for the plain one. */
static const unsigned char written[][5] = {
    [RDB_KIND_STRING] = {RDB_TYPE_STRING},
    [RDB_KIND_LIST] = {RDB_TYPE_LIST, RDB_TYPE_LIST_QUICKLIST2},
    [RDB_KIND_SET] = {RDB_TYPE_SET, RDB_TYPE_SET_LISTPACK, RDB_TYPE_SET_INTSET},
    [RDB_KIND_ZSET] = {RDB_TYPE_ZSET2, RDB_TYPE_ZSET_LISTPACK},
    [RDB_KIND_STREAM] = {RDB_TYPE_STREAM2, [RDB_LAYOUT_WITH_TIMES] = RDB_TYPE_STREAM3},
    [RDB_KIND_HASH] = {RDB_TYPE_HASH, RDB_TYPE_HASH_LISTPACK, [RDB_LAYOUT_EXPIRING] = RDB_TYPE_HASH_EXPIRING},
};

static const struct rdb_codec *row_of(unsigned code)
{
    size_t index = 0;
    while (codecs[index].code != code)
        index++;
    return &codecs[index];
}

const struct rdb_codec *rdb_codec_for(enum rdb_kind kind, enum rdb_layout layout, unsigned version)
{
    if (kind >= sizeof written / sizeof written[0])
        return NULL;
    const struct rdb_codec *plain = row_of(written[kind][RDB_LAYOUT_PLAIN]);
    if (layout == RDB_LAYOUT_PLAIN)
        return plain;
    const struct rdb_codec *codec = row_of(written[kind][layout]);
    return codec->kind == kind && codec->version <= version ? codec : plain;
}
