/* SPDX-License-Identifier: BSD-3-Clause */
/* A late call runs in parts: its command, slices of its work, its answer. */
#include "late_call.h"
#include "base/alloc.h"
#include "base/blob.h"
#include "call_run.h"
#include "engine/journal.h"
#include "engine/long_work.h"
#include "kept_request.h"

static struct late_work *work_new(const struct call *call)
{
    struct late_work *of_work = mem_try_alloc(sizeof *of_work);
    if (!of_work)
        return NULL;
    *of_work = (struct late_work){0};
    reply_init(&of_work->pushes, call->server->reply_pool);
    (void)reply_begin_push(&of_work->pushes);
    of_work->pushes.protocol = call->client->reply.protocol;
    return of_work;
}

static void work_free(struct late_work *of_work)
{
    if (!of_work)
        return;
    reply_clear(&of_work->pushes);
    taken_arguments_clear(&of_work->taken);
    mem_free(of_work);
}

/* Makes one of the call that has its arguments in `argv`. */
static void keep(struct call *call, struct call *kept, const struct bytes *argv)
{
    call_init(kept, call->client, call->command, call->argc, argv, call->reply);
    kept->first_key_index = call->first_key_index;
    if (call->first_key_index > 0)
        kept->first_key = (struct key){argv[call->first_key_index], call->first_key.hash};
    kept->big_argument = call->big_argument;
    call->big_argument = NULL;
}

/* Ten thousand clients may wait, but few work. */
struct late_call *late_call_new(struct call *call, const struct long_work *work)
{
    bool takes = work && arguments_can_be_taken(call);
    struct late_work *of_work = work ? work_new(call) : NULL;
    struct late_call *late =
        work && !of_work ? NULL : mem_try_alloc(sizeof *late + (takes ? 0 : arguments_size(call)));
    if (!late) {
        work_free(of_work);
        return NULL;
    }
    *late = (struct late_call){.of_work = of_work,
                               .takes_effect_late = work && (work->changes_data || work->is_atomic),
                               .is_silent = client_is_silent(call->client)};
    struct bytes *copies = (struct bytes *)(void *)(late + 1);
    if (takes)
        of_work->taken = arguments_take(call);
    else
        arguments_copy(call, copies);
    keep(call, &late->call, takes ? of_work->taken.items : copies);
    call->late = late->call.late = late;
    return late;
}

struct late_call *late_call_lent(struct call *call)
{
    struct late_call *late = mem_try_alloc(sizeof *late);
    if (!late)
        return NULL;
    *late = (struct late_call){.call = *call, .takes_effect_late = true};
    late->call.big_argument = NULL;
    call->late = late->call.late = late;
    return late;
}

void late_call_free(struct late_call *late)
{
    work_free(late->of_work);
    if (late->call.big_argument)
        blob_unref(late->call.big_argument);
    mem_free(late);
}

bool late_call_becomes_work(struct late_call *late)
{
    if (!late->of_work)
        late->of_work = work_new(&late->call);
    return late->of_work;
}

static struct running begin_part(struct late_call *late)
{
    struct call *call = &late->call;
    /* Whatever was done with databases meanwhile, it is the client's. */
    call->keyspace = store_keyspace(call->server->store, call->client->database);
    call->server->call_ticks = clock_ticks();
    return call_enter(call);
}

static void end_part(struct late_call *late, struct running outer)
{
    struct server *server = late->call.server;
    uint64_t begin = server->call_ticks;
    server->call_ticks = clock_ticks();
    late->ticks += server->call_ticks - begin;
    call_leave(server, outer);
    if (server->journal.is_on)
        journal_call_done(&late->call);
}

bool late_call_part(struct late_call *late, bool (*part)(struct call *call, void *context), void *context)
{
    struct running outer = begin_part(late);
    bool result = part(&late->call, context);
    end_part(late, outer);
    return result;
}

bool late_call_answer(struct late_call *late, bool (*answer)(struct call *call, void *context), void *context)
{
    struct call *call = &late->call;
    struct running outer = begin_part(late);
    struct reply_mark mark = reply_mark(call->reply);
    bool is_answered = answer(call, context);
    if (is_answered && late->takes_effect_late)
        call_took_effect(call);
    end_part(late, outer);
    if (late->is_silent)
        reply_rollback(call->reply, mark);
    return is_answered;
}
