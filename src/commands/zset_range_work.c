/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_range_work.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "zset_store.h"

enum { ELEMENTS_A_STEP = 64 };

struct range_work {
    struct long_work work;
    struct zset_range_task task;
    struct store *store;
    struct held_collection zset;
    struct zset_walk walk;
    struct zset_store result;
    struct reply shown;
};

static bool step(struct long_work *work)
{
    struct range_work *range = LIST_ENTRY(work, struct range_work, work);
    for (int i = 0; i < ELEMENTS_A_STEP; i++) {
        if (!zset_walk_next(&range->walk))
            return true;
        if (range->task.store_again)
            (void)zset_put(&range->result.zset, range->walk.member, range->walk.score);
        else
            reply_zset_element(&range->shown, range->walk.member, range->walk.score, range->task.form);
    }
    return false;
}

static void finish(struct call *call, struct long_work *work)
{
    struct range_work *range = LIST_ENTRY(work, struct range_work, work);
    const struct zset_range_task *task = &range->task;
    struct key key = call_key(call, task->argument);
    if (!task->store_again) {
        reply_zset_head(call->reply, task->range.end - task->range.first, task->form);
        reply_take(call->reply, &range->shown);
    } else if (is_held_collection(&range->zset, keyspace_peek(call->keyspace, key))) {
        zset_store_end(&range->result, call, call_key(call, 1), task->event);
    } else {
        task->store_again(call);
    }
}

static void free_range(struct long_work *work)
{
    struct range_work *range = LIST_ENTRY(work, struct range_work, work);
    release_collection(&range->zset, range->store);
    zset_store_drop(&range->result, range->store);
    reply_clear(&range->shown);
    mem_free(range);
}

void zset_range_run(struct call *call, const struct zset_range_task *task)
{
    struct range_work *range = mem_zalloc(sizeof *range);
    range->work = (struct long_work){
        .step = step, .finish = finish, .free = free_range, .changes_data = task->store_again};
    range->task = *task;
    range->store = call->server->store;
    hold_collection(&range->zset, VALUE_ZSET, keyspace_peek(call->keyspace, call_key(call, task->argument)));
    zset_store_begin(&range->result, call);
    reply_init(&range->shown, call->reply->pool);
    range->shown.protocol = call->reply->protocol;
    zset_walk_begin(&range->walk, &range->zset.collection, task->range, task->is_backwards);
    long_work_run(call, &range->work);
}
