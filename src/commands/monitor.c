/* SPDX-License-Identifier: BSD-3-Clause */
/* MONITOR: the command around engine/monitor.h. */
#include "engine/monitor.h"
#include "commands/families.h"

static void cmd_monitor(struct call *call)
{
    /* EXEC owes one reply a command. */
    if (call->client->flags & CLIENT_IN_EXEC) {
        call_error_format(call, "ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    if (!(call->client->flags & CLIENT_MONITOR))
        monitor_add(call->client);
    reply_ok(call->reply);
}

static const struct command monitor_commands[] = {
    {
        .name = "monitor",
        .run = cmd_monitor,
        .arity = 1,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "1.0.0",
        .summary = "Listens for all requests received by the server in real-time.",
    },
    {.name = NULL},
};

const struct command_family monitor_family = {"monitor", monitor_commands};
