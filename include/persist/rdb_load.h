/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a snapshot file, of any version that Redis 1 to 8 or Valkey to 9 wrote. Nothing in the file is
 * believed: lengths are compared with what is left of it before memory is taken, and what is wrong is told
 * with its offset. */
#ifndef PERSIST_RDB_LOAD_H
#define PERSIST_RDB_LOAD_H

#include "base/stream.h"
#include "types/collection.h"

#define RDB_NO_EXPIRY INT64_MIN

/* What is known about a key when it has been read. -1: the file doesn't say. */
struct rdb_loaded_key {
    uint64_t database;
    struct bytes name;  /* lent */
    int64_t expires_ms; /* wall clock, or RDB_NO_EXPIRY */
    int64_t idle_s;
    int frequency;
    uint64_t offset;   /* of its first byte in the file */
    bool has_metadata; /* modules attached something to it ... */
    bool needs_module; /* ... that may not be left out */
};

struct rdb_load_handler {
    /* A key comes; bytes are lent, a blob's reference and a large collection are handed over. False, with
     * `error` set, refuses the file. */
    bool (*key)(void *context, const struct rdb_loaded_key *key, struct value value, struct error *error);
    /* The code of a library of functions comes. NULL refuses the file, as false does, with `error` set. */
    bool (*library)(void *context, struct bytes code, struct error *error);
    /* How many keys a database will have: a hint. May be NULL. */
    void (*sizes)(void *context, uint64_t database, uint64_t keys, uint64_t expiring);
    /* A fact about the file, "redis-ver" for one. May be NULL. */
    void (*aux)(void *context, struct bytes name, struct bytes value);
    const struct value_limits *limits; /* of small collections; NULL: each is as small as may be */
    int64_t wall_offset_ms;            /* from the clock of deadlines to the wall's */
    void *context;
};

enum rdb_load_result {
    RDB_LOADED,
    RDB_MISSING, /* there is no such file */
    RDB_DAMAGED, /* or not readable: `error` says what and where */
};

/* Reads one from whatever source. False: `error` says what is wrong and where. */
bool rdb_read(struct source *source, const struct rdb_load_handler *handler, struct error *error);
enum rdb_load_result rdb_load(const char *path, const struct rdb_load_handler *handler, struct error *error);

#endif
