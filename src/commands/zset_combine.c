/* SPDX-License-Identifier: BSD-3-Clause */
/* The sources are held while they are gone through. When one that the result is stored of isn't the value of
 * its key any more in the end, all is done again without a break: the result is always that of the moment
 * when it is stored. */
#include "zset_combine.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "zset_reply.h"
#include "zset_source.h"
#include "zset_store.h"
#include <math.h>
#include <stdlib.h>

/* About as many looks into sorted sets are a step; putting an element counts as several. */
enum { LOOKS_A_STEP = 128, LOOKS_TO_PUT = 4 };

struct combination {
    struct long_work work;
    struct zset_task task;
    struct store *store;
    struct zset_source *sources;
    int at; /* whose elements come now */
    struct zset_source_walk walk;
    struct zset_store result;
    struct zset_walk result_walk; /* while it is shown */
    bool is_showing;
    struct reply shown;
    uint64_t found; /* elements that were counted */
};

/* ---- scores ---- */

/* Infinity times zero counts as zero, and so does what infinities of both signs sum up to. */
static double number_or_zero(double score)
{
    return isnan(score) ? 0 : score;
}

static double aggregated(enum zset_aggregate aggregate, double a, double b)
{
    switch (aggregate) {
    case ZSET_MIN:
        return b < a ? b : a;
    case ZSET_MAX:
        return b > a ? b : a;
    default:
        return number_or_zero(a + b);
    }
}

/* ---- operations ---- */

static void unite(struct combination *combination)
{
    struct collection *result = &combination->result.zset;
    double score = number_or_zero(combination->sources[combination->at].weight * combination->walk.score);
    struct zset_slot slot;
    if (zset_find(result, combination->walk.member, &slot))
        score = aggregated(combination->task.aggregate, slot.score, score);
    if (slot.is_there || mem_has_room(slot.member.len))
        zset_place(result, &slot, score);
    else
        combination->result.lacks_memory = true;
}

/* Whether the member that comes is in all other sources; then its score. */
static bool is_in_all(const struct combination *combination, double *score)
{
    const struct zset_source *sources = combination->sources;
    double other;
    *score = number_or_zero(sources[0].weight * combination->walk.score);
    for (int i = 1; i < combination->task.key_count; i++) {
        if (!zset_source_score(&sources[i], combination->walk.member, &other))
            return false;
        *score = aggregated(combination->task.aggregate, *score, sources[i].weight * other);
    }
    return true;
}

static bool is_in_no_other(const struct combination *combination, double *score)
{
    double other;
    *score = combination->walk.score;
    for (int i = 1; i < combination->task.key_count; i++) {
        if (zset_source_score(&combination->sources[i], combination->walk.member, &other))
            return false;
    }
    return true;
}

static void take(struct combination *combination)
{
    double score;
    if (combination->task.operation == ZSET_UNION) {
        unite(combination);
        return;
    }
    bool is_wanted = combination->task.operation == ZSET_INTERSECTION ? is_in_all(combination, &score)
                                                                      : is_in_no_other(combination, &score);
    if (is_wanted && combination->task.purpose == ZSET_COUNT)
        combination->found++;
    else if (is_wanted)
        zset_store_put(&combination->result, combination->walk.member, score);
}

/* ---- the work ---- */

static enum zset_reply_form form_of(const struct combination *combination)
{
    return combination->task.with_scores ? ZSET_REPLY_SCORES : ZSET_REPLY_MEMBERS;
}

/* To the next source of a union, or to the result; false when there is nothing more to go through. */
static bool go_on(struct combination *combination)
{
    const struct zset_task *task = &combination->task;
    const struct collection *result = &combination->result.zset;
    if (task->operation == ZSET_UNION && ++combination->at < task->key_count) {
        zset_source_walk_begin(&combination->walk, &combination->sources[combination->at]);
        return true;
    }
    if (task->purpose != ZSET_SHOW)
        return false;
    combination->is_showing = true;
    zset_walk_begin(&combination->result_walk, result, (struct zset_range){0, zset_count(result)}, false);
    return true;
}

static bool show_next(struct combination *combination)
{
    struct zset_walk *walk = &combination->result_walk;
    if (!zset_walk_next(walk))
        return false;
    reply_zset_element(&combination->shown, walk->member, walk->score, form_of(combination));
    return true;
}

