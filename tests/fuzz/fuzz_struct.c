/* SPDX-License-Identifier: BSD-3-Clause */
/* struct with any format and any data; what was read is written again by the same format.
 *
 *     format    a NUL    data */
#include "script/engine.h"
#include "support/lua_state.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    lua_State *lua = lua_state_new(library_struct, "struct");
    struct bytes input = bytes_make(data, size);
    size_t format_len = bytes_index_of(input, 0), skip = format_len < size ? format_len + 1 : size;
    lua_pushlstring(lua, input.data, format_len);
    lua_pushvalue(lua, 1);
    (void)lua_state_call(lua, "struct", "size", 2);
    lua_settop(lua, 1);
    lua_pushvalue(lua, 1);
    lua_pushlstring(lua, input.data + skip, size - skip);
    if (lua_state_call(lua, "struct", "unpack", 2))
        (void)lua_state_call(lua, "struct", "pack", 1);
    lua_close(lua);
    return 0;
}
