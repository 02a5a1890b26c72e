/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON from and to values of Lua, as lua-cjson has it. That isn't used, since it runs to its end whatever it
 * is given, takes memory that isn't counted as the scripts', and ends the process when there is none; and
 * what one script sets in it holds for the next. Here both ways can be stopped in the middle. */
#ifndef SCRIPT_JSON_H
#define SCRIPT_JSON_H

#include <lua5.1/lua.h>

/* Levels of tables at the most: each is one of C calls. */
#define JSON_DEPTH_MAX 1000

/* What becomes of numbers that JSON has no form for. */
enum json_numbers { JSON_NUMBERS_REFUSED, JSON_NUMBERS_WRITTEN, JSON_NUMBERS_NULL };

/* All of them ints, as scripts set them by the same few functions. */
struct json_settings {
    int converts_sparse; /* arrays with many holes to objects; else they are refused */
    /* Such are those longer than both `safe` and `ratio` times their elements. */
    int sparse_ratio, sparse_safe;
    int encode_depth, decode_depth;
    int precision; /* digits of a number */
    int encoded_numbers;
    int decodes_numbers; /* also such that JSON has no form for */
    int keeps_buffer;    /* means nothing here */
};

extern const struct json_settings json_defaults;

/* Replaces the value on the stack's top with its text. */
void json_encode(lua_State *lua, const struct json_settings *settings);
/* Pushes the value of the text at `index`. */
void json_decode(lua_State *lua, int index, const struct json_settings *settings);

#endif
