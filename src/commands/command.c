/* SPDX-License-Identifier: BSD-3-Clause */
/* COMMAND: what the server can be asked, told by the rows of its commands. */
#include "access/category.h"
#include "base/glob.h"
#include "command_reply.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/key_spec.h"
#include "engine/server.h"

/* ---- COMMAND, COMMAND INFO, COMMAND DOCS, COMMAND COUNT ---- */

static void cmd_command(struct call *call)
{
    const struct registry *registry = call->server->registry;
    int count = registry_count(registry);
    reply_array(call->reply, (size_t)count);
    for (int i = 0; i < count; i++)
        reply_command_info(call->reply, registry_at(registry, i));
}

static void cmd_command_info(struct call *call)
{
    if (call->argc == 2) {
        cmd_command(call);
        return;
    }
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        reply_command_info(call->reply, registry_find_full(call->server->registry, call->argv[i]));
}

static void reply_named_docs(struct reply *reply, const struct registered_command *command)
{
    reply_bulk_text(reply, command->full_name);
    reply_command_docs(reply, command);
}

static void cmd_command_docs(struct call *call)
{
    const struct registry *registry = call->server->registry;
    size_t count = 0;
    if (call->argc == 2) {
        reply_map(call->reply, (size_t)registry_count(registry));
        for (int i = 0; i < registry_count(registry); i++)
            reply_named_docs(call->reply, registry_at(registry, i));
        return;
    }
    struct reply_mark later = reply_later(call->reply);
    for (int i = 2; i < call->argc; i++) {
        const struct registered_command *command = registry_find_full(registry, call->argv[i]);
        if (!command)
            continue;
        reply_named_docs(call->reply, command);
        count++;
    }
    reply_later_done(call->reply, later, '%', count);
}

static void cmd_command_count(struct call *call)
{
    reply_int(call->reply, registry_count(call->server->registry));
}

/* ---- COMMAND LIST ---- */

enum filter_kind { FILTER_NONE, FILTER_MODULE, FILTER_CATEGORY, FILTER_PATTERN };

struct list_request {
    enum filter_kind kind;
    struct bytes pattern;
    uint32_t category;
    struct reply *reply;
    size_t count;
};

static bool parse_filter(struct call *call, struct list_request *request)
{
    if (call->argc == 2)
        return true;
    if (call->argc != 5 || !call_arg_is(call, 2, "filterby"))
        return false;
    if (call_arg_is(call, 3, "module"))
        request->kind = FILTER_MODULE;
    else if (call_arg_is(call, 3, "aclcat"))
        request->kind = FILTER_CATEGORY;
    else if (call_arg_is(call, 3, "pattern"))
        request->kind = FILTER_PATTERN;
    else
        return false;
    request->pattern = call->argv[4];
    request->category = acl_category_by_name(call->argv[4]);
    return true;
}

static bool is_asked_for(const struct list_request *request, const struct registered_command *command)
{
    switch (request->kind) {
    case FILTER_NONE:
        break;
    case FILTER_MODULE: /* there are no modules */
        return false;
    case FILTER_CATEGORY:
        return (command->acl & request->category) != 0;
    case FILTER_PATTERN:
        return glob_match(request->pattern, bytes_of(command->full_name), true);
    }
    return true;
}

static void list_command(struct list_request *request, const struct registered_command *command)
{
    if (is_asked_for(request, command)) {
        reply_bulk_text(request->reply, command->full_name);
        request->count++;
    }
    for (int i = 0; i < command->subcommand_count; i++)
        list_command(request, &command->subcommands[i]);
}

static void cmd_command_list(struct call *call)
{
    struct list_request request = {.kind = FILTER_NONE, .reply = call->reply};
    if (!parse_filter(call, &request)) {
        call_syntax_error(call);
        return;
    }
    struct reply_mark later = reply_later(call->reply);
    for (int i = 0; i < registry_count(call->server->registry); i++)
        list_command(&request, registry_at(call->server->registry, i));
    reply_later_done(call->reply, later, '*', request.count);
}

/* ---- COMMAND GETKEYS, COMMAND GETKEYSANDFLAGS ---- */

static bool has_arity(const struct command *row, int argc)
{
    return row->arity > 0 ? argc == row->arity : argc >= -row->arity;
}

