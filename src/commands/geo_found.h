/* SPDX-License-Identifier: BSD-3-Clause */
/* What a search for points finds, shown or stored. */
#ifndef COMMANDS_GEO_FOUND_H
#define COMMANDS_GEO_FOUND_H

#include "engine/call.h"
#include "types/geohash.h"
#include "types/zset.h"

enum geo_sort { GEO_UNSORTED, GEO_NEAREST_FIRST, GEO_FARTHEST_FIRST };

struct geo_search {
    struct geo_shape shape;
    double unit; /* metres in the one of distances that are told */
    enum geo_sort sort;
    uint64_t count; /* 0: all */
    bool takes_any; /* those that are found first */
    bool with_distance, with_hash, with_point;
    bool stores_distance; /* as the score */
};

struct geo_hit {
    struct bytes member; /* lent by the set */
    double score, distance;
    struct geo_point point;
};

/* Those to be told of: sorted if they are to be, and no more than wanted. */
struct geo_found {
    struct geo_hit *hits;
    size_t count, capacity;
};

void geo_found_collect(struct geo_found *found, const struct collection *zset,
                       const struct geo_search *search);
void geo_found_clear(struct geo_found *found);

void reply_geo_found(struct reply *reply, const struct geo_found *found, const struct geo_search *search);
/* Puts them at `key` in place of what is there, and replies with their number. */
void geo_found_store(struct call *call, const struct geo_found *found, const struct geo_search *search,
                     struct key key, const char *event);

#endif
