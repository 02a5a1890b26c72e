/* SPDX-License-Identifier: BSD-3-Clause */
/* SLOWLOG: which requests took long. */
#include "metrics/slowlog.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"

#define DEFAULT_COUNT 10

static void reply_entry(struct reply *reply, const struct slowlog_entry *entry)
{
    reply_array(reply, 6);
    reply_int(reply, (int64_t)entry->id);
    reply_int(reply, entry->time_s);
    reply_int(reply, entry->duration_us);
    reply_array(reply, (size_t)entry->argc);
    for (int i = 0; i < entry->argc; i++)
        reply_bulk(reply, entry->argv[i]);
    reply_bulk(reply, entry->client_address);
    reply_bulk(reply, entry->client_name);
}

static void cmd_slowlog_get(struct call *call)
{
    const struct slowlog *slowlog = call->server->slowlog;
    int64_t asked = DEFAULT_COUNT;
    if (call->argc > 3) {
        call_subcommand_error(call);
        return;
    }
    if (call->argc == 3 && (!parse_i64(call->argv[2], &asked) || asked < -1)) {
        call_error_format(call, "ERR count should be greater than or equal to -1");
        return;
    }
    size_t left = asked < 0 || (uint64_t)asked > slowlog->count ? slowlog->count : (size_t)asked;
    reply_array(call->reply, left);
    LIST_EACH(link, &slowlog->entries) {
        if (left-- == 0)
            break;
        reply_entry(call->reply, LIST_ENTRY(link, struct slowlog_entry, link));
    }
}

static void cmd_slowlog_len(struct call *call)
{
    reply_int(call->reply, (int64_t)call->server->slowlog->count);
}

static void cmd_slowlog_reset(struct call *call)
{
    slowlog_reset(call->server->slowlog);
    reply_ok(call->reply);
}

static void cmd_slowlog_help(struct call *call)
{
    static const char *const lines[] = {
        "GET [<count>]",
        "    The latest entries, 10 or as many as asked for; -1: all. Each is made of",
        "    id, time, duration in microseconds, arguments, the client's address and name.",
        "LEN",
        "    How many entries there are.",
        "RESET",
        "    Forget all entries.",
        NULL,
    };
    call_help(call, lines);
}

static const struct command_history slowlog_get_history[] = {
    {"4.0.0", "Added client IP address, port and name to the reply."},
    {NULL, NULL},
};
static const char *const slowlog_get_tips[] = {"request_policy:all_nodes", "nondeterministic_output", NULL};
static const char *const slowlog_len_tips[] = {"request_policy:all_nodes", "response_policy:agg_sum",
                                               "nondeterministic_output", NULL};
static const char *const slowlog_reset_tips[] = {"request_policy:all_nodes", "response_policy:all_succeeded",
                                                 NULL};

static const struct command slowlog_subcommands[] = {
    {
        .name = "get",
        .run = cmd_slowlog_get,
        .arity = -2,
        .flags = COMMAND_ADMIN | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.2.12",
        .complexity = "O(N) where N is the number of entries returned",
        .summary = "Returns the slow log's entries.",
        .synopsis = "[count:integer]",
        .history = slowlog_get_history,
        .tips = slowlog_get_tips,
    },
    {
        .name = "help",
        .run = cmd_slowlog_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Show helpful text about the different subcommands",
    },
    {
        .name = "len",
        .run = cmd_slowlog_len,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.2.12",
        .complexity = "O(1)",
        .summary = "Returns the number of entries in the slow log.",
        .tips = slowlog_len_tips,
    },
    {
        .name = "reset",
        .run = cmd_slowlog_reset,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.2.12",
        .complexity = "O(N) where N is the number of entries in the slowlog",
        .summary = "Clears all entries from the slow log.",
        .tips = slowlog_reset_tips,
    },
    {.name = NULL},
};

static const struct command slowlog_commands[] = {
    {
        .name = "slowlog",
        .arity = -2,
        .group = "server",
        .since = "2.2.12",
        .complexity = "Depends on subcommand.",
        .summary = "A container for slow log commands.",
        .subcommands = slowlog_subcommands,
    },
    {.name = NULL},
};

const struct command_family slowlog_family = {"slowlog", slowlog_commands};
