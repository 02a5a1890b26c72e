/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's library string as scripts have it: rep is bounded, and what goes through a long text can be
 * stopped. */
#include "engine.h"
#include "pattern.h"
#include "run.h"
#include "text.h"
#include <ctype.h>

/* A pattern is matched as deep as it is long. */
#define PATTERN_MAX 2048
/* Lua puts a format's own text together slowly. */
#define FORMAT_MAX ((size_t)1 << 20)
/* Bytes between two looks at the time. */
#define PIECE ((size_t)64 << 10)

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int string_rep(lua_State *lua)
{
    size_t len, size;
    const char *text = luaL_checklstring(lua, 1, &len);
    lua_Integer count = luaL_checkinteger(lua, 2);
    if (count <= 0 || len == 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if (__builtin_mul_overflow(len, (size_t)count, &size) ||
        size > (size_t)scripts_in(lua)->server->config->lua_memory_limit)
        return luaL_error(lua, "not enough memory");
    char *whole = lua_newuserdata(lua, size);
    memcpy(whole, text, len);
    /* What is there is doubled, a piece at a time. */
    for (size_t done = len, more; done < size; done += more) {
        more = lesser(lesser(done, size - done), PIECE / len * len + len);
        memcpy(whole + done, whole, more);
        run_worked(lua, more / 64);
    }
    lua_pushlstring(lua, whole, size);
    return 1;
}

/* ---- byte by byte ---- */

static int map_bytes(lua_State *lua, int (*map)(int byte))
{
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    char *mapped = lua_newuserdata(lua, len);
    for (size_t i = 0; i < len; i++) {
        mapped[i] = (char)map((unsigned char)text[i]);
        if (i % PIECE == PIECE - 1)
            run_worked(lua, PIECE / 4);
    }
    lua_pushlstring(lua, mapped, len);
    return 1;
}

static int string_lower(lua_State *lua)
{
    return map_bytes(lua, tolower);
}

static int string_upper(lua_State *lua)
{
    return map_bytes(lua, toupper);
}

static int string_reverse(lua_State *lua)
{
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    char *reversed = lua_newuserdata(lua, len);
    for (size_t i = 0; i < len; i++) {
        reversed[i] = text[len - 1 - i];
        if (i % PIECE == PIECE - 1)
            run_worked(lua, PIECE / 16);
    }
    lua_pushlstring(lua, reversed, len);
    return 1;
}

/* ---- patterns ---- */

static const char *check_pattern(lua_State *lua)
{
    size_t len;
    const char *pattern = luaL_checklstring(lua, 2, &len);
    if (len > PATTERN_MAX)
        luaL_error(lua, "pattern too long");
    return pattern;
}

static struct pattern_match begin_match(lua_State *lua, struct bytes text)
{
    struct pattern_match match;
    match.lua = lua;
    match.text = text.data;
    match.end = text.data + text.len;
    match.capture_count = 0;
    return match;
}

static struct bytes check_text(lua_State *lua, int index)
{
    size_t len;
    const char *text = luaL_checklstring(lua, index, &len);
    run_worked(lua, len / 64);
    return bytes_make(text, len);
}

/* The third argument, a place from 1 on or, if negative, from the end, as an offset. */
static size_t start_of(lua_State *lua, size_t len)
{
    lua_Integer place = luaL_optinteger(lua, 3, 1);
    if (place < 0)
        place = place < -(lua_Integer)len ? 1 : place + (lua_Integer)len + 1;
    if (place <= 1)
        return 0;
    return (size_t)place - 1 < len ? (size_t)place - 1 : len;
}

static int find_plain(lua_State *lua, struct bytes text, size_t start)
{
    size_t len;
    const char *wanted = lua_tolstring(lua, 2, &len);
    const char *found = memmem(text.data + start, text.len - start, wanted, len);
    if (!found) {
        lua_pushnil(lua);
        return 1;
    }
    lua_pushinteger(lua, found - text.data + 1);
    lua_pushinteger(lua, found - text.data + (lua_Integer)len);
    return 2;
}

static int find(lua_State *lua, struct bytes text, size_t start, bool wants_place)
{
    const char *pattern = check_pattern(lua);
    struct pattern_match match = begin_match(lua, text);
    bool is_anchored = *pattern == '^';
    for (const char *from = text.data + start; from <= match.end; from++) {
        const char *to = pattern_match(&match, from, pattern + is_anchored);
        if (to && !wants_place)
            return pattern_push_captures(&match, from, to);
        if (to) {
            lua_pushinteger(lua, from - text.data + 1);
            lua_pushinteger(lua, to - text.data);
            return pattern_push_captures(&match, NULL, NULL) + 2;
        }
        if (is_anchored)
            break;
    }
    lua_pushnil(lua);
    return 1;
}

static int string_find(lua_State *lua)
{
    struct bytes text = check_text(lua, 1);
    const char *pattern = luaL_checkstring(lua, 2);
    size_t start = start_of(lua, text.len);
    if (lua_toboolean(lua, 4) || !strpbrk(pattern, "^$*+?.([%-"))
        return find_plain(lua, text, start);
    return find(lua, text, start, true);
}

static int string_match(lua_State *lua)
{
    struct bytes text = check_text(lua, 1);
    luaL_checkstring(lua, 2);
    return find(lua, text, start_of(lua, text.len), false);
}

/* Its upvalues are the text, the pattern, and the offset where it goes on. */
static int next_match(lua_State *lua)
{
    struct bytes text;
    text.data = lua_tolstring(lua, lua_upvalueindex(1), &text.len);
    const char *pattern = lua_tostring(lua, lua_upvalueindex(2));
    struct pattern_match match = begin_match(lua, text);
    const char *from = text.data + lua_tointeger(lua, lua_upvalueindex(3));
    for (; from <= match.end; from++) {
        const char *to = pattern_match(&match, from, pattern);
        if (!to)
            continue;
        /* An empty match: the next one begins behind it. */
        lua_pushinteger(lua, to - text.data + (to == from));
        lua_replace(lua, lua_upvalueindex(3));
        return pattern_push_captures(&match, from, to);
    }
    return 0;
}

static int string_gmatch(lua_State *lua)
{
    luaL_checkstring(lua, 1);
    (void)check_pattern(lua);
    lua_settop(lua, 2);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_match, 3);
    return 1;
}

