/* SPDX-License-Identifier: BSD-3-Clause */
/* What ZUNION and its kin take: sorted sets, or sets, whose members all have the score 1. */
#ifndef COMMANDS_ZSET_SOURCE_H
#define COMMANDS_ZSET_SOURCE_H

#include "engine/call.h"
#include "types/set.h"
#include "types/zset.h"

struct zset_source {
    struct collection collection;
    double weight;
};

/* The source at `key`, empty when there is none, of weight 1. False, having replied, when it is something
 * else. Lent until the next edit. */
bool call_zset_source(struct call *call, struct key key, struct zset_source *source);

uint64_t zset_source_count(const struct zset_source *source);
/* False when it has no such member. */
bool zset_source_score(const struct zset_source *source, struct bytes member, double *score);

struct zset_source_walk {
    struct bytes member;
    double score;
    const struct zset_source *source;
    struct zset_walk zset;
    struct set_walk set;
};
void zset_source_walk_begin(struct zset_source_walk *walk, const struct zset_source *source);
bool zset_source_walk_next(struct zset_source_walk *walk);

#endif
