/* SPDX-License-Identifier: BSD-3-Clause */
/* A late call runs in parts: its command, slices of its work, its answer. */
#include "late_call.h"
#include "base/alloc.h"
#include "call_run.h"
#include "engine/journal.h"
#include "kept_request.h"

struct late_call *late_call_new(struct call *call, bool takes_effect_late)
{
    struct kept_request *request = request_keep(call);
    if (!request)
        return NULL;
    struct late_call *late = mem_alloc(sizeof *late);
    *late = (struct late_call){.request = request,
                               .takes_effect_late = takes_effect_late,
                               .is_silent = client_is_silent(call->client)};
    request_call(request, call->client, call->reply, &late->call);
    reply_init(&late->pushes, call->server->reply_pool);
    (void)reply_begin_push(&late->pushes);
    late->pushes.protocol = call->client->reply.protocol;
    call->late = late->call.late = late;
    return late;
}

void late_call_free(struct late_call *late)
{
    reply_clear(&late->pushes);
    request_free(late->request);
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
