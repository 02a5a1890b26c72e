/* SPDX-License-Identifier: BSD-3-Clause */
/* From a text to a library: its first line says what it is, the rest is run once to register its functions.
 * It sees little more than redis.register_function then, and the whole of what scripts see when one of them
 * is called. */
#include "function_load.h"
#include "base/clock.h"
#include "proto/inline.h"
#include "run.h"

/* How long that may take. */
#define LOAD_US 500000

/* ---- the first line ---- */

struct library_head {
    struct buf words;
    struct resp_args parts;
    struct bytes name;
};

static bool parse_part(struct bytes part, struct library_head *head, struct buf *error)
{
    const size_t skip = sizeof "name=" - 1;
    if (part.len < skip || !bytes_is_nocase(bytes_make(part.data, skip), "name=")) {
        buf_printf(error, "ERR Invalid metadata value given: %.*s", (int)part.len, part.data);
        return false;
    }
    if (head->name.data) {
        buf_append_text(error, "ERR Invalid metadata value, name argument was given multiple times");
        return false;
    }
    head->name = bytes_make(part.data + skip, part.len - skip);
    return true;
}

static bool check_head(const struct library_head *head, struct buf *error)
{
    struct bytes engine = head->parts.items[0];
    if (!head->name.data) {
        buf_append_text(error, "ERR Library name was not given");
        return false;
    }
    if (!library_name_is_valid(head->name)) {
        buf_append_text(error, "ERR " LIBRARY_NAME_ERROR);
        return false;
    }
    if (!bytes_is_nocase(engine, "#!lua")) {
        buf_printf(error, "ERR Engine '%.*s' not found", (int)engine.len - 2, engine.data + 2);
        return false;
    }
    return true;
}

/* `*line_len`: what the line takes. */
static bool parse_head(struct bytes code, struct library_head *head, size_t *line_len, struct buf *error)
{
    if (!bytes_starts_with(code, BYTES("#!"))) {
        buf_append_text(error, "ERR Missing library metadata");
        return false;
    }
    *line_len = bytes_index_of(code, '\n');
    if (*line_len == code.len ||
        !inline_split(bytes_make(code.data, *line_len), &head->words, &head->parts) ||
        head->parts.count == 0) {
        buf_append_text(error, "ERR Invalid library metadata");
        return false;
    }
    for (size_t i = 1; i < head->parts.count; i++) {
        if (!parse_part(head->parts.items[i], head, error))
            return false;
    }
    return check_head(head, error);
}

/* ---- the rest ---- */

static int raise_load_error(lua_State *lua, const char *what)
{
    if (lua_istable(lua, -1)) {
        lua_pushliteral(lua, "err");
        lua_rawget(lua, -2);
        lua_pushfstring(lua, "%s%s", what, lua_tostring(lua, -1));
    } else {
        lua_pushfstring(lua, "%sERR %s", what, lua_tostring(lua, -1));
    }
    return lua_error(lua);
}

/* Its argument is the code. */
int run_load(lua_State *lua)
{
    const struct bytes *code = lua_touserdata(lua, 1);
    interpreter_collect(interpreter_in(lua), lua);
    lua_pushliteral(lua, "@user_function");
    if (luaL_loadbuffer(lua, code->data, code->len, lua_tostring(lua, -1)) != 0) {
        lua_pushfstring(lua, "Error compiling function: %s", lua_tostring(lua, -1));
        return lua_error(lua);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_setfenv(lua, -2);
    lua_pushvalue(lua, lua_upvalueindex(3));
    sandbox_turn(lua, lua_upvalueindex(1));
    int status = lua_pcall(lua, 0, 0, 0);
    lua_pushvalue(lua, lua_upvalueindex(2));
    sandbox_turn(lua, lua_upvalueindex(1));
    return status == 0 ? 0 : raise_load_error(lua, "Error registering functions: ");
}

/* Runs the code; its functions are in `library` then. */
static bool register_functions(struct scripts *scripts, struct library *library, struct bytes code,
                               bool is_timed, struct buf *error)
{
    lua_State *lua = scripts->functions.lua;
    scripts->loading = library;
    scripts->functions.json = scripts->functions.json_at_first;
    scripts->loading_until_us = is_timed ? clock_mono_us() + LOAD_US : INT64_MAX;
    lua_pushvalue(lua, SLOT_COMPILE);
    lua_pushlightuserdata(lua, &code);
    int status = lua_pcall(lua, 1, 0, 0);
    scripts->loading = NULL;
    if (status != 0)
        buf_printf(error, "ERR %s", lua_tostring(lua, -1));
    else if (library->function_count == 0)
        buf_append_text(error, "ERR No functions registered");
    lua_settop(lua, SLOT_LAST);
    scripts->functions.json_at_first = scripts->functions.json;
    return status == 0 && library->function_count > 0;
}

static bool is_text(struct bytes code, size_t line_len, struct buf *error)
{
    if (code.len <= SCRIPT_BODY_MAX && code.data[line_len] != LUA_SIGNATURE[0])
        return true;
    buf_printf(error, "ERR Error compiling function: user_function: %s",
               code.len > SCRIPT_BODY_MAX ? "script too long" : "bytecode is not allowed");
    return false;
}

static struct library *make(struct scripts *scripts, struct bytes name, struct bytes code, size_t line_len,
                            bool is_timed, struct buf *error)
{
    if (!is_text(code, line_len, error))
        return NULL;
    if (!interpreter_open(&scripts->functions)) {
        buf_append_text(error, "ERR not enough memory for the interpreter of functions");
        return NULL;
    }
    struct library *library = library_new(name, code);
    struct bytes body = bytes_make(code.data + line_len, code.len - line_len);
    if (register_functions(scripts, library, body, is_timed, error))
        return library;
    library_free(library, scripts->functions.lua);
    return NULL;
}

static struct library *add(struct scripts *scripts, struct libraries *libraries, struct library *library,
                           bool replaces, struct buf *error)
{
    struct libraries *one = libraries_new();
    lua_State *lua = scripts->functions.lua;
    libraries_add(one, library);
    bool is_good = libraries_join(libraries, one, replaces, lua, error);
    libraries_clear(one, lua);
    libraries_free(one);
    return is_good ? library : NULL;
}

struct library *function_load(struct scripts *scripts, struct libraries *libraries, struct bytes code,
                              struct function_load_how how, struct buf *error)
{
    struct library_head head = {0};
    struct library *library = NULL;
    size_t line_len;
    bool is_good = parse_head(code, &head, &line_len, error);
    if (is_good && !how.replaces && libraries_find(libraries, head.name)) {
        buf_printf(error, "ERR Library '%.*s' already exists", (int)head.name.len, head.name.data);
        is_good = false;
    }
    if (is_good)
        library = make(scripts, head.name, code, line_len, how.is_timed, error);
    if (library)
        library = add(scripts, libraries, library, how.replaces, error);
    buf_clear(&head.words);
    resp_args_clear(&head.parts);
    return library;
}
