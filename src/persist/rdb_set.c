/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets. */
#include "base/list.h"
#include "rdb_value_rows.h"
#include "types/set.h"

/* Integers among others stay where they are. */
static void begin(struct collection *set, const struct rdb_codec *codec)
{
    if (codec->code != RDB_TYPE_SET_INTSET)
        set_keep_order(set);
}

/* The plain layout says nothing of how the set was kept. */
static void finish(struct collection *set, const struct rdb_codec *codec)
{
    if (codec->code == RDB_TYPE_SET)
        set_order_integers(set);
}

static bool put(struct collection *set, const struct rdb_element *element)
{
    return set_add(set, element->text);
}

static enum rdb_layout layout(const struct value *value)
{
    struct collection set = collection_of(VALUE_SET, value);
    if (set.large)
        return RDB_LAYOUT_PLAIN;
    return set_is_by_value(&set) ? RDB_LAYOUT_INTSET : RDB_LAYOUT_LISTPACK;
}

struct set_elements {
    struct rdb_elements elements;
    struct set_walk walk;
};

static void next(struct rdb_elements *elements, struct rdb_element *element)
{
    struct set_elements *set = LIST_ENTRY(elements, struct set_elements, elements);
    struct set_member member = {.blob = NULL};
    (void)set_walk_next(&set->walk, &member);
    element->text = member.bytes;
}

static void write(struct rdb_output *output, const struct rdb_codec *codec, const struct collection *set)
{
    struct set_elements elements = {.elements = {.count = set_count(set), .next = next}};
    set_walk_begin(&elements.walk, set);
    codec->encode(output, &elements.elements);
}

const struct rdb_value_row rdb_set_row = {
    .begin = begin, .put = put, .finish = finish, .layout = layout, .write = write};
