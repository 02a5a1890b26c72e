/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/lua_state.h"
#include "base/panic.h"
#include "script/engine.h"
#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>
#include <stdlib.h>

/* As a library knows its interpreter, of which no script runs. */
static struct scripts scripts;
static struct interpreter interpreter = {.scripts = &scripts};

static void *allocate(void *context, void *block, size_t old_size, size_t size)
{
    (void)context;
    (void)old_size;
    if (size > 0)
        return realloc(block, size);
    free(block);
    return NULL;
}

lua_State *lua_state_new(void (*push)(lua_State *lua), const char *name)
{
    interpreter.json = json_defaults;
    lua_State *lua = lua_newstate(allocate, &interpreter);
    ASSERT(lua);
    luaL_openlibs(lua);
    push(lua);
    lua_setglobal(lua, name);
    lua_settop(lua, 0);
    return lua;
}

const char *lua_state_run(lua_State *lua, const char *chunk)
{
    lua_settop(lua, 0);
    if (luaL_loadbuffer(lua, chunk, strlen(chunk), "=chunk") != 0 || lua_pcall(lua, 0, 1, 0) != 0)
        return lua_pushfstring(lua, "error: %s", lua_tostring(lua, -1));
    const char *text = lua_tostring(lua, -1);
    return text ? text : "(no string)";
}

bool lua_state_call(lua_State *lua, const char *library, const char *function, int first)
{
    lua_getglobal(lua, library);
    lua_getfield(lua, -1, function);
    lua_remove(lua, -2);
    lua_insert(lua, first);
    return lua_pcall(lua, lua_gettop(lua) - first, LUA_MULTRET, 0) == 0;
}
