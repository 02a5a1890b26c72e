/* SPDX-License-Identifier: BSD-3-Clause */
/* The interpreter of a server, and what the files of this folder share. */
#ifndef SCRIPT_ENGINE_H
#define SCRIPT_ENGINE_H

#include "base/blob.h"
#include "base/digest.h"
#include "base/list.h"
#include "base/table.h"
#include "blocks.h"
#include "engine/server.h"
#include "json.h"
#include "script/script.h"
#include <lua5.1/lauxlib.h>
#include <lua5.1/lua.h>
#include <lua5.1/lualib.h>

/* Of a script's text: it is compiled at once, a megabyte in a third of a second. */
#define SCRIPT_BODY_MAX ((size_t)4 << 20)

struct fiber;
struct script_run;

/* What stands at the bottom of the interpreter's stack: calling these takes no memory, so that nothing fails
 * outside of a protected call. */
enum { SLOT_COMPILE = 1, SLOT_RUN, SLOT_REPLY, SLOT_EXPLAIN, SLOT_LAST = SLOT_EXPLAIN };

enum script_flag {
    SCRIPT_NO_WRITES = 1 << 0,
    SCRIPT_ALLOW_OOM = 1 << 1,
    SCRIPT_ALLOW_STALE = 1 << 2,
    SCRIPT_NO_CLUSTER = 1 << 3,
    SCRIPT_ALLOW_CROSS_SLOT_KEYS = 1 << 4,
};

/* What can be run: a function of an interpreter. */
struct program {
    int function; /* its reference in the registry */
    unsigned flags;
    bool says_flags; /* without, it may do what its commands may */
};

/* A compiled script. */
struct script {
    struct list link; /* among those kept, or those that EVAL brought */
    bool is_kept;
    char sha[SHA1_HEX_SIZE + 1];
    struct blob *body; /* its text */
    struct program program;
};

struct scripts;
struct libraries;
struct library;

/* There are two, so that functions and scripts know nothing of each other. */
struct interpreter {
    struct scripts *scripts;
    lua_State *lua; /* NULL until it is needed, and after all that it held was dropped */
    size_t bytes, limit, collect_above;
    size_t collected_bytes; /* that were left when all was collected, the last time */
    size_t steps;           /* see run_worked */
    size_t largest;         /* no block in use is larger */
    lua_State *running;     /* which of its threads does; NULL: there is none yet */
    struct blocks blocks;
    struct json_settings json, json_at_first; /* of cjson: what is set, and what a run begins with */
};

struct scripts {
    struct server *server;
    struct interpreter eval, functions;
    struct libraries *libraries;
    struct library *loading; /* its functions are being registered; NULL: none */
    int64_t loading_until_us;
    struct client *client; /* who runs the scripts' commands */
    struct table by_sha;
    struct list kept, recent; /* of those that EVAL brought the one that ran longest ago first */
    size_t recent_count;
    size_t body_bytes;        /* of all texts */
    struct script_run *run;   /* NULL: none */
    struct script_run *spare; /* for the next one; NULL: none */
    struct fiber *fiber;      /* for the next one; NULL: it is in use, or there was none yet */
    unsigned short random[3]; /* math.random's state */
    bool is_seeded;           /* by a script: the next one gets other numbers */
};

/* The server's, made when there is none. */
struct scripts *scripts_of(struct server *server);
/* Of a function that the interpreter calls. */
static inline struct interpreter *interpreter_in(lua_State *lua)
{
    void *interpreter;
    (void)lua_getallocf(lua, &interpreter);
    return interpreter;
}
static inline struct scripts *scripts_in(lua_State *lua)
{
    return interpreter_in(lua)->scripts;
}
/* Makes it, if it isn't there; false when there is no memory for it. */
bool interpreter_open(struct interpreter *interpreter);
/* Collects what the scripts before left, if that is much. Within a protected call. */
void interpreter_collect(struct interpreter *interpreter, lua_State *lua);
void interpreter_close(struct interpreter *interpreter);
/* How many instructions a thread may run between two looks at the time: each may go through a whole block. */
int interpreter_patience(const struct interpreter *interpreter);
/* From now on `thread` runs, until another one does. */
void interpreter_switch(struct interpreter *interpreter, lua_State *thread);

