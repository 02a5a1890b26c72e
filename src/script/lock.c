/* SPDX-License-Identifier: BSD-3-Clause */
/* The lock of tables that scripts share: an empty table in front, whose metatable reads through and refuses
 * to be written. */
#include "engine.h"

/* A locked table's metatable has this at [1]: no script can make one. */
static const char lock_mark;

static int refuse_to_write(lua_State *lua)
{
    return luaL_error(lua, "Attempt to modify a readonly table");
}

bool sandbox_is_locked(lua_State *lua, int index)
{
    if (!lua_getmetatable(lua, index))
        return false;
    lua_rawgeti(lua, -1, 1);
    bool is_locked = lua_touserdata(lua, -1) == &lock_mark;
    lua_pop(lua, 1);
    if (is_locked) {
        lua_getfield(lua, -1, "__index");
        lua_remove(lua, -2);
    } else {
        lua_pop(lua, 1);
    }
    return is_locked;
}

void sandbox_turn(lua_State *lua, int lock)
{
    (void)lua_getmetatable(lua, lock);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 1);
}

void sandbox_lock(lua_State *lua)
{
    lua_newtable(lua);
    lua_createtable(lua, 1, 3);
    lua_pushlightuserdata(lua, (void *)(uintptr_t)&lock_mark);
    lua_rawseti(lua, -2, 1);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_to_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, false);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}
