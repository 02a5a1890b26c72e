/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of value_types, each beside its type. */
#ifndef TYPES_ROWS_H
#define TYPES_ROWS_H

#include "types/value.h"

extern const struct value_row string_row;
extern const struct value_row list_row;
extern const struct value_row set_row;
extern const struct value_row zset_row;
extern const struct value_row hash_row;
extern const struct value_row stream_row;

#endif
