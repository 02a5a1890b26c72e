/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's libraries math, os and coroutine as scripts have them. */
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

/* Runs the coroutine in the first argument. The first upvalue is Lua's own function for that. */
static int resume(lua_State *lua)
{
    struct interpreter *interpreter = interpreter_in(lua);
    lua_CFunction of_lua = lua_tocfunction(lua, lua_upvalueindex(1));
    lua_State *thread = lua_tothread(lua, 1);
    run_worked(lua, (size_t)(RUN_STEPS_MAX / interpreter_patience(interpreter)));
    if (thread)
        interpreter_switch(interpreter, thread);
    int count = of_lua(lua);
    interpreter->running = lua;
    if (count > 0 && !lua_toboolean(lua, -count))
        run_rethrow_if_killed(lua);
    return count;
}

/* What coroutine.wrap returns; its second upvalue is the coroutine. */
static int resume_wrapped(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(2));
    lua_insert(lua, 1);
    int count = resume(lua);
    if (lua_toboolean(lua, -count))
        return count - 1;
    if (lua_isstring(lua, -1)) {
        luaL_where(lua, 1);
        lua_insert(lua, -2);
        lua_concat(lua, 2);
    }
    return lua_error(lua);
}

/* Its upvalues are Lua's own functions to resume and to create one. */
static int coroutine_wrap(lua_State *lua)
{
    lua_CFunction create = lua_tocfunction(lua, lua_upvalueindex(2));
    (void)create(lua);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, -2);
    lua_pushcclosure(lua, resume_wrapped, 2);
    return 1;
}

void library_coroutine(lua_State *lua)
{
    static const char *const fields[] = {"create", "resume", "running", "status", "yield", NULL};
    copy(lua, "coroutine", fields);
    lua_getfield(lua, -1, "resume");
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, resume, 1);
    lua_setfield(lua, -3, "resume");
    lua_getfield(lua, -2, "create");
    lua_pushcclosure(lua, coroutine_wrap, 2);
    lua_setfield(lua, -2, "wrap");
}
