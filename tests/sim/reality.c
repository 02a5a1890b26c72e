/* SPDX-License-Identifier: BSD-3-Clause */
#include "reality.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/panic.h"
#include "disk.h"
#include "engine/batch.h"
#include "engine/call_run.h"
#include "engine/client.h"
#include "engine/events.h"
#include "engine/late_call.h"
#include "engine/server.h"
#include "kernel.h"
#include "memory.h"
#include "model_tables.h"
#include "persist/rdb_save.h"
#include "sockets.h"
#include "world.h"

enum { MOMENTS_MAX = 1000 };

static struct server *running;
static struct client *clients[MODEL_SESSIONS];

/* What runs now. */
static bool has_run, exec_has_begun, somebody_is_dropped;

void reality_set_server(struct server *server)
{
    running = server;
}

static struct session *session_of(const struct client *client)
{
    return socket_owner(descriptor_of(client->conn.fd)->socket);
}

void reality_session_ended(struct session *session)
{
    clients[session->number] = NULL;
    session->channels = session->patterns = 0;
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

static void look_at_clock(void)
{
    ASSERT(running);
    model.clock_ms = running->clock.mono_ms;
    model.wall_offset_ms = running->clock.wall_offset_ms;
    if (running->nesting == 0)
        model.now_ms = model.clock_ms;
}

/* ---- hooks ---- */

__typeof__(client_new) __real_client_new, __wrap_client_new;
struct client *__wrap_client_new(struct server *server, int fd, bool is_unix)
{
    struct client *client = __real_client_new(server, fd, is_unix);
    if (!client)
        return NULL;
    struct session *session = session_of(client);
    session->id = client->id;
    clients[session->number] = client;
    return client;
}

__typeof__(client_close_unpushed) __real_client_close_unpushed, __wrap_client_close_unpushed;
void __wrap_client_close_unpushed(struct client *client)
{
    struct session *session = session_of(client);
    session->may_end = session->is_killed = true;
    somebody_is_dropped = true;
    __real_client_close_unpushed(client);
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
    look_at_clock();
    unsigned failures_before = memory_failures();
    memory_may_fail(true);
    uint64_t errors_before = request->input->client->server->counters.total_error_replies;
    bool is_over = __real_dispatch(request, argv);
    memory_may_fail(false);
    bool client_has_failed = request->input->client->server->counters.total_error_replies > errors_before;
    if (!is_over) {
        model.current = NULL;
        list_prepend(&session->sent, &text->link);
        if (session->is_garbage)
            request_text_free(text);
        return false;
    }
    trace("run %d %.*s at %lld%s", session->number, (int)text->argv[0].len, text->argv[0].data,
          (long long)model.clock_ms,
          !has_run        ? " (not run)"
          : session->late ? " (late)"
                          : "");
    if (has_run && model_is_exec(text))
        model_exec_ends(session, exec_has_begun);
    /* What could not be queued lets the transaction fail. */
    session->is_exec_aborted |= !has_run && session->is_in_multi && memory_failures() > failures_before;
    model_done(session, text, has_run, !client_has_failed);
    return true;
}

static bool is_error(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_is(reply, "-ERR insufficient memory for this value\r\n") || bytes_is(reply, "-ERR\r\n");
}

static void run_in_model(struct call *call)
{
    struct session *session = session_of(call->client);
    struct bytes argv[MODEL_ARGS];
    int argc = call->argc < MODEL_ARGS ? call->argc : MODEL_ARGS;
    for (int i = 0; i < argc; i++)
        argv[i] = call->argv[i];
    model.server_ends = call->server->is_shutting_down;
    model_call(session, argc, argv, call->late != NULL);
}

__typeof__(call_run) __real_call_run, __wrap_call_run;
void __wrap_call_run(struct call *call)
{
    struct session *session = session_of(call->client);
    bool is_nested = call->server->nesting > 0;
    look_at_clock();
    if (is_nested && !exec_has_begun) {
        exec_has_begun = true;
        model_settle_expired();
        model_exec_begins(session);
    }
    int64_t clock_ms = model.clock_ms;
    unsigned failures_before = memory_failures();
    somebody_is_dropped = false;
    __real_call_run(call);
    model.clock_ms = clock_ms;
    if (is_nested)
        session->run_count++;
    else
        has_run = true;
    if (call->has_failed && memory_failures() > failures_before)
        (void)out_any(session, is_error);
    else
        run_in_model(call);
}

__typeof__(late_call_answer) __real_late_call_answer, __wrap_late_call_answer;
bool __wrap_late_call_answer(struct late_call *late, bool (*answer)(struct call *call, void *context),
                             void *context)
{
    struct client *client = late->call.client;
    bool is_answered = __real_late_call_answer(late, answer, context);
    if (is_answered)
        model_late_done(session_of(client), client->server->clock.mono_ms);
    return is_answered;
}

__typeof__(events_removed) __real_events_removed, __wrap_events_removed;
void __wrap_events_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    const struct server *server = context;
    int64_t now_ms = server->nesting ? model.now_ms : server->clock.mono_ms;
    __real_events_removed(context, keyspace, key, why);
    if (server != running)
        return;
    if (why == REMOVED_EVICTED)
        model_evicted(keyspace_index(keyspace), key);
    else
        model_expired(keyspace_index(keyspace), key, now_ms, server->current_client);
}

