/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's library table as scripts have it: locked tables stay as they are, and what goes through all of a
 * table can be stopped. */
#include "engine.h"
#include "run.h"
#include "text.h"

/* Calls what was wrapped, as if it had been called itself. */
static int call_wrapped(lua_State *lua)
{
    lua_CFunction function = lua_tocfunction(lua, lua_upvalueindex(1));
    return function(lua);
}

static size_t checked_length(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    return lua_objlen(lua, 1);
}

/* ---- changing ---- */

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
    if (lua_gettop(lua) == 3)
        run_worked(lua, checked_length(lua));
    return on_unlocked(lua);
}

static int remove_element(lua_State *lua)
{
    if (lua_gettop(lua) > 1)
        run_worked(lua, checked_length(lua));
    return on_unlocked(lua);
}

/* Elements that are soon sorted, in whatever order they are; and how much memory there is, at the most, for
 * long texts among them. */
#define SORTED_AT_ONCE       1000
#define SORTED_AT_ONCE_BYTES ((size_t)4 << 20)

/* How values are ordered when the script doesn't say it. */
static int is_less(lua_State *lua)
{
    size_t len = lua_type(lua, 1) == LUA_TSTRING ? lua_objlen(lua, 1) : 0;
    run_worked(lua, 1 + len / 64);
    lua_pushboolean(lua, lua_lessthan(lua, 1, 2));
    return 1;
}

/* Ordered badly, as a script can have it, a table takes time without end. */
static int sort_elements(lua_State *lua)
{
    bool may_take_long =
        lua_objlen(lua, 1) > SORTED_AT_ONCE || interpreter_in(lua)->bytes > SORTED_AT_ONCE_BYTES;
    if (lua_istable(lua, 1) && may_take_long && lua_isnoneornil(lua, 2)) {
        lua_settop(lua, 1);
        lua_pushcfunction(lua, is_less);
    }
    return on_unlocked(lua);
}

/* ---- going through ---- */

static void append_element(lua_State *lua, struct text *text, int index)
{
    lua_rawgeti(lua, 1, index);
    if (!lua_isstring(lua, -1))
        luaL_error(lua, "invalid value (%s) at index %d in table for 'concat'", luaL_typename(lua, -1),
                   index);
    struct bytes element;
    element.data = lua_tolstring(lua, -1, &element.len);
    run_worked(lua, 4 + element.len / 64);
    text_append(text, element.data, element.len);
    lua_pop(lua, 1);
}

static void append_separator(struct text *text, struct bytes separator)
{
    run_worked(text->lua, separator.len / 64);
    text_append(text, separator.data, separator.len);
}

static int concat_elements(lua_State *lua)
{
    struct bytes separator;
    struct text text;
    separator.data = luaL_optlstring(lua, 2, "", &separator.len);
    luaL_checktype(lua, 1, LUA_TTABLE);
    int first = luaL_optint(lua, 3, 1), last = luaL_opt(lua, luaL_checkint, 4, (int)lua_objlen(lua, 1));
    lua_settop(lua, 2);
    text_begin(&text, lua);
    for (int64_t i = first; i <= last; i++) {
        append_element(lua, &text, (int)i);
        if (i < last)
            append_separator(&text, separator);
    }
    text_push(&text);
    return 1;
}

/* Calls the function in the second argument with the key and the value on the stack's top, which it takes
 * off; true: with what that returned it is over. */
static bool visit(lua_State *lua)
{
    run_worked(lua, 10);
    lua_pushvalue(lua, 2);
    lua_insert(lua, -3);
    lua_call(lua, 2, 1);
    if (!lua_isnil(lua, -1))
        return true;
    lua_pop(lua, 1);
    return false;
}

static int foreach_element(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    for (lua_pushnil(lua); lua_next(lua, 1);) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        if (visit(lua))
            return 1;
    }
    return 0;
}

static int foreach_place(lua_State *lua)
{
    int count = (int)checked_length(lua);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    for (int i = 1; i <= count; i++) {
        lua_pushinteger(lua, i);
        lua_rawgeti(lua, 1, i);
        if (visit(lua))
            return 1;
    }
    return 0;
}

/* The largest number that is a key. */
static int max_key(lua_State *lua)
{
    lua_Number max = 0;
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        run_worked(lua, 2);
        if (lua_type(lua, 2) == LUA_TNUMBER && lua_tonumber(lua, 2) > max)
            max = lua_tonumber(lua, 2);
    }
    lua_pushnumber(lua, max);
    return 1;
}

/* ---- the library ---- */

static const luaL_Reg ours[] = {
    {"concat", concat_elements},
    {"foreach", foreach_element},
    {"foreachi", foreach_place},
    {"maxn", max_key},
    {NULL, NULL},
};

/* Lua's own functions with ours before them. */
static const luaL_Reg wrapped[] = {
    {"getn", call_wrapped}, {"insert", insert_element}, {"remove", remove_element},
    {"setn", on_unlocked},  {"sort", sort_elements},
};

void library_table(lua_State *lua)
{
    lua_newtable(lua);
    lua_getglobal(lua, "table");
    for (size_t i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
        lua_getfield(lua, -1, wrapped[i].name);
        lua_pushcclosure(lua, wrapped[i].func, 1);
        lua_setfield(lua, -3, wrapped[i].name);
    }
    lua_pop(lua, 1);
    luaL_register(lua, NULL, ours);
}
