/* SPDX-License-Identifier: BSD-3-Clause */
#include "rdb_value.h"
#include "base/list.h"
#include "base/panic.h"

bool rdb_value_has_place(const struct rdb_codec *codec)
{
    return codec->kind == RDB_KIND_STRING;
}

/* ---- reading ---- */

static void take_string(void *context, struct value string)
{
    struct value *value = context;
    *value = string;
}

bool rdb_value_read(struct rdb_reader *reader, const struct rdb_codec *codec, struct value *value)
{
    const struct rdb_builder builder = {.string = take_string, .context = value};
    if (!rdb_decode(codec, reader, &builder))
        return false;
    if (reader->has_flaw)
        *reader->error = reader->flaw;
    return !reader->has_flaw;
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

const struct rdb_codec *rdb_value_codec(const struct value *value, unsigned version)
{
    ASSERT(value->type == VALUE_STRING);
    return rdb_codec_for(RDB_KIND_STRING, RDB_LAYOUT_PLAIN, version);
}

void rdb_value_write(struct rdb_output *output, const struct rdb_codec *codec, const struct value *value)
{
    struct string_elements string = {.elements = {.count = 1, .next = next_string}, .value = value};
    codec->encode(output, &string.elements);
}
