/* SPDX-License-Identifier: BSD-3-Clause */
#include "reality.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "chance.h"
#include "clocks.h"
#include "detached.h"
#include "disk.h"
#include "editor.h"
#include "engine/batch.h"
#include "engine/blocking.h"
#include "engine/call_run.h"
#include "engine/client.h"
#include "engine/events.h"
#include "engine/key_spec.h"
#include "engine/late_call.h"
#include "engine/long_work.h"
#include "engine/monitor.h"
#include "engine/push_limit.h"
#include "engine/server.h"
#include "kernel.h"
#include "memory.h"
#include "model_script.h"
#include "model_tables.h"
#include "script/run.h"
#include "sockets.h"
#include "world.h"

struct server *running;
static struct client *clients[MODEL_SESSIONS];

/* What runs now. */
static bool has_run, exec_has_begun, somebody_is_dropped;

void reality_set_server(struct server *server)
{
    running = server;
    detached_forget();
}

static struct session *session_of(const struct client *client)
{
    struct session *detached = detached_session(client);
    return detached ? detached : socket_owner(descriptor_of(client->conn.fd)->socket);
}

/* It has, or had, a connection; the others are the server's own, for scripts. */
static bool is_peers(const struct client *client)
{
    return !(client->flags & CLIENT_INTERNAL) || detached_session(client);
}

void reality_session_ended(struct session *session)
{
    clients[session->number] = NULL;
    session->went_as_stranger |= running && model_may_lose_stranger(session, running->clock.mono_ms);
    session->channels = session->patterns = 0;
    session->is_monitor = false;
    session->id = 0;
}

bool reality_is_gone(const struct session *session)
{
    const struct client *client = clients[session->number];
    return client && (client->flags & CLIENT_CLOSE_NOW);
}

bool reality_dropped_somebody(void)
{
    return somebody_is_dropped;
}

bool reality_is_closing(const struct session *session)
{
    const struct client *client = clients[session->number];
    return client && client_is_closing(client);
}

unsigned reality_user_file(void)
{
    return disk_file_id(USER_FILE);
}

static void look_at_clock(void)
{
    ASSERT(running);
    model.clock_ms = running->clock.mono_ms;
    model.wall_offset_ms = running->clock.wall_offset_ms;
    if (running->nesting == 0)
        model.now_ms = model.clock_ms;
}

/* ---- hooks ---- */

static void look_who_is_gone(void)
{
    for (int i = 0; i < MODEL_SESSIONS; i++)
        model.sessions[i].was_gone = reality_is_gone(&model.sessions[i]);
}

__typeof__(client_new) __real_client_new, __wrap_client_new;
struct client *__wrap_client_new(struct server *server, int fd, bool is_unix)
{
    bool is_full = (int64_t)server->client_count >= server->config->maxclients;
    struct client *client = __real_client_new(server, fd, is_unix);
    if (!client)
        return NULL;
    struct session *session = session_of(client);
    session->id = client->id;
    session->port = port_of(fd);
    session->stranger_since_ms = server->clock.mono_ms;
    session->is_known = !model.has_password;
    if (is_full)
        model_turn_away(session);
    clients[session->number] = client;
    return client;
}

/* What it does to the data is carried through. */
__typeof__(client_reap) __real_client_reap, __wrap_client_reap;
void __wrap_client_reap(struct client *client)
{
    if (is_peers(client) && !detached_session(client) && long_work_is_due(client))
        detached_add(client, session_of(client));
    __real_client_reap(client);
}

/* Its descriptor may linger: see conn_finish. */
__typeof__(conn_close) __real_conn_close, __wrap_conn_close;
void __wrap_conn_close(struct conn *conn)
{
    if (conn->fd >= 0 && conn->loop)
        reality_session_ended(socket_owner(descriptor_of(conn->fd)->socket));
    __real_conn_close(conn);
}

__typeof__(client_close_unpushed) __real_client_close_unpushed, __wrap_client_close_unpushed;
void __wrap_client_close_unpushed(struct client *client)
{
    struct session *session = session_of(client);
    session->may_end = session->is_killed = true;
    somebody_is_dropped = true;
    __real_client_close_unpushed(client);
}

/* Who doesn't read what is pushed to it goes, where memory is limited. */
__typeof__(push_limit_keep) __real_push_limit_keep, __wrap_push_limit_keep;
void __wrap_push_limit_keep(struct server *server)
{
    look_who_is_gone();
    __real_push_limit_keep(server);
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->was_gone || !reality_is_gone(session))
            continue;
        if (!model.is_memory_limited)
            world_fail("client %d is closed for what it doesn't read", session->number);
        session->may_end = session->is_killed = true;
    }
}

