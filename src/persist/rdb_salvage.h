/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be read of a damaged snapshot file, as a file of its own that a server loads. */
#ifndef PERSIST_RDB_SALVAGE_H
#define PERSIST_RDB_SALVAGE_H

#include "rdb_walk.h"

/* From `begin` up to before `end` in the file. */
struct rdb_range {
    uint64_t begin, end;
};

struct rdb_ranges {
    struct rdb_range *at;
    size_t count, capacity;
};

/* Behind all others, or beginning where the last one ends. */
void rdb_ranges_add(struct rdb_ranges *ranges, uint64_t begin, uint64_t end);
void rdb_ranges_clear(struct rdb_ranges *ranges);

struct rdb_salvage_key {
    uint64_t hash;
    struct rdb_range range;
    bool is_certain;
};

/* What is kept, noted in the order of the file. Zero-initialised is empty. */
struct rdb_salvage {
    struct rdb_ranges parts, sizes, cuts; /* cuts are left out of the parts */
    struct rdb_salvage_key *keys;
    size_t key_count, key_capacity;
    unsigned version_needed;
    /* Set by rdb_salvage_settle: */
    uint64_t keys_written, keys_repeated, database_max;
};

void rdb_salvage_key(struct rdb_salvage *salvage, const struct rdb_walk_key *key);
void rdb_salvage_fact(struct rdb_salvage *salvage, unsigned opcode, uint64_t begin, uint64_t end);
/* Leaves out what was noted from `begin` up to before `end`. */
void rdb_salvage_cut(struct rdb_salvage *salvage, struct rdb_range range);
void rdb_salvage_clear(struct rdb_salvage *salvage);

/* To be called when all is noted. Keys that are there more than once would keep a server from loading the
 * file: the one that was read before any damage stays, and where there are several of that kind, or none,
 * nobody knows which is right, so none stays. Of a damaged file the databases' sizes go, too: servers take
 * memory for what they say. */
void rdb_salvage_settle(struct rdb_salvage *salvage, bool is_damaged);

/* Copies all that is kept from `source` to a new file at `path`, closes it with an end and a checksum, and
 * syncs it. False, with nothing left at `path`, when that fails or something is there already. */
bool rdb_salvage_write(const struct rdb_salvage *salvage, struct source *source, enum rdb_dialect dialect,
                       unsigned version, const char *path, struct error *error);

#endif
