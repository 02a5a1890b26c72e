/* SPDX-License-Identifier: BSD-3-Clause */
/* The types of values that snapshot files know, those that this server has no commands for among them: what
 * each is called, and where it ends. */
#ifndef PERSIST_RDB_TYPE_H
#define PERSIST_RDB_TYPE_H

#include "rdb_format.h"
#include "rdb_reader.h"

/* The type and, in brackets, how it is laid out. "unknown" for numbers that never stood for one. */
const char *rdb_type_name(unsigned type);

/* The version of the format that the type came with; servers of earlier ones refuse it. 0: long ago. `type`
 * is RDB_TYPE_MAX at most. */
unsigned rdb_type_version(unsigned type);

/* Takes a value off the reader and forgets it; what is in it is looked at on the way, and what is broken
 * without the value's end being lost is noted as a flaw. False, having refused it, when the end is lost, or
 * the type says nothing of it. */
bool rdb_type_pass(struct rdb_reader *reader, unsigned type);

/* The same for what follows RDB_MODULE_AUX, RDB_FUNCTION2 and RDB_FUNCTION_PRE_GA, which began at
 * `offset`. */
bool rdb_type_pass_extra(struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset);

#endif
