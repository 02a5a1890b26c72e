/* SPDX-License-Identifier: BSD-3-Clause */
/* cmsgpack: values as MessagePack and back, as Redis has it. A table whose keys are 1 to n is an array, any
 * other one a map; what MessagePack has no type for is nil. */
#include "engine.h"
#include "run.h"
#include "text.h"
#include <limits.h>

/* Tables below so many others are packed as nil. */
#define PACKED_DEPTH_MAX 16
/* Each level of arrays or maps is one of C calls here. */
#define UNPACKED_DEPTH_MAX 1000
/* Places made at once for what an array says that it has. */
#define PLACES_MAX 1024

/* ---- packing ---- */

/* The tag, then the number's lowest bytes, the highest of them first. */
static void put(struct text *text, unsigned tag, uint64_t number, unsigned byte_count)
{
    char bytes[9] = {(char)tag};
    for (unsigned i = 0; i < byte_count; i++)
        bytes[1 + i] = (char)(number >> (8 * (byte_count - 1 - i)));
    text_append(text, bytes, 1 + byte_count);
}

/* How lengths are written: those below `few_count` lie in the tag. */
struct lengths {
    unsigned few, few_count, tag8, tag16, tag32; /* no tag: 0 */
};

static const struct lengths of_string = {0xa0, 32, 0xd9, 0xda, 0xdb};
static const struct lengths of_array = {0x90, 16, 0, 0xdc, 0xdd};
static const struct lengths of_map = {0x80, 16, 0, 0xde, 0xdf};

static void put_length(struct text *text, const struct lengths *how, size_t length)
{
    if (length < how->few_count)
        put(text, how->few | (unsigned)length, 0, 0);
    else if (how->tag8 && length <= UINT8_MAX)
        put(text, how->tag8, length, 1);
    else if (length <= UINT16_MAX)
        put(text, how->tag16, length, 2);
    else if (length <= UINT32_MAX)
        put(text, how->tag32, length, 4);
    else
        luaL_error(text->lua, "value too long for MessagePack");
}

static void pack_natural(struct text *text, uint64_t number)
{
    if (number <= INT8_MAX)
        put(text, (unsigned)number, 0, 0);
    else if (number <= UINT8_MAX)
        put(text, 0xcc, number, 1);
    else if (number <= UINT16_MAX)
        put(text, 0xcd, number, 2);
    else if (number <= UINT32_MAX)
        put(text, 0xce, number, 4);
    else
        put(text, 0xcf, number, 8);
}

static void pack_negative(struct text *text, int64_t number)
{
    if (number >= -32)
        put(text, (unsigned char)number, 0, 0);
    else if (number >= INT8_MIN)
        put(text, 0xd0, (uint64_t)number, 1);
    else if (number >= INT16_MIN)
        put(text, 0xd1, (uint64_t)number, 2);
    else if (number >= INT32_MIN)
        put(text, 0xd2, (uint64_t)number, 4);
    else
        put(text, 0xd3, (uint64_t)number, 8);
}

static void pack_float(struct text *text, double number)
{
    float narrow = (float)number;
    uint32_t bits32;
    uint64_t bits64;
    memcpy(&bits32, &narrow, sizeof bits32);
    memcpy(&bits64, &number, sizeof bits64);
    if ((double)narrow == number)
        put(text, 0xca, bits32, 4);
    else
        put(text, 0xcb, bits64, 8);
}

static void pack_number(struct text *text, double number)
{
    if (!(number >= -0x1p63 && number < 0x1p63 && (double)(int64_t)number == number))
        pack_float(text, number);
    else if (number < 0)
        pack_negative(text, (int64_t)number);
    else
        pack_natural(text, (uint64_t)number);
}

static void pack_string(struct text *text)
{
    size_t len;
    const char *data = lua_tolstring(text->lua, -1, &len);
    put_length(text, &of_string, len);
    text_append(text, data, len);
}

/* Whether the keys of the table on the stack's top are 1 to n; they are counted in any case. */
static bool has_places_only(lua_State *lua, size_t *count)
{
    lua_Number last = 0;
    bool are_places = true;
    *count = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
        run_worked(lua, 1);
        lua_Number key = lua_type(lua, -2) == LUA_TNUMBER ? lua_tonumber(lua, -2) : 0;
        are_places = are_places && key > 0 && key <= INT_MAX && (lua_Number)(int)key == key;
        last = key > last ? key : last;
        ++*count;
    }
    return are_places && last == (lua_Number)*count;
}

