/* SPDX-License-Identifier: BSD-3-Clause */
/* Databases as a whole, settings, saving, pauses, other clients. */
#include "base/number.h"
#include "model_http.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"

/* ---- databases ---- */

static void run_dbsize(struct model_call *call)
{
    int64_t count = 0;
    for (int key = 0; key < model.key_count; key++)
        count += model.data.slots[call->session->database][key].is_there;
    out_int(call->session, count);
}

static void empty(int database)
{
    for (int key = 0; key < model.key_count; key++) {
        if (model.data.slots[database][key].is_there)
            model_remove(database, key);
        model_scans_look(database, key);
    }
}

static void touch_live(int database)
{
    for (int key = 0; key < model.key_count; key++) {
        if (model_find(database, key))
            model_watch_broken(database, key);
    }
}

static void run_flushdb(struct model_call *call)
{
    touch_live(call->session->database);
    model_invalidate_all();
    empty(call->session->database);
    out_ok(call->session);
}

static void run_flushall(struct model_call *call)
{
    for (int database = 0; database < MODEL_DATABASES; database++)
        touch_live(database);
    model_invalidate_all();
    for (int database = 0; database < MODEL_DATABASES; database++)
        empty(database);
    crowd_copy(&model.data.crowd, NULL);
    out_ok(call->session);
}

static int other_database(int database, int a, int b)
{
    return database == a ? b : database == b ? a : database;
}

static void run_swapdb(struct model_call *call)
{
    int a = model_database(call, 1), b = model_database(call, 2);
    out_ok(call->session);
    if (a == b)
        return;
    model.changes++;
    for (int key = 0; key < model.key_count; key++) {
        if (model_find(a, key) || model_find(b, key)) {
            model_watch_broken(a, key);
            model_watch_broken(b, key);
        }
        struct slot slot = model.data.slots[a][key];
        model.data.slots[a][key] = model.data.slots[b][key];
        model.data.slots[b][key] = slot;
    }
    LIST_EACH(link, &model.open) {
        struct expected *expected = LIST_ENTRY(link, struct expected, open);
        expected->database = other_database(expected->database, a, b);
    }
    model_scans_swapped(a, b);
    /* Cursors mean another table now. */
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (session->scan_database != a && session->scan_database != b)
            continue;
        session->scan_must = 0;
        session->scan_may = UINT64_MAX;
    }
}

/* ---- what only must not do harm ---- */

static bool is_anything(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.len > 0;
}

void model_answers_anything(struct model_call *call)
{
    (void)out_any(call->session, is_anything);
}

void model_run_subcommand(const struct model_subcommand *rows, struct model_call *call)
{
    while (rows->name && !call_word(call, 1, rows->name))
        rows++;
    if (!rows->run)
        world_fail("the model doesn't know %.*s %.*s", (int)call->argv[0].len, call->argv[0].data,
                   (int)call->argv[1].len, call->argv[1].data);
    rows->run(call);
}

/* ---- settings ---- */

static void set_events(struct bytes value)
{
    model.notify = model_notify_classes(value);
}

static void set_memory(struct bytes value)
{
    model.is_memory_limited = !bytes_is(value, "0");
}

static void set_http_port(struct bytes value)
{
    (void)value;
    model.moved_http = true;
}

static void set_http_token(struct bytes value)
{
    model.has_http_token = true;
    model.has_other_token = !bytes_is(value, HTTP_TOKEN);
}

static void set_password(struct bytes value)
{
    model_set_password(value.len > 0);
}

/* The others are nothing to the model. */
static const struct {
    const char *name;
    void (*set)(struct bytes value);
} settings[] = {
    {"notify-keyspace-events", set_events}, {"maxmemory", set_memory},     {"http-port", set_http_port},
    {"http-token", set_http_token},         {"requirepass", set_password},
};

static void set(struct model_call *call)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (call_word(call, 2, settings[i].name))
            settings[i].set(call->argv[3]);
    }
    out_ok(call->session);
}

static void reset_counts(struct model_call *call)
{
    model.expired_count = model.evicted_count = model.expired_fields = 0;
    out_ok(call->session);
}

static void rewrite(struct model_call *call)
{
    model_users_written();
    out_error(call->session, "ERR The server is running without a config file");
}

static const struct model_subcommand config_subcommands[] = {
    {"rewrite", rewrite},
    {"resetstat", reset_counts},
    {"set", set},
    {NULL, model_answers_anything},
};

static void run_config(struct model_call *call)
{
    model_run_subcommand(config_subcommands, call);
}

/* ---- saving ---- */

static bool is_save_answer(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_is(reply, "+OK\r\n") || bytes_is(reply, "+Background saving started\r\n") ||
           bytes_is(reply, "+Background saving scheduled\r\n") ||
           bytes_is(reply, "-ERR Background save already in progress\r\n") ||
           (faults.are_on && bytes_is(reply, "-ERR\r\n"));
}

static void run_save(struct model_call *call)
{
    (void)out_any(call->session, is_save_answer);
}

static bool is_number(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.data[0] == ':';
}

static void run_lastsave(struct model_call *call)
{
    (void)out_any(call->session, is_number);
}

static void run_shutdown(struct model_call *call)
{
    if (model.server_ends)
        return;
    if (model.standing && !call_word(call, 1, "NOSAVE")) {
        out_error(call->session,
                  "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
                  "NOSAVE.");
        return;
    }
    if (!faults.are_on)
        world_fail("SHUTDOWN failed");
    out_error(call->session, "ERR Errors trying to SHUTDOWN. Check logs.");
}

static void run_debug(struct model_call *call)
{
    if (call_word(call, 1, "reload"))
        model_reload(call);
    else
        model_answers_anything(call);
}

const struct model_command model_server_commands[] = {
    {.name = "object", .arity = -2, .run = model_answers_anything},
    {.name = "memory", .arity = -2, .run = model_answers_anything},
    {.name = "slowlog", .arity = -2, .run = model_answers_anything},
    {.name = "pubsub", .arity = -2, .run = model_answers_anything},
    {.name = "dump", .arity = 2, .run = model_dump},
    {.name = "info", .arity = -1, .run = model_answers_anything},
    {.name = "latency", .arity = -2, .run = model_answers_anything},
    {.name = "session.stats", .arity = -1, .run = model_answers_anything},
    {.name = "session.top", .arity = -2, .run = model_answers_anything},
    {.name = "debug", .arity = -2, .run = run_debug},
    {.name = "command", .arity = -1, .run = model_answers_anything},
    {.name = "lolwut", .arity = -1, .run = model_answers_anything},
    {.name = "time", .arity = 1, .run = model_answers_anything},
    {.name = "xinfo", .arity = -2, .run = model_answers_anything},
    {.name = "role", .arity = 1, .run = model_answers_anything},
    {.name = "dbsize", .arity = 1, .run = run_dbsize},
    {.name = "flushdb", .arity = -1, .run = run_flushdb},
    {.name = "flushall", .arity = -1, .run = run_flushall},
    {.name = "swapdb", .arity = 3, .run = run_swapdb},
    {.name = "config", .arity = -2, .run = run_config},
    {.name = "bgsave", .arity = -1, .run = run_save},
    {.name = "save", .arity = 1, .run = run_save, .is_not_for_multi = true},
    {.name = "lastsave", .arity = 1, .run = run_lastsave},
    {.name = "shutdown", .arity = -1, .run = run_shutdown, .is_not_for_multi = true},
    {.name = "client", .arity = -2, .run = model_client},
    {.name = NULL},
};
