/* SPDX-License-Identifier: BSD-3-Clause */
/* Collections that long work goes through while others change what the keys hold. */
#ifndef COMMANDS_HELD_COLLECTION_H
#define COMMANDS_HELD_COLLECTION_H

#include "store/store.h"
#include "types/collection.h"

struct held_collection {
    struct collection collection; /* to be read */
    struct value value;           /* what it stands for; a packed one's bytes are a copy */
};

/* Holds the collection of that type in `entry` (NULL: an empty one): O(1), small ones are copied. */
void hold_collection(struct held_collection *held, enum value_type type, const struct entry *entry);
/* True when `entry` (NULL: none) still has the same content. */
bool is_held_collection(const struct held_collection *held, const struct entry *entry);
void release_collection(struct held_collection *held, struct store *store);

#endif
