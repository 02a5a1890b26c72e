/* SPDX-License-Identifier: BSD-3-Clause */
/* cjson and bit, from the system's packages, with what they trust their callers in checked before: how deep
 * values nest, how long texts become, how many digits are asked for. */
#include "base/bytes.h"
#include "engine.h"
#include <lua5.1/lua-bitop.h>
#include <lua5.1/lua-cjson.h>

/* cjson's own limit at first, and ours always: it calls itself for each level. */
#define DEPTH_MAX 1000
/* Of an encoded text, at the most: cjson counts in ints. */
#define ENCODED_MAX ((size_t)512 << 20)

/* Calls what was wrapped, as if it had been called itself: what belongs to it is ours, too. */
static int call_wrapped(lua_State *lua)
{
    lua_CFunction function = lua_tocfunction(lua, lua_upvalueindex(2));
    return function(lua);
}

/* Puts `function` before the field of that name of the table on the stack's top. */
static void wrap(lua_State *lua, const char *field, lua_CFunction function)
{
    lua_getfield(lua, -1, field);
    if (!lua_getupvalue(lua, -1, 1))
        lua_pushnil(lua);
    lua_insert(lua, -2);
    lua_pushcclosure(lua, function, 2);
    lua_setfield(lua, -2, field);
}

/* Adds up what the value on the stack's top may become, a character six at the most; false when that is too
 * much. */
static bool fits(lua_State *lua, int depth, size_t *size)
{
    *size += 32;
    if (lua_type(lua, -1) == LUA_TSTRING)
        *size += 6 * lua_objlen(lua, -1);
    if (*size > ENCODED_MAX)
        return false;
    if (!lua_istable(lua, -1) || depth == DEPTH_MAX)
        return true;
    luaL_checkstack(lua, 4, "Cannot serialise, excessive depth");
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        if (lua_type(lua, -2) == LUA_TSTRING)
            *size += 6 * lua_objlen(lua, -2);
        if (!fits(lua, depth + 1, size)) {
            lua_pop(lua, 2);
            return false;
        }
        lua_pop(lua, 1);
    }
    return true;
}

static int json_encode(lua_State *lua)
{
    size_t size = 0;
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    if (!fits(lua, 0, &size))
        return luaL_error(lua, "Cannot serialise, the text would be too long");
    return call_wrapped(lua);
}

static int json_depth(lua_State *lua)
{
    if (lua_isnumber(lua, 1) && lua_tonumber(lua, 1) > DEPTH_MAX)
        return luaL_argerror(lua, 1, "expected integer between 1 and 1000");
    return call_wrapped(lua);
}

void library_json(lua_State *lua)
{
    static const char *const fields[] = {"encode",
                                         "decode",
                                         "encode_sparse_array",
                                         "encode_max_depth",
                                         "decode_max_depth",
                                         "encode_number_precision",
                                         "encode_keep_buffer",
                                         "encode_invalid_numbers",
                                         "decode_invalid_numbers",
                                         "null",
                                         "_NAME",
                                         "_VERSION"};
    lua_newtable(lua);
    lua_pushcfunction(lua, luaopen_cjson);
    lua_call(lua, 0, 1);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        lua_getfield(lua, -1, fields[i]);
        lua_setfield(lua, -3, fields[i]);
    }
    lua_pop(lua, 1);
    wrap(lua, "encode", json_encode);
    wrap(lua, "encode_max_depth", json_depth);
    wrap(lua, "decode_max_depth", json_depth);
}

/* ---- bit ---- */

/* More digits than there are, of either sign, are as many as there are. */
static int bit_tohex(lua_State *lua)
{
    if (lua_isnumber(lua, 2)) {
        lua_Number count = lua_tonumber(lua, 2);
        lua_settop(lua, 1);
        lua_pushnumber(lua, count > 8 ? 8 : count >= -8 ? count : -8);
    }
    return call_wrapped(lua);
}

void library_bit(lua_State *lua)
{
    lua_pushcfunction(lua, luaopen_bit);
    lua_call(lua, 0, 1);
    wrap(lua, "tohex", bit_tohex);
}
