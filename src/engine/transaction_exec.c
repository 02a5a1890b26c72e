/* SPDX-License-Identifier: BSD-3-Clause */
/* EXEC runs the queue's requests one behind the other. Nothing else runs in between, also when a script among
 * them stands still: then EXEC goes on with it in a later tick, and with the rest behind it. */
#include "engine/server.h"
#include "kept_request.h"
#include "transaction.h"

/* It was permitted when it was queued. */
static void refuse_queued(struct call *call)
{
    static const char *const reasons[] = {
        [PERMITTED] = "no permission",
        [DENIED_COMMAND] = "no permission to execute the command or subcommand",
        [DENIED_KEY] = "no permission to touch the specified keys",
        [DENIED_CHANNEL] = "no permission to access one of the channels used as arguments",
    };
    call_error_format(call,
                      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
                      "EXEC call. This command is no longer allowed for the following reason: %s",
                      reasons[acl_note_denial(call)]);
}

static void run_queued(struct client *client, struct transaction *transaction)
{
    const struct kept_request *queued = transaction->next;
    struct call call;
    transaction->next = queued->next;
    request_call(queued, client, &client->reply, &call);
    if (__builtin_expect(acl_denies(&call), 0))
        refuse_queued(&call);
    else
        call_run(&call);
}

/* True when all are done. */
static bool run_queue(struct client *client, struct transaction *transaction)
{
    struct long_work *resting = transaction->resting;
    transaction->resting = NULL;
    if (resting && !long_work_go_on(resting))
        transaction->resting = resting;
    while (!transaction->resting && transaction->next)
        run_queued(client, transaction);
    return !transaction->resting;
}

static struct transaction *transaction_in(struct long_work *work)
{
    return LIST_ENTRY(work, struct transaction, exec);
}

/* What a silent client would be answered is cut off, from its begin: who says CLIENT REPLY ON when a part of
 * it is gone isn't sent the rest. Nor is anything kept for who hears nothing. */
static void silence(struct client *client, struct transaction *transaction, struct reply_mark mark)
{
    if (!transaction->has_rested)
        transaction->silence &= client->flags;
    transaction->has_rested = true;
    if (transaction->silence || client->flags & CLIENT_DEAF)
        reply_rollback(&client->reply, mark);
}

static bool step(struct long_work *work)
{
    struct transaction *transaction = transaction_in(work);
    struct client *client = transaction->client;
    struct server *server = client->server;
    struct reply_mark mark = reply_mark(&client->reply);
    if (!transaction->has_begun)
        reply_array(&client->reply, (size_t)transaction->queue_length);
    transaction->has_begun = true;
    server->nesting++;
    store_hold_time(server->store, &transaction->clock);
    bool is_done = run_queue(client, transaction);
    store_hold_time(server->store, NULL);
    server->nesting--;
    if (!is_done || transaction->has_rested)
        silence(client, transaction, mark);
    return is_done;
}

/* All was replied on the way. */
static void finish(struct call *call, struct long_work *work)
{
    (void)call;
    (void)work;
}

static void free_exec(struct long_work *work)
{
    transaction_discard(transaction_in(work)->client);
}

static void run_transaction(struct call *call)
{
    struct client *client = call->client;
    struct transaction *transaction = client->transaction;
    unwatch_all(client);
    client->flags |= CLIENT_IN_EXEC;
    transaction->exec =
        (struct long_work){.step = step, .finish = finish, .free = free_exec, .is_atomic = true};
    transaction->client = client;
    transaction->next = transaction->first;
    transaction->clock = call->server->clock;
    transaction->silence = client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP);
    transaction->may_rest = call_may_wait(call);
    long_work_run(call, &transaction->exec);
}

void transaction_exec(struct call *call)
{
    struct client *client = call->client;
    if (!(client->flags & CLIENT_MULTI)) {
        call_error_format(call, "ERR EXEC without MULTI");
        return;
    }
    watched_keys_look(client);
    if (!(client->flags & (CLIENT_DIRTY_EXEC | CLIENT_DIRTY_WATCH))) {
        run_transaction(call);
        return;
    }
    if (client->flags & CLIENT_DIRTY_EXEC)
        call_error(call, ERR_EXEC_ABORT);
    else
        reply_null_array(call->reply);
    transaction_discard(client);
}
