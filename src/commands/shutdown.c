/* SPDX-License-Identifier: BSD-3-Clause */
/* SHUTDOWN and TIME. */
#include "base/clock.h"
#include "base/log.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/client.h"
#include "engine/server.h"
#include "persist/snapshot.h"

/* There are no replicas to wait for: NOW changes nothing, and a shutdown is never in progress. */
static void cmd_shutdown(struct call *call)
{
    bool save = false, nosave = false, abort = false, now = false, force = false;
    for (int i = 1; i < call->argc; i++) {
        bool *option = call_arg_is(call, i, "save")     ? &save
                       : call_arg_is(call, i, "nosave") ? &nosave
                       : call_arg_is(call, i, "now")    ? &now
                       : call_arg_is(call, i, "force")  ? &force
                       : call_arg_is(call, i, "abort")  ? &abort
                                                        : NULL;
        if (!option) {
            call_syntax_error(call);
            return;
        }
        *option = true;
    }
    if ((save && nosave) || (abort && (save || nosave || now || force))) {
        call_syntax_error(call);
        return;
    }
    if (abort) {
        call_error_format(call, "ERR No shutdown in progress.");
        return;
    }
    if (call->server->status.is_script_busy && !nosave) {
        call_error(call, ERR_SCRIPT_BUSY);
        return;
    }
    log_notice("User requested shutdown...");
    enum snapshot_at_exit snapshot = save     ? SNAPSHOT_ALWAYS
                                     : nosave ? SNAPSHOT_NEVER
                                              : SNAPSHOT_IF_CONFIGURED;
    if (!snapshot_before_exit(call->server, snapshot) && !force) {
        call_error_format(call, "ERR Errors trying to SHUTDOWN. Check logs.");
        return;
    }
    call->server->is_shutting_down = true;
    client_close_after_reply(call->client);
}

static void cmd_time(struct call *call)
{
    const struct clock *clock = &call->server->clock;
    /* For scripts time stands still. */
    int64_t now_us = (call->client->flags & CLIENT_SCRIPT) ? clock->mono_us + clock->wall_offset_ms * 1000
                                                           : clock_wall_us();
    reply_array(call->reply, 2);
    reply_bulk_int(call->reply, now_us / 1000000);
    reply_bulk_int(call->reply, now_us % 1000000);
}

static const struct command_history shutdown_history[] = {
    {"7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers."},
    {NULL, NULL},
};
static const char *const time_tips[] = {"nondeterministic_output", NULL};

static const struct command commands[] = {
    {
        .name = "shutdown",
        .run = cmd_shutdown,
        .arity = -1,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_NO_MULTI |
                 COMMAND_ALLOW_BUSY,
        .group = "server",
        .since = "1.0.0",
        .complexity =
            "O(N) when saving, where N is the total number of keys in all databases when saving data, "
            "otherwise O(1)",
        .summary = "Synchronously saves the database(s) to disk and shuts down the Redis server.",
        .synopsis =
            "[save-selector<NOSAVE | SAVE>] [NOW{since=7.0.0}] [FORCE{since=7.0.0}] [ABORT{since=7.0.0}]",
        .history = shutdown_history,
    },
    {
        .name = "time",
        .run = cmd_time,
        .arity = 1,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .group = "server",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Returns the server time.",
        .tips = time_tips,
    },
    {.name = NULL},
};

const struct command_family shutdown_family = {"shutdown", commands};
