/* SPDX-License-Identifier: BSD-3-Clause */
/* The types of values that snapshot files know, those that this server has no commands for among them: what each is called,
 * and where it ends. */
#ifndef PERSIST_RDB_TYPE_H
#define PERSIST_RDB_TYPE_H

#include "rdb_reader.h"

/* The type and, in brackets, how it is laid out. "unknown" for numbers that never stood for one. */
const char *rdb_type_name(unsigned type);

/* Takes a value off the reader and forgets it; strings in it are unpacked on the way. False, having refused it, when it is
 * damaged, or of a type that says nothing of its length. */
bool rdb_type_pass(struct rdb_reader *reader, unsigned type);

/* The same for what follows RDB_MODULE_AUX. */
bool rdb_type_pass_module_aux(struct rdb_reader *reader);

#endif
