/* SPDX-License-Identifier: BSD-3-Clause */
/* What ZUNION and its kin take: sorted sets, or sets, whose members all have the score 1. */
#ifndef COMMANDS_ZSET_SOURCE_H
#define COMMANDS_ZSET_SOURCE_H

#include "engine/call.h"
#include "held_collection.h"
#include "types/set.h"
#include "types/zset.h"

struct zset_source {
    struct held_collection held;
    double weight;
    int argument; /* where its key is */
};

/* Looks for the source at the key argv[argument]. False, having replied, when it is something else. */
bool call_find_source(struct call *call, int argument);
/* Holds what is there: nothing, or what call_find_source found. To be released. */
void zset_source_hold(struct zset_source *source, const struct call *call, int argument, double weight);

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
