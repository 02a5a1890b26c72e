/* SPDX-License-Identifier: BSD-3-Clause */
/* ACL: who may do what. */
#include "acl.h"
#include "access/category.h"
#include "base/random.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"

/* ---- categories ---- */

struct category_listing {
    struct reply *reply;
    uint32_t category;
    size_t count;
};

static void list_if_in_category(void *context, struct registered_command *command)
{
    struct category_listing *listing = context;
    if (!(command->acl & listing->category))
        return;
    reply_bulk_text(listing->reply, command->full_name);
    listing->count++;
}

static void cmd_acl_cat(struct call *call)
{
    struct reply *reply = call->reply;
    if (call->argc > 3) {
        call_subcommand_error(call);
        return;
    }
    if (call->argc == 2) {
        reply_array(reply, (size_t)acl_category_count);
        for (int i = 0; i < acl_category_count; i++)
            reply_bulk_text(reply, acl_category_names[i]);
        return;
    }
    struct category_listing listing = {reply, acl_category_by_name(call->argv[2]), 0};
    if (!listing.category) {
        call_error_format(call, "ERR Unknown category '%.*s'",
                          (int)(call->argv[2].len < 128 ? call->argv[2].len : 128), call->argv[2].data);
        return;
    }
    struct reply_mark later = reply_later(reply);
    registry_each(call->server->registry, list_if_in_category, &listing);
    reply_later_done(reply, later, '*', listing.count);
}

/* ---- passwords ---- */

#define PASSWORD_BITS_DEFAULT 256
#define PASSWORD_BITS_MAX     4096

static void cmd_acl_genpass(struct call *call)
{
    int64_t bits = PASSWORD_BITS_DEFAULT;
    char password[PASSWORD_BITS_MAX / 4 + 1];
    if (call->argc > 3) {
        call_subcommand_error(call);
        return;
    }
    if (call->argc == 3) {
        if (!call_int(call, 2, &bits))
            return;
        if (bits <= 0 || bits > PASSWORD_BITS_MAX) {
            call_error_format(call,
                              "ERR ACL GENPASS argument must be the number of bits for the output password, "
                              "a positive number up to %d",
                              PASSWORD_BITS_MAX);
            return;
        }
    }
    size_t len = (size_t)(bits + 3) / 4;
    random_hex(password, len);
    reply_bulk(call->reply, bytes_make(password, len));
}

static void cmd_acl_help(struct call *call)
{
    static const char *const lines[] = {
        "CAT [<category>]",
        "    The categories of commands, or the commands of a category.",
        "DELUSER <username> [<username> ...]",
        "    Take users away, and close their connections.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Whether a user might run a command.",
        "GENPASS [<bits>]",
        "    A random password of 256 bits, or of as many as asked for.",
        "GETUSER <username>",
        "    What a user may do.",
        "LIST",
        "    The rules of all users, as configuration files have them.",
        "LOAD",
        "    Read the file of users again.",
        "LOG [<count>|RESET]",
        "    Who was denied what, or forget it.",
        "SAVE",
        "    Write all users to the file of users.",
        "SETUSER <username> <rule> [<rule> ...]",
        "    Make a user, or change what one may do.",
        "USERS",
        "    The names of all users.",
        "WHOAMI",
        "    The name of this connection's user.",
        NULL,
    };
    call_help(call, lines);
}

static const struct command_history acl_getuser_history[] = {
    {"6.2.0", "Added Pub/Sub channel patterns."},
    {"7.0.0", "Added selectors and changed the format of key and channel patterns from a list to their rule "
              "representation."},
    {NULL, NULL},
};

static const struct command_history acl_setuser_history[] = {
    {"6.2.0", "Added Pub/Sub channel patterns."},
    {"7.0.0", "Added selectors and key based permissions."},
    {NULL, NULL},
};
static const struct command_history acl_log_history[] = {
    {"7.2.0", "Added entry ID, timestamp created, and timestamp last updated."},
    {NULL, NULL},
};

static const struct command acl_subcommands[] = {
    {
        .name = "cat",
        .run = cmd_acl_cat,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(1) since the categories and commands are a fixed set.",
        .summary = "Lists the ACL categories, or the commands inside a category.",
        .synopsis = "[category]",
    },
    {
        .name = "deluser",
        .run = cmd_acl_deluser,
        .arity = -3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(1) amortized time considering the typical user.",
        .summary = "Deletes ACL users, and terminates their connections.",
        .synopsis = "username...",
    },
    {
        .name = "dryrun",
        .run = cmd_acl_dryrun,
        .arity = -4,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "7.0.0",
        .complexity = "O(1).",
        .summary = "Simulates the execution of a command by a user, without executing the command.",
        .synopsis = "username command [arg...]",
    },
    {
        .name = "genpass",
        .run = cmd_acl_genpass,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Generates a pseudorandom, secure password that can be used to identify ACL users.",
        .synopsis = "[bits:integer]",
    },
    {
        .name = "getuser",
        .run = cmd_acl_getuser,
        .arity = 3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N). Where N is the number of password, command and pattern rules that the user has.",
        .summary = "Lists the ACL rules of a user.",
        .synopsis = "username",
        .history = acl_getuser_history,
    },
    {
        .name = "help",
        .run = cmd_acl_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "list",
        .run = cmd_acl_list,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N). Where N is the number of configured users.",
        .summary = "Dumps the effective rules in ACL file format.",
    },
    {
        .name = "load",
        .run = cmd_acl_load,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N). Where N is the number of configured users.",
        .summary = "Reloads the rules from the configured ACL file.",
    },
    {
        .name = "log",
        .run = cmd_acl_log,
        .arity = -2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N) with N being the number of entries shown.",
        .summary = "Lists recent security events generated due to ACL rules.",
        .synopsis = "[operation<count:integer | RESET>]",
        .history = acl_log_history,
    },
    {
        .name = "save",
        .run = cmd_acl_save,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N). Where N is the number of configured users.",
        .summary = "Saves the effective ACL rules in the configured ACL file.",
    },
    {
        .name = "setuser",
        .run = cmd_acl_setuser,
        .arity = -3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N). Where N is the number of rules provided.",
        .summary = "Creates and modifies an ACL user and its rules.",
        .synopsis = "username [rule...]",
        .history = acl_setuser_history,
    },
    {
        .name = "users",
        .run = cmd_acl_users,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(N). Where N is the number of configured users.",
        .summary = "Lists all ACL users.",
    },
    {
        .name = "whoami",
        .run = cmd_acl_whoami,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns the authenticated username of the current connection.",
    },
    {.name = NULL},
};

static const struct command acl_commands[] = {
    {
        .name = "acl",
        .arity = -2,
        .group = "server",
        .since = "6.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for Access List Control commands.",
        .subcommands = acl_subcommands,
    },
    {.name = NULL},
};

const struct command_family acl_family = {"acl", acl_commands};
