/* SPDX-License-Identifier: BSD-3-Clause */
/* While the work goes on the client is suspended and its request stays in front of its input. The work is the
 * client's, from its first slice until the command takes it or is refused; CLIENT_HAS_WORK is set when it is
 * done. */
#include "engine/long_work.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/server.h"

/* What a command may take of its tick before its work is cut into slices. */
#define AT_ONCE_US 200

void long_work_drop(struct client *client)
{
    struct long_work *work = client->work;
    if (!work)
        return;
    client->work = NULL;
    client->flags &= ~(uint32_t)CLIENT_HAS_WORK;
    slices_remove(&work->slice);
    long_work_free(work);
}

static bool advance(struct long_work *work, int64_t budget_us)
{
    int64_t begin_us = clock_mono_us();
    do {
        if (work->step(work))
            return true;
    } while (clock_mono_us() - begin_us < budget_us);
    return false;
}

static bool run_slice(struct slice_job *slice, int64_t budget_us)
{
    struct long_work *work = LIST_ENTRY(slice, struct long_work, slice);
    struct client *client = work->client;
    if (!advance(work, budget_us))
        return false;
    client->flags |= CLIENT_HAS_WORK;
    client_resume(client);
    return true;
}

bool long_work_begin(struct call *call, struct long_work *work)
{
    struct client *client = call->client;
    if (advance(work, call->may_be_kept ? AT_ONCE_US : INT64_MAX))
        return true;
    call->is_kept = true;
    work->client = client;
    work->slice = (struct slice_job){.name = call->command->row->name, .run = run_slice};
    client->work = work;
    slices_add(&call->server->slices, &work->slice);
    client_suspend(client, long_work_drop);
    return false;
}

struct long_work *long_work_take(struct call *call)
{
    struct client *client = call->client;
    struct long_work *work = client->work;
    /* What a transaction runs has nothing to do with what the client waited for. */
    if (!call->may_be_kept)
        return NULL;
    client->work = NULL;
    client->flags &= ~(uint32_t)CLIENT_HAS_WORK;
    return work;
}