static void pack_value(struct text *text, int depth);

static void pack_array(struct text *text, size_t count, int depth)
{
    put_length(text, &of_array, count);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(text->lua, -1, (int)i);
        pack_value(text, depth + 1);
    }
}

static void pack_map(struct text *text, size_t count, int depth)
{
    lua_State *lua = text->lua;
    put_length(text, &of_map, count);
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        lua_pushvalue(lua, -2);
        pack_value(text, depth + 1);
        pack_value(text, depth + 1);
    }
}

static void pack_table(struct text *text, int depth)
{
    size_t count;
    if (depth == PACKED_DEPTH_MAX)
        put(text, 0xc0, 0, 0);
    else if (has_places_only(text->lua, &count))
        pack_array(text, count, depth);
    else
        pack_map(text, count, depth);
}

/* Takes the value off the stack's top. */
static void pack_value(struct text *text, int depth)
{
    lua_State *lua = text->lua;
    luaL_checkstack(lua, 5, "in function mp_encode_lua_type");
    run_worked(lua, 2);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        pack_string(text);
        break;
    case LUA_TBOOLEAN:
        put(text, lua_toboolean(lua, -1) ? 0xc3 : 0xc2, 0, 0);
        break;
    case LUA_TNUMBER:
        pack_number(text, lua_tonumber(lua, -1));
        break;
    case LUA_TTABLE:
        pack_table(text, depth);
        break;
    default:
        put(text, 0xc0, 0, 0);
    }
    lua_pop(lua, 1);
}

static int msgpack_pack(lua_State *lua)
{
    int count = lua_gettop(lua);
    struct text text;
    luaL_argcheck(lua, count > 0, 0, "MessagePack pack needs input.");
    text_begin(&text, lua);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(lua, i);
        pack_value(&text, 0);
    }
    text_push(&text);
    return 1;
}

/* ---- unpacking ---- */

struct input {
    lua_State *lua;
    const char *at;
    size_t left;
};

static const char *take(struct input *input, size_t len)
{
    if (len > input->left)
        luaL_error(input->lua, "Missing bytes in input.");
    const char *bytes = input->at;
    input->at += len;
    input->left -= len;
    return bytes;
}

