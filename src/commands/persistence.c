/* SPDX-License-Identifier: BSD-3-Clause */
/* SAVE, BGSAVE and LASTSAVE. */
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"
#include "persist/save_state.h"
#include "persist/snapshot.h"

static void cmd_save(struct call *call)
{
    if (call->server->save->is_running)
        call_error_format(call, "ERR Background save already in progress");
    else if (snapshot_save(call->server))
        reply_ok(call->reply);
    else
        call_error_format(call, "ERR");
}

static void cmd_bgsave(struct call *call)
{
    struct server *server = call->server;
    if (call->argc > 2 || (call->argc == 2 && !call_arg_is(call, 1, "schedule"))) {
        call_syntax_error(call);
    } else if (server->save->is_running) {
        call_error_format(call, "ERR Background save already in progress");
    } else if (server->nesting > 0) {
        /* The transaction will be in the file as a whole. */
        snapshot_schedule(server);
        reply_simple(call->reply, "Background saving scheduled");
    } else if (snapshot_start(server)) {
        reply_simple(call->reply, "Background saving started");
    } else {
        call_error_format(call, "ERR");
    }
}

static void cmd_lastsave(struct call *call)
{
    reply_int(call->reply, call->server->save->last_save_wall_ms / 1000);
}

static const struct command_history bgsave_history[] = {
    {"3.2.2", "Added the `SCHEDULE` option."},
    {NULL, NULL},
};
static const char *const lastsave_tips[] = {"nondeterministic_output", NULL};

static const struct command commands[] = {
    {
        .name = "save",
        .run = cmd_save,
        .arity = 1,
        .flags = COMMAND_NO_ASYNC_LOADING | COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_NO_MULTI,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(N) where N is the total number of keys in all databases",
        .summary = "Synchronously saves the database(s) to disk.",
    },
    {
        .name = "bgsave",
        .run = cmd_bgsave,
        .arity = -1,
        .flags = COMMAND_NO_ASYNC_LOADING | COMMAND_ADMIN | COMMAND_NOSCRIPT,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Asynchronously saves the database(s) to disk.",
        .synopsis = "[SCHEDULE{since=3.2.2}]",
        .history = bgsave_history,
    },
    {
        .name = "lastsave",
        .run = cmd_lastsave,
        .arity = 1,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .acl = ACL_ADMIN | ACL_DANGEROUS,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the Unix timestamp of the last successful save to disk.",
        .tips = lastsave_tips,
    },
    {.name = NULL},
};

const struct command_family persistence_family = {"persistence", commands};
