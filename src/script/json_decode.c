/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/number.h"
#include "engine.h"
#include "json.h"
#include "run.h"
#include "text.h"
#include <stdlib.h>
#include <strings.h>

/* Digits of a whole number that is read without looking for more. */
#define WHOLE_DIGITS 15

enum token {
    TOKEN_OBJECT_BEGIN,
    TOKEN_OBJECT_END,
    TOKEN_ARRAY_BEGIN,
    TOKEN_ARRAY_END,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_BOOLEAN,
    TOKEN_NULL,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_END,
    TOKEN_WRONG,
};

/* As errors show them. */
static const char *const token_names[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                          "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                          "T_COLON",     "T_COMMA",   "T_END"};

/* Texts end with a NUL, which is the end wherever it stands. */
struct input {
    lua_State *lua;
    const struct json_settings *settings;
    const char *text, *at;
    /* The token that was read: */
    enum token token;
    const char *begin;  /* or where it is wrong */
    const char *reason; /* of one that is wrong */
};

static void set_wrong(struct input *input, const char *where, const char *reason)
{
    input->token = TOKEN_WRONG;
    input->begin = where;
    input->reason = reason;
}

/* Strings, numbers and booleans were pushed. */
static int expected(const struct input *input, const char *what)
{
    const char *found = input->token == TOKEN_WRONG ? input->reason : token_names[input->token];
    return luaL_error(input->lua, "Expected %s but found %s at character %d", what, found,
                      (int)(input->begin - input->text + 1));
}

/* ---- strings ---- */

/* Four digits; -1: there aren't. */
static int hex_digits(const char *at)
{
    int number = 0;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)at[i] | 0x20;
        int digit = c >= '0' && c <= '9' && at[i] >= '0' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        number = number << 4 | digit;
    }
    return number;
}

static void append_utf8(struct text *text, uint32_t code)
{
    static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    text_append_char(text, (char)(heads[more] | code >> (6 * more)));
    while (more-- > 0)
        text_append_char(text, (char)(0x80 | (code >> (6 * more) & 0x3f)));
}

/* The code behind "\u", maybe of two such; returns how many bytes that takes, 0: it is none. */
static size_t take_code(const char *at, uint32_t *code)
{
    int high = hex_digits(at + 2);
    *code = (uint32_t)high;
    if (high < 0 || (high & 0xfc00) == 0xdc00)
        return 0;
    if ((high & 0xfc00) != 0xd800)
        return 6;
    int low = at[6] == '\\' && at[7] == 'u' ? hex_digits(at + 8) : -1;
    if (low < 0 || (low & 0xfc00) != 0xdc00)
        return 0;
    *code = 0x10000 + (((uint32_t)high & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
    return 12;
}

static char letter_of_escape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c == '"' || c == '\\' || c == '/' ? c : 0;
    }
}

/* Appends what the escape at the input stands for; false when it is none. */
static bool take_escape(struct input *input, struct text *text)
{
    uint32_t code;
    char letter = letter_of_escape(input->at[1]);
    if (letter) {
        text_append_char(text, letter);
        input->at += 2;
        return true;
    }
    size_t size = input->at[1] == 'u' ? take_code(input->at, &code) : 0;
    if (size == 0) {
        set_wrong(input, input->at,
                  input->at[1] == 'u' ? "invalid unicode escape code" : "invalid escape code");
        return false;
    }
    append_utf8(text, code);
    input->at += size;
    return true;
}

/* Length of what stands for itself. */
static size_t plain_length(const char *at)
{
    return strcspn(at, "\"\\");
}

/* With escapes: the first is at the input, `plain` bytes lie before. Pushes nothing if it is wrong. */
static void take_escaped(struct input *input, size_t plain)
{
    struct text text;
    text_begin(&text, input->lua);
    text_append(&text, input->at - plain, plain);
    while (*input->at == '\\') {
        if (!take_escape(input, &text)) {
            lua_pop(input->lua, 1);
            return;
        }
        plain = plain_length(input->at);
        text_append(&text, input->at, plain);
        input->at += plain;
        run_worked(input->lua, 2 + plain / 16);
    }
    text_push(&text);
    lua_remove(input->lua, -2);
}

static void take_string(struct input *input)
{
    const char *begin = input->at + 1;
    size_t len = plain_length(begin);
    input->token = TOKEN_STRING;
    input->at = begin + len;
    run_worked(input->lua, len / 16);
    if (*input->at == '\\')
        take_escaped(input, len);
    else if (*input->at == '"')
        lua_pushlstring(input->lua, begin, len);
    if (input->token == TOKEN_WRONG)
        return;
    if (*input->at == '"')
        input->at++;
    else
        set_wrong(input, input->at, "unexpected end of string");
}

/* ---- numbers and names ---- */

/* What the library of C takes for a number, and JSON doesn't. */
static bool is_foreign_number(const char *at)
{
    const char *digits = at + (*at == '-');
    if (*at == '+')
        return true;
    if (digits[0] == '0')
        return (digits[1] | 0x20) == 'x' || (digits[1] >= '0' && digits[1] <= '9');
    return strncasecmp(digits, "inf", 3) == 0 || strncasecmp(digits, "nan", 3) == 0;
}

/* True: it was a short whole number. */
static bool take_whole(struct input *input)
{
    const char *at = input->at + (*input->at == '-');
    int64_t number = 0;
    int count = 0;
    for (; *at >= '0' && *at <= '9' && count < WHOLE_DIGITS; at++, count++)
        number = 10 * number + (*at - '0');
    bool is_whole = count > 0 && (*at == ',' || *at == ']' || *at == '}' || *at == 0);
    /* There is a zero below zero. */
    if (!is_whole || (number == 0 && *input->at == '-'))
        return false;
    lua_pushnumber(input->lua, (lua_Number)(*input->at == '-' ? -number : number));
    input->at = at;
    return true;
}

