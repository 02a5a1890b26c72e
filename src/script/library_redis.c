/* SPDX-License-Identifier: BSD-3-Clause */
/* The table redis of scripts, without call and pcall, which stand in command.c. */
#include "base/log.h"
#include "engine.h"
#include "run.h"

#define REDIS_VERSION_NUMBER 0x00070206

enum { RECORD_NOTHING = 0, RECORD_IN_FILE = 1, RECORD_IN_REPLICA = 2 };

static int redis_log(lua_State *lua)
{
    int count = lua_gettop(lua);
    if (count < 2)
        return error_raise(lua, "redis.log() requires two arguments or more.");
    if (!lua_isnumber(lua, 1))
        return error_raise(lua, "First argument must be a number (log level).");
    lua_Number level = lua_tonumber(lua, 1);
    if (!(level >= LOG_LEVEL_DEBUG && level <= LOG_LEVEL_WARNING))
        return error_raise(lua, "Invalid debug level.");
    luaL_Buffer text;
    luaL_buffinit(lua, &text);
    for (int i = 2; i <= count; i++) {
        if (!lua_isstring(lua, i))
            continue;
        if (i > 2)
            luaL_addchar(&text, ' ');
        lua_pushvalue(lua, i);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    run_worked(lua, lua_objlen(lua, -1) / 8);
    log_write((enum log_level)level, "%s", lua_tostring(lua, -1));
    return 0;
}

static int redis_sha1hex(lua_State *lua)
{
    size_t len;
    char hex[SHA1_HEX_SIZE + 1];
    if (lua_gettop(lua) != 1)
        return error_raise(lua, "wrong number of arguments");
    const char *text = lua_tolstring(lua, 1, &len);
    run_worked(lua, text ? len / 8 : 0);
    digest_sha1_hex(bytes_make(text, text ? len : 0), hex);
    lua_pushstring(lua, hex);
    return 1;
}

/* These two return what is wrong with their arguments, instead of raising it. */
static int redis_status_reply(lua_State *lua)
{
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
        error_push(lua, "wrong number or type of arguments");
        return 1;
    }
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "ok");
    return 1;
}

static int redis_error_reply(lua_State *lua)
{
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
        error_push(lua, "wrong number or type of arguments");
        return 1;
    }
    if (lua_tostring(lua, 1)[0] != '-') {
        lua_pushliteral(lua, "-");
        lua_insert(lua, 1);
        lua_concat(lua, 2);
    }
    error_push(lua, lua_tostring(lua, 1));
    return 1;
}

static int redis_setresp(lua_State *lua)
{
    if (lua_gettop(lua) != 1)
        return error_raise(lua, "redis.setresp() requires one argument.");
    lua_Number protocol = lua_tonumber(lua, 1);
    if (protocol != 2 && protocol != 3)
        return error_raise(lua, "RESP version must be 2 or 3.");
    scripts_in(lua)->run->protocol = (uint8_t)protocol;
    return 0;
}

static int redis_set_repl(lua_State *lua)
{
    if (lua_gettop(lua) != 1)
        return error_raise(lua, "redis.set_repl() requires two arguments.");
    int where = (int)lua_tointeger(lua, 1);
    if (where & ~(RECORD_IN_FILE | RECORD_IN_REPLICA))
        return error_raise(lua,
                           "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
    scripts_in(lua)->run->is_unrecorded = where == RECORD_NOTHING;
    return 0;
}

/* What scripts change is recorded change by change, always. */
static int redis_replicate_commands(lua_State *lua)
{
    lua_pushboolean(lua, true);
    return 1;
}

/* There is no debugger. */
static int redis_breakpoint(lua_State *lua)
{
    lua_pushboolean(lua, false);
    return 1;
}

static int redis_debug(lua_State *lua)
{
    (void)lua;
    return 0;
}

static const luaL_Reg functions[] = {
    {"call", command_call},
    {"pcall", command_pcall},
    {"acl_check_cmd", command_may_call},
    {"log", redis_log},
    {"sha1hex", redis_sha1hex},
    {"status_reply", redis_status_reply},
    {"error_reply", redis_error_reply},
    {"setresp", redis_setresp},
    {"set_repl", redis_set_repl},
    {NULL, NULL},
};

static const luaL_Reg functions_of_scripts[] = {
    {"replicate_commands", redis_replicate_commands},
    {"breakpoint", redis_breakpoint},
    {"debug", redis_debug},
    {NULL, NULL},
};

static const luaL_Reg functions_of_loading[] = {
    {"log", redis_log},
    {"register_function", redis_register_function},
    {NULL, NULL},
};

struct number {
    const char *name;
    int value;
};

static const struct number numbers[] = {
    {"REPL_NONE", RECORD_NOTHING},
    {"REPL_AOF", RECORD_IN_FILE},
    {"REPL_SLAVE", RECORD_IN_REPLICA},
    {"REPL_REPLICA", RECORD_IN_REPLICA},
    {"REPL_ALL", RECORD_IN_FILE | RECORD_IN_REPLICA},
    {NULL, 0},
};

static const struct number numbers_of_all[] = {
    {"LOG_DEBUG", LOG_LEVEL_DEBUG},
    {"LOG_VERBOSE", LOG_LEVEL_VERBOSE},
    {"LOG_NOTICE", LOG_LEVEL_NOTICE},
    {"LOG_WARNING", LOG_LEVEL_WARNING},
    {"REDIS_VERSION_NUM", REDIS_VERSION_NUMBER},
    {NULL, 0},
};

static void add_numbers(lua_State *lua, const struct number *number)
{
    for (; number->name; number++) {
        lua_pushinteger(lua, number->value);
        lua_setfield(lua, -2, number->name);
    }
}

/* Leaves a table with what is in all of them. */
static void push_library(lua_State *lua)
{
    lua_newtable(lua);
    add_numbers(lua, numbers_of_all);
    lua_pushliteral(lua, REDIS_VERSION);
    lua_setfield(lua, -2, "REDIS_VERSION");
}

void library_redis_for_functions(lua_State *lua)
{
    push_library(lua);
    luaL_register(lua, NULL, functions);
    add_numbers(lua, numbers);
}

void library_redis(lua_State *lua)
{
    library_redis_for_functions(lua);
    luaL_register(lua, NULL, functions_of_scripts);
}

void library_redis_for_loading(lua_State *lua)
{
    push_library(lua);
    luaL_register(lua, NULL, functions_of_loading);
    sandbox_refuse_others(lua);
}
