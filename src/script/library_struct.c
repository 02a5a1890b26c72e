/* SPDX-License-Identifier: BSD-3-Clause */
/* struct: numbers and strings as a structure of C lays them out, and back, as Redis has it. A format is a row
 * of options:
 *
 *     b B h H l L T   integers of C, signed in lower case     i[n] I[n]   of n bytes, of an int's without n
 *     f d             float, double                           cn s        n characters; up to a NUL
 *     x               a byte of padding                       > < ![n]    byte order, alignment
 *
 * c0 is a whole string; when reading, one of the length that was read before. */
#include "engine.h"
#include "run.h"
#include "text.h"
#include <ctype.h>
#include <limits.h>

#define INTEGER_SIZE_MAX 32
#define ALIGNMENT        8

struct layout {
    bool is_big; /* the highest byte first */
    size_t alignment;
};

/* ---- formats ---- */

/* The digits at the format's front, or `without` when there are none. */
static int take_count(lua_State *lua, const char **format, int without)
{
    int count = 0;
    if (!isdigit((unsigned char)**format))
        return without;
    for (; isdigit((unsigned char)**format); ++*format) {
        if (__builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, **format - '0', &count))
            return luaL_error(lua, "integral size overflow");
    }
    return count;
}

static size_t take_integer_size(lua_State *lua, const char **format)
{
    int size = take_count(lua, format, sizeof(int));
    if (size > INTEGER_SIZE_MAX)
        luaL_error(lua, "integral size %d is larger than limit of %d", size, INTEGER_SIZE_MAX);
    return (size_t)size;
}

/* Bytes that stand for the option; 0: it says so itself, or takes none. */
static size_t take_size(lua_State *lua, char option, const char **format)
{
    switch (option) {
    case 'b':
    case 'B':
    case 'x':
        return 1;
    case 'h':
    case 'H':
        return sizeof(short);
    case 'l':
    case 'L':
        return sizeof(long);
    case 'T':
        return sizeof(size_t);
    case 'f':
        return sizeof(float);
    case 'd':
        return sizeof(double);
    case 'c':
        return (size_t)take_count(lua, format, 1);
    case 'i':
    case 'I':
        return take_integer_size(lua, format);
    default:
        return 0;
    }
}

/* What is left out before a thing of that size. */
static size_t padding(const struct layout *layout, size_t position, char option, size_t size)
{
    if (size == 0 || option == 'c')
        return 0;
    if (size > layout->alignment)
        size = layout->alignment;
    return (size - (position & (size - 1))) & (size - 1);
}

static void set_alignment(lua_State *lua, const char **format, struct layout *layout)
{
    int alignment = take_count(lua, format, ALIGNMENT);
    if (alignment <= 0 || (alignment & (alignment - 1)) != 0)
        luaL_error(lua, "alignment %d is not a power of 2", alignment);
    layout->alignment = (size_t)alignment;
}

static void set_layout(lua_State *lua, char option, const char **format, struct layout *layout)
{
    if (option == '>' || option == '<')
        layout->is_big = option == '>';
    else if (option == '!')
        set_alignment(lua, format, layout);
    else if (option != ' ')
        luaL_argerror(lua, 1, lua_pushfstring(lua, "invalid format option '%c'", option));
}

/* ---- packing ---- */

/* Where C leaves it open what becomes of a number, this is what processors make of it. */
static uint64_t to_bits(lua_Number number)
{
    if (number != number || number < -0x1p63)
        return (uint64_t)INT64_MIN;
    if (number < 0)
        return (uint64_t)(int64_t)number;
    return number < 0x1p64 ? (uint64_t)number : 0;
}

static void put_integer(struct text *text, const struct layout *layout, lua_Number number, size_t size)
{
    uint64_t bits = to_bits(number);
    char bytes[INTEGER_SIZE_MAX];
    for (size_t i = 0; i < size; i++)
        bytes[layout->is_big ? size - 1 - i : i] = (char)(i < sizeof bits ? bits >> (8 * i) : 0);
    text_append(text, bytes, size);
}

static void put_bits(struct text *text, const struct layout *layout, uint64_t bits, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_append_char(text, (char)(bits >> (8 * (layout->is_big ? size - 1 - i : i))));
}

static void put_float(struct text *text, const struct layout *layout, lua_Number number, char option)
{
    if (option == 'd') {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        put_bits(text, layout, bits, sizeof bits);
    } else {
        float narrow = (float)number;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        put_bits(text, layout, bits, sizeof bits);
    }
}

/* The argument before is the string. */
static void put_string(struct text *text, int next_argument, char option, size_t size)
{
    size_t len;
    const char *data = luaL_checklstring(text->lua, next_argument - 1, &len);
    luaL_argcheck(text->lua, len >= size, next_argument, "string too short");
    text_append(text, data, size ? size : len);
    if (option == 's')
        text_append_char(text, 0);
}

/* The value of the option, if it is one that has a value. */
static void put_value(struct text *text, const struct layout *layout, int *argument, char option, size_t size)
{
    if (option == 'c' || option == 's')
        put_string(text, ++*argument, option, size);
    else if (option == 'f' || option == 'd')
        put_float(text, layout, luaL_checknumber(text->lua, (*argument)++), option);
    else
        put_integer(text, layout, luaL_checknumber(text->lua, (*argument)++), size);
}

