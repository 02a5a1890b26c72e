/* SPDX-License-Identifier: BSD-3-Clause */
/* Holding clients up, and letting them go. */
#include "client.h"
#include "engine/pause.h"
#include "engine/server.h"
#include "engine/wait.h"
#include "timeout.h"

/* ---- PAUSE ---- */

void cmd_client_pause(struct call *call)
{
    bool is_of_writes = call_arg_is(call, 3, "write");
    int64_t at_ms;
    if (call->argc > 4) {
        call_subcommand_error(call);
        return;
    }
    if (call->argc == 4 && !is_of_writes && !call_arg_is(call, 3, "all")) {
        call_error_format(call, "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    if (!call_timeout_ms(call, 2, &at_ms))
        return;
    pause_begin(call->server, at_ms == INT64_MAX ? call->server->clock.mono_ms : at_ms, is_of_writes);
    reply_ok(call->reply);
}

void cmd_client_unpause(struct call *call)
{
    pause_end(call->server);
    reply_ok(call->reply);
}

/* ---- UNBLOCK ---- */

static void end_by_error(struct client *client)
{
    wait_fail(client, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
}

void cmd_client_unblock(struct call *call)
{
    void (*end)(struct client * client) = wait_expire;
    int64_t id;
    if (call->argc > 4) {
        call_subcommand_error(call);
        return;
    }
    if (call_arg_is(call, 3, "error")) {
        end = end_by_error;
    } else if (call->argc == 4 && !call_arg_is(call, 3, "timeout")) {
        call_error_format(call, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        return;
    }
    if (!call_int(call, 2, &id))
        return;
    struct client *client = client_by_id(call->server, (uint64_t)id);
    bool is_blocked = client && client->wait.expired && !client_is_closing(client);
    if (is_blocked)
        end(client);
    reply_int(call->reply, is_blocked);
}
