/* SPDX-License-Identifier: BSD-3-Clause */
/* A sorted set in the making, which is to be stored at a key or only shown. */
#ifndef COMMANDS_ZSET_STORE_H
#define COMMANDS_ZSET_STORE_H

#include "engine/call.h"
#include "types/zset.h"

/* May not be moved. */
struct zset_store {
    struct buf buffer;
    struct collection zset;
    bool lacks_memory; /* for a member: then it isn't stored, and the error is replied */
};

void zset_store_begin(struct zset_store *made, const struct call *call);
/* The member gets this score. */
void zset_store_put(struct zset_store *made, struct bytes member, double score);
/* Puts it at `key` in place of whatever is there, saying `event`; an empty one only removes what is there.
 * Replies with the number of elements. It is empty then. */
void zset_store_end(struct zset_store *made, struct call *call, struct key key, const char *event);
/* Frees it. Harmless behind zset_store_end. */
void zset_store_drop(struct zset_store *made, struct store *store);

#endif
