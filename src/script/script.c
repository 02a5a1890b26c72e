/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request to a compiled script that runs: what EVAL and its kin, and SCRIPT, do. */
#include "script/script.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "engine.h"
#include "engine/monitor.h"
#include "run.h"

/* ---- compiling ---- */

struct compilation {
    struct bytes body; /* without the first line, if that says how it is run */
    int function;
};

/* Its argument is the compilation; the error if it fails. The chunk's name is held here: the compiler doesn't
 * hold on to it. */
int run_compile(lua_State *lua)
{
    struct compilation *compilation = lua_touserdata(lua, 1);
    interpreter_collect(interpreter_in(lua), lua);
    lua_pushliteral(lua, "@user_script");
    struct bytes body = compilation->body;
    if (luaL_loadbuffer(lua, body.data, body.len, lua_tostring(lua, -1)) != 0)
        return lua_error(lua);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_setfenv(lua, -2);
    compilation->function = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

/* False, having replied, when it is no script. */
static bool compile_body(struct scripts *scripts, struct call *call, struct bytes body, int *function)
{
    lua_State *lua = scripts->eval.lua;
    struct compilation compilation = {.body = body};
    lua_pushvalue(lua, SLOT_COMPILE);
    lua_pushlightuserdata(lua, &compilation);
    int status = lua_pcall(lua, 1, 0, 0);
    if (status != 0) {
        const char *text = lua_tostring(lua, -1);
        call_error_format(call, "ERR Error compiling script (new function): %s", text ? text : "?");
    }
    lua_settop(lua, SLOT_LAST);
    *function = compilation.function;
    return status == 0;
}

static bool is_text(struct call *call, struct bytes body)
{
    if (body.len > SCRIPT_BODY_MAX) {
        call_error_format(call, "ERR Error compiling script (new function): user_script: script too long");
        return false;
    }
    if (body.len > 0 && body.data[0] == LUA_SIGNATURE[0]) {
        call_error_format(call,
                          "ERR Error compiling script (new function): user_script: bytecode is not allowed");
        return false;
    }
    return true;
}

static bool parse_first_line(struct call *call, struct bytes body, struct program *program, size_t *line_len)
{
    struct buf error = {0};
    bool is_right = shebang_parse(body, program, line_len, &error);
    if (!is_right)
        call_error_format(call, "%s", buf_cstring(&error));
    buf_clear(&error);
    return is_right;
}

/* The script of this text, compiled and kept; NULL, having replied, when it is none. */
static struct script *compile(struct scripts *scripts, struct call *call, struct bytes body, const char *sha,
                              bool is_kept)
{
    struct program program = {.flags = 0};
    size_t line_len;
    if (!is_text(call, body) || !parse_first_line(call, body, &program, &line_len) ||
        !compile_body(scripts, call, bytes_make(body.data + line_len, body.len - line_len),
                      &program.function))
        return NULL;
    struct script *script = mem_alloc(sizeof *script);
    script->program = program;
    script->body = blob_of(body);
    memcpy(script->sha, sha, sizeof script->sha);
    cache_add(scripts, script, is_kept);
    return script;
}

static struct scripts *opened(struct call *call)
{
    struct scripts *scripts = scripts_of(call->server);
    if (interpreter_open(&scripts->eval))
        return scripts;
    call_error_format(call, "ERR not enough memory for the interpreter of scripts");
    return NULL;
}

/* ---- running ---- */

static bool parse_keys(struct call *call, struct run_how *how)
{
    return run_parse_keys(call, error_text(ERR_NOT_INTEGER), how);
}

static void run(struct scripts *scripts, struct script *script, struct call *call, const struct run_how *how)
{
    cache_touch(scripts, script);
    run_begin(&scripts->eval, &script->program, call, how);
}

void script_eval(struct call *call, bool is_read_only)
{
    struct run_how how = {.is_read_only = is_read_only};
    struct scripts *scripts;
    monitor_feed_first(call);
    if (!parse_keys(call, &how) || !(scripts = opened(call)))
        return;
    digest_sha1_hex(call->argv[1], how.sha);
    struct script *script = cache_find(scripts, how.sha);
    if (!script)
        script = compile(scripts, call, call->argv[1], how.sha, false);
    if (script)
        run(scripts, script, call, &how);
}

/* In lower case, as they are kept; false when it is none. */
static bool parse_sha(struct bytes text, char sha[static SHA1_HEX_SIZE + 1])
{
    if (text.len != SHA1_HEX_SIZE)
        return false;
    for (size_t i = 0; i < SHA1_HEX_SIZE; i++) {
        char c = text.data[i];
        sha[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (!((sha[i] >= '0' && sha[i] <= '9') || (sha[i] >= 'a' && sha[i] <= 'f')))
            return false;
    }
    sha[SHA1_HEX_SIZE] = 0;
    return true;
}

/* Mostly it is given as it is kept. */
static struct script *find(const struct scripts *scripts, struct bytes text)
{
    char sha[SHA1_HEX_SIZE + 1];
    struct script *script = text.len == SHA1_HEX_SIZE ? cache_find(scripts, text.data) : NULL;
    return script || !parse_sha(text, sha) ? script : cache_find(scripts, sha);
}

void script_evalsha(struct call *call, bool is_read_only)
{
    struct run_how how = {.is_read_only = is_read_only};
    monitor_feed_first(call);
    if (!parse_keys(call, &how))
        return;
    struct scripts *scripts = call->server->scripts;
    struct script *script = scripts ? find(scripts, call->argv[1]) : NULL;
    if (!script) {
        call_error_format(call, "NOSCRIPT No matching script. Please use EVAL.");
        return;
    }
    memcpy(how.sha, call->argv[1].data, SHA1_HEX_SIZE);
    run(scripts, script, call, &how);
}

bool script_eval_only_reads(const struct call *call)
{
    struct program program = {.flags = 0};
    struct buf error = {0};
    size_t line_len;
    bool is_right = shebang_parse(call->argv[1], &program, &line_len, &error);
    buf_clear(&error);
    return is_right && (program.flags & SCRIPT_NO_WRITES);
}

bool script_evalsha_only_reads(const struct call *call)
{
    const struct scripts *scripts = call->server->scripts;
    const struct script *script = scripts ? find(scripts, call->argv[1]) : NULL;
    return script && (script->program.flags & SCRIPT_NO_WRITES);
}

/* ---- the cache ---- */

void script_load(struct call *call)
{
    char sha[SHA1_HEX_SIZE + 1];
    struct scripts *scripts = opened(call);
    if (!scripts)
        return;
    digest_sha1_hex(call->argv[2], sha);
    struct script *script = cache_find(scripts, sha);
    if (script)
        cache_keep(scripts, script);
    else if (!compile(scripts, call, call->argv[2], sha, true))
        return;
    reply_bulk_text(call->reply, sha);
}

void script_show(struct call *call)
{
    const struct scripts *scripts = call->server->scripts;
    const struct script *script = scripts ? find(scripts, call->argv[2]) : NULL;
    if (script)
        reply_bulk_blob(call->reply, script->body, 0, script->body->len);
    else
        call_error_format(call, "NOSCRIPT No matching script. Please use EVAL.");
}

bool script_exists(const struct server *server, struct bytes text)
{
    return server->scripts && find(server->scripts, text);
}

void script_flush(struct server *server)
{
    if (!server->scripts)
        return;
    cache_clear(server->scripts);
    interpreter_close(&server->scripts->eval);
}

void script_kill(struct call *call, bool is_function)
{
    struct script_run *run = call->server->scripts ? call->server->scripts->run : NULL;
    if (!run) {
        call_error_format(call, "NOTBUSY No scripts in execution right now.");
    } else if (run->has_written) {
        call_error_format(call, "UNKILLABLE Sorry the script already executed write commands against the "
                                "dataset. You can either wait the script termination or kill the server in "
                                "a hard way using the SHUTDOWN NOSAVE command.");
    } else if (is_function != run->is_function) {
        call_error(call, run->is_function ? ERR_FUNCTION_BUSY : ERR_SCRIPT_BUSY);
    } else {
        run->is_killed = true;
        reply_ok(call->reply);
    }
}
