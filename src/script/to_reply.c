/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of Lua as replies. A table is an array up to its first nil, unless a field says that it stands for
 * something else; metatables are not asked. Converting a table may be stopped, and fail. */
#include "base/buf.h"
#include "engine.h"
#include "run.h"

/* Of Lua's stack, where each table within a table has a place at least: they are C calls, too. */
#define STACK_MAX 2000

/* A number cut as C does it, and the ends where C leaves it open. */
static int64_t to_integer(lua_Number number)
{
    if (number >= 0x1p63 || number < -0x1p63 || number != number)
        return INT64_MIN;
    return (int64_t)number;
}

static struct bytes text_at(lua_State *lua, int index)
{
    size_t len;
    const char *text = lua_tolstring(lua, index, &len);
    return bytes_make(text, len);
}

/* The text with spaces for what would end a line, owned. */
static struct buf one_line(struct bytes text)
{
    struct buf line = {0};
    for (size_t i = 0; i < text.len; i++)
        buf_append_char(&line, text.data[i] == '\r' || text.data[i] == '\n' ? ' ' : text.data[i]);
    return line;
}

/* Leaves the field of the table on the stack's top there, if it has that type; false, and nothing, if not. */
static bool get_field(lua_State *lua, const char *name, int type)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    if (lua_type(lua, -1) == type)
        return true;
    lua_pop(lua, 1);
    return false;
}

static void reply_status(lua_State *lua, struct call *call)
{
    struct buf line = one_line(text_at(lua, -1));
    reply_simple(call->reply, buf_cstring(&line));
    buf_clear(&line);
}

static void reply_table_error(lua_State *lua, struct call *call)
{
    const char *text = lua_tostring(lua, -1);
    lua_pushliteral(lua, "ignore_error_stats_update");
    lua_rawget(lua, -3);
    bool is_counted = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    if (is_counted) {
        call->has_failed = true;
        reply_error(call->reply, text);
    } else {
        call_error_format(call, "%s", text);
    }
}

static void reply_big(lua_State *lua, struct call *call)
{
    struct buf line = one_line(text_at(lua, -1));
    reply_big_number(call->reply, buf_bytes(&line));
    buf_clear(&line);
}

/* Leaves the fields format and string of the table's verbatim_string on the stack, if it has them; false, and
 * nothing, if not. */
static bool get_verbatim(lua_State *lua)
{
    if (!get_field(lua, "verbatim_string", LUA_TTABLE))
        return false;
    if (get_field(lua, "format", LUA_TSTRING)) {
        lua_insert(lua, -2);
        if (get_field(lua, "string", LUA_TSTRING)) {
            lua_remove(lua, -2);
            return true;
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return false;
}

static void reply_text(lua_State *lua, struct call *call)
{
    char format[4] = "   ";
    struct bytes name = text_at(lua, -2);
    memcpy(format, name.data, name.len < 3 ? name.len : 3);
    reply_verbatim(call->reply, text_at(lua, -1), format);
    lua_pop(lua, 1);
}

static void reply_pairs(lua_State *lua, struct call *call, int protocol)
{
    size_t count = 0;
    struct reply_mark later = reply_later(call->reply);
    for (lua_pushnil(lua); lua_next(lua, -2); count++) {
        lua_pushvalue(lua, -2);
        to_reply(lua, call, protocol);
        to_reply(lua, call, protocol);
    }
    reply_later_done(call->reply, later, '%', count);
}

static void reply_keys(lua_State *lua, struct call *call, int protocol)
{
    size_t count = 0;
    struct reply_mark later = reply_later(call->reply);
    for (lua_pushnil(lua); lua_next(lua, -2); count++) {
        lua_pop(lua, 1);
        lua_pushvalue(lua, -1);
        to_reply(lua, call, protocol);
    }
    reply_later_done(call->reply, later, '~', count);
}

static void reply_items(lua_State *lua, struct call *call, int protocol)
{
    size_t count = 0;
    struct reply_mark later = reply_later(call->reply);
    for (;; count++) {
        run_worked(lua, 4);
        lua_rawgeti(lua, -1, (int)count + 1);
        if (lua_isnil(lua, -1))
            break;
        to_reply(lua, call, protocol);
    }
    lua_pop(lua, 1);
    reply_later_done(call->reply, later, '*', count);
}

/* Tables that are shared may become as much as one likes; those that aren't, hardly more than they are. */
static void check_size(lua_State *lua, const struct call *call)
{
    size_t limit = 2 * (size_t)call->server->config->lua_memory_limit;
    if (reply_pending(call->reply) > limit)
        luaL_error(lua, "not enough memory for the reply");
}

static void reply_table(lua_State *lua, struct call *call, int protocol)
{
    run_worked(lua, 10);
    check_size(lua, call);
    if (lua_gettop(lua) > STACK_MAX || !lua_checkstack(lua, 8)) {
        call_error_format(call, "ERR reached lua stack limit");
        return;
    }
    if (get_field(lua, "err", LUA_TSTRING))
        reply_table_error(lua, call);
    else if (get_field(lua, "ok", LUA_TSTRING))
        reply_status(lua, call);
    else if (get_field(lua, "double", LUA_TNUMBER))
        reply_double(call->reply, lua_tonumber(lua, -1));
    else if (get_field(lua, "map", LUA_TTABLE))
        reply_pairs(lua, call, protocol);
    else if (get_field(lua, "set", LUA_TTABLE))
        reply_keys(lua, call, protocol);
    else if (get_field(lua, "big_number", LUA_TSTRING))
        reply_big(lua, call);
    else if (get_verbatim(lua))
        reply_text(lua, call);
    else {
        reply_items(lua, call, protocol);
        return;
    }
    lua_pop(lua, 1);
}

static void reply_truth(struct call *call, bool value, int protocol)
{
    if (protocol == 3)
        reply_bool(call->reply, value);
    else if (value)
        reply_int(call->reply, 1);
    else
        reply_null(call->reply);
}

void to_reply(lua_State *lua, struct call *call, int protocol)
{
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        reply_bulk(call->reply, text_at(lua, -1));
        break;
    case LUA_TBOOLEAN:
        reply_truth(call, lua_toboolean(lua, -1), protocol);
        break;
    case LUA_TNUMBER:
        reply_int(call->reply, to_integer(lua_tonumber(lua, -1)));
        break;
    case LUA_TTABLE:
        reply_table(lua, call, protocol);
        break;
    default:
        reply_null(call->reply);
    }
    lua_pop(lua, 1);
}
