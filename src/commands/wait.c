/* SPDX-License-Identifier: BSD-3-Clause */
/* WAIT and WAITAOF. There are no replicas and there is no append-only file, so nobody will ever acknowledge
 * anything: a wait for somebody ends with its timeout. */
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"
#include "engine/timeouts.h"
#include "timeout.h"

static void stop_waiting(struct client *client)
{
    client->server->blocked_count--;
    client->flags &= ~(uint32_t)CLIENT_BLOCKED;
    timeout_clear(client->server, client);
}

static void go_on(struct client *client)
{
    stop_waiting(client);
    client_resume(client);
}

/* `expired` replies when the time is up. */
static void wait_until(struct call *call, int64_t at_ms, void (*expired)(struct client *client))
{
    if (client_is_silent(call->client))
        expired = go_on;
    call->server->blocked_count++;
    call->client->flags |= CLIENT_BLOCKED;
    client_suspend(call->client, stop_waiting);
    timeout_set(call->server, call->client, at_ms, expired);
}

static void wait_expired(struct client *client)
{
    reply_int(&client->reply, 0);
    client_wants_write(client);
    go_on(client);
}

static void cmd_wait(struct call *call)
{
    int64_t replica_count, at_ms;
    if (!call_int(call, 1, &replica_count) || !call_timeout_ms(call, 2, &at_ms))
        return;
    if (replica_count <= 0 || call->server->nesting > 0) {
        reply_int(call->reply, 0);
        return;
    }
    wait_until(call, at_ms, wait_expired);
}

/* ---- WAITAOF ---- */

/* Neither here nor on a replica. */
static void reply_no_copies(struct reply *reply)
{
    reply_array(reply, 2);
    reply_int(reply, 0);
    reply_int(reply, 0);
}

static void waitaof_expired(struct client *client)
{
    reply_no_copies(&client->reply);
    client_wants_write(client);
    go_on(client);
}

static void cmd_waitaof(struct call *call)
{
    int64_t local_count, replica_count, at_ms;
    if (!call_int_in(call, 1, 0, 1, &local_count) || !call_int(call, 2, &replica_count))
        return;
    if (replica_count < 0) {
        call_error(call, ERR_NOT_POSITIVE);
        return;
    }
    if (!call_timeout_ms(call, 3, &at_ms))
        return;
    if (local_count > 0) {
        call_error_format(call,
                          "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        return;
    }
    if (replica_count == 0 || call->server->nesting > 0) {
        reply_no_copies(call->reply);
        return;
    }
    wait_until(call, at_ms, waitaof_expired);
}

/* ---- rows ---- */

static const char *const all_shards_min_tips[] = {"request_policy:all_shards", "response_policy:agg_min",
                                                  NULL};

static const struct command wait_commands[] = {
    {
        .name = "wait",
        .run = cmd_wait,
        .arity = 3,
        .acl = ACL_CONNECTION,
        .group = "generic",
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Blocks until the asynchronous replication of all preceding write commands sent by the "
                   "connection is completed.",
        .synopsis = "numreplicas:integer timeout:integer",
        .tips = all_shards_min_tips,
    },
    {
        .name = "waitaof",
        .run = cmd_waitaof,
        .arity = 4,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_CONNECTION,
        .group = "generic",
        .since = "7.2.0",
        .complexity = "O(1)",
        .summary = "Blocks until all of the preceding write commands sent by the connection are written to "
                   "the append-only file of the master and/or replicas.",
        .synopsis = "numlocal:integer numreplicas:integer timeout:integer",
        .tips = all_shards_min_tips,
    },
    {.name = NULL},
};

const struct command_family wait_family = {"wait", wait_commands};
