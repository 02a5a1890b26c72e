/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings are read and written here, collections by the row of their type. */
#include "rdb_value.h"
#include "base/list.h"
#include "base/panic.h"
#include "rdb_stream.h"
#include "rdb_value_rows.h"

static const struct rdb_value_row *const rows[VALUE_TYPE_COUNT] = {
    [VALUE_LIST] = &rdb_list_row, [VALUE_SET] = &rdb_set_row,       [VALUE_HASH] = &rdb_hash_row,
    [VALUE_ZSET] = &rdb_zset_row, [VALUE_STREAM] = &rdb_stream_row,
};

/* By the type of the same number. */
static const struct rdb_value_row *row_of(enum rdb_kind kind)
{
    _Static_assert((int)RDB_KIND_LIST == (int)VALUE_LIST && (int)RDB_KIND_SET == (int)VALUE_SET &&
                       (int)RDB_KIND_ZSET == (int)VALUE_ZSET && (int)RDB_KIND_HASH == (int)VALUE_HASH &&
                       (int)RDB_KIND_STREAM == (int)VALUE_STREAM,
                   "kinds that are types have the same order");
    return kind < (int)VALUE_TYPE_COUNT ? rows[kind] : NULL;
}

bool rdb_value_has_place(const struct rdb_codec *codec)
{
    return codec->kind == RDB_KIND_STRING || row_of(codec->kind);
}

/* ---- reading ---- */

struct building {
    struct rdb_reader *reader;
    const struct rdb_codec *codec;
    struct value *value;
    const struct rdb_value_row *row; /* NULL: of a string */
    struct collection collection;
};

static void take_string(void *context, struct value string)
{
    struct building *building = context;
    *building->value = string;
}

static void begin_collection(void *context, enum rdb_kind kind, uint64_t count)
{
    static const struct value_limits none;
    struct building *building = context;
    struct rdb_reader *reader = building->reader;
    const struct value_limits *limits = reader->limits ? reader->limits : &none;
    enum value_type type = (enum value_type)kind;
    (void)count;
    building->row = row_of(kind);
    building->collection = collection_edit(type, NULL, &reader->packed, &limits->of[type]);
    if (building->row->begin)
        building->row->begin(&building->collection, building->codec);
}

static bool put_element(void *context, const struct rdb_element *element)
{
    struct building *building = context;
    struct rdb_element moved = *element;
    if (element->expires_ms != RDB_NO_EXPIRY &&
        __builtin_sub_overflow(element->expires_ms, building->reader->wall_offset_ms, &moved.expires_ms))
        moved.expires_ms = INT64_MAX;
    return building->row->put(&building->collection, &moved);
}

static bool is_whole(struct rdb_reader *reader)
{
    if (reader->has_flaw)
        *reader->error = reader->flaw;
    return !reader->has_flaw;
}

/* A stream is more than elements. */
static bool read_stream(struct rdb_reader *reader, const struct rdb_codec *codec, struct value *value)
{
    struct rdb_stream_building building;
    rdb_stream_begin(&building, codec);
    struct rdb_builder builder = rdb_stream_builder(&building);
    bool is_good = rdb_decode(codec, reader, &builder) && is_whole(reader);
    *value = rdb_stream_end(&building);
    if (!is_good)
        value_release(value);
    return is_good;
}

bool rdb_value_read(struct rdb_reader *reader, const struct rdb_codec *codec, struct value *value)
{
    struct building building;
    if (codec->kind == RDB_KIND_STREAM)
        return read_stream(reader, codec, value);
    building.reader = reader;
    building.codec = codec;
    building.value = value;
    building.row = NULL;
    const struct rdb_builder builder = {
        .string = take_string, .begin = begin_collection, .element = put_element, .context = &building};
    bool is_good = rdb_decode(codec, reader, &builder) && is_whole(reader);
    if (!building.row)
        return is_good;
    if (is_good && building.row->finish)
        building.row->finish(&building.collection, codec);
    *value = collection_value(&building.collection);
    if (!is_good)
        value_release(value);
    return is_good;
}

/* ---- writing ---- */

struct string_elements {
    struct rdb_elements elements;
    const struct value *value;
    char scratch[STRING_SCRATCH];
};

static void next_string(struct rdb_elements *elements, struct rdb_element *element)
{
    struct string_elements *string = LIST_ENTRY(elements, struct string_elements, elements);
    element->text = string_bytes(string->value, string->scratch);
}

static void write_string(struct rdb_output *output, const struct rdb_codec *codec, const struct value *value)
{
    struct string_elements string = {.elements = {.count = 1, .next = next_string}, .value = value};
    codec->encode(output, &string.elements);
}

const struct rdb_codec *rdb_value_codec(const struct value *value, unsigned version)
{
    const struct rdb_value_row *row = rows[value->type];
    ASSERT(row || value->type == VALUE_STRING);
    return rdb_codec_for((enum rdb_kind)value->type, row ? row->layout(value) : RDB_LAYOUT_PLAIN, version);
}

void rdb_value_write(struct rdb_output *output, const struct rdb_codec *codec, const struct value *value)
{
    const struct rdb_value_row *row = rows[value->type];
    if (!row) {
        write_string(output, codec, value);
        return;
    }
    struct collection collection = collection_of(value->type, value);
    row->write(output, codec, &collection);
}
