/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's libraries table, math, os and coroutine as scripts have them. */
#include "base/random.h"
#include "engine.h"
#include "run.h"
#include <stdlib.h>

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

/* ---- table ---- */

static int on_unlocked(lua_State *lua)
{
    if (sandbox_is_locked(lua, 1))
        return error_raise(lua, "Attempt to modify a readonly table");
    return call_wrapped(lua);
}

/* How far below the first place something is put at the most: what lies between is moved one by one. */
#define BELOW_MAX 1000

static int insert_element(lua_State *lua)
{
    if (lua_gettop(lua) == 3 && luaL_checkint(lua, 2) < -BELOW_MAX)
        return luaL_argerror(lua, 2, "position out of bounds");
    return on_unlocked(lua);
}

/* Elements that are soon sorted, in whatever order they are. */
#define SORTED_AT_ONCE 1000

/* How values are ordered when the script doesn't say it. */
static int is_less(lua_State *lua)
{
    run_worked(lua, 1);
    lua_pushboolean(lua, lua_lessthan(lua, 1, 2));
    return 1;
}

/* Ordered badly, as a script can have it, a table takes time without end. */
static int sort_elements(lua_State *lua)
{
    if (lua_istable(lua, 1) && lua_objlen(lua, 1) > SORTED_AT_ONCE && lua_isnoneornil(lua, 2)) {
        lua_settop(lua, 1);
        lua_pushcfunction(lua, is_less);
    }
    return on_unlocked(lua);
}

void library_table(lua_State *lua)
{
    static const char *const fields[] = {"concat", "foreach", "foreachi", "getn", "insert",
                                         "maxn",   "remove",  "setn",     "sort", NULL};
    copy(lua, "table", fields);
    wrap(lua, "insert", insert_element);
    wrap(lua, "remove", on_unlocked);
    wrap(lua, "setn", on_unlocked);
    wrap(lua, "sort", sort_elements);
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
