/* SPDX-License-Identifier: BSD-3-Clause */
/* What values consist of, told piece by piece: by those who decode them to those who build them, and by those
 * who have them to those who encode them. No side knows how the other keeps them. */
#ifndef PERSIST_RDB_BUILD_H
#define PERSIST_RDB_BUILD_H

#include "persist/rdb_load.h"

enum rdb_kind {
    RDB_KIND_STRING,
    RDB_KIND_LIST,
    RDB_KIND_SET,
    RDB_KIND_ZSET,
    RDB_KIND_HASH,
    RDB_KIND_STREAM,
    RDB_KIND_ARRAY,
    RDB_KIND_MODULE,
    RDB_KIND_OTHER,
};

/* Of a list, a set, a sorted set, a hash; of an entry in a stream, a field. */
struct rdb_element {
    struct bytes text; /* the item, member, or field */
    struct bytes content;
    double score;
    int64_t expires_ms; /* of a field: wall clock, or RDB_NO_EXPIRY */
};

struct rdb_stream_id {
    uint64_t ms, sequence;
};

struct rdb_stream_facts {
    uint64_t length;
    struct rdb_stream_id last;
    /* From 7.0 on: */
    struct rdb_stream_id first, max_deleted;
    uint64_t entries_added;
    bool has_more; /* these are known */
};

struct rdb_stream_group {
    struct bytes name;
    struct rdb_stream_id last;
    uint64_t entries_read; /* UINT64_MAX: not known */
};

struct rdb_stream_pending {
    struct rdb_stream_id id;
    int64_t delivered_ms;
    uint64_t deliveries;
};

struct rdb_stream_consumer {
    struct bytes name;
    int64_t seen_ms, active_ms; /* active -1: never */
};

/* Who builds a value. All bytes are lent. What returns false finds that there already, or out of order: the
 * value is broken, and nothing more is told of it. Of arrays and the values of modules nothing is told. */
struct rdb_builder {
    /* A string. A blob's reference is handed over. */
    void (*string)(void *context, struct value value);
    /* Elements come, or entries: so many, says the file, or an unknown number (0). */
    void (*begin)(void *context, enum rdb_kind kind, uint64_t count);
    bool (*element)(void *context, const struct rdb_element *element);

    /* Of streams, in this order: entries, each followed by its fields (as elements), the facts, groups, each
     * with what is pending in it, then its consumers, each with what is pending for it. `node` (may be NULL)
     * says that a node of entries begins, with the ID by which it is found. */
    bool (*node)(void *context, struct rdb_stream_id id);
    bool (*entry)(void *context, struct rdb_stream_id id);
    bool (*stream)(void *context, const struct rdb_stream_facts *facts);
    bool (*group)(void *context, const struct rdb_stream_group *group);
    bool (*pending)(void *context, const struct rdb_stream_pending *pending);
    bool (*consumer)(void *context, const struct rdb_stream_consumer *consumer);
    bool (*consumer_pending)(void *context, struct rdb_stream_id id);
    void *context;
};

/* Who has a value that is to be encoded. */
struct rdb_elements {
    uint64_t count;
    int64_t least_ms; /* of a hash whose fields expire: the first time at which one does */
    /* The next one, of which there are `count`; its bytes are lent until the next call. */
    void (*next)(struct rdb_elements *elements, struct rdb_element *element);
};

#endif
