/* SPDX-License-Identifier: BSD-3-Clause */
/* How collections are put together from elements, and taken apart: a row for each type, in its own file. */
#ifndef PERSIST_RDB_VALUE_ROWS_H
#define PERSIST_RDB_VALUE_ROWS_H

#include "rdb_codec.h"
#include "types/collection.h"

struct rdb_value_row {
    /* Elements are about to come, from this layout, to an empty collection. May be NULL. */
    void (*begin)(struct collection *collection, const struct rdb_codec *codec);
    /* Its expires_ms is in the clock of deadlines. False: the element is there already, or can't be. */
    bool (*put)(struct collection *collection, const struct rdb_element *element);
    /* All elements are put. May be NULL. */
    void (*finish)(struct collection *collection, const struct rdb_codec *codec);
    /* How a value is best laid out. */
    enum rdb_layout (*layout)(const struct value *value);
    void (*write)(struct rdb_output *output, const struct rdb_codec *codec,
                  const struct collection *collection);
};

extern const struct rdb_value_row rdb_list_row;
extern const struct rdb_value_row rdb_set_row;
extern const struct rdb_value_row rdb_hash_row;
extern const struct rdb_value_row rdb_zset_row;
extern const struct rdb_value_row rdb_stream_row;

#endif
