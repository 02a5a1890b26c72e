/* SPDX-License-Identifier: BSD-3-Clause */
/* What elements would take in a block of Redis' kind, a "listpack": clients see by it how values lie. */
#ifndef TYPES_LISTPACK_SIZE_H
#define TYPES_LISTPACK_SIZE_H

#include "base/bytes.h"

/* Bytes of the block besides its elements. */
enum { LISTPACK_HEAD = 7 };

size_t listpack_number_size(int64_t number);
size_t listpack_element_size(struct bytes bytes);

#endif
