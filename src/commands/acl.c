/* SPDX-License-Identifier: BSD-3-Clause */
/* ACL for the one user there is: "default", who may do everything and has the password of requirepass, or
 * none. */
#include "access/user.h"
#include "base/digest.h"
#include "base/number.h"
#include "base/random.h"
#include "commands/families.h"
#include "engine/acl_category.h"
#include "engine/call.h"
#include "engine/server.h"
#include <stdio.h>

#define USER "default"

static void print_password(const struct user *user, char out[static SHA256_HEX_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[2 * i] = digits[user->password_digest[i] >> 4];
        out[2 * i + 1] = digits[user->password_digest[i] & 15];
    }
    out[SHA256_HEX_SIZE] = 0;
}

/* ---- users ---- */

static void cmd_acl_whoami(struct call *call)
{
    reply_bulk_text(call->reply, USER);
}

static void cmd_acl_users(struct call *call)
{
    reply_array(call->reply, 1);
    reply_bulk_text(call->reply, USER);
}

static void cmd_acl_list(struct call *call)
{
    char password[SHA256_HEX_SIZE + 1], line[160];
    print_password(&call->server->default_user, password);
    (void)snprintf(line, sizeof line, "user " USER " on %s%s sanitize-payload ~* &* +@all",
                   call->server->default_user.needs_password ? "#" : "nopass",
                   call->server->default_user.needs_password ? password : "");
    reply_array(call->reply, 1);
    reply_bulk_text(call->reply, line);
}

static void cmd_acl_getuser(struct call *call)
{
    struct reply *reply = call->reply;
    bool has_password = call->server->default_user.needs_password;
    if (!bytes_is(call->argv[2], USER)) {
        reply_null(reply);
        return;
    }
    reply_map(reply, 6);
    reply_bulk_text(reply, "flags");
    reply_set(reply, has_password ? 2 : 3);
    reply_bulk_text(reply, "on");
    if (!has_password)
        reply_bulk_text(reply, "nopass");
    reply_bulk_text(reply, "sanitize-payload");
    reply_bulk_text(reply, "passwords");
    reply_array(reply, has_password ? 1 : 0);
    if (has_password) {
        char password[SHA256_HEX_SIZE + 1];
        print_password(&call->server->default_user, password);
        reply_bulk_text(reply, password);
    }
    reply_bulk_text(reply, "commands");
    reply_bulk_text(reply, "+@all");
    reply_bulk_text(reply, "keys");
    reply_bulk_text(reply, "~*");
    reply_bulk_text(reply, "channels");
    reply_bulk_text(reply, "&*");
    reply_bulk_text(reply, "selectors");
    reply_array(reply, 0);
}

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
        "GENPASS [<bits>]",
        "    A random password of 256 bits, or of as many as asked for.",
        "GETUSER <username>",
        "    What a user may do.",
        "LIST",
        "    The rules of all users, as configuration files have them.",
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
