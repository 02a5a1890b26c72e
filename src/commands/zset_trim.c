/* SPDX-License-Identifier: BSD-3-Clause */
/* What is left is made beside the set, of the nodes that both share, and put in its place in the end. */
#include "zset_trim.h"
#include "base/alloc.h"
#include "engine/edit.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"

enum { ELEMENTS_A_STEP = 64 };

struct trim {
    struct long_work work;
    struct store *store;
    struct held_collection before;
    struct collection after;
    struct zset_trim_task task;
    struct zset_walk walk;  /* of what is told of */
    struct zset_range rest; /* of the range, still to be removed */
    struct reply told;
};

/* False when all was told. */
static bool tell_some(struct trim *trim)
{
    for (int i = 0; i < ELEMENTS_A_STEP; i++) {
        if (!zset_walk_next(&trim->walk))
            return false;
        reply_zset_element(&trim->told, trim->walk.member, trim->walk.score, trim->task.form);
    }
    return true;
}

static bool step(struct long_work *work)
{
    struct trim *trim = LIST_ENTRY(work, struct trim, work);
    uint64_t left = trim->rest.end - trim->rest.first;
    if (trim->task.tells && tell_some(trim))
        return false;
    uint64_t now = left < ELEMENTS_A_STEP ? left : ELEMENTS_A_STEP;
    if (now > 0)
        zset_remove_range(&trim->after, (struct zset_range){trim->rest.end - now, trim->rest.end});
    trim->rest.end -= now;
    return trim->rest.first == trim->rest.end;
}

static void exchange(struct large *a, struct large *b)
{
    struct large of_a = *a;
    *a = *b;
    *b = of_a;
}

static void put_in_place(struct call *call, struct trim *trim)
{
    const struct zset_trim_task *task = &trim->task;
    struct key key = call_key(call, task->argument);
    struct edit edit;
    if (!call_edit(call, key, VALUE_ZSET, &edit))
        return;
    exchange(edit.value.large, trim->after.large);
    call_edited(call, &edit, task->event);
    task->removed(call, task);
    reply_take(call->reply, &trim->told);
}

static void finish(struct call *call, struct long_work *work)
{
    struct trim *trim = LIST_ENTRY(work, struct trim, work);
    struct key key = call_key(call, trim->task.argument);
    if (is_held_collection(&trim->before, keyspace_peek(call->keyspace, key)))
        put_in_place(call, trim);
    else
        trim->task.again(call, &trim->task);
}

static void free_trim(struct long_work *work)
{
    struct trim *trim = LIST_ENTRY(work, struct trim, work);
    release_collection(&trim->before, trim->store);
    store_release_value(trim->store, collection_value(&trim->after));
    reply_clear(&trim->told);
    mem_free(trim);
}

/* Nothing has to be taken out one by one when nothing is left. */
static void begin(struct trim *trim)
{
    const struct collection *before = &trim->before.collection;
    struct zset_range range = trim->task.range;
    bool is_all = zset_trim_count(&trim->task) == zset_count(before);
    trim->after = *before;
    trim->after.large = is_all ? large_new(VALUE_ZSET) : large_hold(before->large);
    trim->rest = is_all ? (struct zset_range){0, 0} : range;
    zset_walk_begin(&trim->walk, before, range, trim->task.is_backwards);
}

void zset_trim(struct call *call, const struct zset_trim_task *task)
{
    struct trim *trim = mem_zalloc(sizeof *trim);
    trim->work = (struct long_work){.step = step, .finish = finish, .free = free_trim, .changes_data = true};
    trim->store = call->server->store;
    trim->task = *task;
    reply_init(&trim->told, call->reply->pool);
    trim->told.protocol = call->reply->protocol;
    hold_collection(&trim->before, VALUE_ZSET, keyspace_peek(call->keyspace, call_key(call, task->argument)));
    begin(trim);
    long_work_run(call, &trim->work);
}
