/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's libraries string, table, math, os and coroutine as scripts have them. */
#include "base/random.h"
#include "engine.h"
#include "run.h"
#include <stdlib.h>

/* A pattern is matched as deep as it is long. */
#define PATTERN_MAX 2048

/* Copies fields of the library `name`, whose table is left on the stack's top. */
static void copy(lua_State *lua, const char *name, const char *const *fields)
{
    lua_newtable(lua);
    lua_getglobal(lua, name);
    for (; *fields; fields++) {
        lua_getfield(lua, -1, *fields);
        lua_setfield(lua, -3, *fields);
    }
    lua_pop(lua, 1);
}

/* Puts `function` before the field of that name: it is called with it as its upvalue. */
static void wrap(lua_State *lua, const char *field, lua_CFunction function)
{
    lua_getfield(lua, -1, field);
    lua_pushcclosure(lua, function, 1);
    lua_setfield(lua, -2, field);
}

/* Calls what was wrapped, as if it had been called itself. */
static int call_wrapped(lua_State *lua)
{
    lua_CFunction function = lua_tocfunction(lua, lua_upvalueindex(1));
    return function(lua);
}

/* ---- string ---- */

static int string_rep(lua_State *lua)
{
    size_t len, size;
    const char *text = luaL_checklstring(lua, 1, &len);
    lua_Integer count = luaL_checkinteger(lua, 2);
    if (count <= 0 || len == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if (__builtin_mul_overflow(len, (size_t)count, &size) ||
        size > (size_t)scripts_in(lua)->server->config->lua_memory_limit)
        return luaL_error(lua, "not enough memory");
    luaL_Buffer buffer;
    luaL_buffinit(lua, &buffer);
    for (lua_Integer i = 0; i < count; i++)
        luaL_addlstring(&buffer, text, len);
    luaL_pushresult(&buffer);
    return 1;
}

static int with_pattern(lua_State *lua)
{
    if (lua_isstring(lua, 2) && lua_objlen(lua, 2) > PATTERN_MAX && !lua_toboolean(lua, 4))
        return luaL_error(lua, "pattern too long");
    return call_wrapped(lua);
}

/* What strings' own methods are: ("x"):upper(). Scripts that ask for the metatable get one that is locked. */
static void set_methods(lua_State *lua)
{
    int methods = lua_gettop(lua);
    lua_pushliteral(lua, "");
    if (!lua_getmetatable(lua, -1))
        lua_newtable(lua);
    lua_pushvalue(lua, methods);
    sandbox_lock(lua);
    lua_setfield(lua, -2, "__index");
    lua_createtable(lua, 0, 1);
    lua_getfield(lua, -2, "__index");
    lua_setfield(lua, -2, "__index");
    sandbox_lock(lua);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_settop(lua, methods);
}

void library_string(lua_State *lua)
{
    static const char *const fields[] = {"byte",    "char", "dump",  "find",  "format", "gfind",
                                         "gmatch",  "gsub", "len",   "lower", "match",  "rep",
                                         "reverse", "sub",  "upper", NULL};
    copy(lua, "string", fields);
    static const char *const matching[] = {"find", "match", "gmatch", "gfind", "gsub"};
    for (size_t i = 0; i < sizeof matching / sizeof matching[0]; i++)
        wrap(lua, matching[i], with_pattern);
    lua_pushcfunction(lua, string_rep);
    lua_setfield(lua, -2, "rep");
    set_methods(lua);
}

/* ---- table ---- */

static int on_unlocked(lua_State *lua)
{
    if (sandbox_is_locked(lua, 1))
        return error_raise(lua, "Attempt to modify a readonly table");
    return call_wrapped(lua);
}

void library_table(lua_State *lua)
{
    static const char *const fields[] = {"concat", "foreach", "foreachi", "getn", "insert",
                                         "maxn",   "remove",  "setn",     "sort", NULL};
    copy(lua, "table", fields);
    static const char *const writing[] = {"insert", "remove", "setn", "sort"};
    for (size_t i = 0; i < sizeof writing / sizeof writing[0]; i++)
        wrap(lua, writing[i], on_unlocked);
}

/* ---- math ---- */

static double random_share(struct scripts *scripts)
{
    return (double)(nrand48(scripts->random) % INT32_MAX) / INT32_MAX;
}

static int math_random(lua_State *lua)
{
    double share = random_share(scripts_in(lua));
    int argument_count = lua_gettop(lua);
    if (argument_count == 0) {
        lua_pushnumber(lua, share);
        return 1;
    }
    if (argument_count > 2)
        return luaL_error(lua, "wrong number of arguments");
    int lower = argument_count == 2 ? luaL_checkint(lua, 1) : 1, upper = luaL_checkint(lua, argument_count);
    luaL_argcheck(lua, lower <= upper, argument_count, "interval is empty");
    lua_pushnumber(lua, __builtin_floor(share * ((double)upper - lower + 1)) + lower);
    return 1;
}

/* One seed makes the same numbers here as in Redis. It holds for the script that set it. */
static void seed(struct scripts *scripts, uint32_t number)
{
    scripts->random[0] = 0x330e;
    scripts->random[1] = (unsigned short)number;
    scripts->random[2] = (unsigned short)(number >> 16);
}

static int math_randomseed(lua_State *lua)
{
    struct scripts *scripts = scripts_in(lua);
    seed(scripts, (uint32_t)luaL_checkint(lua, 1));
    scripts->is_seeded = true;
    return 0;
}

void library_math_begin(struct scripts *scripts)
{
    if (scripts->is_seeded)
        seed(scripts, (uint32_t)random_u64());
    scripts->is_seeded = false;
}

void library_math(lua_State *lua)
{
    static const char *const fields[] = {"abs",   "acos", "asin",  "atan", "atan2", "ceil", "cos",   "cosh",
                                         "deg",   "exp",  "floor", "fmod", "frexp", "huge", "ldexp", "log",
                                         "log10", "max",  "min",   "mod",  "modf",  "pi",   "pow",   "rad",
                                         "sin",   "sinh", "sqrt",  "tan",  "tanh",  NULL};
    copy(lua, "math", fields);
    lua_pushcfunction(lua, math_random);
    lua_setfield(lua, -2, "random");
    lua_pushcfunction(lua, math_randomseed);
    lua_setfield(lua, -2, "randomseed");
}

/* ---- os, coroutine ---- */

void library_os(lua_State *lua)
{
    static const char *const fields[] = {"clock", NULL};
    copy(lua, "os", fields);
}

static int coroutine_resume(lua_State *lua)
{
    int count = call_wrapped(lua);
    if (count > 0 && !lua_toboolean(lua, -count))
        run_rethrow_if_killed(lua);
    return count;
}

void library_coroutine(lua_State *lua)
{
    static const char *const fields[] = {"create", "resume", "running", "status", "wrap", "yield", NULL};
    copy(lua, "coroutine", fields);
    wrap(lua, "resume", coroutine_resume);
}
