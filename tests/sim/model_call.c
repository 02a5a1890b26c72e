/* SPDX-License-Identifier: BSD-3-Clause */
/* A request that was dealt with: run, queued, or refused and why. */
#include "base/number.h"
#include "model_script.h"
#include "model_tables.h"
#include "world.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The rows are many: mostly the first letter is enough. */
static const struct model_command *find(const struct model_command *command, struct bytes name)
{
    char initial = name.len > 0 ? lower(name.data[0]) : 0;
    for (; command->name; command++) {
        if (command->name[0] == initial && bytes_is_nocase(name, command->name))
            return command;
    }
    return NULL;
}

const struct model_command *model_command(struct bytes name)
{
    static const struct model_command *const tables[] = {
        model_string_commands,    model_key_commands,        model_session_commands, model_server_commands,
        model_list_commands,      model_block_commands,      model_hash_commands,    model_field_commands,
        model_set_commands,       model_zset_commands,       model_range_commands,   model_sort_commands,
        model_element_commands,   model_script_commands,     model_stream_commands,  model_group_commands,
        model_condition_commands, model_bits_commands,       model_user_commands,    model_monitor_commands,
        model_guest_commands,     model_hyperloglog_commands};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const struct model_command *command = find(tables[i], name);
        if (command)
            return command;
    }
    return NULL;
}

bool model_is_script(struct bytes name)
{
    return find(model_script_commands, name);
}

bool model_runs_script(struct bytes name)
{
    return bytes_is_nocase(name, "eval") || bytes_is_nocase(name, "fcall");
}

bool call_word(const struct model_call *call, int index, const char *word)
{
    return index < call->argc && bytes_is_nocase(call->argv[index], word);
}

/* All but CLIENT alone, or with a word that is none of its subcommands. */
static bool ends_choice(const struct session *session, const struct request_text *request)
{
    return !session->is_in_multi && !(request->argc > 1 && bytes_is_nocase(request->argv[0], "client"));
}

bool call_value(const struct model_call *call, int index, enum model_kind kind, struct slot **slot)
{
    *slot = call_slot(call, index);
    if (!*slot || (*slot)->value.kind == kind)
        return true;
    out_wrong_type(call->session);
    return false;
}

bool call_number(const struct model_call *call, int index, int64_t *number)
{
    if (parse_i64(call->argv[index], number))
        return true;
    out_error(call->session, "ERR value is not an integer or out of range");
    return false;
}

int model_database(const struct model_call *call, int index)
{
    int64_t number = 0;
    (void)parse_i64(call->argv[index], &number);
    return (int)number;
}

static bool is_container(struct bytes name)
{
    static const char *const containers[] = {"client", "config",   "object",  "memory", "slowlog",
                                             "pubsub", "latency",  "command", "acl",    "xgroup",
                                             "xinfo",  "function", "script"};
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        if (bytes_is_nocase(name, containers[i]))
            return true;
    }
    return false;
}

void model_full_name(int argc, const struct bytes *argv, struct buf *name)
{
    for (int i = 0; i < argc && i < 2; i++) {
        if (i == 1 && !is_container(argv[0]))
            break;
        buf_append_text(name, i == 1 ? "|" : "");
        buf_append_bytes(name, argv[i]);
    }
    for (size_t i = 0; i < name->len; i++)
        name->data[i] = lower(name->data[i]);
}

/* When it ends nobody asks again. */
static void check_permission(const struct model_call *call)
{
    struct buf name = {0};
    model_full_name(call->argc, call->argv, &name);
    if (!call->was_admitted && model_denies(call->session, buf_bytes(&name), call->argc, call->argv))
        world_fail("client %d runs %s, which it may not", call->session->number, buf_cstring(&name));
    buf_clear(&name);
}

static bool is_allowed_busy(struct bytes full_name)
{
    static const char *const names[] = {"auth",     "hello",       "quit",          "reset",
                                        "multi",    "discard",     "watch",         "unwatch",
                                        "shutdown", "script|kill", "function|kill", "function|stats"};
    bool is_allowed = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        is_allowed |= bytes_is(full_name, names[i]);
    return is_allowed;
}

/* Nothing runs between what is done at once. */
static void check_undivided(const struct model_call *call)
{
    const struct session *undivided = model_undivided();
    struct buf name = {0};
    bool is_part = call->is_nested || call->was_admitted || call_word(call, 0, "exec");
    if (!undivided || (undivided == call->session && is_part))
        return;
    model_full_name(call->argc, call->argv, &name);
    if (!is_allowed_busy(buf_bytes(&name)))
        world_fail("client %d runs %s in the middle of what client %d does at once", call->session->number,
                   buf_cstring(&name), undivided->number);
    buf_clear(&name);
}

void model_call(struct model_call *call)
{
    const struct model_command *command = model_command(call->argv[0]);
    if (!command)
        world_fail("the server runs %.*s, which the model doesn't know", (int)call->argv[0].len,
                   call->argv[0].data);
    check_permission(call);
    check_undivided(call);
    bool is_muted = call->session->is_muted;
    if (call->late != LATE_NOTHING) {
        call->session->late.why = call->late;
        call->session->late.is_muted = is_muted;
        call->session->is_muted = false;
    }
    command->run(call);
    if (call->late != LATE_NOTHING)
        call->session->is_muted = is_muted;
    model_settle_expired();
    /* Who waited for a key was shown when it came. */
    if (!model_runs_script(call->argv[0]) && call->served_key < 0)
        model_show(call->session, call->argc, call->argv);
}

