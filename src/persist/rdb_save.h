/* SPDX-License-Identifier: BSD-3-Clause */
/* A snapshot file in the making. Keys are copied into chunks, chunks are encoded and written by a helper
 * thread in the order given. The file gets its name only when it is complete and synced; until then, and
 * after any failure, the previous one stands. All functions are for the owner's thread. */
#ifndef PERSIST_RDB_SAVE_H
#define PERSIST_RDB_SAVE_H

#include "base/worker.h"
#include "rdb_writer.h"
#include <stdatomic.h>

struct rdb_save_size {
    int database;
    uint64_t keys, expiring;
};

struct rdb_save_plan {
    const char *path, *temporary_path; /* in one directory; copied */
    int rdb_version;
    bool compresses, has_checksum;
    const char *version;               /* "redis-ver"; not copied */
    int64_t wall_ms;                   /* "ctime" */
    int64_t wall_offset_ms;            /* from the clock of deadlines to the wall's */
    size_t memory_used;                /* "used-mem" */
    const struct rdb_save_size *sizes; /* of databases that aren't empty; copied */
    size_t size_count;
    struct blob *const *libraries; /* code of functions; copied, by reference */
    size_t library_count;

    /* A chunk is done, or failed for a reason that is told at the end. */
    void (*progressed)(void *context, bool has_failed);
    /* The last call: `error` is NULL when the file is in place. The save is gone. */
    void (*ended)(void *context, const struct error *error);
    void *context;

    /* Here it is counted how many bytes wait to be written that nobody else holds. */
    atomic_size_t *held;
};

struct rdb_save *rdb_save_new(struct worker *worker, const struct rdb_save_plan *plan);

/* Copies the key; of a blob it takes a reference instead, which will be the only one when the blob
 * `is_leaving` its owner. */
void rdb_save_add(struct rdb_save *save, const struct rdb_key *key, bool is_leaving);

/* True while as much is on its way as there should be. Keys that can't wait may be added all the same; when
 * so many were that the memory they take begins to show, the helper is behind. */
bool rdb_save_is_full(const struct rdb_save *save);
bool rdb_save_is_behind(const struct rdb_save *save);

/* No more keys come: `ended` will be called. A file that is not wanted is removed. */
void rdb_save_end(struct rdb_save *save, bool is_wanted);

#endif