static uint64_t take_number(struct input *input, unsigned byte_count)
{
    const char *bytes = take(input, byte_count);
    uint64_t number = 0;
    for (unsigned i = 0; i < byte_count; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

/* The same with the sign that its highest bit is. */
static int64_t take_signed(struct input *input, unsigned byte_count)
{
    unsigned unused = 64 - 8 * byte_count;
    return (int64_t)(take_number(input, byte_count) << unused) >> unused;
}

static void unpack_float(struct input *input)
{
    uint32_t bits = (uint32_t)take_number(input, 4);
    float number;
    memcpy(&number, &bits, sizeof number);
    lua_pushnumber(input->lua, (lua_Number)number);
}

static void unpack_double(struct input *input)
{
    uint64_t bits = take_number(input, 8);
    double number;
    memcpy(&number, &bits, sizeof number);
    lua_pushnumber(input->lua, number);
}

static void unpack_string(struct input *input, size_t len)
{
    run_worked(input->lua, len / 64);
    lua_pushlstring(input->lua, take(input, len), len);
}

static void unpack_value(struct input *input, int depth);

static void check_depth(struct input *input, int depth)
{
    if (depth == UNPACKED_DEPTH_MAX)
        luaL_error(input->lua, "Too deeply nested input.");
}

static void unpack_array(struct input *input, size_t count, int depth)
{
    check_depth(input, depth);
    lua_createtable(input->lua, (int)(count < PLACES_MAX ? count : PLACES_MAX), 0);
    for (size_t i = 1; i <= count; i++) {
        unpack_value(input, depth + 1);
        lua_rawseti(input->lua, -2, (int)i);
    }
}

static void unpack_map(struct input *input, size_t count, int depth)
{
    check_depth(input, depth);
    lua_newtable(input->lua);
    for (size_t i = 0; i < count; i++) {
        unpack_value(input, depth + 1);
        unpack_value(input, depth + 1);
        lua_rawset(input->lua, -3);
    }
}

/* Tags that say all that is to be said in their upper bits. */
static void unpack_short(struct input *input, unsigned tag, int depth)
{
    if (tag < 0x80)
        lua_pushinteger(input->lua, (lua_Integer)tag);
    else if (tag >= 0xe0)
        lua_pushinteger(input->lua, (lua_Integer)tag - 0x100);
    else if (tag >= 0xc0)
        luaL_error(input->lua, "Bad data format in input.");
    else if (tag >= 0xa0)
        unpack_string(input, tag & 0x1f);
    else if (tag >= 0x90)
        unpack_array(input, tag & 0xf, depth);
    else
        unpack_map(input, tag & 0xf, depth);
}

static void unpack_value(struct input *input, int depth)
{
    lua_State *lua = input->lua;
    luaL_checkstack(lua, 3, "too many return values at once; use unpack_one or unpack_limit instead.");
    run_worked(lua, 4);
    unsigned tag = (unsigned)take_number(input, 1);
    switch (tag) {
    case 0xc0:
        lua_pushnil(lua);
        break;
    case 0xc2:
    case 0xc3:
        lua_pushboolean(lua, tag == 0xc3);
        break;
    case 0xca:
        unpack_float(input);
        break;
    case 0xcb:
        unpack_double(input);
        break;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        /* Above the largest signed number it goes round, as in Redis. */
        lua_pushinteger(lua, (lua_Integer)take_number(input, 1u << (tag - 0xcc)));
        break;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        lua_pushinteger(lua, (lua_Integer)take_signed(input, 1u << (tag - 0xd0)));
        break;
    case 0xd9:
    case 0xda:
    case 0xdb:
        unpack_string(input, take_number(input, 1u << (tag - 0xd9)));
        break;
    case 0xdc:
    case 0xdd:
        unpack_array(input, take_number(input, 2u << (tag - 0xdc)), depth);
        break;
    case 0xde:
    case 0xdf:
        unpack_map(input, take_number(input, 2u << (tag - 0xde)), depth);
        break;
    default:
        unpack_short(input, tag, depth);
    }
}

/* At most `limit` values from `offset` on; false: all of them are wanted, and no offset of what is left. */
static int unpack(lua_State *lua, lua_Integer limit, lua_Integer offset)
{
    size_t len;
    const char *data = luaL_checklstring(lua, 1, &len);
    bool wants_all = limit == 0 && offset == 0;
    lua_settop(lua, 1);
    if (offset < 0 || limit < 0)
        return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", (int)offset,
                          (int)len);
    if ((size_t)offset > len)
        return luaL_error(lua, "Start offset %d greater than input length %d.", (int)offset, (int)len);
    struct input input = {lua, data + offset, len - (size_t)offset};
    int count = 0;
    while (input.left > 0 && (wants_all || count < limit)) {
        unpack_value(&input, 0);
        count++;
    }
    if (wants_all)
        return count;
    luaL_checkstack(lua, 1, "in function mp_unpack_full");
    lua_pushinteger(lua, input.left == 0 ? -1 : (lua_Integer)(len - input.left));
    lua_insert(lua, 2);
    return count + 1;
}

static int msgpack_unpack(lua_State *lua)
{
    return unpack(lua, 0, 0);
}

static int msgpack_unpack_one(lua_State *lua)
{
    return unpack(lua, 1, luaL_optinteger(lua, 2, 0));
}

static int msgpack_unpack_limit(lua_State *lua)
{
    lua_Integer limit = luaL_checkinteger(lua, 2);
    return unpack(lua, limit, luaL_optinteger(lua, 3, 0));
}

void library_msgpack(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"pack", msgpack_pack},
        {"unpack", msgpack_unpack},
        {"unpack_one", msgpack_unpack_one},
        {"unpack_limit", msgpack_unpack_limit},
        {NULL, NULL},
    };
    lua_newtable(lua);
    luaL_register(lua, NULL, functions);
    lua_pushliteral(lua, "cmsgpack");
    lua_setfield(lua, -2, "_NAME");
    lua_pushliteral(lua, "lua-cmsgpack 0.4.0");
    lua_setfield(lua, -2, "_VERSION");
}
