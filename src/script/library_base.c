/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's basic functions as scripts have them: those of Lua that are harmless, and ours in place of those that
 * write or look past metatables, take bytecode, or catch what may not be caught. */
#include "base/buf.h"
#include "engine.h"
#include "run.h"

/* Text of a chunk that a script makes. */
#define CHUNK_MAX ((size_t)1 << 20)
#define PIECE     ((size_t)4 << 10)

/* ---- tables ---- */

static int base_next(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 2);
    if (sandbox_is_locked(lua, 1))
        lua_replace(lua, 1);
    if (lua_next(lua, 1))
        return 2;
    lua_pushnil(lua);
    return 1;
}

static int base_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    return 3;
}

static int base_rawget(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    if (sandbox_is_locked(lua, 1))
        lua_replace(lua, 1);
    lua_rawget(lua, 1);
    return 1;
}

static void refuse_locked(lua_State *lua)
{
    if (sandbox_is_locked(lua, 1))
        error_raise(lua, "Attempt to modify a readonly table");
}

static int base_rawset(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    luaL_checkany(lua, 3);
    lua_settop(lua, 3);
    refuse_locked(lua);
    lua_rawset(lua, 1);
    return 1;
}

/* The lock is none of scripts' business: of what lies behind it the metatable is shown, locked. */
static int base_getmetatable(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_settop(lua, 1);
    if (sandbox_is_locked(lua, 1)) {
        if (lua_getmetatable(lua, -1))
            sandbox_lock(lua);
        else
            lua_pushnil(lua);
        return 1;
    }
    if (!lua_getmetatable(lua, 1)) {
        lua_pushnil(lua);
        return 1;
    }
    (void)luaL_getmetafield(lua, 1, "__metatable");
    return 1;
}

