/* SPDX-License-Identifier: BSD-3-Clause */
/* What a list is called by what it would take in a block of Redis' kind, a "listpack". */
#ifndef TYPES_SEQUENCE_NAME_H
#define TYPES_SEQUENCE_NAME_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LISTPACK_HEAD = 7, LISTPACK_ELEMENT_MIN = 2 };

/* Bytes of an element there. */
size_t listpack_element_size(struct bytes bytes);

/* Whether so many elements in so many bytes may be one block by the directive list-max-listpack-size;
 * `halved`: by half of it. */
bool listpack_fits(int64_t limit, bool halved, size_t size, uint64_t count);

/* The bytes that no block is larger than by that directive. */
size_t listpack_size_max(int64_t limit);

#endif