static int struct_pack(lua_State *lua)
{
    const char *format = luaL_checkstring(lua, 1);
    struct layout layout = {.alignment = 1};
    struct text text;
    int argument = 2, count = lua_gettop(lua);
    /* Arguments that aren't there are not what lies behind them. */
    lua_settop(lua, count + 1);
    text_begin(&text, lua);
    while (*format) {
        char option = *format++;
        run_worked(lua, 1);
        size_t size = take_size(lua, option, &format);
        for (size_t i = padding(&layout, text.len, option, size); i > 0; i--)
            text_append_char(&text, 0);
        if (option == 'x')
            text_append_char(&text, 0);
        else if (option && strchr("bBhHlLTiIfdcs", option))
            put_value(&text, &layout, &argument, option, size);
        else
            set_layout(lua, option, &format, &layout);
    }
    text_push(&text);
    return 1;
}

/* ---- unpacking ---- */

static void push_integer(lua_State *lua, const struct layout *layout, const char *data, char option,
                         size_t size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | (unsigned char)data[layout->is_big ? i : size - 1 - i];
    if (!islower((unsigned char)option)) {
        lua_pushnumber(lua, (lua_Number)bits);
        return;
    }
    unsigned unused = size > 0 && size < sizeof bits ? 64 - 8 * (unsigned)size : 0;
    lua_pushnumber(lua, (lua_Number)((int64_t)(bits << unused) >> unused));
}

static void push_float(lua_State *lua, const struct layout *layout, const char *data, char option,
                       size_t size)
{
    char bytes[sizeof(double)];
    for (size_t i = 0; i < size; i++)
        bytes[i] = data[layout->is_big ? size - 1 - i : i];
    if (option == 'd') {
        double number;
        memcpy(&number, bytes, sizeof number);
        lua_pushnumber(lua, number);
    } else {
        float number;
        memcpy(&number, bytes, sizeof number);
        lua_pushnumber(lua, (lua_Number)number);
    }
}

struct reading {
    struct layout layout;
    const char *data;
    size_t len, position;
    int count; /* values on the stack */
};

static void check_left(lua_State *lua, const struct reading *reading, size_t size)
{
    luaL_argcheck(lua, size <= reading->len && reading->position <= reading->len - size, 2,
                  "data string too short");
}

/* The number that was read before, which isn't a value then. */
static size_t take_length(lua_State *lua, struct reading *reading)
{
    if (reading->count == 0 || !lua_isnumber(lua, -1))
        luaL_error(lua, "format 'c0' needs a previous size");
    lua_Number length = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    reading->count--;
    size_t size = length > -1 && length < 0x1p63 ? (size_t)(int64_t)length : SIZE_MAX;
    check_left(lua, reading, size);
    return size;
}

static size_t push_string(lua_State *lua, struct reading *reading, char option, size_t size)
{
    const char *data = reading->data + reading->position;
    if (option == 's') {
        struct bytes rest = bytes_make(data, reading->len - reading->position);
        size = bytes_index_of(rest, 0);
        if (size == rest.len)
            luaL_error(lua, "unfinished string in data");
    } else if (size == 0) {
        size = take_length(lua, reading);
    }
    lua_pushlstring(lua, data, size);
    return option == 's' ? size + 1 : size;
}

/* Returns how many bytes were read. */
static size_t push_value(lua_State *lua, struct reading *reading, char option, size_t size)
{
    const char *data = reading->data + reading->position;
    if (option == 'c' || option == 's')
        size = push_string(lua, reading, option, size);
    else if (option == 'f' || option == 'd')
        push_float(lua, &reading->layout, data, option, size);
    else
        push_integer(lua, &reading->layout, data, option, size);
    reading->count++;
    return size;
}

static int struct_unpack(lua_State *lua)
{
    const char *format = luaL_checkstring(lua, 1);
    struct reading reading = {.layout = {.alignment = 1}};
    reading.data = luaL_checklstring(lua, 2, &reading.len);
    lua_Integer start = luaL_optinteger(lua, 3, 1);
    /* Those below are beyond all strings. */
    luaL_argcheck(lua, start != 0, 3, "offset must be 1 or greater");
    reading.position = (size_t)start - 1;
    while (*format) {
        char option = *format++;
        run_worked(lua, 1);
        size_t size = take_size(lua, option, &format);
        reading.position += padding(&reading.layout, reading.position, option, size);
        check_left(lua, &reading, size);
        luaL_checkstack(lua, 2, "too many results");
        if (strchr("bBhHlLTiIfdcs", option))
            size = push_value(lua, &reading, option, size);
        else if (option != 'x')
            set_layout(lua, option, &format, &reading.layout);
        reading.position += size;
    }
    lua_pushinteger(lua, (lua_Integer)reading.position + 1);
    return reading.count + 1;
}

/* ---- the rest ---- */

static int struct_size(lua_State *lua)
{
    const char *format = luaL_checkstring(lua, 1);
    struct layout layout = {.alignment = 1};
    size_t position = 0;
    while (*format) {
        char option = *format++;
        run_worked(lua, 1);
        size_t size = take_size(lua, option, &format);
        position += padding(&layout, position, option, size);
        luaL_argcheck(lua, option != 's', 1, "option 's' has no fixed size");
        luaL_argcheck(lua, option != 'c' || size > 0, 1, "option 'c0' has no fixed size");
        if (!isalnum((unsigned char)option))
            set_layout(lua, option, &format, &layout);
        position += size;
    }
    lua_pushinteger(lua, (lua_Integer)position);
    return 1;
}

void library_struct(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"pack", struct_pack},
        {"unpack", struct_unpack},
        {"size", struct_size},
        {NULL, NULL},
    };
    lua_newtable(lua);
    luaL_register(lua, NULL, functions);
}