static int base_setmetatable(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argcheck(lua, lua_isnil(lua, 2) || lua_istable(lua, 2), 2, "nil or table expected");
    refuse_locked(lua);
    if (luaL_getmetafield(lua, 1, "__metatable"))
        luaL_error(lua, "cannot change a protected metatable");
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

/* As many values as there is room for, and no reckoning that could go round. */
static int base_unpack(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_Integer first = luaL_optinteger(lua, 2, 1);
    lua_Integer last = lua_isnoneornil(lua, 3) ? (lua_Integer)lua_objlen(lua, 1) : luaL_checkinteger(lua, 3);
    if (first > last)
        return 0;
    uint64_t count = (uint64_t)last - (uint64_t)first + 1;
    if (first < INT_MIN || last > INT_MAX || count > LUAI_MAXCSTACK || !lua_checkstack(lua, (int)count))
        return luaL_error(lua, "too many results to unpack");
    for (lua_Integer i = first; i <= last; i++)
        lua_rawgeti(lua, 1, (int)i);
    return (int)count;
}

/* ---- calls ---- */

/* As Redis has it: of an error with a field err only that is returned. */
static void unwrap_error(lua_State *lua)
{
    if (!lua_istable(lua, -1))
        return;
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    if (lua_isstring(lua, -1))
        lua_replace(lua, -2);
    else
        lua_pop(lua, 1);
}

/* What failed may have been a coroutine. */
static int protected_result(lua_State *lua, int status)
{
    interpreter_in(lua)->running = lua;
    if (status != 0)
        run_rethrow_if_killed(lua);
    lua_pushboolean(lua, status == 0);
    lua_insert(lua, 1);
    return lua_gettop(lua);
}

static int base_pcall(lua_State *lua)
{
    luaL_checkany(lua, 1);
    int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
    if (status != 0)
        unwrap_error(lua);
    luaL_checkstack(lua, 1, NULL);
    return protected_result(lua, status);
}

static int base_xpcall(lua_State *lua)
{
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    lua_insert(lua, 1);
    int status = lua_pcall(lua, 0, LUA_MULTRET, 1);
    luaL_checkstack(lua, 1, NULL);
    lua_remove(lua, 1);
    return protected_result(lua, status);
}

/* ---- chunks ---- */

struct chunk {
    const char *at;
    size_t left;
};

/* For the compiler: others may have their turn between two pieces. */
static const char *read_piece(lua_State *lua, void *context, size_t *size)
{
    struct chunk *chunk = context;
    const char *piece = chunk->at;
    *size = chunk->left < PIECE ? chunk->left : PIECE;
    run_worked(lua, 16 * *size);
    chunk->at += *size;
    chunk->left -= *size;
    return *size > 0 ? piece : NULL;
}

/* Compiles the text at `index`, which stays there, as does the name: the compiler doesn't hold on to it. */
static int load_text(lua_State *lua, int index, const char *name)
{
    size_t len;
    const char *text = lua_tolstring(lua, index, &len);
    lua_pushstring(lua, name ? name : text);
    if (len > CHUNK_MAX || (len > 0 && text[0] == LUA_SIGNATURE[0])) {
        lua_pushnil(lua);
        lua_pushstring(lua, len > CHUNK_MAX ? "chunk too long" : "bytecode is not allowed");
        return 2;
    }
    struct chunk chunk = {text, len};
    if (lua_load(lua, read_piece, &chunk, lua_tostring(lua, -1)) != 0) {
        run_rethrow_if_killed(lua);
        lua_pushnil(lua);
        lua_insert(lua, -2);
        return 2;
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_setfenv(lua, -2);
    return 1;
}

static int base_loadstring(lua_State *lua)
{
    luaL_checkstring(lua, 1);
    return load_text(lua, 1, luaL_optstring(lua, 2, NULL));
}

/* The pieces are put together first: the compiler runs no function of the script. */
static int base_load(lua_State *lua)
{
    const char *name = luaL_optstring(lua, 2, "=(load)");
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_settop(lua, 2);
    lua_pushliteral(lua, "");
    for (;;) {
        lua_pushvalue(lua, 1);
        lua_call(lua, 0, 1);
        if (lua_isnil(lua, -1) || (lua_isstring(lua, -1) && lua_objlen(lua, -1) == 0))
            break;
        if (!lua_isstring(lua, -1))
            return luaL_error(lua, "reader function must return a string");
        lua_concat(lua, 2);
        if (lua_objlen(lua, -1) > CHUNK_MAX)
            break;
        run_worked(lua, lua_objlen(lua, -1) / 64);
    }
    return load_text(lua, 3, name);
}

/* ---- memory ---- */

/* What would change how memory is collected for others does nothing. */
static int base_collectgarbage(lua_State *lua)
{
    static const char *const options[] = {"collect", "count",    "step",       "stop",
                                          "restart", "setpause", "setstepmul", NULL};
    int option = luaL_checkoption(lua, 1, "collect", options);
    if (option == 0 || option == 2)
        run_worked(lua, interpreter_in(lua)->bytes / 16);
    if (option == 1)
        lua_pushnumber(lua, lua_gc(lua, LUA_GCCOUNT, 0) + lua_gc(lua, LUA_GCCOUNTB, 0) / 1024.0);
    else if (option == 2)
        lua_pushboolean(lua, lua_gc(lua, LUA_GCSTEP, 0));
    else
        lua_pushinteger(lua, option == 0 ? lua_gc(lua, LUA_GCCOLLECT, 0) : 0);
    return 1;
}

static int base_gcinfo(lua_State *lua)
{
    lua_pushinteger(lua, lua_gc(lua, LUA_GCCOUNT, 0));
    return 1;
}

/* ---- which there are ---- */

static const luaL_Reg ours[] = {
    {"next", base_next},
    {"rawget", base_rawget},
    {"rawset", base_rawset},
    {"getmetatable", base_getmetatable},
    {"setmetatable", base_setmetatable},
    {"unpack", base_unpack},
    {"pcall", base_pcall},
    {"xpcall", base_xpcall},
    {"collectgarbage", base_collectgarbage},
    {"gcinfo", base_gcinfo},
    {NULL, NULL},
};

static const char *const of_lua[] = {"assert",   "error",    "ipairs", "rawequal", "select",
                                     "tonumber", "tostring", "type",   "_VERSION"};

void library_base(lua_State *lua)
{
    for (size_t i = 0; i < sizeof of_lua / sizeof of_lua[0]; i++) {
        lua_getglobal(lua, of_lua[i]);
        lua_setfield(lua, -2, of_lua[i]);
    }
    luaL_register(lua, NULL, ours);
    lua_getfield(lua, -1, "next");
    lua_pushcclosure(lua, base_pairs, 1);
    lua_setfield(lua, -2, "pairs");
}

void library_base_loaders(lua_State *lua, int globals, int environment)
{
    lua_pushvalue(lua, environment);
    lua_pushcclosure(lua, base_loadstring, 1);
    lua_setfield(lua, globals, "loadstring");
    lua_pushvalue(lua, environment);
    lua_pushcclosure(lua, base_load, 1);
    lua_setfield(lua, globals, "load");
}
