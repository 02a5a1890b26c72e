/* SPDX-License-Identifier: BSD-3-Clause */
/* What scripts see, built from nothing: names that aren't listed aren't there. A library is two tables: one
 * behind, with its functions, and an empty one in front, which scripts hold. Reading goes through; writing
 * meets the lock, by whatever way: the functions that write without asking metatables are ours, and ask. So
 * no script can leave anything to the next one.
 *
 *     script -> _G {}            -lock-> globals { redis = {}, type = f, ... } -> "nonexistent global"
 *               redis {}         -lock-> { call = f, ... }
 *               ("x"):upper()    -lock-> string's */
#include "engine.h"
#include "run.h"

static int refuse_global(lua_State *lua)
{
    const char *name = lua_tostring(lua, 2);
    return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name ? name : "?");
}

void sandbox_add(lua_State *lua, int globals, const char *name)
{
    sandbox_lock(lua);
    lua_setfield(lua, globals, name);
}

/* Lua's own libraries, where scripts don't come. */
static void open_lua(lua_State *lua)
{
    static const luaL_Reg libraries[] = {{"", luaopen_base},
                                         {LUA_TABLIBNAME, luaopen_table},
                                         {LUA_STRLIBNAME, luaopen_string},
                                         {LUA_MATHLIBNAME, luaopen_math},
                                         {LUA_OSLIBNAME, luaopen_os}};
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        lua_pushcfunction(lua, libraries[i].func);
        lua_pushstring(lua, libraries[i].name);
        lua_call(lua, 1, 0);
    }
}

void sandbox_refuse_others(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, refuse_global);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

void sandbox_build(lua_State *lua)
{
    open_lua(lua);
    lua_newtable(lua);
    library_base(lua);
    sandbox_refuse_others(lua);
    lua_pushvalue(lua, -1);
    sandbox_lock(lua);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, "_G");
    library_base_loaders(lua, lua_gettop(lua) - 1, lua_gettop(lua));
}
