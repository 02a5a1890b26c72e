/* SPDX-License-Identifier: BSD-3-Clause */
/* MessagePack of any bytes. What can be unpacked comes back from pack as a string that stands for as much. */
#include "base/panic.h"
#include "script/engine.h"
#include "support/lua_state.h"

/* Leaves the packed values in place of the string on the stack's top; false when it can't be unpacked. */
static bool round_trip(lua_State *lua)
{
    int first = lua_gettop(lua);
    return lua_state_call(lua, "cmsgpack", "unpack", first) && lua_gettop(lua) >= first &&
           lua_state_call(lua, "cmsgpack", "pack", first);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    lua_State *lua = lua_state_new(library_msgpack, "cmsgpack");
    lua_pushlstring(lua, (const char *)data, size);
    lua_pushvalue(lua, -1);
    (void)lua_state_call(lua, "cmsgpack", "unpack_one", 2);
    lua_settop(lua, 1);
    if (round_trip(lua)) {
        size_t len = lua_objlen(lua, 1);
        /* What was nested too deep is nil, and no field of a table can be. */
        bool has_nil = memchr(lua_tostring(lua, 1), 0xc0, len) != NULL;
        ASSERT(has_nil || (round_trip(lua) && lua_objlen(lua, 1) == len));
    }
    lua_close(lua);
    return 0;
}