/* ---- cache.c ---- */
struct script *cache_find(const struct scripts *scripts, const char *sha);
/* `is_kept`: SCRIPT LOAD brought it. Others make room for each other. */
void cache_add(struct scripts *scripts, struct script *script, bool is_kept);
void cache_keep(struct scripts *scripts, struct script *script);
/* It is being run. */
void cache_touch(struct scripts *scripts, struct script *script);
void cache_clear(struct scripts *scripts);
extern const struct table_type cache_table;

/* ---- shebang.c ---- */
/* Reads the first line, if it says how the script is to be run; `*line_len` is its length. False with what is
 * wrong in `error`. */
bool shebang_parse(struct bytes body, struct program *program, size_t *line_len, struct buf *error);
/* Adds the flag of that name, in any case; false when there is none. */
bool shebang_flag(struct bytes name, unsigned *flags);
/* Of one flag. */
const char *shebang_flag_name(enum script_flag flag);

/* ---- sandbox.c ---- */
/* Leaves the globals and their lock on the stack. For the start. */
void sandbox_build(lua_State *lua);
/* Names that the table on the stack's top lacks are an error from now on. */
void sandbox_refuse_others(lua_State *lua);
/* What is read through the lock at `lock` becomes the table on the stack's top, which is taken off. */
void sandbox_turn(lua_State *lua, int lock);
/* Turns the table on the stack's top into what scripts may hold of it. */
void sandbox_lock(lua_State *lua);
/* Adds a table of that name, which lies on the stack's top, to the globals, locked; takes it off. */
void sandbox_add(lua_State *lua, int globals, const char *name);
/* Whether the value there is a locked table; then the table behind is on the stack. */
bool sandbox_is_locked(lua_State *lua, int index);

/* ---- the libraries: each leaves its table on the stack ---- */
void library_redis(lua_State *lua);
/* As functions have it, and their library while it is loaded. */
void library_redis_for_functions(lua_State *lua);
void library_redis_for_loading(lua_State *lua);
void library_json(lua_State *lua);
void library_bit(lua_State *lua);
void library_msgpack(lua_State *lua);
void library_struct(lua_State *lua);
/* Puts the functions that scripts get in place of Lua's own into the table on the stack's top. */
void library_base(lua_State *lua);
void library_base_loaders(lua_State *lua, int globals, int environment);
void library_string(lua_State *lua);
/* The methods of strings, ("x"):upper(), are what scripts have as string. */
void library_string_methods(lua_State *lua, int globals);
void library_table(lua_State *lua);
void library_math(lua_State *lua);
/* A script begins: no other one chose its random numbers. */
void library_math_begin(struct scripts *scripts);
void library_os(lua_State *lua);
void library_coroutine(lua_State *lua);

/* ---- values ---- */
/* Leaves what the reply says on the stack, in terms of protocol 2 or 3; true: it is an error. */
bool to_lua(lua_State *lua, struct bytes reply, int protocol);
/* Replies with the value on the stack's top, and takes it off. */
void to_reply(lua_State *lua, struct call *call, int protocol);

/* ---- command.c: redis.call and its kin ---- */
int command_call(lua_State *lua);
int command_pcall(lua_State *lua);
int command_may_call(lua_State *lua);

/* ---- function_register.c ---- */
int redis_register_function(lua_State *lua);

/* ---- errors.c ---- */
/* Leaves a table with the field err on the stack: "CODE text", from "-CODE text" or "text". */
void error_push(lua_State *lua, const char *text);
int error_raise(lua_State *lua, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Replies with the error on the stack's top. */
void error_reply(lua_State *lua, const struct script_run *run, struct call *call);
int error_explain(lua_State *lua);

#endif
