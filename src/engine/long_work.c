/* SPDX-License-Identifier: BSD-3-Clause */
/* Work that isn't done at once makes its call late. Each slice runs as a part of that call, the last one ends
 * it. */
#include "engine/long_work.h"
#include "base/clock.h"
#include "call_run.h"
#include "engine/pause.h"
#include "late_call.h"
#include "settle.h"
#include "transaction.h"

/* What a command may take of its tick before its work is cut into slices. */
#define AT_ONCE_US 200
/* How soon one that rests looks whether it may go on. */
#define LOOK_US     1000
#define LOOK_US_MAX 64000

static bool advance(struct long_work *work, int64_t budget_us)
{
    /* Mostly one step is all: no need to look at the clock. */
    if (work->step(work))
        return true;
    int64_t begin_us = clock_mono_us();
    while (clock_mono_us() - begin_us < budget_us) {
        if (work->step(work))
            return true;
    }
    return false;
}

/* ---- in slices ---- */

struct part {
    struct long_work *work;
    int64_t budget_us;
};

static bool advance_part(struct call *call, void *context)
{
    const struct part *part = context;
    (void)call;
    return advance(part->work, part->budget_us);
}

static bool finish_part(struct call *call, void *context)
{
    struct long_work *work = context;
    work->finish(call, work);
    /* It may have found that it has to wait for keys. */
    return call->client->wait.kind != WAIT_KEYS;
}

static bool may_change_data(const struct server *server)
{
    const struct status *status = &server->status;
    return !pause_holds_data(server) && !status->is_loading && !status->is_script_busy;
}

/* Whether others have to do something first. */
static bool must_rest(const struct long_work *work)
{
    bool is_edit = work->is_done ? work->changes_data : work->works_on_keys;
    if (is_edit && !may_change_data(work->client->server))
        return true;
    return !work->is_done && work->is_ahead && work->is_ahead(work);
}

/* The longer it has to rest, the less often it looks. */
static void rest(struct long_work *work)
{
    int64_t longer_us = 2 * work->rest_us;
    work->rest_us = longer_us < LOOK_US ? LOOK_US : longer_us < LOOK_US_MAX ? longer_us : LOOK_US_MAX;
    if (work->is_done)
        work->rest_us = LOOK_US;
    work->slice.rest_until_us = clock_mono_us() + work->rest_us;
}

static bool run_slice(struct slice_job *slice, int64_t budget_us)
{
    struct long_work *work = LIST_ENTRY(slice, struct long_work, slice);
    struct client *client = work->client;
    struct late_call *late = client->wait.late;
    if (!work->is_done && !must_rest(work)) {
        work->rest_us = 0;
        work->is_done =
            late_call_part(late, advance_part, &(struct part){.work = work, .budget_us = budget_us});
    }
    if (must_rest(work)) {
        rest(work);
    } else if (work->is_done) {
        wait_finish(client, finish_part, work);
        return true;
    }
    call_settle(client, late->call.command);
    return false;
}

static void forget(struct client *client)
{
    struct long_work *work = client->wait.work;
    slices_remove(&work->slice);
    work->free(work);
}

/* Makes the call late. False when there is no memory for that. */
static bool put_off(struct call *call, struct long_work *work)
{
    const struct wait wait = {.kind = WAIT_WORK, .cancel = forget, .work = work};
    if (!call_try_wait(call, &wait, INT64_MAX))
        return false;
    work->client = call->client;
    work->late = call->late;
    work->slice = (struct slice_job){.name = call->command->row->name, .run = run_slice};
    slices_add(&call->server->slices, &work->slice);
    return true;
}

/* ---- within a transaction ---- */

/* EXEC goes on with it. Its arguments are those of the queue. */
static bool leave_to_exec(struct call *call, struct long_work *work)
{
    work->late = late_call_lent(call);
    if (work->late)
        transaction_rest(call->client, work);
    return work->late;
}

static bool step_part(struct call *call, void *context)
{
    struct long_work *work = context;
    (void)call;
    return work->step(work);
}

bool long_work_go_on(struct long_work *work)
{
    struct late_call *late = work->late;
    if (!late_call_part(late, step_part, work))
        return false;
    (void)late_call_answer(late, finish_part, work);
    call_measure(&late->call, late->ticks);
    long_work_drop(work);
    return true;
}

void long_work_drop(struct long_work *work)
{
    struct late_call *late = work->late;
    work->free(work);
    late_call_free(late);
}

/* ---- beginning ---- */

bool long_work_may_rest(const struct call *call)
{
    return call_may_wait(call) || transaction_may_rest(call->client);
}

/* How long it may take before it is put off. */
static int64_t time_at_once(const struct call *call, const struct long_work *work)
{
    if (call_may_wait(call))
        return AT_ONCE_US;
    return work->is_atomic && transaction_may_rest(call->client) ? 0 : INT64_MAX;
}

void long_work_run(struct call *call, struct long_work *work)
{
    bool is_done = advance(work, time_at_once(call, work));
    if (!is_done && (call_may_wait(call) ? put_off(call, work) : leave_to_exec(call, work)))
        return;
    /* It may have had its effect: rather than that an error is answered, others wait. */
    if (!is_done)
        (void)advance(work, INT64_MAX);
    work->finish(call, work);
    work->free(work);
}

bool long_work_is_due(const struct client *client)
{
    if (client->wait.kind != WAIT_WORK)
        return false;
    const struct long_work *work = client->wait.work;
    return work->changes_data || work->is_atomic || work->outlives_client;
}

struct call *long_work_call(const struct long_work *work)
{
    return work->late ? &work->late->call : NULL;
}

void long_work_swapping(struct server *server, struct keyspace *a, struct keyspace *b)
{
    LIST_EACH(link, &server->slices.jobs) {
        const struct slice_job *slice = LIST_ENTRY(link, struct slice_job, link);
        struct long_work *work = slice->run == run_slice ? LIST_ENTRY(slice, struct long_work, slice) : NULL;
        if (work && work->swapping)
            work->swapping(work, a, b);
    }
}
