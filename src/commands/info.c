/* SPDX-License-Identifier: BSD-3-Clause */
/* INFO: the metrics of all tables, by section. */
#include "metrics/info.h"
#include "base/buf.h"
#include "engine/call.h"
#include "engine/server.h"

static void cmd_info(struct call *call)
{
    struct buf text = {0};
    info_print(call->server->metrics, info_sections(call->argv + 1, call->argc - 1), &text);
    reply_verbatim(call->reply, buf_bytes(&text), "txt");
    buf_clear(&text);
}

static const struct command_history info_history[] = {
    {"7.0.0", "Added support for taking multiple section arguments."},
    {NULL, NULL},
};
static const char *const info_tips[] = {
    "nondeterministic_output",
    "request_policy:all_shards",
    "response_policy:special",
    NULL,
};

static const struct command info_commands[] = {
    {
        .name = "info",
        .run = cmd_info,
        .arity = -1,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_DANGEROUS,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns information and statistics about the server.",
        .synopsis = "[section...]",
        .history = info_history,
        .tips = info_tips,
    },
    {.name = NULL},
};

const struct command_family info_family = {"info", info_commands};
