/* SPDX-License-Identifier: BSD-3-Clause */
/* The elements of a list, a set or a sorted set one by one, for who makes no difference between them. */
#ifndef COMMANDS_ELEMENTS_H
#define COMMANDS_ELEMENTS_H

#include "types/sequence.h"
#include "types/set.h"
#include "types/zset.h"

/* Whether values of the type have elements that are texts. */
bool elements_are_of(enum value_type type);

struct element_walk {
    const struct element_row *row;
    union {
        struct sequence_walk list;
        struct set_walk set;
        struct zset_walk zset;
    };
};

/* The next element is that of number `first`, in the order of the collection, or, of one that has an order,
 * of its reverse. */
void element_walk_begin(struct element_walk *walk, const struct collection *collection, uint64_t first,
                        bool is_backwards);
/* The next element, lent until the one after that or the next edit; false behind the last. */
bool element_walk_next(struct element_walk *walk, struct bytes *element);

#endif
