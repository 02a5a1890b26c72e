/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of the model: a string is bytes, a collection an array of items without any form or encoding. Items
 * of a list stand in its order, those of a sorted set by score and member, all others by name. */
#ifndef SIM_MODEL_VALUE_H
#define SIM_MODEL_VALUE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

enum model_kind {
    MODEL_STRING,
    MODEL_LIST,
    MODEL_HASH,
    MODEL_SET,
    MODEL_ZSET,
    MODEL_STREAM,
    MODEL_KIND_COUNT
};

#define MODEL_FOREVER INT64_MIN

struct item {
    struct buf name;     /* element, field, member */
    struct buf content;  /* of a field */
    double score;        /* of a sorted set's member */
    int64_t deadline_ms; /* of a field; MODEL_FOREVER: none */
};

struct model_value {
    enum model_kind kind;
    struct buf text; /* of a string */
    struct item *items;
    int count, room;
    struct model_stream *stream; /* what a stream is besides its entries: see model_stream.h */
};

struct model_kind_row {
    const char *name; /* what TYPE answers */
    char class;       /* of its events */
};
extern const struct model_kind_row model_kinds[MODEL_KIND_COUNT];

void value_clear(struct model_value *value);
/* Into one that is empty. */
void value_copy(struct model_value *to, const struct model_value *from);

static inline struct bytes item_name(const struct item *item)
{
    return buf_bytes(&item->name);
}

/* The first item of that name; -1: there is none. */
int value_find(const struct model_value *value, struct bytes name);
/* One with nothing but a name, before the one of that index. */
struct item *value_insert(struct model_value *value, int index, struct bytes name);
void value_remove(struct model_value *value, int index);
/* Finds the item or puts one where it belongs; not for lists. */
struct item *value_get(struct model_value *value, struct bytes name, bool *is_new);
/* The member's score is this; returns its index. */
int value_score(struct model_value *value, struct bytes member, double score);
/* Takes the item's content for that of a hash's field. */
void item_set(struct item *item, struct bytes content);

#endif
