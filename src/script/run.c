/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a script is long work with one peculiarity: for busy-reply-threshold nobody else is served, as if
 * it were one command. Then it stands still again and again, so that SCRIPT KILL is heard; who wants anything
 * else is told that the server is busy, and what expires, is evicted or saved by itself rests. */
#include "run.h"
#include "base/alloc.h"
#include "base/number.h"
#include "engine/journal.h"
#include <sys/uio.h>

#define SHORT_REPLY 4096
/* What one that is over the threshold may take of each tick. */
#define SLICE_US 10000
/* What the client that runs a script's commands takes over from the one that called it, for so long. */
#define INHERITED ((uint32_t)(CLIENT_TRACKING | CLIENT_NO_TOUCH | CLIENT_LIMITED))

/* ---- within the interpreter ---- */

static void push_arguments(lua_State *lua, const struct bytes *argv, int count)
{
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(lua, argv[i].data, argv[i].len);
        lua_rawseti(lua, -2, i + 1);
    }
}

/* The name is an upvalue, and so are the globals, the first one. */
static void set_arguments(lua_State *lua, int name, const struct bytes *argv, int count)
{
    lua_pushvalue(lua, name);
    push_arguments(lua, argv, count);
    lua_rawset(lua, lua_upvalueindex(1));
}

/* Its argument is the run; returns what the script does. */
int run_script(lua_State *lua)
{
    struct script_run *run = lua_touserdata(lua, 1);
    const struct call *call = run->call;
    interpreter_collect(run->interpreter, lua);
    set_arguments(lua, lua_upvalueindex(2), call->argv + 3, (int)run->key_count);
    set_arguments(lua, lua_upvalueindex(3), call->argv + 3 + run->key_count,
                  call->argc - 3 - (int)run->key_count);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->program->function);
    lua_call(lua, 0, 1);
    return 1;
}

/* The same of a function, which is given its keys and arguments. */
int run_function(lua_State *lua)
{
    struct script_run *run = lua_touserdata(lua, 1);
    const struct call *call = run->call;
    interpreter_collect(run->interpreter, lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, run->program->function);
    push_arguments(lua, call->argv + 3, (int)run->key_count);
    push_arguments(lua, call->argv + 3 + run->key_count, call->argc - 3 - (int)run->key_count);
    lua_call(lua, 2, 1);
    return 1;
}

/* Its arguments are the value, or the error, the run and the call. */
int run_reply(lua_State *lua)
{
    const struct script_run *run = lua_touserdata(lua, 2);
    struct call *call = lua_touserdata(lua, 3);
    lua_settop(lua, 1);
    if (run->has_failed)
        error_reply(lua, run, call);
    else
        to_reply(lua, call, run->protocol);
    return 0;
}

/* Puts the function of a slot below the `count` values on the stack's top, its arguments, and calls it with
 * the run as well. True: it returned; else the error is in their place. */
static bool call_slot(struct script_run *run, int slot, struct call *call, int count)
{
    lua_State *lua = run->interpreter->lua;
    lua_pushvalue(lua, slot);
    lua_insert(lua, -1 - count);
    lua_pushlightuserdata(lua, run);
    lua_pushlightuserdata(lua, call);
    return lua_pcall(lua, count + 2, 0, 0) == 0;
}

/* A table may be large, and larger as a reply: that is made here, where others may have their turn, as one of
 * the client that runs the script's commands. */
static void convert_table(struct script_run *run)
{
    struct scripts *scripts = run->scripts;
    struct reply *reply = &scripts->client->reply;
    struct call call = {.server = scripts->server, .client = scripts->client, .reply = reply};
    reply_clear(reply);
    reply->protocol = run->reply_protocol;
    run->has_replied = call_slot(run, SLOT_REPLY, &call, 1);
    run->has_failed = !run->has_replied;
    run->has_replied_error = call.has_failed;
}

/* ---- standing still ---- */

static void interpret(void *context)
{
    struct script_run *run = context;
    lua_State *lua = run->interpreter->lua;
    lua_pushvalue(lua, SLOT_EXPLAIN);
    lua_pushvalue(lua, SLOT_RUN);
    lua_pushlightuserdata(lua, run);
    run->has_failed = lua_pcall(lua, 1, 1, -3) != 0;
    /* The error may have been a coroutine's. */
    run->interpreter->running = lua;
    if (!run->has_failed && lua_istable(lua, -1))
        convert_table(run);
    run->has_ended = true;
}

static void hold(struct script_run *run, bool is_held)
{
    struct server *server = run->scripts->server;
    server->nesting += is_held ? 1 : -1;
    if (server->nesting == (is_held ? 1 : 0))
        store_hold_time(server->store, is_held ? &server->clock : NULL);
}

/* For it, time stands still from its beginning to its end, whatever went on in between. */
static void go_on(struct script_run *run)
{
    struct clock *clock = &run->scripts->server->clock, now = *clock;
    if (run->was_paused)
        *clock = run->clock;
    hold(run, true);
    if (run->fiber)
        fiber_resume(run->fiber);
    else
        interpret(run);
    hold(run, false);
    if (run->has_ended && !run->was_paused)
        return;
    run->clock = *clock;
    if (run->was_paused)
        *clock = now;
    run->was_paused = true;
}

static void be_busy(struct script_run *run, bool is_busy)
{
    struct server *server = run->scripts->server;
    server->status.is_script_busy = is_busy;
    server->status.is_function_busy = is_busy && run->is_function;
    server->journal.is_unit_open = is_busy;
}

