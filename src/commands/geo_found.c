/* SPDX-License-Identifier: BSD-3-Clause */
/* Hits are collected range by range, put in order by merging, and told of, a few at a time. */
#include "geo_found.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "geo_args.h"
#include "held_collection.h"
#include "merge_sort.h"
#include "zset_store.h"

/* How much is done in a step, and how many hits are kept together. */
enum { ELEMENTS_A_STEP = 64, COMPARED_A_STEP = 256, HITS_A_BLOCK = 256 };

struct geo_hit {
    struct bytes member; /* lent by the set */
    double score, distance;
    struct geo_point point;
};

struct hit_block {
    struct hit_block *next;
    size_t count;
    struct geo_hit hits[HITS_A_BLOCK];
};

struct finding {
    struct long_work work;
    struct geo_search search;
    int source, where; /* arguments: the set's key; the one to store at, 0: none */
    const char *event;
    struct store *store;
    struct held_collection held;

    /* Collecting: */
    struct geo_range ranges[GEO_RANGES_MAX];
    int range, range_count;
    struct zset_walk walk;
    struct hit_block *first, *last;
    size_t count;

    /* Putting in order: */
    const struct hit_block *block; /* whose hits are to be taken next */
    const void **order, **spare;
    size_t ordered;
    struct merge_sort merge;

    /* Telling: */
    size_t told;
    struct reply shown;
    struct zset_store result;
};

/* ---- collecting ---- */

static bool is_enough(const struct finding *finding)
{
    return finding->search.takes_any && finding->count >= finding->search.count;
}

static void add_hit(struct finding *finding, const struct geo_hit *hit)
{
    struct hit_block *block = finding->last;
    if (!block || block->count == HITS_A_BLOCK) {
        block = mem_alloc(sizeof *block);
        block->next = NULL;
        block->count = 0;
        if (finding->last)
            finding->last->next = block;
        else
            finding->first = block;
        finding->last = block;
    }
    block->hits[block->count++] = *hit;
    finding->count++;
}

/* False when that was the last range. */
static bool begin_range(struct finding *finding)
{
    const struct collection *zset = &finding->held.collection;
    if (finding->range == finding->range_count)
        return false;
    struct geo_range scores = finding->ranges[finding->range++];
    const struct zset_score_limits limits = {(double)scores.first, (double)scores.end, false, true};
    zset_walk_begin(&finding->walk, zset, zset_range_of_scores(zset, &limits), false);
    return true;
}

static void look(struct finding *finding)
{
    struct geo_hit hit = {finding->walk.member, finding->walk.score, 0,
                          geohash_point(geo_hash_of_score(finding->walk.score))};
    if (geo_shape_has(&finding->search.shape, hit.point, &hit.distance))
        add_hit(finding, &hit);
}

/* True when all are found. */
static bool collect_some(struct finding *finding)
{
    for (int i = 0; i < ELEMENTS_A_STEP; i++) {
        if (is_enough(finding))
            return true;
        if (zset_walk_next(&finding->walk))
            look(finding);
        else if (!begin_range(finding))
            return true;
    }
    return false;
}

/* ---- putting in order ---- */

static int compare(const void *context, const void *a, const void *b)
{
    const struct geo_search *search = context;
    const struct geo_hit *one = a, *other = b;
    if (one->distance == other->distance)
        return 0;
    return (one->distance < other->distance) == (search->sort == GEO_NEAREST_FIRST) ? -1 : 1;
}

static void begin_order(struct finding *finding)
{
    bool is_sorted = finding->search.sort != GEO_UNSORTED;
    finding->order = mem_alloc((finding->count + 1) * sizeof *finding->order);
    finding->spare = mem_alloc((is_sorted ? finding->count + 1 : 1) * sizeof *finding->spare);
    finding->merge = (struct merge_sort){.from = finding->order,
                                         .to = finding->spare,
                                         .count = is_sorted ? finding->count : 0,
                                         .compare = compare,
                                         .context = &finding->search};
    finding->block = finding->first;
}

static void order_block(struct finding *finding)
{
    for (size_t i = 0; i < finding->block->count; i++)
        finding->order[finding->ordered++] = &finding->block->hits[i];
    finding->block = finding->block->next;
}

/* ---- telling ---- */

static size_t wanted(const struct finding *finding)
{
    const struct geo_search *search = &finding->search;
    return search->count > 0 && search->count < finding->count ? (size_t)search->count : finding->count;
}

static void show(struct reply *reply, const struct geo_hit *hit, const struct geo_search *search)
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

static void tell(struct finding *finding, const struct geo_hit *hit)
{
    const struct geo_search *search = &finding->search;
    if (finding->where)
        zset_store_put(&finding->result, hit->member,
                       search->stores_distance ? hit->distance / search->unit : hit->score);
    else
        show(&finding->shown, hit, search);
}

/* True when all was told. */
static bool tell_some(struct finding *finding)
{
    for (int i = 0; i < ELEMENTS_A_STEP && finding->told < wanted(finding); i++)
        tell(finding, finding->merge.from[finding->told++]);
    return finding->told == wanted(finding);
}

/* ---- the work ---- */

static bool step(struct long_work *work)
{
    struct finding *finding = LIST_ENTRY(work, struct finding, work);
    if (!finding->order) {
        if (collect_some(finding))
            begin_order(finding);
        return false;
    }
    if (finding->block) {
        order_block(finding);
        return false;
    }
    return merge_sort_some(&finding->merge, COMPARED_A_STEP) && tell_some(finding);
}

static void finish(struct call *call, struct long_work *work)
{
    struct finding *finding = LIST_ENTRY(work, struct finding, work);
    if (!finding->where) {
        reply_array(call->reply, wanted(finding));
        reply_take(call->reply, &finding->shown);
    } else if (is_held_collection(&finding->held,
                                  keyspace_peek(call->keyspace, call_key(call, finding->source)))) {
        zset_store_end(&finding->result, call, call_key(call, finding->where), finding->event);
    } else {
        call->command->row->run(call);
    }
}

static void free_finding(struct long_work *work)
{
    struct finding *finding = LIST_ENTRY(work, struct finding, work);
    release_collection(&finding->held, finding->store);
    for (struct hit_block *block = finding->first, *next; block; block = next) {
        next = block->next;
        mem_free(block);
    }
    mem_free(finding->order);
    mem_free(finding->spare);
    reply_clear(&finding->shown);
    zset_store_drop(&finding->result, finding->store);
    mem_free(finding);
}

void geo_search_run(struct call *call, const struct geo_search *search, int source, int store,
                    const char *event)
{
    struct finding *finding = mem_zalloc(sizeof *finding);
    finding->work =
        (struct long_work){.step = step, .finish = finish, .free = free_finding, .changes_data = store};
    finding->search = *search;
    finding->source = source;
    finding->where = store;
    finding->event = event;
    finding->store = call->server->store;
    hold_collection(&finding->held, VALUE_ZSET, keyspace_peek(call->keyspace, call_key(call, source)));
    if (zset_count(&finding->held.collection) > 0)
        finding->range_count = geo_shape_ranges(&search->shape, finding->ranges);
    reply_init(&finding->shown, call->reply->pool);
    finding->shown.protocol = call->reply->protocol;
    zset_store_begin(&finding->result, call);
    long_work_run(call, &finding->work);
}
