/* SPDX-License-Identifier: BSD-3-Clause */
/* A text that a function of Lua puts together, in the interpreter's memory: it is counted and bounded, and an
 * error on the way leaves nothing behind. */
#ifndef SCRIPT_TEXT_H
#define SCRIPT_TEXT_H

#include <lua5.1/lua.h>
#include <stddef.h>

struct text {
    lua_State *lua;
    int slot; /* on the stack: what holds `data` once it is longer than `few` */
    char *data;
    size_t len, capacity;
    char few[256];
};

/* Takes a place on the stack's top. The struct may not be moved from now on. */
void text_begin(struct text *text, lua_State *lua);
void text_append(struct text *text, const void *data, size_t len);
void text_append_char(struct text *text, char c);
/* Leaves it on the stack's top as a string. */
void text_push(const struct text *text);

#endif