static void take_number(struct input *input)
{
    char *end;
    input->token = TOKEN_NUMBER;
    if (!input->settings->decodes_numbers && is_foreign_number(input->at)) {
        set_wrong(input, input->at, "invalid number");
        return;
    }
    if (take_whole(input))
        return;
    double number = strtod(input->at, &end);
    if (end == input->at) {
        set_wrong(input, input->at, "invalid number");
        return;
    }
    run_worked(input->lua, 10 + (size_t)(end - input->at));
    input->at = end;
    lua_pushnumber(input->lua, number);
}

static bool take_word(struct input *input, const char *word, enum token token)
{
    size_t len = strlen(word);
    if (strncmp(input->at, word, len) != 0)
        return false;
    input->at += len;
    input->token = token;
    return true;
}

static void take_name(struct input *input)
{
    if (take_word(input, "true", TOKEN_BOOLEAN))
        lua_pushboolean(input->lua, true);
    else if (take_word(input, "false", TOKEN_BOOLEAN))
        lua_pushboolean(input->lua, false);
    else if (take_word(input, "null", TOKEN_NULL))
        lua_pushlightuserdata(input->lua, NULL);
    else if (input->settings->decodes_numbers && is_foreign_number(input->at))
        take_number(input);
    else
        set_wrong(input, input->at, "invalid token");
}

/* ---- tokens ---- */

static void skip_spaces(struct input *input)
{
    const char *begin = input->at;
    while (*input->at == ' ' || *input->at == '\t' || *input->at == '\n' || *input->at == '\r')
        input->at++;
    run_worked(input->lua, 2 + (size_t)(input->at - begin) / 4);
}

static void take_sign(struct input *input, enum token token)
{
    input->token = token;
    input->at++;
}

static void next(struct input *input)
{
    skip_spaces(input);
    input->begin = input->at;
    switch (*input->at) {
    case '{':
        take_sign(input, TOKEN_OBJECT_BEGIN);
        break;
    case '}':
        take_sign(input, TOKEN_OBJECT_END);
        break;
    case '[':
        take_sign(input, TOKEN_ARRAY_BEGIN);
        break;
    case ']':
        take_sign(input, TOKEN_ARRAY_END);
        break;
    case ':':
        take_sign(input, TOKEN_COLON);
        break;
    case ',':
        take_sign(input, TOKEN_COMMA);
        break;
    case 0:
        input->token = TOKEN_END;
        break;
    case '"':
        take_string(input);
        break;
    default:
        if (*input->at == '-' || (*input->at >= '0' && *input->at <= '9'))
            take_number(input);
        else
            take_name(input);
    }
}

/* ---- values ---- */

static void finish_value(struct input *input, int depth);

static void check_depth(const struct input *input, int depth)
{
    if (depth > input->settings->decode_depth || !lua_checkstack(input->lua, 6))
        luaL_error(input->lua, "Found too many nested data structures (%d) at character %d", depth,
                   (int)(input->at - input->text));
}

static void take_array(struct input *input, int depth)
{
    lua_State *lua = input->lua;
    check_depth(input, depth);
    lua_newtable(lua);
    next(input);
    if (input->token == TOKEN_ARRAY_END)
        return;
    for (int i = 1;; i++) {
        finish_value(input, depth);
        lua_rawseti(lua, -2, i);
        next(input);
        if (input->token == TOKEN_ARRAY_END)
            return;
        if (input->token != TOKEN_COMMA)
            (void)expected(input, "comma or array end");
        next(input);
    }
}

static void take_pair(struct input *input, int depth)
{
    if (input->token != TOKEN_STRING)
        (void)expected(input, "object key string");
    next(input);
    if (input->token != TOKEN_COLON)
        (void)expected(input, "colon");
    next(input);
    finish_value(input, depth);
    lua_rawset(input->lua, -3);
}

static void take_object(struct input *input, int depth)
{
    check_depth(input, depth);
    lua_newtable(input->lua);
    next(input);
    if (input->token == TOKEN_OBJECT_END)
        return;
    for (;;) {
        take_pair(input, depth);
        next(input);
        if (input->token == TOKEN_OBJECT_END)
            return;
        if (input->token != TOKEN_COMMA)
            (void)expected(input, "comma or object end");
        next(input);
    }
}

/* Pushes what begins with the token that was read, unless that did so itself; `depth` is how many tables it
 * lies in. */
static void finish_value(struct input *input, int depth)
{
    switch (input->token) {
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_BOOLEAN:
    case TOKEN_NULL:
        break;
    case TOKEN_ARRAY_BEGIN:
        take_array(input, depth + 1);
        break;
    case TOKEN_OBJECT_BEGIN:
        take_object(input, depth + 1);
        break;
    default:
        (void)expected(input, "value");
    }
}

void json_decode(lua_State *lua, int index, const struct json_settings *settings)
{
    size_t len;
    struct input input = {.lua = lua, .settings = settings};
    input.text = input.at = lua_tolstring(lua, index, &len);
    if (len >= 2 && (input.text[0] == 0 || input.text[1] == 0))
        luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
    luaL_checkstack(lua, 6, NULL);
    next(&input);
    finish_value(&input, 0);
    next(&input);
    if (input.token != TOKEN_END)
        (void)expected(&input, "the end");
}