static bool step(struct long_work *work)
{
    struct combination *combination = LIST_ENTRY(work, struct combination, work);
    for (int looks = 0; looks < LOOKS_A_STEP; looks += combination->task.key_count + LOOKS_TO_PUT) {
        if (combination->found == combination->task.limit)
            return true;
        if (combination->is_showing) {
            if (!show_next(combination))
                return true;
        } else if (zset_source_walk_next(&combination->walk)) {
            take(combination);
        } else if (!go_on(combination)) {
            return true;
        }
    }
    return false;
}

static void free_combination(struct long_work *work)
{
    struct combination *combination = LIST_ENTRY(work, struct combination, work);
    for (int i = 0; i < combination->task.key_count; i++)
        release_collection(&combination->sources[i].held, combination->store);
    zset_store_drop(&combination->result, combination->store);
    reply_clear(&combination->shown);
    mem_free(combination->task.weights);
    mem_free(combination->sources);
    mem_free(combination);
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t one = zset_source_count(a), other = zset_source_count(b);
    return one < other ? -1 : one > other;
}

static void finish(struct call *call, struct long_work *work);

/* The smallest come first, as they are looked through; in this order scores are added up. */
static struct combination *hold_sources(struct call *call, const struct zset_task *task)
{
    struct combination *combination = mem_zalloc(sizeof *combination);
    size_t count = (size_t)task->key_count;
    combination->work = (struct long_work){.step = step,
                                           .finish = finish,
                                           .free = free_combination,
                                           .changes_data = task->purpose == ZSET_STORE};
    combination->task = *task;
    combination->store = call->server->store;
    combination->sources = mem_alloc(count * sizeof *combination->sources);
    for (size_t i = 0; i < count; i++)
        zset_source_hold(&combination->sources[i], call, task->first_key + (int)i, task->weights[i]);
    if (task->operation != ZSET_DIFFERENCE)
        qsort(combination->sources, count, sizeof *combination->sources, compare_counts);
    zset_store_begin(&combination->result, call);
    reply_init(&combination->shown, call->reply->pool);
    combination->shown.protocol = call->reply->protocol;
    zset_source_walk_begin(&combination->walk, &combination->sources[0]);
    return combination;
}

/* ---- results ---- */

static bool are_sources(struct call *call, const struct zset_task *task)
{
    for (int i = 0; i < task->key_count; i++) {
        if (!call_find_source(call, task->first_key + i))
            return false;
    }
    return true;
}

static bool is_current(struct call *call, const struct combination *combination)
{
    for (int i = 0; i < combination->task.key_count; i++) {
        const struct zset_source *source = &combination->sources[i];
        if (!is_held_collection(&source->held,
                                keyspace_peek(call->keyspace, call_key(call, source->argument))))
            return false;
    }
    return true;
}

static void store(struct call *call, struct combination *combination)
{
    zset_store_end(&combination->result, call, call_key(call, 1), combination->task.event);
}

/* The sources are others by now: nothing may come in between any more. */
static void store_again(struct call *call, struct combination *before)
{
    if (!are_sources(call, &before->task))
        return;
    struct combination *again = hold_sources(call, &before->task);
    before->task.weights = NULL;
    while (!step(&again->work)) {
    }
    store(call, again);
    free_combination(&again->work);
}

static void finish(struct call *call, struct long_work *work)
{
    struct combination *combination = LIST_ENTRY(work, struct combination, work);
    if (combination->task.purpose == ZSET_COUNT) {
        reply_int(call->reply, (int64_t)combination->found);
    } else if (combination->task.purpose == ZSET_SHOW && combination->result.lacks_memory) {
        call_error(call, ERR_OUT_OF_MEMORY);
    } else if (combination->task.purpose == ZSET_SHOW) {
        reply_zset_head(call->reply, zset_count(&combination->result.zset), form_of(combination));
        reply_take(call->reply, &combination->shown);
    } else if (is_current(call, combination)) {
        store(call, combination);
    } else {
        store_again(call, combination);
    }
}

void zset_combine(struct call *call, const struct zset_task *task)
{
    long_work_run(call, &hold_sources(call, task)->work);
}
