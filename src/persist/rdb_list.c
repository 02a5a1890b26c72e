/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists. */
#include "base/list.h"
#include "rdb_value_rows.h"
#include "types/sequence.h"

static bool put(struct collection *list, const struct rdb_element *element)
{
    sequence_push(list, SEQUENCE_TAIL, element->text);
    return true;
}

static void finish(struct collection *list, const struct rdb_codec *codec)
{
    (void)codec;
    sequence_settle(list);
}

static enum rdb_layout layout(const struct value *value)
{
    struct collection list = collection_of(VALUE_LIST, value);
    return sequence_is_small(&list) ? RDB_LAYOUT_LISTPACK : RDB_LAYOUT_PLAIN;
}

struct list_elements {
    struct rdb_elements elements;
    struct sequence_walk walk;
};

static void next(struct rdb_elements *elements, struct rdb_element *element)
{
    struct list_elements *list = LIST_ENTRY(elements, struct list_elements, elements);
    struct sequence_element found = {.blob = NULL};
    (void)sequence_walk_next(&list->walk, &found);
    element->text = found.bytes;
}

static void write(struct rdb_output *output, const struct rdb_codec *codec, const struct collection *list)
{
    struct list_elements elements = {.elements = {.count = sequence_count(list), .next = next}};
    sequence_walk_begin(&elements.walk, list, 0);
    codec->encode(output, &elements.elements);
}

const struct rdb_value_row rdb_list_row = {.put = put, .finish = finish, .layout = layout, .write = write};
