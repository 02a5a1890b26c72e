/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in a snapshot file, for whoever operates the server, and what of a damaged one can be kept. Files
 * of all types of values can be looked at, those that this server doesn't load among them. */
#ifndef PERSIST_RDB_CHECK_H
#define PERSIST_RDB_CHECK_H

#include "base/buf.h"
#include "base/error.h"

/* The values are exit codes of `sessiond --check-rdb`. */
enum rdb_checked {
    RDB_CHECKED_GOOD,
    RDB_CHECKED_DAMAGED,      /* or can't be read, or the rest can't be written */
    RDB_CHECKED_NOT_LOADABLE, /* whole, but with something in it that this server has no place for */
};

/* Who tries the libraries of functions: all that a file has are added one after the other, as by a server
 * that loads it. */
struct rdb_check_libraries {
    /* False, with the reason, when the server would not start with it. */
    bool (*add)(void *context, struct bytes code, struct error *error);
    void *context;
};

/* Reads the file at `path` and appends a report on it to `out`, lines of text. With `salvage_path`, what can
 * be read is written to a new file there, which is a whole snapshot; nothing that is there is overwritten.
 * `libraries` may be NULL: then all are believed. */
enum rdb_checked rdb_check(const char *path, const char *salvage_path,
                           const struct rdb_check_libraries *libraries, struct buf *out);

#endif
