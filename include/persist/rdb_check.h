/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in a snapshot file, for whoever operates the server, and what of a damaged one can be kept. Files
 * of all types of values can be looked at, those that this server doesn't load among them. */
#ifndef PERSIST_RDB_CHECK_H
#define PERSIST_RDB_CHECK_H

#include "base/buf.h"

/* The values are exit codes of `sessiond --check-rdb`. */
enum rdb_checked {
    RDB_CHECKED_GOOD,
    RDB_CHECKED_DAMAGED,      /* or can't be read, or the rest can't be written */
    RDB_CHECKED_NOT_LOADABLE, /* whole, but with something in it that this server has no place for */
};

/* Reads the file at `path` and appends a report on it to `out`, lines of text. With `salvage_path`, what can
 * be read is written to a new file there, which is a whole snapshot; nothing that is there is overwritten. */
enum rdb_checked rdb_check(const char *path, const char *salvage_path, struct buf *out);

#endif