/* ---- gsub ---- */

/* The third argument, in which %1 to %9 stand for captures and %0 for the match. */
static void add_template(struct pattern_match *match, struct text *out, const char *from, const char *to)
{
    size_t len;
    lua_State *lua = match->lua;
    const char *template = lua_tolstring(lua, 3, &len);
    run_worked(lua, len / 64);
    for (size_t i = 0; i < len; i++) {
        const char *special = memchr(template + i, '%', len - i);
        size_t plain = special ? (size_t)(special - template) - i : len - i;
        text_append(out, template + i, plain);
        i += plain;
        if (i == len)
            return;
        if (!isdigit((unsigned char)template[++i])) {
            text_append_char(out, template[i]);
        } else if (template[i] == '0') {
            text_append(out, from, (size_t)(to - from));
        } else {
            pattern_push_capture(match, template[i] - '1', from, to);
            struct bytes capture;
            capture.data = lua_tolstring(lua, -1, &capture.len);
            text_append(out, capture.data, capture.len);
            lua_pop(lua, 1);
        }
    }
}

/* What the function or the table in the third argument has for the match, on the stack's top. */
static void push_replacement(struct pattern_match *match, const char *from, const char *to)
{
    lua_State *lua = match->lua;
    luaL_checkstack(lua, 3, NULL);
    if (lua_istable(lua, 3)) {
        pattern_push_capture(match, 0, from, to);
        lua_gettable(lua, 3);
        return;
    }
    lua_pushvalue(lua, 3);
    lua_call(lua, pattern_push_captures(match, from, to), 1);
}

static void add_replacement(struct pattern_match *match, struct text *out, const char *from, const char *to)
{
    lua_State *lua = match->lua;
    if (lua_isstring(lua, 3)) {
        add_template(match, out, from, to);
        return;
    }
    push_replacement(match, from, to);
    size_t len = (size_t)(to - from);
    const char *replacement = from;
    if (lua_toboolean(lua, -1) && !lua_isstring(lua, -1))
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    if (lua_toboolean(lua, -1))
        replacement = lua_tolstring(lua, -1, &len);
    text_append(out, replacement, len);
    lua_pop(lua, 1);
}

