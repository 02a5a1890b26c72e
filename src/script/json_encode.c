/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/number.h"
#include "engine.h"
#include "json.h"
#include "run.h"
#include "text.h"
#include <math.h>
#include <stdio.h>

/* Whole numbers below are printed without an exponent. */
#define WHOLE_MAX       1e14
#define WHOLE_PRECISION 14

struct output {
    struct text text;
    const struct json_settings *settings;
};

static void put(struct output *output, const char *text)
{
    text_append(&output->text, text, strlen(text));
}

static int refuse(const struct output *output, int index, const char *reason)
{
    return luaL_error(output->text.lua, "Cannot serialise %s: %s", luaL_typename(output->text.lua, index),
                      reason);
}

/* ---- texts and numbers ---- */

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\' && byte != '/' && byte != 0x7f;
}

static void put_escaped(struct output *output, unsigned char byte)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\', ['/'] = '/'};
    char escaped[8];
    if (byte < sizeof letters && letters[byte])
        (void)snprintf(escaped, sizeof escaped, "\\%c", letters[byte]);
    else
        (void)snprintf(escaped, sizeof escaped, "\\u%04x", byte);
    put(output, escaped);
}

static void put_string(struct output *output, struct bytes string)
{
    run_worked(output->text.lua, string.len / 8);
    text_append_char(&output->text, '"');
    for (size_t i = 0; i < string.len; i++) {
        size_t begin = i;
        while (i < string.len && is_plain((unsigned char)string.data[i]))
            i++;
        text_append(&output->text, string.data + begin, i - begin);
        if (i < string.len)
            put_escaped(output, (unsigned char)string.data[i]);
    }
    text_append_char(&output->text, '"');
}

static void put_string_at(struct output *output, int index)
{
    struct bytes string;
    string.data = lua_tolstring(output->text.lua, index, &string.len);
    put_string(output, string);
}

static void put_finite(struct output *output, lua_Number number)
{
    char digits[64];
    int precision = output->settings->precision;
    if (precision == WHOLE_PRECISION && fabs(number) < WHOLE_MAX && number == floor(number) &&
        !(number == 0 && signbit(number)))
        text_append(&output->text, digits, print_i64(digits, (int64_t)number));
    else
        text_append(&output->text, digits,
                    (size_t)snprintf(digits, sizeof digits, "%.*g", precision, number));
}

static void put_number(struct output *output, int index)
{
    lua_Number number = lua_tonumber(output->text.lua, index);
    if (isfinite(number))
        put_finite(output, number);
    else if (output->settings->encoded_numbers == JSON_NUMBERS_REFUSED)
        (void)refuse(output, index, "must not be NaN or Inf");
    else if (output->settings->encoded_numbers == JSON_NUMBERS_NULL)
        put(output, "null");
    else
        put(output, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
}

/* ---- tables ---- */

/* The highest place of the table on the stack's top, if its keys are places alone; else 0. */
static int array_length(const struct output *output)
{
    lua_State *lua = output->text.lua;
    lua_Number last = 0;
    lua_Number count = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        lua_Number key = lua_type(lua, -2) == LUA_TNUMBER ? lua_tonumber(lua, -2) : 0;
        run_worked(lua, 1);
        if (!(key >= 1 && key <= INT_MAX && key == floor(key))) {
            lua_pop(lua, 2);
            return 0;
        }
        last = key > last ? key : last;
        count++;
    }
    const struct json_settings *settings = output->settings;
    if (settings->sparse_ratio > 0 && last > count * settings->sparse_ratio && last > settings->sparse_safe) {
        if (!settings->converts_sparse)
            (void)refuse(output, -1, "excessively sparse array");
        return 0;
    }
    return (int)last;
}

static void put_value(struct output *output, int depth);

static void put_array(struct output *output, int length, int depth)
{
    text_append_char(&output->text, '[');
    for (int i = 1; i <= length; i++) {
        if (i > 1)
            text_append_char(&output->text, ',');
        lua_rawgeti(output->text.lua, -1, i);
        put_value(output, depth);
    }
    text_append_char(&output->text, ']');
}

static void put_key(struct output *output, int index)
{
    int type = lua_type(output->text.lua, index);
    if (type == LUA_TSTRING) {
        put_string_at(output, index);
    } else if (type == LUA_TNUMBER) {
        text_append_char(&output->text, '"');
        put_number(output, index);
        text_append_char(&output->text, '"');
    } else {
        (void)refuse(output, index, "table key must be a number or string");
    }
    text_append_char(&output->text, ':');
}

static void put_object(struct output *output, int depth)
{
    lua_State *lua = output->text.lua;
    bool is_first = true;
    text_append_char(&output->text, '{');
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        if (!is_first)
            text_append_char(&output->text, ',');
        is_first = false;
        put_key(output, -2);
        put_value(output, depth);
    }
    text_append_char(&output->text, '}');
}

static void put_table(struct output *output, int depth)
{
    if (depth > output->settings->encode_depth || !lua_checkstack(output->text.lua, 5))
        luaL_error(output->text.lua, "Cannot serialise, excessive nesting (%d)", depth);
    int length = array_length(output);
    if (length > 0)
        put_array(output, length, depth);
    else
        put_object(output, depth);
}

/* ---- values ---- */

/* Takes the value off the stack's top; `depth` is how many tables it lies in. */
static void put_value(struct output *output, int depth)
{
    lua_State *lua = output->text.lua;
    run_worked(lua, 4);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        put_string_at(output, -1);
        break;
    case LUA_TNUMBER:
        put_number(output, -1);
        break;
    case LUA_TBOOLEAN:
        put(output, lua_toboolean(lua, -1) ? "true" : "false");
        break;
    case LUA_TTABLE:
        put_table(output, depth + 1);
        break;
    case LUA_TNIL:
        put(output, "null");
        break;
    default:
        if (lua_type(lua, -1) != LUA_TLIGHTUSERDATA || lua_touserdata(lua, -1))
            (void)refuse(output, -1, "type not supported");
        put(output, "null");
    }
    lua_pop(lua, 1);
}

void json_encode(lua_State *lua, const struct json_settings *settings)
{
    struct output output = {.settings = settings};
    text_begin(&output.text, lua);
    /* The value above the text's place. */
    lua_pushvalue(lua, -2);
    put_value(&output, 0);
    text_push(&output.text);
    lua_replace(lua, -3);
    lua_pop(lua, 1);
}
