/* SPDX-License-Identifier: BSD-3-Clause */
/* A search for points, whose result is shown or stored. */
#ifndef COMMANDS_GEO_FOUND_H
#define COMMANDS_GEO_FOUND_H

#include "engine/call.h"
#include "types/geohash.h"

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

/* Searches the sorted set at argv[source], if there is one. Puts what is found at argv[store] in place of
 * what is there, and replies with its number; 0: shows it. The last thing that a command does: what takes
 * long is done in steps, and when the set that a result is stored of has become another, the command is run
 * again. */
void geo_search_run(struct call *call, const struct geo_search *search, int source, int store,
                    const char *event);

#endif
