/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in a snapshot file, counted: keys and their bytes by type, by database, by prefix of their
 * names. */
#ifndef PERSIST_RDB_TALLY_H
#define PERSIST_RDB_TALLY_H

#include "base/buf.h"
#include "rdb_codec.h"
#include "rdb_walk.h"
#include "store/prefix.h"

/* Databases with higher numbers are counted as one. */
#define RDB_TALLY_DATABASES 16

struct rdb_count {
    uint64_t keys, bytes;
};

struct rdb_tally {
    int64_t now_ms;
    struct rdb_count all, types[RDB_CODEC_COUNT_MAX], databases[RDB_TALLY_DATABASES + 1],
        prefixes[PREFIX_CLASS_MAX + 1];
    uint64_t expiring, expired, functions, module_facts;
    struct prefix_table classes;
};

void rdb_tally_init(struct rdb_tally *tally, int64_t now_ms);
/* The class of a name, for rdb_tally_key. */
unsigned rdb_tally_classify(struct rdb_tally *tally, struct bytes name);
void rdb_tally_key(struct rdb_tally *tally, const struct rdb_walk_key *key);
void rdb_tally_print(const struct rdb_tally *tally, struct buf *out);

#endif
