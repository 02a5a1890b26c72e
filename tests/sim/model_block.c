/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that wait until a key holds something. */
#include "base/number.h"
#include "model_collections.h"
#include "world.h"
#include <math.h>

/* Nothing was there. */
static void wait_for(struct model_call *call, int first, int last, int timeout_index, enum model_kind kind)
{
    struct late *late = &call->session->late;
    double seconds = 0;
    if (call->served_key >= 0)
        world_fail("client %d is served with nothing", call->session->number);
    (void)parse_double(call->argv[timeout_index], &seconds);
    late->until_ms = seconds > 0 ? model.clock_ms + (int64_t)ceil(seconds * 1000) : INT64_MAX;
    late->order = model.arrivals++;
    late->wanted = kind;
    late->keys = 0;
    for (int i = first; i <= last; i++)
        late->keys |= UINT64_C(1) << model_key(call->argv[i]);
}

/* In a transaction it is told so, else it waits. */
static bool waits(const struct model_call *call)
{
    if (!call->is_nested && call->late != LATE_KEYS)
        world_fail("client %d doesn't wait for what isn't there", call->session->number);
    return call->late == LATE_KEYS;
}

/* ---- lists ---- */

static void pop_or_wait(struct model_call *call, enum list_end end)
{
    if (model_list_pop_any(call, 1, call->argc - 2, end, 0))
        return;
    if (waits(call))
        wait_for(call, 1, call->argc - 2, call->argc - 1, MODEL_LIST);
    else
        out_null_array(call->session);
}

static void run_blpop(struct model_call *call)
{
    pop_or_wait(call, LIST_HEAD);
}

static void run_brpop(struct model_call *call)
{
    pop_or_wait(call, LIST_TAIL);
}

static void run_blmpop(struct model_call *call)
{
    struct many_keys many = call_many_keys(call, 2);
    if (model_list_pop_any(call, many.first, many.last, call_end(call, many.last + 1), many.count))
        return;
    if (waits(call))
        wait_for(call, many.first, many.last, 1, MODEL_LIST);
    else
        out_null_array(call->session);
}

static void move_or_wait(struct model_call *call, enum list_end from, enum list_end to)
{
    if (call_slot(call, 1))
        model_list_move(call, from, to);
    else if (waits(call))
        wait_for(call, 1, 1, call->argc - 1, MODEL_LIST);
    else
        out_null(call->session);
}

static void run_blmove(struct model_call *call)
{
    move_or_wait(call, call_end(call, 3), call_end(call, 4));
}

static void run_brpoplpush(struct model_call *call)
{
    move_or_wait(call, LIST_TAIL, LIST_HEAD);
}

/* ---- sorted sets: who has waited is served with the key that is ready ---- */

/* Index of the key to be taken from; 0: there is none, or, `*is_wrong`, it was replied. */
static int find_zset(struct model_call *call, int first, int last, bool *is_wrong)
{
    for (int i = first; i <= last; i++) {
        struct slot *slot;
        if (call->served_key >= 0 && model_key(call->argv[i]) != call->served_key)
            continue;
        *is_wrong = !call_value(call, i, MODEL_ZSET, &slot);
        if (*is_wrong || slot)
            return *is_wrong ? 0 : i;
    }
    return 0;
}

static void take_or_wait(struct model_call *call, bool takes_max)
{
    bool is_wrong = false;
    int index = find_zset(call, 1, call->argc - 2, &is_wrong);
    if (index)
        model_zset_pop_one(call, model_key(call->argv[index]), takes_max);
    else if (!is_wrong && waits(call))
        wait_for(call, 1, call->argc - 2, call->argc - 1, MODEL_ZSET);
    else if (!is_wrong)
        out_null_array(call->session);
}

static void run_bzpopmin(struct model_call *call)
{
    take_or_wait(call, false);
}

static void run_bzpopmax(struct model_call *call)
{
    take_or_wait(call, true);
}

static void run_bzmpop(struct model_call *call)
{
    bool is_wrong = false;
    struct many_keys many = call_many_keys(call, 2);
    int index = find_zset(call, many.first, many.last, &is_wrong);
    if (index)
        model_zset_pop_many(call, model_key(call->argv[index]), call_word(call, many.last + 1, "MAX"),
                            many.count);
    else if (!is_wrong && waits(call))
        wait_for(call, many.first, many.last, 1, MODEL_ZSET);
    else if (!is_wrong)
        out_null_array(call->session);
}

static void run_zmpop(struct model_call *call)
{
    bool is_wrong = false;
    struct many_keys many = call_many_keys(call, 1);
    int index = find_zset(call, many.first, many.last, &is_wrong);
    if (index)
        model_zset_pop_many(call, model_key(call->argv[index]), call_word(call, many.last + 1, "MAX"),
                            many.count);
    else if (!is_wrong)
        out_null_array(call->session);
}

const struct model_command model_block_commands[] = {
    {.name = "blpop", .arity = -3, .run = run_blpop},
    {.name = "brpop", .arity = -3, .run = run_brpop},
    {.name = "blmpop", .arity = -5, .run = run_blmpop},
    {.name = "blmove", .arity = 6, .run = run_blmove},
    {.name = "brpoplpush", .arity = 4, .run = run_brpoplpush},
    {.name = "bzpopmin", .arity = -3, .run = run_bzpopmin},
    {.name = "bzpopmax", .arity = -3, .run = run_bzpopmax},
    {.name = "bzmpop", .arity = -5, .run = run_bzmpop},
    {.name = "zmpop", .arity = -4, .run = run_zmpop},
    {.name = NULL},
};
