/* SPDX-License-Identifier: BSD-3-Clause */
/* COMMAND DOCS' description of a command: for people, by way of redis-cli's HELP and hints. */
#include "base/error.h"
#include "base/panic.h"
#include "command_reply.h"
#include "engine/synopsis.h"

static void reply_pair(struct reply *reply, const char *name, const char *text)
{
    if (!text)
        return;
    reply_bulk_text(reply, name);
    reply_bulk_text(reply, text);
}

static void reply_pair_bytes(struct reply *reply, const char *name, struct bytes bytes)
{
    if (!bytes.data)
        return;
    reply_bulk_text(reply, name);
    reply_bulk(reply, bytes);
}

/* ---- arguments ---- */

enum { OPTIONAL = 1, MULTIPLE = 2, MULTIPLE_TOKEN = 4 };

static uint32_t flags_of(const struct argument *argument)
{
    return (argument->is_optional ? OPTIONAL : 0U) | (argument->is_multiple ? MULTIPLE : 0U) |
           (argument->is_token_repeated ? MULTIPLE_TOKEN : 0U);
}

static int count_fields(const struct argument *argument)
{
    return 3 + (argument->key_spec >= 0) + (argument->token.data != NULL) + (argument->since.data != NULL) +
           (argument->deprecated_since.data != NULL) + (flags_of(argument) != 0);
}

static void reply_arguments(struct reply *reply, const struct argument *arguments, int count);

static void reply_argument(struct reply *reply, const struct argument *argument)
{
    static const struct flag_name flag_names[] = {
        {OPTIONAL, "optional"}, {MULTIPLE, "multiple"}, {MULTIPLE_TOKEN, "multiple_token"}, {0, NULL}};
    bool has_parts = argument->argument_count > 0;
    reply_map(reply, (size_t)count_fields(argument));
    reply_pair_bytes(reply, "name", argument->name);
    reply_pair(reply, "type", argument_type_name(argument->type));
    if (!has_parts)
        reply_pair_bytes(reply, "display_text", argument->display.data ? argument->display : argument->name);
    if (argument->key_spec >= 0) {
        reply_bulk_text(reply, "key_spec_index");
        reply_int(reply, argument->key_spec);
    }
    reply_pair_bytes(reply, "token", argument->token);
    reply_pair_bytes(reply, "since", argument->since);
    reply_pair_bytes(reply, "deprecated_since", argument->deprecated_since);
    if (flags_of(argument)) {
        reply_bulk_text(reply, "flags");
        reply_flag_names(reply, flags_of(argument), flag_names);
    }
    if (has_parts) {
        reply_bulk_text(reply, "arguments");
        reply_arguments(reply, argument->arguments, argument->argument_count);
    }
}

static void reply_arguments(struct reply *reply, const struct argument *arguments, int count)
{
    reply_array(reply, (size_t)count);
    for (int i = 0; i < count; i++)
        reply_argument(reply, &arguments[i]);
}

static void reply_synopsis(struct reply *reply, const struct command *row)
{
    struct synopsis synopsis;
    struct error error;
    int key_spec_count = 0;
    if (!row->synopsis)
        return;
    while (key_spec_count < KEY_SPECS_MAX && row->keys[key_spec_count].begin != KEY_BEGIN_NONE)
        key_spec_count++;
    if (!synopsis_parse(&synopsis, row->synopsis, key_spec_count, &error))
        PANIC("synopsis of %s: %s", row->name, error.text);
    reply_bulk_text(reply, "arguments");
    reply_arguments(reply, synopsis.arguments, synopsis.argument_count);
    synopsis_clear(&synopsis);
}

/* ---- the command ---- */

static void reply_history(struct reply *reply, const struct command_history *history)
{
    size_t count = 0;
    if (!history)
        return;
    while (history[count].version)
        count++;
    reply_bulk_text(reply, "history");
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_array(reply, 2);
        reply_bulk_text(reply, history[i].version);
        reply_bulk_text(reply, history[i].change);
    }
}

static void reply_subcommands(struct reply *reply, const struct registered_command *command)
{
    if (command->subcommand_count == 0)
        return;
    reply_bulk_text(reply, "subcommands");
    reply_map(reply, (size_t)command->subcommand_count);
    for (int i = 0; i < command->subcommand_count; i++) {
        reply_bulk_text(reply, command->subcommands[i].full_name);
        reply_command_docs(reply, &command->subcommands[i]);
    }
}

enum { DEPRECATED = 1, SYSTEM = 2 };

void reply_command_docs(struct reply *reply, const struct registered_command *command)
{
    static const struct flag_name flag_names[] = {{DEPRECATED, "deprecated"}, {SYSTEM, "syscmd"}, {0, NULL}};
    const struct command *row = command->row;
    uint32_t flags = (row->deprecated_since ? DEPRECATED : 0U) | (row->flags & COMMAND_SYSTEM ? SYSTEM : 0U);
    int count = 3; /* summary, since, group */
    count += (row->complexity != NULL) + (flags != 0) + (row->deprecated_since != NULL) +
             (row->replaced_by != NULL) + (row->history != NULL) + (row->synopsis != NULL) +
             (command->subcommand_count > 0);
    reply_map(reply, (size_t)count);
    reply_pair(reply, "summary", row->summary);
    reply_pair(reply, "since", row->since);
    reply_pair(reply, "group", row->group);
    reply_pair(reply, "complexity", row->complexity);
    if (flags) {
        reply_bulk_text(reply, "doc_flags");
        reply_flag_names(reply, flags, flag_names);
    }
    reply_pair(reply, "deprecated_since", row->deprecated_since);
    reply_pair(reply, "replaced_by", row->replaced_by);
    reply_history(reply, row->history);
    reply_synopsis(reply, row);
    reply_subcommands(reply, command);
}
