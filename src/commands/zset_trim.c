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
    struct zset_range rest; /* of the range, still to be removed */
    uint64_t count;
    const char *event;
    void (*again)(struct call *call);
};

static bool step(struct long_work *work)
{
    struct trim *trim = LIST_ENTRY(work, struct trim, work);
    uint64_t left = trim->rest.end - trim->rest.first;
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
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_ZSET, &edit))
        return;
    exchange(edit.value.large, trim->after.large);
    call_edited(call, &edit, trim->event);
    reply_int(call->reply, (int64_t)trim->count);
}

static void finish(struct call *call, struct long_work *work)
{
    struct trim *trim = LIST_ENTRY(work, struct trim, work);
    if (is_held_collection(&trim->before, keyspace_peek(call->keyspace, call_key(call, 1))))
        put_in_place(call, trim);
    else
        trim->again(call);
}

static void free_trim(struct long_work *work)
{
    struct trim *trim = LIST_ENTRY(work, struct trim, work);
    release_collection(&trim->before, trim->store);
    store_release_value(trim->store, collection_value(&trim->after));
    mem_free(trim);
}

/* Nothing has to be taken out one by one when nothing is left. */
static void begin(struct trim *trim, struct zset_range range)
{
    const struct large *large = trim->before.collection.large;
    bool is_all = range.end - range.first == zset_count(&trim->before.collection);
    trim->after = trim->before.collection;
    trim->after.large = is_all ? large_new(VALUE_ZSET) : large_hold(large);
    trim->rest = is_all ? (struct zset_range){0, 0} : range;
    trim->count = range.end - range.first;
}

void zset_trim(struct call *call, struct zset_range range, const char *event,
               void (*again)(struct call *call))
{
    struct trim *trim = mem_zalloc(sizeof *trim);
    trim->work = (struct long_work){.step = step, .finish = finish, .free = free_trim, .changes_data = true};
    trim->store = call->server->store;
    trim->event = event;
    trim->again = again;
    hold_collection(&trim->before, VALUE_ZSET, keyspace_peek(call->keyspace, call_key(call, 1)));
    begin(trim, range);
    long_work_run(call, &trim->work);
}
