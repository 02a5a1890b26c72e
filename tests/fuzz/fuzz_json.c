/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON of any bytes. What can be decoded can be encoded, unless it isn't finite or has too many holes, and
 * what comes of that can be decoded again. */
#include "base/panic.h"
#include "script/engine.h"
#include "support/lua_state.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    lua_State *lua = lua_state_new(library_json, "cjson");
    lua_pushlstring(lua, (const char *)data, size);
    if (lua_state_call(lua, "cjson", "decode", 1) && lua_state_call(lua, "cjson", "encode", 1))
        ASSERT(lua_state_call(lua, "cjson", "decode", 1));
    lua_close(lua);
    return 0;
}
