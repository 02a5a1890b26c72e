/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lists share. */
#ifndef TYPES_SEQUENCE_PRIVATE_H
#define TYPES_SEQUENCE_PRIVATE_H

#include "types/sequence.h"

/* The tag of a packed one. */
enum {
    SEQUENCE_NAMED_SMALL,
    SEQUENCE_NAMED_LARGE,
};

/* Where the element of that index begins in a packed list, or would, at its end. */
size_t sequence_packed_offset(const struct collection *list, uint64_t index);

/* What all elements would take as one block of Redis' kind, a "listpack". */
size_t sequence_listpack_size(const struct collection *list);
/* An element was put into a large one, or is about to be removed from it. */
void sequence_size_added(struct large *large, struct bytes bytes);
void sequence_size_removed(struct large *large, struct bytes bytes);

#endif
