/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies of commands as values of Lua. What Lua has no type for becomes a table with one field that says
 * what it is. */
#include "base/number.h"
#include "base/panic.h"
#include "engine.h"
#include "proto/resp_read.h"
#include "run.h"

static const struct resp_read_limits no_limits = {INT64_MAX / 4, INT64_MAX / 4, RESP_DEPTH_MAX};

static void push_bytes(lua_State *lua, struct bytes bytes)
{
    lua_pushlstring(lua, bytes.data, bytes.len);
}

static void push_field(lua_State *lua, const char *field, struct bytes text)
{
    lua_createtable(lua, 0, 1);
    push_bytes(lua, text);
    lua_setfield(lua, -2, field);
}

static void push_error(lua_State *lua, struct bytes text)
{
    push_field(lua, "err", text);
    /* It was counted when it was replied. */
    lua_pushboolean(lua, true);
    lua_setfield(lua, -2, "ignore_error_stats_update");
}

static void push_null(lua_State *lua, int protocol)
{
    if (protocol == 3)
        lua_pushnil(lua);
    else
        lua_pushboolean(lua, false);
}

static void push_verbatim(lua_State *lua, const struct resp_item *item)
{
    lua_createtable(lua, 0, 1);
    push_field(lua, "string", item->text);
    push_bytes(lua, item->format);
    lua_setfield(lua, -2, "format");
    lua_setfield(lua, -2, "verbatim_string");
}

static enum resp_kind push_value(lua_State *lua, struct resp_reader *reader, struct bytes reply,
                                 int protocol);

static void push_array(lua_State *lua, struct resp_reader *reader, struct bytes reply, size_t count,
                       int protocol)
{
    lua_createtable(lua, (int)(count < 1024 ? count : 1024), 0);
    for (size_t i = 1; i <= count; i++) {
        (void)push_value(lua, reader, reply, protocol);
        lua_rawseti(lua, -2, (int)i);
    }
}

/* Of a map `count` keys and values, of a set as many keys. */
static void push_keyed(lua_State *lua, struct resp_reader *reader, struct bytes reply, size_t count,
                       int protocol, bool is_map)
{
    lua_createtable(lua, 0, 1);
    lua_newtable(lua);
    for (size_t i = 0; i < count; i += is_map ? 2 : 1) {
        (void)push_value(lua, reader, reply, protocol);
        if (is_map)
            (void)push_value(lua, reader, reply, protocol);
        else
            lua_pushboolean(lua, true);
        if (lua_isnil(lua, -2))
            lua_pop(lua, 2);
        else
            lua_rawset(lua, -3);
    }
    lua_setfield(lua, -2, is_map ? "map" : "set");
}

/* What the attribute's keys and values stand before. */
static void push_behind(lua_State *lua, struct resp_reader *reader, struct bytes reply, size_t count,
                        int protocol)
{
    for (size_t i = 0; i < count; i++) {
        (void)push_value(lua, reader, reply, protocol);
        lua_pop(lua, 1);
    }
    (void)push_value(lua, reader, reply, protocol);
}

static void push_item(lua_State *lua, struct resp_reader *reader, struct bytes reply,
                      const struct resp_item *item, int protocol)
{
    switch (item->kind) {
    case RESP_KIND_SIMPLE:
        push_field(lua, "ok", item->text);
        break;
    case RESP_KIND_ERROR:
    case RESP_KIND_BULK_ERROR:
        push_error(lua, item->text);
        break;
    case RESP_KIND_INTEGER:
        lua_pushnumber(lua, (lua_Number)item->integer);
        break;
    case RESP_KIND_BULK:
        push_bytes(lua, item->text);
        break;
    case RESP_KIND_BIG_NUMBER:
        push_field(lua, "big_number", item->text);
        break;
    case RESP_KIND_DOUBLE:
        lua_createtable(lua, 0, 1);
        lua_pushnumber(lua, item->number);
        lua_setfield(lua, -2, "double");
        break;
    case RESP_KIND_BOOL:
        lua_pushboolean(lua, item->integer != 0);
        break;
    case RESP_KIND_VERBATIM:
        push_verbatim(lua, item);
        break;
    case RESP_KIND_ARRAY:
    case RESP_KIND_PUSH:
        push_array(lua, reader, reply, item->count, protocol);
        break;
    case RESP_KIND_MAP:
    case RESP_KIND_SET:
        push_keyed(lua, reader, reply, item->count, protocol, item->kind == RESP_KIND_MAP);
        break;
    case RESP_KIND_NULL:
        push_null(lua, protocol);
        break;
    case RESP_KIND_ATTRIBUTE:
        push_behind(lua, reader, reply, item->count, protocol);
        break;
    }
}

static enum resp_kind push_value(lua_State *lua, struct resp_reader *reader, struct bytes reply, int protocol)
{
    struct resp_item item;
    luaL_checkstack(lua, 6, "lua stack limit reach when parsing redis.call reply");
    run_worked(lua, 4);
    enum resp_read_result result = resp_read(reader, reply, &item);
    ASSERT(result == RESP_READ_ITEM);
    push_item(lua, reader, reply, &item, protocol);
    return item.kind;
}

/* Most replies are one text or one number: these need no reader. True: it was one. */
static bool push_short(lua_State *lua, struct bytes reply)
{
    int64_t number;
    /* Nothing shorter than ":0\r\n". */
    if (reply.len < 4)
        return false;
    struct bytes line = bytes_make(reply.data + 1, reply.len - 3);
    if (reply.data[0] == ':' && parse_i64(line, &number)) {
        lua_pushnumber(lua, (lua_Number)number);
        return true;
    }
    if (reply.data[0] != '$')
        return false;
    size_t head = bytes_index_of(reply, '\n') + 1;
    if (!parse_i64(bytes_make(reply.data + 1, head - 3), &number) || number < 0)
        return false;
    lua_pushlstring(lua, reply.data + head, (size_t)number);
    return true;
}

bool to_lua(lua_State *lua, struct bytes reply, int protocol)
{
    if (reply.len == 0) {
        push_null(lua, protocol);
        return false;
    }
    if (push_short(lua, reply))
        return false;
    struct resp_reader reader;
    resp_reader_init(&reader, no_limits);
    enum resp_kind kind = push_value(lua, &reader, reply, protocol);
    return kind == RESP_KIND_ERROR || kind == RESP_KIND_BULK_ERROR;
}
