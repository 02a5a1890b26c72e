/* SPDX-License-Identifier: BSD-3-Clause */
/* WAIT and WAITAOF. There are no replicas and there is no append-only file, so nobody will ever acknowledge
 * anything: a wait for somebody ends with its timeout. */
#include "engine/wait.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"
#include "timeout.h"

static void wait_until(struct call *call, int64_t at_ms, void (*expired)(struct call *call))
{
    (void)call_wait(call, &(struct wait){.kind = WAIT_COPIES, .expired = expired}, at_ms);
}

static void reply_nobody(struct call *call)
{
    reply_int(call->reply, 0);
}

static void cmd_wait(struct call *call)
{
    int64_t replica_count, at_ms;
    if (!call_int(call, 1, &replica_count) || !call_timeout_ms(call, 2, &at_ms))
        return;
    if (replica_count <= 0 || !call_may_wait(call))
        reply_nobody(call);
    else
        wait_until(call, at_ms, reply_nobody);
}

/* ---- WAITAOF ---- */

/* Neither here nor on a replica. */
static void reply_no_copies(struct call *call)
{
    reply_array(call->reply, 2);
    reply_int(call->reply, 0);
    reply_int(call->reply, 0);
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
    if (replica_count == 0 || !call_may_wait(call))
        reply_no_copies(call);
    else
        wait_until(call, at_ms, reply_no_copies);
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
