/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that lie packed in one string: listpacks, ziplists, zipmaps, intsets. Each function says whether one
 * is whole: whoever loads it follows what stands in it without looking. */
#ifndef PERSIST_RDB_PACKED_H
#define PERSIST_RDB_PACKED_H

#include "rdb_hashes.h"

/* The elements come in groups of `group`, whose first ones are added to `firsts`, if there is one. */
struct rdb_packed_shape {
    size_t group;
    struct rdb_hashes *firsts;
};

bool rdb_listpack_is_whole(struct bytes pack, const struct rdb_packed_shape *shape);
bool rdb_ziplist_is_whole(struct bytes list, const struct rdb_packed_shape *shape);
bool rdb_zipmap_is_whole(struct bytes map, struct rdb_hashes *fields);
bool rdb_intset_is_whole(struct bytes set);

/* A listpack as streams have them: an entry that names the fields, and others that refer to it. */
bool rdb_stream_pack_is_whole(struct bytes pack);

#endif
