/* SPDX-License-Identifier: BSD-3-Clause */
#include "geo_found.h"
#include "base/alloc.h"
#include "geo_args.h"
#include "zset_store.h"
#include <stdlib.h>

/* ---- collecting ---- */

static bool is_enough(const struct geo_found *found, const struct geo_search *search)
{
    return search->takes_any && found->count >= search->count;
}

static struct geo_hit *add_hit(struct geo_found *found)
{
    if (found->count == found->capacity) {
        found->capacity = found->capacity ? 2 * found->capacity : 16;
        found->hits = mem_realloc(found->hits, found->capacity * sizeof *found->hits);
    }
    return &found->hits[found->count++];
}

static void collect_range(struct geo_found *found, const struct collection *zset,
                          const struct geo_search *search, struct geo_range scores)
{
    const struct zset_score_limits limits = {(double)scores.first, (double)scores.end, false, true};
    struct zset_walk walk;
    double distance;
    zset_walk_begin(&walk, zset, zset_range_of_scores(zset, &limits), false);
    while (!is_enough(found, search) && zset_walk_next(&walk)) {
        struct geo_point point = geohash_point(geo_hash_of_score(walk.score));
        if (geo_shape_has(&search->shape, point, &distance))
            *add_hit(found) = (struct geo_hit){walk.member, walk.score, distance, point};
    }
}

static int nearest_first(const void *a, const void *b)
{
    const struct geo_hit *one = a, *other = b;
    if (one->distance == other->distance)
        return 0;
    return one->distance < other->distance ? -1 : 1;
}

static int farthest_first(const void *a, const void *b)
{
    return nearest_first(b, a);
}

void geo_found_collect(struct geo_found *found, const struct collection *zset,
                       const struct geo_search *search)
{
    struct geo_range ranges[GEO_RANGES_MAX];
    int range_count = geo_shape_ranges(&search->shape, ranges);
    *found = (struct geo_found){0};
    for (int i = 0; i < range_count && !is_enough(found, search); i++)
        collect_range(found, zset, search, ranges[i]);
    if (search->sort != GEO_UNSORTED && found->count > 0)
        qsort(found->hits, found->count, sizeof *found->hits,
              search->sort == GEO_NEAREST_FIRST ? nearest_first : farthest_first);
    if (search->count > 0 && found->count > search->count)
        found->count = (size_t)search->count;
}

void geo_found_clear(struct geo_found *found)
{
    mem_free(found->hits);
}

/* ---- telling ---- */

static void reply_hit(struct reply *reply, const struct geo_hit *hit, const struct geo_search *search)
{
    int extra = search->with_distance + search->with_hash + search->with_point;
    if (extra > 0)
        reply_array(reply, 1 + (size_t)extra);
    reply_bulk(reply, hit->member);
    if (search->with_distance)
        reply_geo_distance(reply, hit->distance / search->unit);
    if (search->with_hash)
        reply_int(reply, (int64_t)geo_hash_of_score(hit->score));
    if (search->with_point)
        reply_geo_point(reply, hit->point);
}

void reply_geo_found(struct reply *reply, const struct geo_found *found, const struct geo_search *search)
{
    reply_array(reply, found->count);
    for (size_t i = 0; i < found->count; i++)
        reply_hit(reply, &found->hits[i], search);
}

void geo_found_store(struct call *call, const struct geo_found *found, const struct geo_search *search,
                     struct key key, const char *event)
{
    struct zset_store store;
    zset_store_begin(&store, call);
    for (size_t i = 0; i < found->count; i++) {
        const struct geo_hit *hit = &found->hits[i];
        double score = search->stores_distance ? hit->distance / search->unit : hit->score;
        (void)zset_put(&store.zset, hit->member, score);
    }
    zset_store_end(&store, call, key, event);
}
