/* SPDX-License-Identifier: BSD-3-Clause */
/* What users are denied: ACL LOG has what was, ACL DRYRUN what would be. */
#include "acl.h"
#include "engine/server.h"

/* ---- ACL DRYRUN ---- */

static bool has_arity(const struct command *row, int argc)
{
    return row->arity > 0 ? argc == row->arity : argc >= -row->arity;
}

static void reply_verdict(struct call *call, const struct user *user,
                          const struct registered_command *command)
{
    const struct bytes *argv = call->argv + 3;
    int index;
    enum permission permission = acl_check(user, command, argv, call->argc - 3, &index);
    if (permission == PERMITTED) {
        reply_ok(call->reply);
        return;
    }
    struct buf text = {0};
    acl_print_denial(permission, user, command, argv[index], true, &text);
    reply_bulk(call->reply, buf_bytes(&text));
    buf_clear(&text);
}

void cmd_acl_dryrun(struct call *call)
{
    struct bytes name = call->argv[2], word = call->argv[3];
    bool is_unknown_subcommand;
    const struct user *user = users_find(call->server->acl.users, name);
    const struct registered_command *command =
        registry_resolve(call->server->registry, call->argv + 3, call->argc - 3, &is_unknown_subcommand);
    if (!user)
        call_error_format(call, "ERR User '%.*s' not found", (int)name.len, name.data);
    else if (!command || is_unknown_subcommand)
        call_error_format(call, "ERR Command '%.*s' not found", (int)word.len, word.data);
    else if (!has_arity(command->row, call->argc - 3))
        call_error_format(call, "ERR wrong number of arguments for '%s' command", command->full_name);
    else
        reply_verdict(call, user, command);
}

/* ---- ACL LOG ---- */

static void reply_number(struct reply *reply, const char *name, int64_t number)
{
    reply_bulk_text(reply, name);
    reply_int(reply, number);
}

static void reply_text(struct reply *reply, const char *name, struct bytes text)
{
    reply_bulk_text(reply, name);
    reply_bulk(reply, text);
}

static void reply_denial(struct call *call, const struct denial *denial)
{
    struct reply *reply = call->reply;
    reply_map(reply, 10);
    reply_number(reply, "count", (int64_t)denial->count);
    reply_text(reply, "reason", bytes_of(denial_reason_name(denial->reason)));
    reply_text(reply, "context", bytes_of(denial_context_name(denial->context)));
    reply_text(reply, "object", bytes_make(denial->object, denial->object_len));
    reply_text(reply, "username", bytes_of(denial->user));
    reply_bulk_text(reply, "age-seconds");
    reply_double(reply, (double)(call->server->clock.wall_ms - denial->updated_ms) / 1000);
    reply_text(reply, "client-info", bytes_of(denial->client));
    reply_number(reply, "entry-id", (int64_t)denial->id);
    reply_number(reply, "timestamp-created", denial->created_ms);
    reply_number(reply, "timestamp-last-updated", denial->updated_ms);
}

static void reply_denials(struct call *call, int64_t count)
{
    const struct denials *denials = &call->server->acl.denials;
    if (count < 0)
        count = 0;
    if ((uint64_t)count > denials->count)
        count = (int64_t)denials->count;
    reply_array(call->reply, (size_t)count);
    LIST_EACH(link, &denials->list) {
        if (count-- == 0)
            break;
        reply_denial(call, LIST_ENTRY(link, struct denial, link));
    }
}

void cmd_acl_log(struct call *call)
{
    int64_t count = 10;
    if (call->argc > 3) {
        call_subcommand_error(call);
        return;
    }
    if (call_arg_is(call, 2, "reset")) {
        denials_clear(&call->server->acl.denials);
        reply_ok(call->reply);
    } else if (call->argc == 2 || call_int(call, 2, &count)) {
        reply_denials(call, count);
    }
}
