/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing a snapshot file to a sink, front to back. After the first failure, which output.error tells, calls
 * do nothing. Knows nothing of the server: it runs on a helper thread. */
#ifndef PERSIST_RDB_WRITER_H
#define PERSIST_RDB_WRITER_H

#include "persist/rdb_load.h"
#include "rdb_output.h"
#include "types/value.h"

enum rdb_access { RDB_ACCESS_NONE, RDB_ACCESS_IDLE, RDB_ACCESS_FREQUENCY };

struct rdb_key {
    int database;
    struct bytes name;
    struct value value;
    int64_t expires_ms; /* wall clock, or RDB_NO_EXPIRY */
    enum rdb_access access;
    uint64_t access_value; /* seconds idle; frequency */
};

struct rdb_writer {
    struct rdb_output output;
    int version;
    int database; /* selected; -1: none */
};

/* The output's sink, its compression and has_checksum are the caller's to set, and the version. */
void rdb_writer_begin(struct rdb_writer *writer);
void rdb_writer_aux(struct rdb_writer *writer, const char *name, struct bytes value);
/* A library of functions; those come before all keys. */
void rdb_writer_library(struct rdb_writer *writer, struct bytes code);
void rdb_writer_sizes(struct rdb_writer *writer, int database, uint64_t keys, uint64_t expiring);
void rdb_writer_key(struct rdb_writer *writer, const struct rdb_key *key);
/* The end mark and the checksum; all is in the sink then. */
void rdb_writer_end(struct rdb_writer *writer);
/* Frees the memory. */
void rdb_writer_clear(struct rdb_writer *writer);

#endif
