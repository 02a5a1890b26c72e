/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors are tables with the field err, "CODE text". One that ends a script learns where that was: fields
 * source and line. */
#include "base/buf.h"
#include "engine.h"
#include "engine/error_stats.h"
#include "run.h"
#include <stdio.h>

#define TEXT_MAX 1024

/* Length of the text without the line end behind it. */
static size_t trimmed(const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\r' || text[len - 1] == '\n'))
        len--;
    return len;
}

void error_push(lua_State *lua, const char *text)
{
    /* A single word is no code. */
    bool has_code = text[0] == '-' && strchr(text, ' ');
    if (text[0] == '-')
        text++;
    lua_createtable(lua, 0, 1);
    lua_pushstring(lua, has_code ? "" : "ERR ");
    lua_pushlstring(lua, text, trimmed(text));
    lua_concat(lua, 2);
    lua_setfield(lua, -2, "err");
}

int error_raise(lua_State *lua, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_push(lua, text);
    return lua_error(lua);
}

/* The function of Lua that was running: level 1 may be one of C, as error() is. */
static bool find_place(lua_State *lua, lua_Debug *place)
{
    for (int level = 1; level <= 2; level++) {
        if (!lua_getstack(lua, level, place) || !lua_getinfo(lua, "Sl", place))
            return false;
        if (strcmp(place->what, "C") != 0)
            break;
    }
    return true;
}

/* The message handler of a script: makes a table of what isn't one, and says where it happened. */
int error_explain(lua_State *lua)
{
    lua_settop(lua, 1);
    if (!lua_istable(lua, 1)) {
        /* By a copy: tostring would change a number in its place. */
        lua_pushliteral(lua, "ERR ");
        if (lua_tostring(lua, 1))
            lua_pushvalue(lua, 1);
        else
            lua_pushstring(lua, luaL_typename(lua, 1));
        lua_concat(lua, 2);
        lua_createtable(lua, 0, 3);
        lua_insert(lua, -2);
        lua_setfield(lua, -2, "err");
        lua_replace(lua, 1);
    }
    lua_Debug place;
    if (!sandbox_is_locked(lua, 1) && find_place(lua, &place)) {
        lua_pushliteral(lua, "source");
        lua_pushstring(lua, place.source);
        lua_rawset(lua, 1);
        lua_pushliteral(lua, "line");
        lua_pushinteger(lua, place.currentline);
        lua_rawset(lua, 1);
    }
    lua_settop(lua, 1);
    return 1;
}

/* ---- to the client ---- */

/* The field of the table there as text, NULL when it is none; stays on the stack. */
static const char *text_field(lua_State *lua, int index, const char *name)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, index);
    return lua_tostring(lua, -1);
}

void error_reply(lua_State *lua, const struct script_run *run, struct call *call)
{
    int index = lua_gettop(lua);
    struct buf text = {0};
    bool is_counted = false;
    luaL_checkstack(lua, 8, NULL);
    if (lua_istable(lua, index)) {
        const char *message = text_field(lua, index, "err"), *source = text_field(lua, index, "source"),
                   *line = text_field(lua, index, "line");
        (void)text_field(lua, index, "ignore_error_stats_update");
        is_counted = lua_toboolean(lua, -1);
        buf_printf(&text, "%s script: %s", message ? message : "ERR unknown error", run->name);
        if (source && line)
            buf_printf(&text, ", on %s:%s.", source, line);
    } else {
        const char *message = lua_tostring(lua, index);
        buf_printf(&text, "ERR Error running script %s, %.100s", run->name, message ? message : "");
    }
    if (is_counted) {
        call->has_failed = true;
        reply_error(call->reply, buf_cstring(&text));
    } else {
        call_error_format(call, "%s", buf_cstring(&text));
    }
    buf_clear(&text);
    lua_settop(lua, index - 1);
}
