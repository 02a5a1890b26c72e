/* SPDX-License-Identifier: BSD-3-Clause */
/* The packed form of a set of integers, for set.c:
 *
 *     | tag 1: the width | count 2 | integers by value, each in `width` bytes |
 *
 * with 1, 2, 4 or 8 bytes each, as the one that needs most does. */
#ifndef TYPES_SET_INTEGERS_H
#define TYPES_SET_INTEGERS_H

#include "base/buf.h"
#include <stdint.h>

enum { INTEGER_WIDTH_MAX = 8 };

/* Whether a block with this tag is one of integers. */
bool integers_is_tag(unsigned tag);

int64_t integers_at(struct bytes block, size_t index);
/* Where `number` is, or would have to be. */
bool integers_find(struct bytes block, int64_t number, size_t *index);

/* Makes the buffer an empty block. */
void integers_begin(struct buf *block);
/* Bytes of the block once it holds `number`, too. */
size_t integers_size_with(struct bytes block, int64_t number);
/* Puts `number` where integers_find says. */
void integers_insert(struct buf *block, size_t index, int64_t number);
void integers_remove(struct buf *block, size_t index);

#endif
