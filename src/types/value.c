/* SPDX-License-Identifier: BSD-3-Clause */
/* What all types have in common goes by their rows. */
#include "types/value.h"
#include "base/panic.h"
#include "rows.h"
#include "types/large.h"

const struct value_row *const value_types[VALUE_TYPE_COUNT] = {
    [VALUE_STRING] = &string_row, [VALUE_LIST] = &list_row, [VALUE_SET] = &set_row,
    [VALUE_ZSET] = &zset_row,     [VALUE_HASH] = &hash_row, [VALUE_STREAM] = &stream_row,
};

static const struct value_row *row_of(enum value_type type)
{
    ASSERT((unsigned)type < VALUE_TYPE_COUNT && value_types[type]);
    return value_types[type];
}

const char *value_type_name(enum value_type type)
{
    return row_of(type)->name;
}

const char *value_encoding_name(const struct value *value)
{
    return row_of(value->type)->encoding_name(value);
}

uint64_t value_count(const struct value *value)
{
    const struct value_row *row = row_of(value->type);
    return row->count ? row->count(value) : 1;
}

int64_t value_least_deadline(const struct value *value)
{
    const struct value_row *row = row_of(value->type);
    return row->least_deadline ? row->least_deadline(value) : VALUE_NEVER;
}

void value_check(const struct value *value)
{
    const struct value_row *row = row_of(value->type);
    ASSERT(!value->large || (value->type != VALUE_STRING && !value->blob));
    if (value->large)
        large_check(value->large);
    if (row->check)
        row->check(value);
}

size_t value_outside_size(const struct value *value)
{
    if (value->large)
        return large_memory(value->large);
    return value->blob ? value->blob->capacity : 0;
}

struct value value_hold(const struct value *value)
{
    struct value held = *value;
    if (held.blob)
        (void)blob_ref(held.blob);
    if (held.large)
        held.large = large_hold(value->large);
    return held;
}

void value_release(struct value *value)
{
    blob_unref(value->blob);
    if (value->large)
        large_free(value->large);
    value->blob = NULL;
    value->large = NULL;
}