static int string_gsub(lua_State *lua)
{
    struct bytes text = check_text(lua, 1);
    const char *pattern = check_pattern(lua);
    bool is_anchored = *pattern == '^';
    lua_Integer count = 0, most = luaL_optinteger(lua, 4, (lua_Integer)text.len + 1);
    luaL_argcheck(lua, lua_isstring(lua, 3) || lua_isfunction(lua, 3) || lua_istable(lua, 3), 3,
                  "string/function/table expected");
    lua_settop(lua, 3);
    struct pattern_match match = begin_match(lua, text);
    struct text out;
    text_begin(&out, lua);
    const char *from = text.data;
    while (count < most) {
        const char *to = pattern_match(&match, from, pattern + is_anchored);
        if (to) {
            count++;
            add_replacement(&match, &out, from, to);
        }
        if (to && to > from)
            from = to;
        else if (from < match.end)
            text_append_char(&out, *from++);
        else
            break;
        if (is_anchored)
            break;
    }
    text_append(&out, from, (size_t)(match.end - from));
    text_push(&out);
    lua_pushinteger(lua, count);
    return 2;
}

/* ---- format ---- */

/* Replaces the text there with what a script would write for it. */
static void quote(lua_State *lua, int index)
{
    size_t len;
    const char *at = luaL_checklstring(lua, index, &len);
    struct text quoted;
    text_begin(&quoted, lua);
    text_append_char(&quoted, '"');
    for (const char *end = at + len; at < end; at++) {
        run_worked(lua, 1);
        if (*at == '"' || *at == '\\' || *at == '\n')
            text_append_char(&quoted, '\\');
        if (*at == '\r')
            text_append(&quoted, "\\r", 2);
        else if (*at == 0)
            text_append(&quoted, "\\000", 4);
        else
            text_append_char(&quoted, *at);
    }
    text_append_char(&quoted, '"');
    text_push(&quoted);
    lua_replace(lua, index);
    lua_pop(lua, 1);
}

/* Lua's own function, its upvalue, but for %q, which it puts together slowly: that becomes %s. */
static int string_format(lua_State *lua)
{
    lua_CFunction format = lua_tocfunction(lua, lua_upvalueindex(1));
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    luaL_argcheck(lua, len <= FORMAT_MAX, 1, "format too long");
    if (!memmem(text, len, "%q", 2))
        return format(lua);
    struct text changed;
    int index = 1;
    lua_pushvalue(lua, 1);
    text_begin(&changed, lua);
    text_append(&changed, text, len);
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] != '%' || text[++i] == '%')
            continue;
        index++;
        if (text[i] == 'q' && index <= lua_gettop(lua) - 2) {
            quote(lua, index);
            changed.data[i] = 's';
        }
    }
    text_push(&changed);
    lua_replace(lua, 1);
    lua_settop(lua, -3);
    return format(lua);
}

/* ---- the library ---- */

static const luaL_Reg ours[] = {
    {"rep", string_rep},       {"lower", string_lower},
    {"upper", string_upper},   {"reverse", string_reverse},
    {"find", string_find},     {"match", string_match},
    {"gmatch", string_gmatch}, {"gfind", string_gmatch},
    {"gsub", string_gsub},     {NULL, NULL},
};

void library_string(lua_State *lua)
{
    static const char *const of_lua[] = {"byte", "char", "dump", "len", "sub"};
    lua_newtable(lua);
    lua_getglobal(lua, "string");
    for (size_t i = 0; i < sizeof of_lua / sizeof of_lua[0]; i++) {
        lua_getfield(lua, -1, of_lua[i]);
        lua_setfield(lua, -3, of_lua[i]);
    }
    lua_getfield(lua, -1, "format");
    lua_pushcclosure(lua, string_format, 1);
    lua_setfield(lua, -3, "format");
    lua_pop(lua, 1);
    luaL_register(lua, NULL, ours);
}

/* Scripts that ask for the metatable get one that is locked. */
void library_string_methods(lua_State *lua, int globals)
{
    lua_pushliteral(lua, "");
    if (!lua_getmetatable(lua, -1))
        lua_newtable(lua);
    lua_getfield(lua, globals, "string");
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, -2);
    lua_setfield(lua, -2, "__index");
    sandbox_lock(lua);
    lua_setfield(lua, -3, "__metatable");
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
}