static void reply_positions(struct call *call, const struct key_positions *positions, bool with_flags)
{
    reply_array(call->reply, (size_t)positions->count);
    for (int i = 0; i < positions->count; i++) {
        const struct key_position *position = key_position_at(positions, i);
        if (with_flags)
            reply_array(call->reply, 2);
        reply_bulk(call->reply, call->argv[2 + position->index]);
        if (with_flags)
            reply_key_flags(call->reply, position->flags);
    }
}

static void reply_keys(struct call *call, bool with_flags)
{
    const struct bytes *argv = call->argv + 2;
    int argc = call->argc - 2;
    bool is_unknown_subcommand;
    const struct registered_command *command =
        registry_resolve(call->server->registry, argv, argc, &is_unknown_subcommand);
    if (!command || is_unknown_subcommand) {
        call_error_format(call, "ERR Invalid command specified");
    } else if (!command_has_keys(command->row)) {
        call_error_format(call, "ERR The command has no key arguments");
    } else if (!has_arity(command->row, argc)) {
        call_error_format(call, "ERR Invalid number of arguments specified for command");
    } else {
        struct key_positions positions = {.count = 0};
        bool is_found = command_find_keys(command->row, argv, argc, &positions) && positions.count > 0;
        if (is_found || (command->row->flags & COMMAND_NO_MANDATORY_KEYS))
            reply_positions(call, &positions, with_flags);
        else
            call_error_format(call, "ERR Invalid arguments specified for command");
        key_positions_clear(&positions);
    }
}

static void cmd_command_getkeys(struct call *call)
{
    reply_keys(call, false);
}

static void cmd_command_getkeysandflags(struct call *call)
{
    reply_keys(call, true);
}

static void cmd_command_help(struct call *call)
{
    static const char *const lines[] = {
        "(no subcommand)",
        "    Describe all commands.",
        "COUNT",
        "    How many commands there are.",
        "DOCS [<command-name> ...]",
        "    What a person wants to know of these commands, or of all.",
        "GETKEYS <full-command>",
        "    The keys among the arguments of a command.",
        "GETKEYSANDFLAGS <full-command>",
        "    The same, and what would be done with each.",
        "INFO [<command-name> ...]",
        "    What a program wants to know of these commands, or of all.",
        "LIST [FILTERBY <MODULE <name>|ACLCAT <category>|PATTERN <pattern>>]",
        "    The names of all commands, or of some.",
        NULL,
    };
    call_help(call, lines);
}

/* ---- rows ---- */

static const char *const unordered_tips[] = {"nondeterministic_output_order", NULL};
static const struct command_history command_info_history[] = {
    {"7.0.0", "Allowed to be called with no argument to get info on all commands."},
    {NULL, NULL},
};

static const struct command command_subcommands[] = {
    {
        .name = "count",
        .run = cmd_command_count,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns a count of commands.",
    },
    {
        .name = "docs",
        .run = cmd_command_docs,
        .arity = -2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of commands to look up",
        .summary = "Returns documentary information about one, multiple or all commands.",
        .synopsis = "[command-name...]",
        .tips = unordered_tips,
    },
    {
        .name = "getkeys",
        .run = cmd_command_getkeys,
        .arity = -3,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(N) where N is the number of arguments to the command",
        .summary = "Extracts the key names from an arbitrary command.",
        .synopsis = "command [arg...]",
    },
    {
        .name = "getkeysandflags",
        .run = cmd_command_getkeysandflags,
        .arity = -3,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of arguments to the command",
        .summary = "Extracts the key names and access flags for an arbitrary command.",
        .synopsis = "command [arg...]",
    },
    {
        .name = "help",
        .run = cmd_command_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "info",
        .run = cmd_command_info,
        .arity = -2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(N) where N is the number of commands to look up",
        .summary = "Returns information about one, multiple or all commands.",
        .synopsis = "[command-name...]",
        .history = command_info_history,
        .tips = unordered_tips,
    },
    {
        .name = "list",
        .run = cmd_command_list,
        .arity = -2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "7.0.0",
        .complexity = "O(N) where N is the total number of Redis commands",
        .summary = "Returns a list of command names.",
        .synopsis = "[FILTERBY filterby<MODULE module-name | ACLCAT category | PATTERN pattern>]",
        .tips = unordered_tips,
    },
    {.name = NULL},
};

static const struct command command_commands[] = {
    {
        .name = "command",
        .run = cmd_command,
        .arity = -1,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_CONNECTION,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(N) where N is the total number of Redis commands",
        .summary = "Returns detailed information about all commands.",
        .tips = unordered_tips,
        .subcommands = command_subcommands,
    },
    {.name = NULL},
};

const struct command_family command_family = {"command", command_commands};
