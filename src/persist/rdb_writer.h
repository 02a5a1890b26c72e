/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing a snapshot file to a descriptor, front to back. After the first failure, which `error` tells, calls
 * do nothing. Knows nothing of the server: it runs on a helper thread. */
#ifndef PERSIST_RDB_WRITER_H
#define PERSIST_RDB_WRITER_H

#include "base/buf.h"
#include "base/error.h"
#include "compression_trial.h"
#include "persist/rdb_load.h"
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
    int fd;
    const char *path; /* for errors */
    int version;
    bool compresses, has_checksum;
    bool has_failed;
    struct error error;
    struct compression_trial names, texts;
    struct buf out; /* not written yet */
    uint64_t checksum;
    uint64_t written, flushed_ahead; /* bytes */
    int database;                    /* selected; -1: none */
};

/* The other fields are the caller's to set: path, version, compresses, has_checksum. */
void rdb_writer_begin(struct rdb_writer *writer, int fd);
void rdb_writer_aux(struct rdb_writer *writer, const char *name, struct bytes value);
void rdb_writer_sizes(struct rdb_writer *writer, int database, uint64_t keys, uint64_t expiring);
void rdb_writer_key(struct rdb_writer *writer, const struct rdb_key *key);
/* The end mark and the checksum; all is written then, though not synced. */
void rdb_writer_end(struct rdb_writer *writer);
/* Frees the memory; the descriptor is the caller's. */
void rdb_writer_clear(struct rdb_writer *writer);

#endif
