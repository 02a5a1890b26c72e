/* SPDX-License-Identifier: BSD-3-Clause */
/* MULTI's queue: kept requests, until EXEC runs them (transaction_exec.c), or nobody does. */
#include "transaction.h"
#include "base/alloc.h"
#include "client_part.h"
#include "engine/monitor.h"
#include "engine/server.h"
#include "kept_request.h"

void transaction_begin(struct client *client)
{
    transaction_of(client);
    client->flags |= CLIENT_MULTI;
}

void transaction_abort(struct client *client)
{
    if (client->flags & CLIENT_MULTI)
        client->flags |= CLIENT_DIRTY_EXEC;
}

void transaction_queue(struct call *call)
{
    struct client *client = call->client;
    struct transaction *transaction = client->transaction;
    uint32_t flags = call->command->row->flags;
    if (call_only_reads(call))
        flags &= ~(uint32_t)COMMAND_MAY_REPLICATE;
    reply_simple(call->reply, "QUEUED");
    /* It won't be run: nothing needs to be kept. */
    if (client->flags & (CLIENT_DIRTY_WATCH | CLIENT_DIRTY_EXEC))
        return;
    struct kept_request *queued = request_keep(call);
    if (!queued) {
        transaction_abort(client);
        return;
    }
    if (transaction->last)
        transaction->last->next = queued;
    else
        transaction->first = queued;
    transaction->last = queued;
    transaction->queue_length++;
    transaction->queued_bytes += request_memory(queued);
    transaction->flags |= flags;
    transaction->common_flags &= call->command->row->flags;
}

static void drop_queue(struct transaction *transaction)
{
    while (transaction->first) {
        struct kept_request *queued = transaction->first;
        transaction->first = queued->next;
        request_free(queued);
    }
    transaction->last = NULL;
    transaction->queue_length = 0;
    transaction->queued_bytes = 0;
}

void transaction_discard(struct client *client)
{
    client->flags &= ~(uint32_t)(CLIENT_MULTI | CLIENT_IN_EXEC | CLIENT_DIRTY_WATCH | CLIENT_DIRTY_EXEC);
    struct transaction *transaction = client->transaction;
    if (!transaction)
        return;
    if (transaction->resting)
        long_work_drop(transaction->resting);
    transaction->resting = NULL;
    drop_queue(transaction);
    unwatch_all(client);
}

void transaction_refuse(struct call *call, const char *error)
{
    transaction_discard(call->client);
    /* A code that says more than ERR stays. */
    if (strncmp(error, "ERR ", 4) == 0)
        error += 4;
    call_error_format(call, "EXECABORT Transaction discarded because of: %s", error);
    /* Monitors have seen MULTI, but will see nothing of the queue. */
    monitor_feed(call);
}

uint32_t transaction_flags(const struct client *client)
{
    return client->transaction ? client->transaction->flags : 0;
}

uint32_t transaction_common_flags(const struct client *client)
{
    return client->transaction ? client->transaction->common_flags : ~UINT32_C(0);
}

size_t transaction_memory(const struct client *client)
{
    const struct transaction *transaction = client->transaction;
    if (!transaction)
        return 0;
    return sizeof *transaction + transaction->queued_bytes + watches_memory(transaction);
}

/* EXEC is carried through without its client, too. */
static void forget(struct client *client)
{
    if (!(client->flags & CLIENT_IN_EXEC))
        transaction_discard(client);
}

static void describe(const struct client *client, struct client_description *description)
{
    description->multi_memory = transaction_memory(client);
    if (client->flags & CLIENT_MULTI) {
        description->letters |= client_letter('x');
        description->multi = client->transaction->queue_length;
    }
    if (client->flags & CLIENT_DIRTY_WATCH)
        description->letters |= client_letter('d');
}

const struct client_part transaction_part = {
    .reset = transaction_discard, .free = forget, .memory = transaction_memory, .describe = describe};
