/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that a script runs: its arguments as bytes, whether it may, and the reply as a value. */
#include "base/alloc.h"
#include "base/number.h"
#include "engine.h"
#include "engine/error_stats.h"
#include "run.h"
#include <stdio.h>
#include <sys/uio.h>

/* Arguments that need no memory of their own. */
#define ARGUMENTS_FEW 32
/* Of the processor's counter: what run_worked counts takes some nanoseconds. */
#define TICKS_OF_A_STEP 16

/* ---- arguments ---- */

/* A number in full: as an integer if it is one. */
static void print_number(lua_State *lua, int index)
{
    lua_Number number = lua_tonumber(lua, index);
    char digits[64];
    size_t len;
    if (number >= -0x1p63 && number < 0x1p63 && (lua_Number)(int64_t)number == number)
        len = print_i64(digits, (int64_t)number);
    else
        len = (size_t)snprintf(digits, sizeof digits, "%.17g", number);
    lua_pushlstring(lua, digits, len);
    lua_replace(lua, index);
}

/* All on the stack as texts. False with an error on the stack. */
static bool make_texts(lua_State *lua, int count)
{
    if (count == 0) {
        error_push(lua, "Please specify at least one argument for this redis lib call");
        return false;
    }
    for (int i = 1; i <= count; i++) {
        int type = lua_type(lua, i);
        if (type == LUA_TNUMBER) {
            print_number(lua, i);
        } else if (type != LUA_TSTRING) {
            error_push(lua, "Lua redis lib command arguments must be strings or integers");
            return false;
        }
    }
    return true;
}

/* Views of the texts on the stack; in `few`, or in memory that the stack holds. */
static struct bytes *views(lua_State *lua, int count, struct bytes *few)
{
    struct bytes *argv = few;
    if (count > ARGUMENTS_FEW)
        argv = lua_newuserdata(lua, (size_t)count * sizeof *argv);
    for (int i = 0; i < count; i++)
        argv[i].data = lua_tolstring(lua, i + 1, &argv[i].len);
    return argv;
}

/* ---- whether it may ---- */

static bool has_wrong_arity(const struct registered_command *command, int argc)
{
    int arity = command->row->arity;
    return arity > 0 ? argc != arity : argc < -arity;
}

static const char *refusal(const struct script_run *run, const struct registered_command *command,
                           bool is_unknown, int argc)
{
    if (!command || is_unknown)
        return "Unknown Redis command called from script";
    if (has_wrong_arity(command, argc))
        return "Wrong number of args calling Redis command from script";
    if ((command->row->flags & COMMAND_NOSCRIPT) && !run->scripts->server->scripts_may_all)
        return "This Redis command is not allowed from script";
    if (run->is_read_only && (command->row->flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE)))
        return "Write commands are not allowed from read-only scripts.";
    return NULL;
}

/* Counted now, whatever becomes of the error. */
static void push_refusal(lua_State *lua, struct registered_command *command, const char *error)
{
    if (command)
        command->rejected++;
    error_stats_count(scripts_in(lua)->server, "ERR");
    error_push(lua, error);
    lua_pushboolean(lua, true);
    lua_setfield(lua, -2, "ignore_error_stats_update");
}

/* ---- running ---- */

/* The reply in one piece; if it lies in several, they are put together in memory that the stack holds. */
static struct bytes whole_reply(lua_State *lua, const struct reply *reply)
{
    struct iovec piece;
    if (reply_chunk_count(reply) <= 1) {
        if (reply_gather(reply, &piece, 1) == 0)
            return (struct bytes){NULL, 0};
        return bytes_make(piece.iov_base, piece.iov_len);
    }
    int count = (int)reply_chunk_count(reply);
    struct iovec *pieces = lua_newuserdata(lua, (size_t)count * sizeof *pieces);
    char *whole = lua_newuserdata(lua, reply_pending(reply)), *end = whole;
    count = reply_gather(reply, pieces, count);
    for (int i = 0; i < count; i++) {
        memcpy(end, pieces[i].iov_base, pieces[i].iov_len);
        end += pieces[i].iov_len;
    }
    return bytes_make(whole, (size_t)(end - whole));
}

/* Its client replies into its own buffer, which is emptied when the script calls again or ends: an error of
 * Lua on the way leaves nothing behind. */
static bool run_command(struct script_run *run, int argc, const struct bytes *argv)
{
    struct scripts *scripts = run->scripts;
    struct client *client = scripts->client;
    struct journal *journal = &scripts->server->journal;
    reply_clear(&client->reply);
    client->reply.protocol = run->protocol;
    uint64_t dirty = scripts->server->dirty;
    bool was_on = journal->is_on;
    journal->is_on = was_on && !run->is_unrecorded;
    bool has_run = call_run_as(client, argc, argv, &client->reply);
    journal->is_on = was_on;
    if (scripts->server->dirty != dirty) {
        /* It has to come to its end. */
        run->has_written = true;
        client->flags |= CLIENT_OBEYED;
    }
    return has_run;
}

/* Leaves the reply or the error on the stack; true: it is an error. */
static bool call(lua_State *lua)
{
    struct scripts *scripts = scripts_in(lua);
    struct script_run *run = scripts->run;
    struct bytes few[ARGUMENTS_FEW];
    int argc = lua_gettop(lua);
    bool is_unknown;
    /* However many there are, some places are left for a function of C. */
    if (!make_texts(lua, argc))
        return true;
    const struct bytes *argv = views(lua, argc, few);
    struct registered_command *command = registry_resolve(scripts->server->registry, argv, argc, &is_unknown);
    const char *error = refusal(run, command, is_unknown, argc);
    if (error) {
        push_refusal(lua, command, error);
        return true;
    }
    uint64_t begin = scripts->server->call_ticks;
    if (!run_command(run, argc, argv)) {
        error_push(lua, "This Redis command can't be run now");
        return true;
    }
    /* Also what the script itself did since the command before. */
    run_worked(lua, (size_t)(scripts->server->call_ticks - begin) / TICKS_OF_A_STEP);
    lua_settop(lua, 0);
    return to_lua(lua, whole_reply(lua, &scripts->client->reply), run->protocol);
}

int command_call(lua_State *lua)
{
    return call(lua) ? lua_error(lua) : 1;
}

int command_pcall(lua_State *lua)
{
    (void)call(lua);
    return 1;
}

/* Whether its caller's user may. */
int command_may_call(lua_State *lua)
{
    struct bytes few[ARGUMENTS_FEW];
    int argc = lua_gettop(lua);
    bool is_unknown;
    if (!make_texts(lua, argc))
        return lua_error(lua);
    const struct scripts *scripts = scripts_in(lua);
    const struct bytes *argv = views(lua, argc, few);
    const struct registered_command *command =
        registry_resolve(scripts->server->registry, argv, argc, &is_unknown);
    if (!command || is_unknown)
        return error_raise(lua, "Invalid command passed to redis.acl_check_cmd()");
    int index;
    lua_pushboolean(lua, acl_check(scripts->client->user, command, argv, argc, &index) == PERMITTED);
    return 1;
}
