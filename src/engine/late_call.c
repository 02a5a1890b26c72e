/* SPDX-License-Identifier: BSD-3-Clause */
/* A late call runs in parts: its command, slices of its work, its answer. */
#include "late_call.h"
#include "base/alloc.h"
#include "base/blob.h"
#include "call_run.h"
#include "engine/journal.h"
#include "engine/long_work.h"
#include "kept_request.h"

static void init_work(struct late_work *of_work, struct call *call, bool takes_arguments)
{
    struct reply *pushes = &of_work->pushes;
    of_work->taken = takes_arguments ? arguments_take(call) : (struct taken_arguments){0};
    reply_init(pushes, call->server->reply_pool);
    (void)reply_begin_push(pushes);
    pushes->protocol = call->client->reply.protocol;
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
    size_t size = sizeof(struct late_call) + (work ? sizeof(struct late_work) : 0);
    bool takes = work && arguments_can_be_taken(call);
    struct late_call *late = mem_try_alloc(size + (takes ? 0 : arguments_size(call)));
    if (!late)
        return NULL;
    *late = (struct late_call){.is_work = work,
                               .takes_effect_late = work && (work->changes_data || work->is_atomic),
                               .is_silent = client_is_silent(call->client)};
    struct bytes *copies = (struct bytes *)(void *)((char *)late + size);
    if (work)
        init_work(late->of_work, call, takes);
    if (!takes)
        arguments_copy(call, copies);
    keep(call, &late->call, takes ? late->of_work->taken.items : copies);
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
    if (late->is_work) {
        reply_clear(&late->of_work->pushes);
        taken_arguments_clear(&late->of_work->taken);
    }
    if (late->call.big_argument)
        blob_unref(late->call.big_argument);
    mem_free(late);
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
    if (is_answered && late->is_silent)
        reply_rollback(call->reply, mark);
    return is_answered;
}
