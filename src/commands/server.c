/* SPDX-License-Identifier: BSD-3-Clause */
/* Small commands about the server as a whole: LOLWUT, ROLE, MODULE. */
#include "engine/server.h"
#include "commands/families.h"
#include "engine/call.h"

/* A server without replicas, which is nobody's replica. */
static void cmd_role(struct call *call)
{
    reply_array(call->reply, 3);
    reply_bulk_text(call->reply, "master");
    reply_int(call->reply, 0);
    reply_array(call->reply, 0);
}

/* The same for all versions; the last line is what tools look for. */
static void cmd_lolwut(struct call *call)
{
    static const char text[] = "   _________________________________\n"
                               "  |  |  |  |  |  |  |  |  |  |  |  |\n"
                               "  |  |  |  |  |  |__|  |  |  |  |  |   every key has its hook,\n"
                               "  |__|__|__|__|__|  |__|__|__|__|__|   and its hour\n"
                               "   o  o  o  o  o      o  o  o  o  o\n"
                               "\n"
                               "Redis ver. " REDIS_VERSION "\n";
    int64_t version;
    if (call->argc >= 3 && call_arg_is(call, 1, "version") && !call_int(call, 2, &version))
        return;
    reply_verbatim(call->reply, BYTES(text), "txt");
}

/* ---- MODULE ---- */

static void cmd_module_list(struct call *call)
{
    reply_array(call->reply, 0);
}

static void cmd_module_help(struct call *call)
{
    static const char *const lines[] = {
        "LIST",
        "    The loaded modules. This server loads none.",
        NULL,
    };
    call_help(call, lines);
}

static const char *const module_list_tips[] = {"nondeterministic_output_order", NULL};

static const struct command module_subcommands[] = {
    {
        .name = "help",
        .run = cmd_module_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "list",
        .run = cmd_module_list,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT,
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(N) where N is the number of loaded modules.",
        .summary = "Returns all loaded modules.",
        .tips = module_list_tips,
    },
    {.name = NULL},
};

static const struct command server_commands[] = {
    {
        .name = "lolwut",
        .run = cmd_lolwut,
        .arity = -1,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .group = "server",
        .since = "5.0.0",
        .summary = "Displays computer art and the Redis version",
        .synopsis = "[VERSION version:integer]",
    },
    {
        .name = "role",
        .run = cmd_role,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .acl = ACL_ADMIN | ACL_DANGEROUS,
        .group = "server",
        .since = "2.8.12",
        .complexity = "O(1)",
        .summary = "Returns the replication role.",
    },
    {
        .name = "module",
        .arity = -2,
        .group = "server",
        .since = "4.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for module commands.",
        .subcommands = module_subcommands,
    },
    {.name = NULL},
};

const struct command_family server_family = {"server", server_commands};
