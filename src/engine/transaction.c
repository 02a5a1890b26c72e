/* SPDX-License-Identifier: BSD-3-Clause */
/* MULTI's queue: copies of the commands, one allocation each, run one behind the other by EXEC. Nothing else
 * runs in between, since one thread runs everything and EXEC is one command to it. */
#include "transaction.h"
#include "base/alloc.h"
#include "base/blob.h"
#include "client_part.h"
#include "engine/monitor.h"
#include "engine/server.h"

/* A command with its arguments, whose bytes lie behind them. */
struct queued_command {
    struct queued_command *next;
    struct registered_command *command;
    struct blob *big_argument; /* taken over from the request: its bytes are the one argument not copied */
    uint64_t first_key_hash;
    int first_key_index;
    int argc;
    struct bytes argv[];
};

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

static bool lies_in_blob(struct bytes bytes, const struct blob *blob)
{
    return blob && bytes.data >= blob->data && bytes.data < blob->data + blob->capacity;
}

/* NULL when there is no memory; `*size` is what it takes. */
static struct queued_command *copy_command(struct call *call, size_t *size)
{
    size_t bytes = sizeof(struct queued_command) + (size_t)call->argc * sizeof(struct bytes);
    for (int i = 0; i < call->argc; i++)
        bytes += lies_in_blob(call->argv[i], call->big_argument) ? 0 : call->argv[i].len;
    struct queued_command *queued = mem_try_alloc(bytes);
    if (!queued)
        return NULL;
    *queued = (struct queued_command){.command = call->command,
                                      .first_key_hash = call->first_key.hash,
                                      .first_key_index = call->first_key_index,
                                      .argc = call->argc};
    char *at = (char *)(queued->argv + call->argc);
    for (int i = 0; i < call->argc; i++) {
        struct bytes argument = call->argv[i];
        queued->argv[i] = argument;
        if (lies_in_blob(argument, call->big_argument))
            continue;
        queued->argv[i].data = at;
        if (argument.len > 0)
            at = mempcpy(at, argument.data, argument.len);
    }
    *size = mem_size(queued);
    if (call->big_argument)
        *size += mem_size(call->big_argument);
    queued->big_argument = call->big_argument;
    call->big_argument = NULL;
    return queued;
}

void transaction_queue(struct call *call)
{
    struct client *client = call->client;
    struct transaction *transaction = client->transaction;
    size_t size;
    reply_simple(call->reply, "QUEUED");
    /* It won't be run: nothing needs to be kept. */
    if (client->flags & (CLIENT_DIRTY_WATCH | CLIENT_DIRTY_EXEC))
        return;
    struct queued_command *queued = copy_command(call, &size);
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
    transaction->queued_bytes += size;
    transaction->flags |= call->command->row->flags;
    transaction->common_flags &= call->command->row->flags;
}

static void drop_queue(struct transaction *transaction)
{
    while (transaction->first) {
        struct queued_command *queued = transaction->first;
        transaction->first = queued->next;
        if (queued->big_argument)
            blob_unref(queued->big_argument);
        mem_free(queued);
    }
    transaction->last = NULL;
    transaction->queue_length = 0;
    transaction->queued_bytes = 0;
}

void transaction_discard(struct client *client)
{
    client->flags &= ~(uint32_t)(CLIENT_MULTI | CLIENT_DIRTY_WATCH | CLIENT_DIRTY_EXEC);
    if (!client->transaction)
        return;
    drop_queue(client->transaction);
    unwatch_all(client);
}

static void run_queued(const struct call *exec, const struct queued_command *queued)
{
    struct client *client = exec->client;
    struct call call = {
        .server = exec->server,
        .client = client,
        .keyspace = store_keyspace(exec->server->store, client->database),
        .command = queued->command,
        .reply = exec->reply,
        .argc = queued->argc,
        .argv = queued->argv,
        .first_key_index = queued->first_key_index,
        .big_argument = queued->big_argument,
    };
    if (queued->first_key_index > 0)
        call.first_key = (struct key){queued->argv[queued->first_key_index], queued->first_key_hash};
    call_run(&call);
}

void transaction_exec(struct call *call)
{
    struct client *client = call->client;
    if (!(client->flags & CLIENT_MULTI)) {
        call_error_format(call, "ERR EXEC without MULTI");
        return;
    }
    watched_keys_look(client);
    if (client->flags & CLIENT_DIRTY_EXEC) {
        call_error(call, ERR_EXEC_ABORT);
    } else if (client->flags & CLIENT_DIRTY_WATCH) {
        reply_null_array(call->reply);
    } else {
        const struct transaction *transaction = client->transaction;
        unwatch_all(client);
        reply_array(call->reply, (size_t)transaction->queue_length);
        client->flags |= CLIENT_IN_EXEC;
        call->server->nesting++;
        store_hold_time(call->server->store, true);
        for (const struct queued_command *queued = transaction->first; queued; queued = queued->next)
            run_queued(call, queued);
        store_hold_time(call->server->store, false);
        call->server->nesting--;
        client->flags &= ~(uint32_t)CLIENT_IN_EXEC;
    }
    transaction_discard(client);
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

const struct client_part transaction_part = {.reset = transaction_discard,
                                             .free = transaction_discard,
                                             .memory = transaction_memory,
                                             .describe = describe};
