/* SPDX-License-Identifier: BSD-3-Clause */
/* Transactions: the commands around engine/transaction.h. */
#include "engine/transaction.h"
#include "commands/families.h"
#include "engine/client.h"

static void cmd_multi(struct call *call)
{
    if (call->client->flags & CLIENT_MULTI) {
        call_error_format(call, "ERR MULTI calls can not be nested");
        return;
    }
    transaction_begin(call->client);
    reply_ok(call->reply);
}

static void cmd_exec(struct call *call)
{
    transaction_exec(call);
}

static void cmd_discard(struct call *call)
{
    if (!(call->client->flags & CLIENT_MULTI)) {
        call_error_format(call, "ERR DISCARD without MULTI");
        return;
    }
    transaction_discard(call->client);
    reply_ok(call->reply);
}

static void cmd_watch(struct call *call)
{
    if (call->client->flags & CLIENT_MULTI) {
        call_error_format(call, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    /* Once a watched key has changed, EXEC fails whatever else is watched. */
    if (!(call->client->flags & CLIENT_DIRTY_WATCH)) {
        for (int i = 1; i < call->argc; i++)
            watch_key(call->client, call->keyspace, call_key(call, i));
    }
    reply_ok(call->reply);
}

static void cmd_unwatch(struct call *call)
{
    unwatch_all(call->client);
    call->client->flags &= ~(uint32_t)CLIENT_DIRTY_WATCH;
    reply_ok(call->reply);
}

static const struct command transaction_commands[] = {
    {
        .name = "multi",
        .run = cmd_multi,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY |
                 COMMAND_IN_MULTI,
        .acl = ACL_TRANSACTION,
        .group = "transactions",
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Starts a transaction.",
    },
    {
        .name = "exec",
        .run = cmd_exec,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_SKIP_SLOWLOG |
                 COMMAND_IN_MULTI | COMMAND_IS_EXEC,
        .acl = ACL_TRANSACTION,
        .group = "transactions",
        .since = "1.2.0",
        .complexity = "Depends on commands in the transaction",
        .summary = "Executes all commands in a transaction.",
    },
    {
        .name = "discard",
        .run = cmd_discard,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY |
                 COMMAND_IN_MULTI,
        .acl = ACL_TRANSACTION,
        .group = "transactions",
        .since = "2.0.0",
        .complexity = "O(N), when N is the number of queued commands",
        .summary = "Discards a transaction.",
    },
    {
        .name = "watch",
        .run = cmd_watch,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY |
                 COMMAND_IN_MULTI,
        .acl = ACL_TRANSACTION,
        .keys = {KEYS_FROM(1, KEY_RO)},
        .group = "transactions",
        .since = "2.2.0",
        .complexity = "O(1) for every key.",
        .summary = "Monitors changes to keys to determine the execution of a transaction.",
        .synopsis = "key...",
    },
    {
        .name = "unwatch",
        .run = cmd_unwatch,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_ALLOW_BUSY,
        .acl = ACL_TRANSACTION,
        .group = "transactions",
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Forgets about watched keys of a transaction.",
    },
    {.name = NULL},
};

const struct command_family transaction_family = {"transaction", transaction_commands};
