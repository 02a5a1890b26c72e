/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the server's values and RDB's types. */
#ifndef PERSIST_RDB_VALUE_H
#define PERSIST_RDB_VALUE_H

#include "rdb_codec.h"

/* Whether this server has a place for values of the type. */
bool rdb_value_has_place(const struct rdb_codec *codec);

/* Takes a value off the reader, of a type that there is a place for. A blob's reference and a large one are
 * the caller's, bytes are lent until the next call. False, having refused it, when it isn't whole. */
bool rdb_value_read(struct rdb_reader *reader, const struct rdb_codec *codec, struct value *value);

/* The type that the value is written as, for readers of `version`. */
const struct rdb_codec *rdb_value_codec(const struct value *value, unsigned version);
void rdb_value_write(struct rdb_output *output, const struct rdb_codec *codec, const struct value *value);

#endif
