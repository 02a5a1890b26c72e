/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"
#include "run.h"
#include <lua5.1/lauxlib.h>
#include <string.h>

void text_begin(struct text *text, lua_State *lua)
{
    luaL_checkstack(lua, 2, "text");
    lua_pushnil(lua);
    text->lua = lua;
    text->slot = lua_gettop(lua);
    text->data = text->few;
    text->len = 0;
    text->capacity = sizeof text->few;
}

static void grow(struct text *text, size_t more)
{
    size_t needed, doubled = 2 * text->capacity;
    if (__builtin_add_overflow(text->len, more, &needed))
        luaL_error(text->lua, "not enough memory");
    size_t capacity = needed > doubled ? needed : doubled;
    luaL_checkstack(text->lua, 1, "text");
    run_worked(text->lua, text->len / 16);
    char *data = lua_newuserdata(text->lua, capacity);
    memcpy(data, text->data, text->len);
    lua_replace(text->lua, text->slot);
    text->data = data;
    text->capacity = capacity;
}

void text_append(struct text *text, const void *data, size_t len)
{
    if (len == 0)
        return;
    if (len > text->capacity - text->len)
        grow(text, len);
    memcpy(text->data + text->len, data, len);
    text->len += len;
}

void text_append_char(struct text *text, char c)
{
    text_append(text, &c, 1);
}

void text_push(const struct text *text)
{
    lua_pushlstring(text->lua, text->data, text->len);
}
