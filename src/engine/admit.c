/* SPDX-License-Identifier: BSD-3-Clause */
/* One table of reasons to refuse, in the order they are checked; each reads facts and calls nobody. */
#include "admit.h"
#include "base/buf.h"
#include "engine/auth_throttle.h"
#include "engine/client.h"
#include "engine/pause.h"
#include "engine/server.h"
#include "engine/transaction.h"
#include <stdio.h>

/* How much of an unknown command's name and arguments its error repeats. */
#define SHOWN_MAX 128

/* Every refusal ends here: a transaction it happens in won't be executed, and EXEC itself ends its
 * transaction. */
static enum admission refuse(struct call *call, const char *text)
{
    if (call->command) {
        call->command->rejected++;
        if (call->command->row->flags & COMMAND_IS_EXEC) {
            transaction_refuse(call, text);
            return REFUSED;
        }
    }
    transaction_abort(call->client);
    call_error_format(call, "%s", text);
    return REFUSED;
}

static enum admission refuse_unknown_command(struct call *call)
{
    struct buf text = {0};
    struct bytes name = call->argv[0];
    buf_printf(&text, "ERR unknown command '%.*s', with args beginning with: ",
               (int)(name.len < SHOWN_MAX ? name.len : SHOWN_MAX), name.data);
    size_t start = text.len;
    for (int i = 1; i < call->argc && text.len - start < SHOWN_MAX; i++) {
        size_t room = SHOWN_MAX - (text.len - start);
        struct bytes argument = call->argv[i];
        buf_printf(&text, "'%.*s' ", (int)(argument.len < room ? argument.len : room), argument.data);
    }
    refuse(call, buf_cstring(&text));
    buf_clear(&text);
    return REFUSED;
}

