/* SPDX-License-Identifier: BSD-3-Clause */
/* A type is a row. */
#include "elements.h"

struct element_row {
    void (*begin)(struct element_walk *walk, const struct collection *collection, uint64_t first,
                  bool is_backwards);
    bool (*next)(struct element_walk *walk, struct bytes *element);
};

/* ---- lists ---- */

static void begin_list(struct element_walk *walk, const struct collection *collection, uint64_t first,
                       bool is_backwards)
{
    struct bytes passed;
    if (!is_backwards) {
        sequence_walk_begin(&walk->list, collection, first);
        return;
    }
    sequence_walk_backwards(&walk->list, collection);
    while (first-- > 0 && element_walk_next(walk, &passed)) {
    }
}

static bool next_of_list(struct element_walk *walk, struct bytes *element)
{
    struct sequence_element found;
    if (!sequence_walk_next(&walk->list, &found))
        return false;
    *element = found.bytes;
    return true;
}

static const struct element_row list_row = {begin_list, next_of_list};

/* ---- sorted sets ---- */

static void begin_zset(struct element_walk *walk, const struct collection *collection, uint64_t first,
                       bool is_backwards)
{
    uint64_t count = zset_count(collection);
    struct zset_range range =
        is_backwards ? (struct zset_range){0, count - first} : (struct zset_range){first, count};
    zset_walk_begin(&walk->zset, collection, range, is_backwards);
}

static bool next_of_zset(struct element_walk *walk, struct bytes *element)
{
    if (!zset_walk_next(&walk->zset))
        return false;
    *element = walk->zset.member;
    return true;
}

static const struct element_row zset_row = {begin_zset, next_of_zset};

/* ---- sets, which have no order ---- */

static void begin_set(struct element_walk *walk, const struct collection *collection, uint64_t first,
                      bool is_backwards)
{
    (void)is_backwards;
    set_walk_begin(&walk->set, collection);
    set_walk_seek(&walk->set, first);
}

static bool next_of_set(struct element_walk *walk, struct bytes *element)
{
    struct set_member member;
    if (!set_walk_next(&walk->set, &member))
        return false;
    *element = member.bytes;
    return true;
}

static const struct element_row set_row = {begin_set, next_of_set};

/* ---- all ---- */

static const struct element_row *const rows[VALUE_TYPE_COUNT] = {
    [VALUE_LIST] = &list_row,
    [VALUE_SET] = &set_row,
    [VALUE_ZSET] = &zset_row,
};

bool elements_are_of(enum value_type type)
{
    return rows[type];
}

void element_walk_begin(struct element_walk *walk, const struct collection *collection, uint64_t first,
                        bool is_backwards)
{
    walk->row = rows[collection->type];
    walk->row->begin(walk, collection, first, is_backwards);
}

bool element_walk_next(struct element_walk *walk, struct bytes *element)
{
    return walk->row->next(walk, element);
}
