/* SPDX-License-Identifier: BSD-3-Clause */
/* An interpreter without a server, for libraries that need none. */
#ifndef SUPPORT_LUA_STATE_H
#define SUPPORT_LUA_STATE_H

#include "base/bytes.h"
#include <lua5.1/lua.h>

/* With the usual libraries and this one as a global; end it with lua_close. */
lua_State *lua_state_new(void (*push)(lua_State *lua), const char *name);

/* What the chunk returns as one string, or "error: ..."; valid until the next call. */
const char *lua_state_run(lua_State *lua, const char *chunk);

/* Calls `function` of the global table `library` with what lies on the stack from `first` on; the results or
 * the error take its place. True: no error. */
bool lua_state_call(lua_State *lua, const char *library, const char *function, int first);

#endif
