/* SPDX-License-Identifier: BSD-3-Clause */
/* Where keys can be read again behind damage. Nothing in the format says where a key begins, so it is a
 * guess: a place from which several keys in a row can be read, each of them whole and no two the same, or all
 * up to the end. */
#ifndef PERSIST_RDB_RESYNC_H
#define PERSIST_RDB_RESYNC_H

#include "rdb_frame.h"

/* So many keys in a row whose names are text or that have an expiry are no accident, nor four times as many
 * others. */
#define RDB_RESYNC_KEYS   5
#define RDB_RESYNC_POINTS (4 * RDB_RESYNC_KEYS)

struct rdb_resync {
    struct rdb_reader probe;
    struct rdb_frame frame;
    struct rdb_frame_handler handler;
    unsigned version;
    char *block; /* of the file, from `block_offset` on */
    size_t block_len;
    uint64_t block_offset, scanned;
    /* Of the row that is being tried: */
    uint64_t hashes[RDB_RESYNC_POINTS];
    unsigned count, points;
    bool must_be_text;
    bool first_is_doubtful;
    bool last_is_plain;            /* the last key is a string without expiry */
    uint64_t first_begin, ends[2]; /* of the first keys */
};

/* What to look for. */
struct rdb_resync_search {
    uint64_t from, limit; /* the first and behind the last place to try */
    /* A row that begins before `past` must have so many keys that begin there, and lead to `past` or beyond:
     * so that it says better what is there than what was read there before. */
    uint64_t past;
    unsigned keys_before;
    bool must_meet;       /* one of them ends at `past` */
    unsigned keys_behind; /* so many follow unless they meet there */
    bool must_be_text;    /* all names, or there is an expiry in front of them */
    bool must_differ;     /* several that begin before `past` are no strings, or expire */
};

void rdb_resync_init(struct rdb_resync *resync, const struct rdb_reader *reader, enum rdb_dialect dialect,
                     unsigned version);
void rdb_resync_clear(struct rdb_resync *resync);

/* The first such place; false when there is none. What looks like the first key there may be nothing but what
 * is left of the damaged one, unless there is an expiry in front of it, which would be recognised. All
 * searches together take time in proportion to the bytes they pass over and the size of the file. */
bool rdb_resync_find(struct rdb_resync *resync, const struct rdb_resync_search *search, uint64_t *place);

#endif
