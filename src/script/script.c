/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request to a compiled script that runs: what EVAL and its kin, and SCRIPT, do. */
#include "script/script.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "engine.h"
#include "run.h"

/* Of a script's text: the compiler counts lines and levels in ints. */
#define BODY_MAX ((size_t)16 << 20)

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
    scripts_collect(scripts_in(lua), lua);
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
    lua_State *lua = scripts->lua;
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
    if (body.len > BODY_MAX) {
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

static bool parse_first_line(struct call *call, struct bytes body, struct script *script, size_t *line_len)
{
    struct buf error = {0};
    bool is_right = shebang_parse(body, script, line_len, &error);
    if (!is_right)
        call_error_format(call, "%s", buf_cstring(&error));
    buf_clear(&error);
    return is_right;
}

/* The script of this text, compiled and kept; NULL, having replied, when it is none. */
static struct script *compile(struct scripts *scripts, struct call *call, struct bytes body, const char *sha,
                              bool is_kept)
{
    struct script parsed = {.has_shebang = false};
    size_t line_len;
    if (!is_text(call, body) || !parse_first_line(call, body, &parsed, &line_len) ||
        !compile_body(scripts, call, bytes_make(body.data + line_len, body.len - line_len), &parsed.function))
        return NULL;
    memcpy(parsed.sha, sha, sizeof parsed.sha);
    struct script *script = mem_alloc(sizeof *script);
    *script = parsed;
    cache_add(scripts, script, is_kept);
    return script;
}

static struct scripts *opened(struct call *call)
{
    struct scripts *scripts = scripts_of(call->server);
    if (scripts_open(scripts))
        return scripts;
    call_error_format(call, "ERR not enough memory for the interpreter of scripts");
    return NULL;
}

/* ---- running ---- */

static bool parse_key_count(struct call *call, struct run_how *how)
{
    int64_t count;
    if (!call_int(call, 2, &count))
        return false;
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

/* What a script that says how it is to be run may not be run under. */
static const char *refusal(const struct call *call, const struct script *script, bool is_read_only)
{
    const struct server *server = call->server;
    bool writes = !(script->flags & SCRIPT_NO_WRITES);
    if (!script->has_shebang)
        return NULL;
    if (writes && is_read_only)
        return "ERR Can not execute a script with write flag using *_ro command.";
    if (writes && server->status.is_snapshot_failed && server->config->stop_writes_on_bgsave_error &&
        server->config->save.count > 0)
        return "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
               "disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts.";
    if (writes && !(script->flags & SCRIPT_ALLOW_OOM) && memory_limit_is_reached(server) &&
        memory_limit_refuses(call))
        return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";
    return NULL;
}

static void run(struct scripts *scripts, struct script *script, struct call *call, struct run_how *how)
{
    const char *error = refusal(call, script, how->is_read_only);
    if (error) {
        call_error_format(call, "%s", error);
        return;
    }
    cache_touch(scripts, script);
    run_begin(scripts, script, call, how);
}

void script_eval(struct call *call, bool is_read_only)
{
    struct run_how how = {.is_read_only = is_read_only};
    struct scripts *scripts;
    if (!parse_key_count(call, &how) || !(scripts = opened(call)))
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

void script_evalsha(struct call *call, bool is_read_only)
{
    struct run_how how = {.is_read_only = is_read_only};
    char sha[SHA1_HEX_SIZE + 1];
    if (!parse_key_count(call, &how))
        return;
    struct scripts *scripts = call->server->scripts;
    struct script *script = scripts && parse_sha(call->argv[1], sha) ? cache_find(scripts, sha) : NULL;
    if (!script) {
        call_error_format(call, "NOSCRIPT No matching script. Please use EVAL.");
        return;
    }
    memcpy(how.sha, call->argv[1].data, SHA1_HEX_SIZE);
    run(scripts, script, call, &how);
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

bool script_exists(const struct server *server, struct bytes text)
{
    char sha[SHA1_HEX_SIZE + 1];
    return server->scripts && parse_sha(text, sha) && cache_find(server->scripts, sha);
}

void script_flush(struct server *server)
{
    if (server->scripts)
        scripts_close(server->scripts);
}

void script_kill(struct call *call)
{
    struct script_run *run = call->server->scripts ? call->server->scripts->run : NULL;
    if (!run) {
        call_error_format(call, "NOTBUSY No scripts in execution right now.");
    } else if (run->has_written) {
        call_error_format(call, "UNKILLABLE Sorry the script already executed write commands against the "
                                "dataset. You can either wait the script termination or kill the server in "
                                "a hard way using the SHUTDOWN NOSAVE command.");
    } else {
        run->is_killed = true;
        reply_ok(call->reply);
    }
}
