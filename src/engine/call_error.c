/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands say when they can't do what they are told, and how they are to be told. */
#include "base/buf.h"
#include "engine/call.h"
#include "engine/error_stats.h"
#include "engine/server.h"
#include <stdarg.h>
#include <stdio.h>

/* Room for a command's name in a message. */
#define NAME_MAX_SHOWN 64

static void fail(struct call *call, const char *text)
{
    call->has_failed = true;
    error_stats_count(call->server, text);
    reply_error(call->reply, text);
}

void call_error(struct call *call, enum error_code code)
{
    fail(call, error_text(code));
}

void call_error_format(struct call *call, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    fail(call, buf_cstring(&text));
    buf_clear(&text);
}

void call_syntax_error(struct call *call)
{
    call_error(call, ERR_SYNTAX);
}

void call_arity_error(struct call *call)
{
    call_error_format(call, "ERR wrong number of arguments for '%s' command", call->command->full_name);
}

/* The name in capitals of the command that the call's is a subcommand of. */
static void print_container(const struct call *call, char out[static NAME_MAX_SHOWN])
{
    const struct registered_command *command = call->command->parent ? call->command->parent : call->command;
    size_t len = 0;
    for (const char *c = command->name; *c && len + 1 < NAME_MAX_SHOWN; c++)
        out[len++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    out[len] = 0;
}

void call_subcommand_error(struct call *call)
{
    struct bytes subcommand = call->argv[1];
    char name[NAME_MAX_SHOWN];
    print_container(call, name);
    call_error_format(call, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try %s HELP.",
                      (int)(subcommand.len < 128 ? subcommand.len : 128), subcommand.data, name);
}

void call_help(struct call *call, const char *const *lines)
{
    size_t count = 0;
    while (lines[count])
        count++;
    char name[NAME_MAX_SHOWN];
    print_container(call, name);
    char heading[160];
    (void)snprintf(heading, sizeof heading,
                   "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name);
    reply_array(call->reply, count + 3);
    reply_simple(call->reply, heading);
    for (size_t i = 0; i < count; i++)
        reply_simple(call->reply, lines[i]);
    reply_simple(call->reply, "HELP");
    reply_simple(call->reply, "    Print this help.");
}
