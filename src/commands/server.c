/* SPDX-License-Identifier: BSD-3-Clause */
/* Small commands about the server as a whole: LOLWUT, ROLE, MODULE. */
#include "engine/server.h"
#include "base/log.h"
#include "commands/families.h"
#include "engine/call.h"

/* How much of a path the log shows. */
#define PATH_SHOWN_MAX 256

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

/* There is no interface that a module could be built for. */
static void cmd_module_load(struct call *call)
{
    struct bytes path = call->argv[2];
    log_warning("Module %.*s failed to load: this server has no modules",
                (int)(path.len < PATH_SHOWN_MAX ? path.len : PATH_SHOWN_MAX), path.data);
    call_error_format(call, "ERR Error loading the extension. Please check the server logs.");
}

static void cmd_module_unload(struct call *call)
{
    call_error_format(call, "ERR Error unloading module: no such module with that name");
}

static void cmd_module_help(struct call *call)
{
    static const char *const lines[] = {
        "LIST",
        "    The loaded modules. This server loads none.",
        "LOAD <path> [<arg> ...]",
        "    Refused: no module fits this server.",
        "LOADEX <path> [[CONFIG NAME VALUE]...] [ARGS ...]",
        "    The same.",
        "UNLOAD <name>",
        "    Refused: no module is loaded.",
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
    {
        .name = "load",
        .run = cmd_module_load,
        .arity = -3,
        .flags = COMMAND_NO_ASYNC_LOADING | COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_NEEDS_MODULE,
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Loads a module.",
        .synopsis = "path [arg...]",
    },
    {
        .name = "loadex",
        .run = cmd_module_load,
        .arity = -3,
        .flags = COMMAND_NO_ASYNC_LOADING | COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_NEEDS_MODULE,
        .group = "server",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Loads a module using extended parameters.",
        .synopsis = "path [CONFIG configs(name value)]... [ARGS args...]",
    },
    {
        .name = "unload",
        .run = cmd_module_unload,
        .arity = 3,
        .flags = COMMAND_NO_ASYNC_LOADING | COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_NEEDS_MODULE,
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Unloads a module.",
        .synopsis = "name",
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
