/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes. */
#include "base/list.h"
#include "rdb_value_rows.h"
#include "types/hash.h"

/* A field whose time has passed long ago is due all the same. */
static int64_t deadline_of(const struct rdb_element *element)
{
    if (element->expires_ms == RDB_NO_EXPIRY)
        return 0;
    return element->expires_ms > 0 ? element->expires_ms : 1;
}

static bool put(struct collection *hash, const struct rdb_element *element)
{
    return hash_set_until(hash, element->text, element->content, deadline_of(element));
}

static enum rdb_layout layout(const struct value *value)
{
    if (value_least_deadline(value) != VALUE_NEVER)
        return RDB_LAYOUT_EXPIRING;
    return value->large ? RDB_LAYOUT_PLAIN : RDB_LAYOUT_LISTPACK;
}

struct hash_elements {
    struct rdb_elements elements;
    struct hash_walk walk;
    int64_t wall_offset_ms;
};

static int64_t wall_time_of(int64_t deadline, int64_t wall_offset_ms)
{
    int64_t wall_ms;
    return __builtin_add_overflow(deadline, wall_offset_ms, &wall_ms) ? INT64_MAX : wall_ms;
}

static void next(struct rdb_elements *elements, struct rdb_element *element)
{
    struct hash_elements *hash = LIST_ENTRY(elements, struct hash_elements, elements);
    struct hash_field field = {.deadline = 0};
    (void)hash_walk_next(&hash->walk, &field);
    element->text = field.name;
    element->content = field.value;
    element->expires_ms = field.deadline ? wall_time_of(field.deadline, hash->wall_offset_ms) : RDB_NO_EXPIRY;
}

static void write(struct rdb_output *output, const struct rdb_codec *codec, const struct collection *hash)
{
    int64_t least = hash_least_deadline(hash), offset_ms = output->wall_offset_ms;
    struct hash_elements elements = {
        .elements = {.count = hash_count(hash), .least_ms = wall_time_of(least, offset_ms), .next = next},
        .wall_offset_ms = offset_ms};
    hash_walk_begin(&elements.walk, hash);
    codec->encode(output, &elements.elements);
}

const struct rdb_value_row rdb_hash_row = {.put = put, .layout = layout, .write = write};