/* ---- what was saved ---- */

static struct moment {
    struct dataset data;
    int64_t wall_offset_ms;
    unsigned files_before; /* files that were made up to then */
} * moments;
static size_t moment_count;
static unsigned promise;

static struct moment *new_moment(void)
{
    if (moment_count == MOMENTS_MAX)
        world_fail("there are too many snapshots");
    moments = mem_realloc(moments, (moment_count + 1) * sizeof *moments);
    moments[moment_count] = (struct moment){.files_before = 0};
    return &moments[moment_count++];
}

__typeof__(rdb_save_new) __real_rdb_save_new, __wrap_rdb_save_new;
struct rdb_save *__wrap_rdb_save_new(struct worker *worker, const struct rdb_save_plan *plan)
{
    struct moment *moment = new_moment();
    dataset_copy(&moment->data, &model.data);
    if (running->nesting > 0)
        world_fail("a snapshot begins within a transaction");
    moment->wall_offset_ms = running->clock.wall_offset_ms;
    moment->files_before = disk_last_made();
    return __real_rdb_save_new(worker, plan);
}

/* Files are numbered as they are made, and the first one that is made behind a moment is its file. */
const struct dataset *saved_dataset(unsigned file_id, int64_t *wall_offset_ms)
{
    for (size_t i = moment_count; i-- > 0;) {
        if (moments[i].files_before >= file_id)
            continue;
        *wall_offset_ms = moments[i].wall_offset_ms;
        return &moments[i].data;
    }
    return NULL;
}

__typeof__(file_replace) __real_file_replace, __wrap_file_replace;
bool __wrap_file_replace(const char *temporary_path, const char *path, struct error *error)
{
    bool is_replaced = __real_file_replace(temporary_path, path, error);
    trace("file %s %s", path, is_replaced ? "replaced" : "not replaced");
    if (is_replaced && running)
        promise = disk_file_id(path);
    return is_replaced;
}

unsigned saved_promise(void)
{
    return promise;
}

void saved_forget(void)
{
    for (size_t i = 0; i < moment_count; i++)
        dataset_clear(&moments[i].data);
    mem_free(moments);
    moments = NULL;
    moment_count = 0;
    promise = 0;
}

/* ---- comparing ---- */

struct comparison {
    int database;
    size_t count;
};

static void look_at_entry(void *context, const struct entry *entry)
{
    struct comparison *comparison = context;
    const struct keyspace *keyspace = store_keyspace(running->store, comparison->database);
    struct key_name name = {0};
    char scratch[STRING_SCRATCH];
    int key = model_key(entry_key(entry, keyspace_prefixes(keyspace), &name));
    const struct slot *slot = &model.data.slots[comparison->database][key];
    struct value held = entry_value(entry);
    struct bytes value = string_bytes(&held, scratch);
    int64_t deadline_ms = entry_deadline(entry) == NO_DEADLINE ? MODEL_FOREVER : entry_deadline(entry);
    if (!slot->is_there || !bytes_equal(buf_bytes(&slot->value), value) || slot->deadline_ms != deadline_ms) {
        world_fail("%.*s in database %d isn't what it must be: it is %s, ends at %lld instead of %lld",
                   (int)name.bytes.len, name.bytes.data, comparison->database,
                   slot->is_there ? "there" : "not there in the model", (long long)deadline_ms,
                   (long long)slot->deadline_ms);
    }
    comparison->count++;
    key_name_clear(&name);
}

void reality_compare(void)
{
    model.now_ms = running->clock.mono_ms;
    for (int database = 0; database < MODEL_DATABASES; database++) {
        struct keyspace *keyspace = store_keyspace(running->store, database);
        struct comparison comparison = {.database = database};
        uint64_t cursor = 0;
        keyspace_pause_shrinking(keyspace);
        do
            cursor = keyspace_scan(keyspace, cursor, look_at_entry, &comparison);
        while (cursor);
        keyspace_resume_shrinking(keyspace);
        size_t expected = (size_t)__builtin_popcountll(model_live(database));
        if (comparison.count != expected)
            world_fail("database %d has %zu keys instead of %zu", database, comparison.count, expected);
    }
}