/* What isn't shown for want of memory is the monitors' loss. */
__typeof__(monitors_show) __real_monitors_show, __wrap_monitors_show;
void __wrap_monitors_show(const struct call *call)
{
    unsigned failures = memory_failures();
    __real_monitors_show(call);
    memory_forget_failures(failures);
}

__typeof__(monitors_show_first) __real_monitors_show_first, __wrap_monitors_show_first;
void __wrap_monitors_show_first(const struct call *call)
{
    unsigned failures = memory_failures();
    __real_monitors_show_first(call);
    memory_forget_failures(failures);
}

__typeof__(dispatch) __real_dispatch, __wrap_dispatch;
bool __wrap_dispatch(struct request *request, const struct bytes *argv)
{
    struct session *session = session_of(request->input->client);
    struct request_text *text = model_next(session, request->argc, argv);
    if (!session->is_garbage)
        list_remove(&text->link);
    model.current = session;
    has_run = exec_has_begun = false;
    bool is_skipped = session->skips_next;
    model_mute(session);
    look_at_clock();
    unsigned failures_before = memory_failures();
    (void)memory_may_fail(true);
    uint64_t errors_before = request->input->client->server->counters.total_error_replies;
    bool is_over = __real_dispatch(request, argv);
    (void)memory_may_fail(false);
    bool client_has_failed = request->input->client->server->counters.total_error_replies > errors_before;
    if (!is_over) {
        session->is_muted = false;
        session->skips_next = is_skipped;
        model.current = NULL;
        list_prepend(&session->sent, &text->link);
        if (session->is_garbage)
            request_text_free(text);
        return false;
    }
    trace("run %d %.*s at %lld%s", session->number, (int)text->argv[0].len, text->argv[0].data,
          (long long)model.clock_ms,
          !has_run            ? " (not run)"
          : session->late.why ? " (late)"
                              : "");
    session->exec_rests = has_run && model_is_exec(text) && session->late.why == LATE_EDIT;
    if (has_run && model_is_exec(text) && !session->exec_rests)
        model_exec_ends(session, exec_has_begun);
    /* What could not be queued lets the transaction fail. */
    session->is_exec_aborted |= !has_run && session->is_in_multi && memory_failures() > failures_before;
    model_done(session, text, has_run, !client_has_failed);
    model_unmute(session);
    return true;
}

static bool is_error(struct expected *expected, struct bytes reply)
{
    (void)expected;
    /* The second: there was none to put it off, either; the third: a damaged payload asked for much. */
    return bytes_is(reply, "-ERR insufficient memory for this value\r\n") || bytes_is(reply, "-ERR\r\n") ||
           bytes_is(reply, "-ERR Bad data format\r\n") ||
           bytes_is(reply, "-ERR One or more scores can't be converted into double\r\n") ||
           bytes_starts_with(reply, BYTES("-ERR CONFIG SET failed "));
}

__typeof__(call_run) __real_call_run, __wrap_call_run;

static struct model_call model_call_of(const struct call *call)
{
    return (struct model_call){
        .session = session_of(call->client),
        .argc = call->argc,
        .argv = call->argv,
        .is_nested = call->server->nesting > 0,
        .has_failed = call->has_failed,
        .served_key = -1,
    };
}

static enum lateness lateness_of(const struct call *call)
{
    if (!call->late)
        return LATE_NOTHING;
    switch (call->client->wait.kind) {
    case WAIT_KEYS:
        return LATE_KEYS;
    case WAIT_COPIES:
        return LATE_COPIES;
    default:
        return call->late->takes_effect_late ? LATE_EDIT : LATE_WORK;
    }
}

static void run_in_model(const struct call *call)
{
    struct model_call in_model = model_call_of(call);
    in_model.late = lateness_of(call);
    model.server_ends = call->server->is_shutting_down;
    model.call_failed = call->has_failed;
    if (in_model.late == LATE_EDIT)
        model_put_off(in_model.session);
    else
        model_call(&in_model);
}

