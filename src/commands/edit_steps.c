/* SPDX-License-Identifier: BSD-3-Clause */
#include "edit_steps.h"
#include "base/alloc.h"
#include "engine/client.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "engine/wait.h"

static bool step(struct long_work *work)
{
    struct edit_steps *steps = LIST_ENTRY(work, struct edit_steps, work);
    struct call *call = long_work_call(work);
    if (!call)
        call = steps->call;
    call->keyspace = steps->keyspace;
    return steps->step(steps, call);
}

static void finish(struct call *call, struct long_work *work)
{
    struct edit_steps *steps = LIST_ENTRY(work, struct edit_steps, work);
    steps->answer(steps, call);
}

static void free_steps(struct long_work *work)
{
    struct edit_steps *steps = LIST_ENTRY(work, struct edit_steps, work);
    if (steps->clear)
        steps->clear(steps);
    mem_free(steps);
}

/* The keys that it edits go over to the other one. */
static void swapping(struct long_work *work, struct keyspace *a, struct keyspace *b)
{
    struct edit_steps *steps = LIST_ENTRY(work, struct edit_steps, work);
    if (steps->keyspace == a)
        steps->keyspace = b;
    else if (steps->keyspace == b)
        steps->keyspace = a;
}

static void do_at_once(struct call *call, struct edit_steps *steps)
{
    while (!steps->step(steps, call)) {
    }
    steps->answer(steps, call);
    if (steps->clear)
        steps->clear(steps);
}

static void do_in_steps(struct call *call, const struct edit_steps *from, size_t size)
{
    struct edit_steps *steps = mem_alloc(size);
    memcpy(steps, from, size);
    steps->work = (struct long_work){.step = step,
                                     .finish = finish,
                                     .free = free_steps,
                                     .swapping = swapping,
                                     .changes_data = true,
                                     .works_on_keys = true};
    steps->call = call;
    steps->keyspace = call->keyspace;
    long_work_run(call, &steps->work);
}

void edit_in_steps(struct call *call, struct edit_steps *steps, size_t size)
{
    if (size > 0)
        do_in_steps(call, steps, size);
    else
        do_at_once(call, steps);
}

void record_arguments(struct call *call, int fixed, int first, int end)
{
    if (!call->server->journal.is_on)
        return;
    int argc = fixed + end - first;
    struct bytes *argv = mem_alloc((size_t)argc * sizeof *argv);
    memcpy(argv, call->argv, (size_t)fixed * sizeof *argv);
    memcpy(argv + fixed, call->argv + first, (size_t)(end - first) * sizeof *argv);
    call_record(call, argc, argv);
    mem_free(argv);
}