static bool step(struct long_work *work)
{
    struct script_run *run = LIST_ENTRY(work, struct script_run, work);
    run->until_us = run->has_begun ? clock_mono_us() + SLICE_US : 0;
    run->has_begun = true;
    go_on(run);
    be_busy(run, !run->has_ended);
    return run->has_ended;
}

/* What is short is rather copied than hung in. */
static void take_reply(struct reply *to, struct reply *from)
{
    struct iovec piece;
    if (reply_pending(from) > SHORT_REPLY || reply_gather(from, &piece, 1) != 1 ||
        piece.iov_len != reply_pending(from))
        reply_take(to, from);
    else
        reply_raw(to, bytes_make(piece.iov_base, piece.iov_len));
}

static void finish(struct call *call, struct long_work *work)
{
    struct script_run *run = LIST_ENTRY(work, struct script_run, work);
    lua_State *lua = run->interpreter->lua;
    struct reply_mark mark = reply_mark(call->reply);
    if (run->has_replied) {
        take_reply(call->reply, &run->scripts->client->reply);
        call->has_failed = run->has_replied_error;
    } else if (!run->has_failed) {
        to_reply(lua, call, run->protocol);
    } else if (!call_slot(run, SLOT_REPLY, call, 1)) {
        reply_rollback(call->reply, mark);
        call_error_format(call, "ERR not enough memory for the error of a script");
    }
    lua_settop(lua, SLOT_LAST);
}

void run_give_up(struct script_run *run)
{
    struct scripts *scripts = run->scripts;
    run->is_killed = true;
    while (run->has_begun && !run->has_ended)
        go_on(run);
    be_busy(run, false);
    lua_settop(run->interpreter->lua, SLOT_LAST);
    reply_clear(&scripts->client->reply);
    scripts->client->flags &= ~INHERITED;
    /* There may have been no memory for one. */
    if (run->fiber)
        scripts->fiber = run->fiber;
    scripts->run = NULL;
    run->scripts = NULL;
}

static void free_run(struct long_work *work)
{
    struct script_run *run = LIST_ENTRY(work, struct script_run, work);
    struct scripts *scripts = run->scripts;
    /* It was given up when the server's scripts went. */
    if (!scripts) {
        mem_free(run);
        return;
    }
    run_give_up(run);
    mem_free(scripts->spare);
    scripts->spare = run;
}

/* ---- beginning ---- */

static void prepare_client(struct client *client, const struct client *caller)
{
    client->flags = (client->flags & ~(INHERITED | CLIENT_OBEYED)) | (caller->flags & INHERITED);
    client->user = caller->user;
    client->database = caller->database;
}

static struct script_run *new_run(struct interpreter *interpreter, const struct program *program,
                                  struct call *call)
{
    struct scripts *scripts = interpreter->scripts;
    struct script_run *run = scripts->spare ? scripts->spare : mem_alloc(sizeof *run);
    scripts->spare = NULL;
    *run = (struct script_run){.scripts = NULL};
    run->work = (struct long_work){.step = step, .finish = finish, .free = free_run, .is_atomic = true};
    run->scripts = scripts;
    run->interpreter = interpreter;
    run->program = program;
    run->begin_mono_ms = scripts->server->clock.mono_ms;
    run->call = call;
    run->protocol = 2;
    run->reply_protocol = call->reply->protocol;
    if (long_work_may_rest(call)) {
        run->fiber = scripts->fiber ? scripts->fiber : fiber_new();
        scripts->fiber = NULL;
    }
    if (run->fiber)
        fiber_set(run->fiber, interpret, run);
    scripts->run = run;
    return run;
}

bool run_parse_keys(struct call *call, const char *not_a_number, struct run_how *how)
{
    int64_t count;
    if (!parse_i64(call->argv[2], &count)) {
        call_error_format(call, "%s", not_a_number);
        return false;
    }
    if (count > call->argc - 3) {
        call_error_format(call, "ERR Number of keys can't be greater than number of args");
        return false;
    }
    if (count < 0) {
        call_error_format(call, "ERR Number of keys can't be negative");
        return false;
    }
    how->key_count = (unsigned)count;
    return true;
}

/* What a program that says how it is to be run may not be run under. */
static const char *refusal(const struct call *call, const struct program *program, bool is_read_only)
{
    const struct server *server = call->server;
    bool writes = !(program->flags & SCRIPT_NO_WRITES);
    if (!program->says_flags)
        return NULL;
    if (writes && is_read_only)
        return "ERR Can not execute a script with write flag using *_ro command.";
    if (writes && server->status.is_snapshot_failed && server->config->stop_writes_on_bgsave_error &&
        server->config->save.count > 0)
        return "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
               "disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts.";
    if (writes && !(program->flags & SCRIPT_ALLOW_OOM) && memory_limit_is_reached(server) &&
        memory_limit_refuses(call))
        return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";
    return NULL;
}

void run_begin(struct interpreter *interpreter, const struct program *program, struct call *call,
               const struct run_how *how)
{
    struct scripts *scripts = interpreter->scripts;
    const char *error = refusal(call, program, how->is_read_only);
    if (error) {
        call_error_format(call, "%s", error);
        return;
    }
    struct script_run *run = new_run(interpreter, program, call);
    run->key_count = how->key_count;
    run->is_read_only = how->is_read_only || (program->flags & SCRIPT_NO_WRITES);
    run->is_function = how->function;
    memcpy(run->sha, how->sha, sizeof run->sha);
    run->name = how->function ? how->function : run->sha;
    prepare_client(scripts->client, call->client);
    interpreter->json = interpreter->json_at_first;
    if (program->flags & SCRIPT_ALLOW_OOM)
        scripts->client->flags |= CLIENT_OBEYED;
    library_math_begin(scripts);
    long_work_run(call, &run->work);
}