/* Which keys a command reads is known to its row. */
static uint64_t keys_read(const struct call *call)
{
    struct key_positions positions = {0};
    uint64_t keys = 0;
    if (!(call->command->row->flags & COMMAND_READONLY) || call->command->row->flags & COMMAND_PUBSUB)
        return 0;
    command_find_keys(call->command->row, call->argv, call->argc, &positions);
    for (int i = 0; i < positions.count; i++) {
        int key = model_key_if_any(call->argv[key_position_at(&positions, i)->index]);
        keys |= key >= 0 ? UINT64_C(1) << key : 0;
    }
    key_positions_clear(&positions);
    return keys;
}

static struct session *script_caller;

/* It takes longer than what it does. */
__typeof__(run_pause_point) __real_run_pause_point, __wrap_run_pause_point;
void __wrap_run_pause_point(lua_State *lua)
{
    if (chance_permille(&world_chance, faults.slow_script))
        clocks_sleep_until_us(clocks_now_us() + chance_between(&world_chance, 1, 300));
    __real_run_pause_point(lua);
}

/* In a later turn, it is still the moment when it began. */
static void goes_on(struct session *session)
{
    model.current = session;
    model.now_ms = session->late.began_ms;
    session->is_muted = session->late.is_muted;
}

static void stands_still(struct session *session)
{
    model_unmute(session);
    model_end_deferred(session);
    model.current = NULL;
}

static void run_in_script(struct call *call)
{
    struct session *caller = model.standing ? model.standing : script_caller;
    uint64_t keys = keys_read(call);
    unsigned failures_before = memory_failures();
    __real_call_run(call);
    model.clock_ms = call->server->clock.mono_ms;
    bool is_later = model.standing && caller->late.why == LATE_EDIT;
    if (is_later)
        goes_on(caller);
    model_script_step(caller, call->argc, call->argv,
                      call->has_failed && memory_failures() > failures_before);
    model_has_read(caller, keys);
    if (is_later)
        stands_still(caller);
}

/* Only before it begins it may be refused. */
static void begin_script(const struct call *call, struct session *session)
{
    size_t size = 0;
    for (int i = 0; i < call->argc; i++)
        size += call->argv[i].len;
    script_caller = session;
    model_show_script(session, call->argc, call->argv, size < MEM_FOREIGN_MIN / 2);
}

/* It is over its threshold. */
static void note_standing(const struct call *call, struct session *session)
{
    if (!call->late || !model_runs_script(call->argv[0]))
        return;
    trace("script of %d stands still%s", session->number, model.executing ? " in EXEC" : "");
    model.standing = session;
    model.stood = true;
    model.is_function_standing = bytes_is_nocase(call->argv[0], "fcall");
    if (!model.executing)
        model_begins_undivided(session);
}

/* Without memory for it the data would be lost. */
static bool is_reload(const struct call *call)
{
    return bytes_is_nocase(call->argv[0], "debug");
}

void __wrap_call_run(struct call *call)
{
    if (!is_peers(call->client)) {
        run_in_script(call);
        return;
    }
    struct session *session = session_of(call->client);
    bool is_nested = call->server->nesting > 0;
    look_at_clock();
    if (is_nested && session->exec_rests) {
        goes_on(session);
    } else if (is_nested && !exec_has_begun) {
        exec_has_begun = true;
        model_settle_expired();
        model_exec_begins(session);
    }
    if (is_nested) {
        model_exec_passes_denied(session);
        model_exec_runs(session, call->argc, call->argv);
    }
    look_who_is_gone();
    int64_t clock_ms = model.clock_ms;
    unsigned failures_before = memory_failures();
    bool may_fail = memory_may_fail(false);
    somebody_is_dropped = false;
    if (!model.standing)
        model.script_calls = 0;
    if (model_runs_script(call->argv[0]))
        begin_script(call, session);
    (void)memory_may_fail(may_fail && !is_reload(call));
    __real_call_run(call);
    (void)memory_may_fail(may_fail);
    note_standing(call, session);
    if (!is_nested && !call->late && model.executing == session)
        model.executing = NULL;
    model.clock_ms = clock_ms;
    /* EXEC will come to its end. */
    if (is_nested && call->late) {
        if (session->exec_rests)
            stands_still(session);
        return;
    }
    if (is_nested)
        session->run_count++;
    else
        has_run = true;
    model.script_failed = call->has_failed && memory_failures() > failures_before;
    if (model.script_failed && !model_is_script(call->argv[0])) {
        struct model_call refused = model_call_of(call);
        model_refused(&refused);
        model.moved_http |= bytes_is_nocase(call->argv[0], "config");
        (void)out_any(session, is_error);
        model_show(session, call->argc, call->argv);
    } else {
        run_in_model(call);
    }
    model_has_read(session, keys_read(call));
    if (session->exec_rests)
        stands_still(session);
}

