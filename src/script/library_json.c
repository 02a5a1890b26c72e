/* SPDX-License-Identifier: BSD-3-Clause */
/* The library cjson: the two ways, and the settings of each table of its functions, which have them as their
 * upvalue. */
#include "engine.h"
#include "json.h"
#include <limits.h>
#include <stdio.h>

const struct json_settings json_defaults = {.sparse_ratio = 2,
                                            .sparse_safe = 10,
                                            .encode_depth = JSON_DEPTH_MAX,
                                            .decode_depth = JSON_DEPTH_MAX,
                                            .precision = 14,
                                            .decodes_numbers = true,
                                            .keeps_buffer = true};

static struct json_settings *settings_of(lua_State *lua)
{
    return lua_touserdata(lua, lua_upvalueindex(1));
}

static int encode(lua_State *lua)
{
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    json_encode(lua, settings_of(lua));
    return 1;
}

static int decode(lua_State *lua)
{
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    luaL_checkstring(lua, 1);
    json_decode(lua, 1, settings_of(lua));
    return 1;
}

/* ---- settings ---- */

/* As many arguments as there are settings: those that aren't given are nil. */
static void take_arguments(lua_State *lua, int count)
{
    luaL_argcheck(lua, lua_gettop(lua) <= count, count + 1, "found too many arguments");
    lua_settop(lua, count);
}

/* These two set what the argument says, if it is given, and push what is set. */
static void set_integer(lua_State *lua, int index, int *setting, int min, int max)
{
    if (!lua_isnil(lua, index)) {
        char reason[64];
        lua_Integer value = luaL_checkinteger(lua, index);
        /* As lua-cjson says it, of the first argument whichever it is. */
        (void)snprintf(reason, sizeof reason, "expected integer between %d and %d", min, max);
        luaL_argcheck(lua, value >= min && value <= max, 1, reason);
        *setting = (int)value;
    }
    lua_pushinteger(lua, *setting);
}

/* The first two choices are false and true. */
static void set_choice(lua_State *lua, int index, int *setting, const char *const *choices)
{
    if (lua_isboolean(lua, index))
        *setting = lua_toboolean(lua, index);
    else if (!lua_isnil(lua, index))
        *setting = luaL_checkoption(lua, index, NULL, choices);
    if (*setting <= 1)
        lua_pushboolean(lua, *setting);
    else
        lua_pushstring(lua, choices[*setting]);
}

static const char *const truth[] = {"off", "on", NULL};

static int encode_sparse_array(lua_State *lua)
{
    struct json_settings *settings = settings_of(lua);
    take_arguments(lua, 3);
    set_choice(lua, 1, &settings->converts_sparse, truth);
    set_integer(lua, 2, &settings->sparse_ratio, 0, INT_MAX);
    set_integer(lua, 3, &settings->sparse_safe, 0, INT_MAX);
    return 3;
}

static int encode_max_depth(lua_State *lua)
{
    take_arguments(lua, 1);
    set_integer(lua, 1, &settings_of(lua)->encode_depth, 1, JSON_DEPTH_MAX);
    return 1;
}

static int decode_max_depth(lua_State *lua)
{
    take_arguments(lua, 1);
    set_integer(lua, 1, &settings_of(lua)->decode_depth, 1, JSON_DEPTH_MAX);
    return 1;
}

static int encode_number_precision(lua_State *lua)
{
    take_arguments(lua, 1);
    set_integer(lua, 1, &settings_of(lua)->precision, 1, json_defaults.precision);
    return 1;
}

static int encode_keep_buffer(lua_State *lua)
{
    take_arguments(lua, 1);
    set_choice(lua, 1, &settings_of(lua)->keeps_buffer, truth);
    return 1;
}

static int encode_invalid_numbers(lua_State *lua)
{
    static const char *const choices[] = {"off", "on", "null", NULL};
    take_arguments(lua, 1);
    set_choice(lua, 1, &settings_of(lua)->encoded_numbers, choices);
    return 1;
}

static int decode_invalid_numbers(lua_State *lua)
{
    take_arguments(lua, 1);
    set_choice(lua, 1, &settings_of(lua)->decodes_numbers, truth);
    return 1;
}

/* ---- the table ---- */

static int new_table(lua_State *lua);

static const luaL_Reg functions[] = {
    {"encode", encode},
    {"decode", decode},
    {"encode_sparse_array", encode_sparse_array},
    {"encode_max_depth", encode_max_depth},
    {"decode_max_depth", decode_max_depth},
    {"encode_number_precision", encode_number_precision},
    {"encode_keep_buffer", encode_keep_buffer},
    {"encode_invalid_numbers", encode_invalid_numbers},
    {"decode_invalid_numbers", decode_invalid_numbers},
    {"new", new_table},
    {NULL, NULL},
};

/* With the settings on the stack's top, which are replaced with it. */
static void push_table(lua_State *lua)
{
    lua_newtable(lua);
    for (const luaL_Reg *function = functions; function->name; function++) {
        lua_pushvalue(lua, -2);
        lua_pushcclosure(lua, function->func, 1);
        lua_setfield(lua, -2, function->name);
    }
    lua_pushlightuserdata(lua, NULL);
    lua_setfield(lua, -2, "null");
    lua_pushliteral(lua, "cjson");
    lua_setfield(lua, -2, "_NAME");
    lua_pushliteral(lua, "2.1.0");
    lua_setfield(lua, -2, "_VERSION");
    lua_remove(lua, -2);
}

/* Another one, with settings of its own. */
static int new_table(lua_State *lua)
{
    struct json_settings *settings = lua_newuserdata(lua, sizeof *settings);
    *settings = json_defaults;
    push_table(lua);
    return 1;
}

void library_json(lua_State *lua)
{
    lua_pushlightuserdata(lua, &interpreter_in(lua)->json);
    push_table(lua);
}