static bool has_arity(const struct model_command *command, int argc)
{
    return command->arity > 0 ? argc == command->arity : argc >= -command->arity;
}

/* Of long ones the begin. */
static void explain_unknown(const struct request_text *request, struct buf *reason)
{
    enum { SHOWN = 128 };
    buf_printf(reason, "ERR unknown command '%s', with args beginning with: ", request->argv[0].data);
    size_t begin = reason->len;
    for (int i = 1; i < request->argc && reason->len - begin < SHOWN; i++)
        buf_printf(reason, "'%.*s' ", (int)(SHOWN - (reason->len - begin)), request->argv[i].data);
}

/* Why it isn't run; nothing: it is. */
static void explain(const struct session *session, const struct request_text *request, struct buf *reason)
{
    const struct model_command *command = model_command(request->argv[0]);
    struct buf name = {0};
    model_full_name(request->argc, request->argv, &name);
    if (!session->is_known && !(command && command->is_for_strangers))
        buf_append_text(reason, "NOAUTH Authentication required.");
    else if (!command)
        explain_unknown(request, reason);
    else if (request->argc > 1 && bytes_is(request->argv[1], "NOSUCH"))
        buf_printf(reason, "ERR unknown subcommand 'NOSUCH'. Try %s HELP.", request->argv[0].data);
    else if (!has_arity(command, request->argc))
        buf_printf(reason, "ERR wrong number of arguments for '%s' command", buf_cstring(&name));
    else if (session->is_in_multi && command->is_not_for_multi)
        buf_append_text(reason, "ERR Command not allowed inside a transaction");
    else if (model_denies(session, buf_bytes(&name), request->argc, request->argv))
        buf_append_text(reason, "NOPERM");
    else if (session->protocol == 2 && (session->channels || session->patterns) &&
             !command->is_allowed_subscribed)
        buf_printf(reason,
                   "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                   "allowed in this context",
                   buf_cstring(&name));
    else if (model.standing && !is_allowed_busy(buf_bytes(&name)))
        buf_append_text(reason, model_busy_text());
    else if (session->is_monitor && model_touches_keys(command, buf_bytes(&name)))
        buf_append_text(reason, "ERR Replica can't interact with the keyspace");
    buf_clear(&name);
}

static bool is_out_of_memory(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-OOM ")) ||
           bytes_starts_with(reply, BYTES("-ERR Can't execute")) ||
           bytes_starts_with(reply, BYTES("-ERR Replica can't")) ||
           bytes_starts_with(reply, BYTES("-EXECABORT ")) || bytes_starts_with(reply, BYTES("-BUSY ")) ||
           (model.refuses_unsaved && bytes_starts_with(reply, BYTES("-MISCONF ")));
}

static bool is_denial(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-NOPERM "));
}

/* Of its transaction monitors have seen the beginning. */
static void refuse_exec(struct session *session, const struct request_text *request)
{
    model_end_transaction(session);
    model_show(session, request->argc, request->argv);
}

/* How much memory the server takes isn't the model's matter. */
static void refuse_for_memory(struct session *session, const struct request_text *request)
{
    (void)out_any(session, is_out_of_memory);
    if (model_is_exec(request))
        refuse_exec(session, request);
    else
        session->is_exec_aborted |= session->is_in_multi;
}

/* For want of memory, or since saving fails. */
static bool may_refuse(void)
{
    return model.is_memory_limited || (model.refuses_unsaved && model.is_saving_configured && faults.are_on);
}

static bool is_refused(struct session *session, const struct request_text *request)
{
    struct buf reason = {0};
    explain(session, request, &reason);
    bool is_refused = reason.len > 0;
    bool may_be_other = may_refuse() && (bytes_starts_with(buf_bytes(&reason), BYTES("ERR Can't execute")) ||
                                         bytes_starts_with(buf_bytes(&reason), BYTES("ERR Replica can't")) ||
                                         bytes_starts_with(buf_bytes(&reason), BYTES("BUSY ")));
    if (may_be_other) {
        refuse_for_memory(session, request);
    } else if (is_refused && model_is_exec(request)) {
        bool has_code = !bytes_starts_with(buf_bytes(&reason), BYTES("ERR "));
        out_error(session, "EXECABORT Transaction discarded because of: %s",
                  buf_cstring(&reason) + (has_code ? 0 : 4));
        refuse_exec(session, request);
    } else if (is_refused) {
        if (bytes_is(buf_bytes(&reason), "NOPERM"))
            (void)out_any(session, is_denial);
        else
            out_error(session, "%s", buf_cstring(&reason));
        session->is_exec_aborted |= session->is_in_multi;
    }
    buf_clear(&reason);
    return is_refused;
}

static void queue(struct session *session, struct request_text *request)
{
    out_text(session, "+QUEUED\r\n");
    list_append(&session->queue, &request->link);
}

void model_done(struct session *session, struct request_text *request, bool has_run, bool is_queued)
{
    const struct model_command *command = model_command(request->argv[0]);
    bool is_kept = false;
    if (!has_run && !session->is_garbage) {
        if (is_refused(session, request)) {
            /* It has its answer. */
        } else if (session->is_in_multi && !command->is_not_queued && (is_queued || !may_refuse())) {
            queue(session, request);
            is_kept = true;
        } else if (may_refuse()) {
            refuse_for_memory(session, request);
        } else {
            world_fail("client %d: %.*s was neither run nor refused", session->number,
                       (int)request->argv[0].len, request->argv[0].data);
        }
    }
    if (ends_choice(session, request))
        model_choice_ends(session);
    model.current = NULL;
    model_end_deferred(session);
    if (!is_kept)
        request_text_free(request);
}