/* ---- what is answered late ---- */

static bool is_serving;

__typeof__(blocking_serve) __real_blocking_serve, __wrap_blocking_serve;
void __wrap_blocking_serve(struct server *server)
{
    bool was_serving = is_serving;
    is_serving = true;
    (void)memory_may_fail(false);
    __real_blocking_serve(server);
    is_serving = was_serving;
}

/* One of its commands, not EXEC itself. */
static bool is_in_exec(const struct call *call)
{
    return call->client->flags & CLIENT_IN_EXEC && !bytes_is_nocase(call->argv[0], "exec");
}

/* A script among others: EXEC isn't over. */
static void answered_in_exec(const struct call *call)
{
    struct model_call in_model = model_call_of(call);
    struct session *session = in_model.session;
    look_at_clock();
    if (session->exec_rests)
        goes_on(session);
    model.script_failed = false;
    model.standing = NULL;
    model.call_failed = call->has_failed;
    in_model.was_admitted = true;
    session->run_count++;
    model_call(&in_model);
    model_has_read(session, keys_read(call));
    if (session->exec_rests)
        stands_still(session);
}

static void answered(struct call *call, enum wait_kind kind, const void *context)
{
    struct model_call in_model = model_call_of(call);
    struct session *session = in_model.session;
    if (is_in_exec(call)) {
        answered_in_exec(call);
        return;
    }
    look_at_clock();
    if (session->exec_rests) {
        goes_on(session);
        model_exec_ends(session, true);
        model_unmute(session);
        model.current = NULL;
    }
    if (session == model.standing) {
        model.now_ms = session->late.began_ms;
        model.script_failed = false;
        model.standing = NULL;
    }
    model.call_failed = call->has_failed;
    trace("answered %d at %lld", session->number, (long long)model.clock_ms);
    if (session->late.why == LATE_EDIT)
        model_serve(&in_model, BYTES(""));
    else if (kind == WAIT_KEYS && is_serving)
        model_serve(&in_model, ((const struct key *)context)->name);
    else if (call->server->current_client && kind != WAIT_WORK)
        model_unblock(session, context);
    else
        model_late_done(session, model.clock_ms);
}

__typeof__(late_call_answer) __real_late_call_answer, __wrap_late_call_answer;
bool __wrap_late_call_answer(struct late_call *late, bool (*answer)(struct call *call, void *context),
                             void *context)
{
    enum wait_kind kind = late->call.client->wait.kind;
    bool is_answered = __real_late_call_answer(late, answer, context);
    if (is_answered && is_peers(late->call.client))
        answered(&late->call, kind, context);
    if (is_answered && !is_in_exec(&late->call))
        detached_end(late->call.client);
    return is_answered;
}

/* What isn't a command's doing is told at once; returns whose runs. */
static struct session *tell_at_once(const struct server *server)
{
    struct session *current = model.current;
    if (!server->current_client)
        model.current = NULL;
    return current;
}

__typeof__(events_removed) __real_events_removed, __wrap_events_removed;
void __wrap_events_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    const struct server *server = context;
    int64_t now_ms = server->nesting ? model.now_ms : server->clock.mono_ms;
    __real_events_removed(context, keyspace, key, why);
    if (server != running)
        return;
    struct session *current = tell_at_once(server);
    if (keyspace_index(keyspace) == CROWD_DATABASE)
        (why == REMOVED_EVICTED ? crowd_evicted(key) : crowd_expired(key, now_ms));
    else if (why == REMOVED_EVICTED)
        model_evicted(keyspace_index(keyspace), key);
    else
        model_expired(keyspace_index(keyspace), key, now_ms, server->current_client);
    model.current = current;
}

__typeof__(events_parts_removed) __real_events_parts_removed, __wrap_events_parts_removed;
void __wrap_events_parts_removed(void *context, struct keyspace *keyspace, struct bytes key,
                                 const struct removed_parts *parts)
{
    const struct server *server = context;
    int64_t now_ms = server->nesting ? model.now_ms : server->clock.mono_ms;
    __real_events_parts_removed(context, keyspace, key, parts);
    if (server != running)
        return;
    struct session *current = tell_at_once(server);
    model_fields_expired(keyspace_index(keyspace), key, now_ms, parts->names, parts->count, parts->with_key,
                         server->current_client);
    model.current = current;
}
