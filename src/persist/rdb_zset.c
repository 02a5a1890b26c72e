/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets. */
#include "base/list.h"
#include "rdb_value_rows.h"
#include "types/zset.h"
#include <math.h>

static bool put(struct collection *zset, const struct rdb_element *element)
{
    return !isnan(element->score) && zset_put(zset, element->text, element->score);
}

static enum rdb_layout layout(const struct value *value)
{
    return value->large ? RDB_LAYOUT_PLAIN : RDB_LAYOUT_LISTPACK;
}

struct zset_elements {
    struct rdb_elements elements;
    struct zset_walk walk;
};

static void next(struct rdb_elements *elements, struct rdb_element *element)
{
    struct zset_elements *zset = LIST_ENTRY(elements, struct zset_elements, elements);
    (void)zset_walk_next(&zset->walk);
    element->text = zset->walk.member;
    element->score = zset->walk.score;
}

static void write(struct rdb_output *output, const struct rdb_codec *codec, const struct collection *zset)
{
    struct zset_elements elements;
    elements.elements = (struct rdb_elements){.count = zset_count(zset), .next = next};
    zset_walk_begin(&elements.walk, zset, (struct zset_range){0, zset_count(zset)}, false);
    codec->encode(output, &elements.elements);
}

const struct rdb_value_row rdb_zset_row = {.put = put, .layout = layout, .write = write};
