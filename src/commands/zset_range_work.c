/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_range_work.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "telling.h"
#include "zset_store.h"

enum { ELEMENTS_A_STEP = 64 };

struct range_work {
    struct long_work work;
    struct zset_range_task task;
    struct store *store;
    struct held_collection zset;
    struct zset_walk walk;
    struct zset_store result;
};

static bool step(struct long_work *work)
{
    struct range_work *range = LIST_ENTRY(work, struct range_work, work);
    for (int i = 0; i < ELEMENTS_A_STEP; i++) {
        if (!zset_walk_next(&range->walk))
            return true;
        zset_store_put(&range->result, range->walk.member, range->walk.score);
    }
    return false;
}

static void finish(struct call *call, struct long_work *work)
{
    struct range_work *range = LIST_ENTRY(work, struct range_work, work);
    const struct zset_range_task *task = &range->task;
    struct key key = call_key(call, task->argument);
    if (is_held_collection(&range->zset, keyspace_peek(call->keyspace, key)))
        zset_store_end(&range->result, call, call_key(call, 1), task->event);
    else
        task->store_again(call);
}

static void free_range(struct long_work *work)
{
    struct range_work *range = LIST_ENTRY(work, struct range_work, work);
    release_collection(&range->zset, range->store);
    zset_store_drop(&range->result, range->store);
    mem_free(range);
}

void zset_range_store(struct call *call, const struct zset_range_task *task)
{
    struct range_work *range = mem_zalloc(sizeof *range);
    range->work =
        (struct long_work){.step = step, .finish = finish, .free = free_range, .changes_data = true};
    range->task = *task;
    range->store = call->server->store;
    hold_collection(&range->zset, VALUE_ZSET, keyspace_peek(call->keyspace, call_key(call, task->argument)));
    zset_store_begin(&range->result, call);
    zset_walk_begin(&range->walk, &range->zset.collection, task->range, task->is_backwards);
    long_work_run(call, &range->work);
}

/* ---- shown ---- */

struct range_shown {
    struct telling telling;
    struct zset_walk walk;
    enum zset_reply_form form;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct range_shown *shown = LIST_ENTRY(telling, struct range_shown, telling);
    if (!zset_walk_next(&shown->walk))
        return false;
    reply_zset_element(reply, shown->walk.member, shown->walk.score, shown->form);
    return true;
}

void zset_range_show(struct call *call, struct zset_range range, bool is_backwards, enum zset_reply_form form)
{
    struct range_shown *shown = telling_new(call, sizeof *shown, VALUE_ZSET, 1);
    shown->telling.tell = tell;
    shown->form = form;
    zset_walk_begin(&shown->walk, &shown->telling.held.collection, range, is_backwards);
    reply_zset_head(call->reply, range.end - range.first, form);
    telling_run(call, &shown->telling);
}
