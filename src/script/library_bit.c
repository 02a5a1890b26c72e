/* SPDX-License-Identifier: BSD-3-Clause */
/* bit, from the system's package, with how many digits are asked for checked before. */
#include "engine.h"
#include <lua5.1/lua-bitop.h>

/* More digits than there are, of either sign, are as many as there are. The upvalue is the function of the
 * package. */
static int bit_tohex(lua_State *lua)
{
    lua_CFunction tohex = lua_tocfunction(lua, lua_upvalueindex(1));
    if (lua_isnumber(lua, 2)) {
        lua_Number count = lua_tonumber(lua, 2);
        lua_settop(lua, 1);
        lua_pushnumber(lua, count > 8 ? 8 : count >= -8 ? count : -8);
    }
    return tohex(lua);
}

void library_bit(lua_State *lua)
{
    lua_pushcfunction(lua, luaopen_bit);
    lua_call(lua, 0, 1);
    lua_getfield(lua, -1, "tohex");
    lua_pushcclosure(lua, bit_tohex, 1);
    lua_setfield(lua, -2, "tohex");
}
