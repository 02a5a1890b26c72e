/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that lie packed in one string: listpacks, ziplists, zipmaps, intsets. Each function tells of what is
 * in one, and returns whether it is whole: every length in it is looked at before it is followed, and what is
 * told is to be thrown away when it isn't. */
#ifndef PERSIST_RDB_PACKED_H
#define PERSIST_RDB_PACKED_H

#include "rdb_build.h"

/* Elements come in groups of at most so many. */
#define RDB_PACKED_GROUP_MAX 3

/* Who is told of each group: the texts, numbers as their digits, are lent until he returns. */
struct rdb_packed_taker {
    size_t group;
    void (*take)(void *context, const struct bytes *texts); /* NULL: nobody */
    void *context;
};

bool rdb_listpack_read(struct bytes pack, const struct rdb_packed_taker *taker);
bool rdb_ziplist_read(struct bytes list, const struct rdb_packed_taker *taker);
/* In pairs. */
bool rdb_zipmap_read(struct bytes map, const struct rdb_packed_taker *taker);
/* One by one. */
bool rdb_intset_read(struct bytes set, const struct rdb_packed_taker *taker);

/* A listpack as streams have them: an entry that names the fields, and others that refer to it. */
struct rdb_entry_taker {
    /* An entry that isn't deleted, whose ID is `ms` and `sequence` after the pack's. Both may be NULL. */
    void (*entry)(void *context, uint64_t ms, uint64_t sequence);
    void (*field)(void *context, struct bytes name, struct bytes content);
    void *context;
};
bool rdb_stream_pack_read(struct bytes pack, const struct rdb_entry_taker *taker);

#endif
