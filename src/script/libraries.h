/* SPDX-License-Identifier: BSD-3-Clause */
/* Libraries of functions, and their functions by name. What Lua knows of them lies in the functions'
 * interpreter; who calls says when that is gone. */
#ifndef SCRIPT_LIBRARIES_H
#define SCRIPT_LIBRARIES_H

#include "base/blob.h"
#include "base/buf.h"
#include "engine.h"

#define LIBRARY_NAME_ERROR                                                         \
    "Library names can only contain letters, numbers, or underscores(_) and must " \
    "be at least one character long"

struct function {
    struct list link; /* in its library */
    char *name;
    struct blob *description; /* NULL: none */
    struct program program;
};

struct library {
    struct list link;
    char *name;
    struct blob *code; /* all of it */
    struct list functions;
    size_t function_count;
};

struct libraries {
    struct list all;
    size_t count, function_count;
    struct table functions; /* by name, in any case */
};

struct libraries *libraries_new(void);
/* Frees all; their functions in `lua` as well, unless that is NULL. */
void libraries_clear(struct libraries *libraries, lua_State *lua);
void libraries_free(struct libraries *libraries);

struct library *libraries_find(const struct libraries *libraries, struct bytes name);
struct function *libraries_find_function(const struct libraries *libraries, struct bytes name);
/* Bytes that they take besides the interpreter's. */
size_t libraries_memory(const struct libraries *libraries);

/* Moves all of `from` to `libraries`. One of the same name is replaced, if that may be; one function of
 * another library never is: false then, with nothing changed and what is wrong in `error`. */
bool libraries_join(struct libraries *libraries, struct libraries *from, bool replaces, lua_State *lua,
                    struct buf *error);
void libraries_remove(struct libraries *libraries, struct library *library, lua_State *lua);

/* ---- one library ---- */

struct library *library_new(struct bytes name, struct bytes code);
/* Of one that is in no libraries. */
void library_free(struct library *library, lua_State *lua);
void libraries_add(struct libraries *libraries, struct library *library);
/* NULL when there is one of that name. */
struct function *library_add_function(struct library *library, const char *name);
/* Letters, digits and underscores. */
bool library_name_is_valid(struct bytes name);

#endif