static enum admission refuse_unknown_subcommand(struct call *call)
{
    struct bytes name = call->argv[1];
    char text[SHOWN_MAX + 80], container[32];
    size_t len = 0;
    for (const char *c = call->command->name; *c && len + 1 < sizeof container; c++)
        container[len++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    container[len] = 0;
    (void)snprintf(text, sizeof text, "ERR unknown subcommand '%.*s'. Try %s HELP.",
                   (int)(name.len < SHOWN_MAX ? name.len : SHOWN_MAX), name.data, container);
    return refuse(call, text);
}

/* ---- the rules ---- */

/* What the command does, and for EXEC what its queue does. */
static uint32_t flags_of(const struct call *call)
{
    uint32_t flags = call->command->row->flags;
    if (call->command->row->flags & COMMAND_IS_EXEC)
        flags |= transaction_flags(call->client) &
                 (COMMAND_WRITE | COMMAND_READONLY | COMMAND_DENYOOM | COMMAND_MAY_REPLICATE);
    return flags;
}

static bool is_protected(const struct call *call, uint32_t flag, int protection)
{
    const struct client *client = call->client;
    return (call->command->row->flags & flag) &&
           !config_permits(protection,
                           (client->flags & CLIENT_INTERNAL) || conn_peer_is_local(&client->conn));
}

static bool is_debug_protected(const struct call *call)
{
    return is_protected(call, COMMAND_NEEDS_DEBUG, call->server->config->enable_debug_command);
}

static bool is_module_protected(const struct call *call)
{
    return is_protected(call, COMMAND_NEEDS_MODULE, call->server->config->enable_module_command);
}

static bool is_unauthenticated(const struct call *call)
{
    return !(call->client->flags & CLIENT_AUTHENTICATED) && !(call->command->row->flags & COMMAND_NO_AUTH);
}

static bool is_not_for_transactions(const struct call *call)
{
    return (call->client->flags & CLIENT_MULTI) && (call->command->row->flags & COMMAND_NO_MULTI);
}

/* A queue takes memory too, whatever the queued command would do. */
static bool is_out_of_memory(const struct call *call)
{
    bool takes_memory =
        (flags_of(call) & COMMAND_DENYOOM) ||
        ((call->client->flags & CLIENT_MULTI) && !(call->command->row->flags & COMMAND_IN_MULTI));
    return takes_memory && !(call->client->flags & CLIENT_OBEYED) && memory_limit_refuses(call);
}

static bool is_subscribed(const struct call *call)
{
    const struct client *client = call->client;
    return client->reply.protocol == 2 && client_class(client) == CLIENT_CLASS_PUBSUB &&
           !(call->command->row->flags & COMMAND_WHILE_SUBSCRIBED);
}

/* While data is loaded EXEC may run only what may run by itself. */
static bool is_loading(const struct call *call)
{
    uint32_t flags = call->command->row->flags;
    if (flags & COMMAND_IS_EXEC)
        flags &= transaction_common_flags(call->client);
    return call->server->status.is_loading && !(flags & COMMAND_LOADING);
}

static bool is_script_busy(const struct call *call)
{
    return call->server->status.is_script_busy && !(call->client->flags & CLIENT_SCRIPT) &&
           !(call->command->row->flags & COMMAND_ALLOW_BUSY);
}

static bool is_function_busy(const struct call *call)
{
    return call->server->status.is_function_busy && is_script_busy(call);
}

static bool is_monitor(const struct call *call)
{
    return (call->client->flags & CLIENT_MONITOR) &&
           (flags_of(call) & (COMMAND_WRITE | COMMAND_READONLY | COMMAND_MAY_REPLICATE));
}

/* A dataset that can't be saved must not change for long. Redis refuses PING as well: health checks should
 * see it. */
static bool is_not_saved(const struct call *call)
{
    const struct config *config = call->server->config;
    return call->server->status.is_snapshot_failed && config->stop_writes_on_bgsave_error &&
           config->save.count > 0 &&
           ((flags_of(call) & COMMAND_WRITE) || strcmp(call->command->row->name, "ping") == 0);
}

/* Its script is told in other words. */
static bool is_denied_to_script(const struct call *call)
{
    return (call->client->flags & CLIENT_SCRIPT) && acl_denies(call);
}

static void explain_memory(const struct call *call, struct buf *text)
{
    /* Scripts compare texts. */
    if (!(call->client->flags & CLIENT_SCRIPT))
        memory_limit_explain(call->server, true, text);
}

struct rule {
    bool (*refuses)(const struct call *call);
    enum error_code code; /* in its text, %s stands for the command's name */
    void (*explain)(const struct call *call, struct buf *text); /* appends the detail; NULL: there is none */
};

static const struct rule rules[] = {
    {is_debug_protected, ERR_DEBUG_PROTECTED, NULL},
    {is_module_protected, ERR_MODULE_PROTECTED, NULL},
    {is_not_for_transactions, ERR_NOT_IN_MULTI, NULL},
    {is_denied_to_script, ERR_NO_PERMISSION_IN_SCRIPT, acl_explain_denial},
    {acl_denies, ERR_NO_PERMISSION, acl_explain_denial},
    {is_out_of_memory, ERR_OOM, explain_memory},
    {is_not_saved, ERR_NOT_SAVED, NULL},
    {is_subscribed, ERR_SUBSCRIBED, NULL},
    {is_loading, ERR_LOADING, NULL},
    {is_function_busy, ERR_FUNCTION_BUSY, NULL},
    {is_script_busy, ERR_SCRIPT_BUSY, NULL},
    {is_monitor, ERR_NO_KEYSPACE, NULL},
};

static enum admission refuse_by(struct call *call, const struct rule *rule)
{
    const char *pattern = error_text(rule->code), *place = strstr(pattern, "%s");
    struct buf text = {0};
    buf_append(&text, pattern, place ? (size_t)(place - pattern) : strlen(pattern));
    if (place) {
        buf_append_text(&text, call->command->full_name);
        buf_append_text(&text, place + 2);
    }
    if (rule->explain)
        rule->explain(call, &text);
    enum admission admission = refuse(call, buf_cstring(&text));
    buf_clear(&text);
    return admission;
}

/* Connections are open, nobody runs anything: CLIENT PAUSE. */
static bool is_paused(const struct call *call)
{
    if (!pause_holds_data(call->server))
        return false;
    return !call->server->status.pauses_writes_only ||
           ((flags_of(call) & (COMMAND_WRITE | COMMAND_MAY_REPLICATE)) && !call_only_reads(call));
}

/* It tries a password now (in a transaction: EXEC does). */
static bool is_a_guess(const struct call *call)
{
    uint32_t flags = call->command->row->flags;
    if (call->client->flags & CLIENT_MULTI)
        flags = flags & COMMAND_IS_EXEC ? transaction_flags(call->client) : 0;
    return (flags & COMMAND_TAKES_PASSWORD) != 0;
}

enum admission admit_by_rules(struct call *call, bool is_unknown_subcommand)
{
    /* Before a password is given, not even the names of commands are told. */
    if (!call->command && !(call->client->flags & CLIENT_AUTHENTICATED))
        return refuse(call, error_text(ERR_NO_AUTH));
    if (!call->command)
        return refuse_unknown_command(call);
    if (is_unauthenticated(call))
        return refuse(call, error_text(ERR_NO_AUTH));
    if (is_unknown_subcommand)
        return refuse_unknown_subcommand(call);
    if (call_has_wrong_arity(call)) {
        char text[128];
        (void)snprintf(text, sizeof text, "ERR wrong number of arguments for '%s' command",
                       call->command->full_name);
        return refuse(call, text);
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].refuses(call))
            return refuse_by(call, &rules[i]);
    }
    if (is_paused(call))
        return POSTPONED;
    return is_a_guess(call) && auth_throttle_must_wait(call->client) ? THROTTLED : ADMITTED;
}
