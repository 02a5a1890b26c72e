/* SPDX-License-Identifier: BSD-3-Clause */
/* redis.register_function: of a name and a function, or of a table with these and more. Errors come before
 * anything that is to be freed. */
#include "libraries.h"
#include <limits.h>

/* Where they lie on the stack; 0: not given. */
struct arguments {
    int name, callback, description;
    unsigned flags;
};

static bool take_flags(lua_State *lua, unsigned *flags)
{
    for (int i = 1; i < INT_MAX; i++) {
        size_t len;
        lua_rawgeti(lua, -1, i);
        if (lua_isnil(lua, -1))
            break;
        const char *name = lua_tolstring(lua, -1, &len);
        if (!name || !shebang_flag(bytes_make(name, len), flags))
            return false;
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return true;
}

/* The value of the field lies on the stack's top, and stays. Returns what is wrong, NULL: nothing. */
static const char *take_field(lua_State *lua, struct bytes field, struct arguments *arguments)
{
    /* Its key will be gone from below it. */
    int top = lua_gettop(lua), place = top - 1;
    if (bytes_is_nocase(field, "function_name")) {
        arguments->name = place;
        return lua_isstring(lua, top)
                   ? NULL
                   : "function_name argument given to redis.register_function must be a string";
    }
    if (bytes_is_nocase(field, "description")) {
        arguments->description = place;
        return lua_isstring(lua, top)
                   ? NULL
                   : "description argument given to redis.register_function must be a string";
    }
    if (bytes_is_nocase(field, "callback")) {
        arguments->callback = place;
        return lua_isfunction(lua, top)
                   ? NULL
                   : "callback argument given to redis.register_function must be a function";
    }
    if (!bytes_is_nocase(field, "flags"))
        return "unknown argument given to redis.register_function";
    if (!lua_istable(lua, top))
        return "flags argument to redis.register_function must be a table representing function flags";
    return take_flags(lua, &arguments->flags) ? NULL : "unknown flag given";
}

static const char *take_named(lua_State *lua, struct arguments *arguments)
{
    if (!lua_istable(lua, 1))
        return "calling redis.register_function with a single argument is only applicable to Lua table "
               "(representing named arguments).";
    lua_pushnil(lua);
    while (lua_next(lua, 1)) {
        size_t len = 0;
        if (!lua_isstring(lua, -2))
            return "named argument key given to redis.register_function is not a string";
        /* What tolstring makes of a number would be another key. */
        const char *field = lua_type(lua, -2) == LUA_TSTRING ? lua_tolstring(lua, -2, &len) : "";
        luaL_checkstack(lua, 4, NULL);
        const char *error = take_field(lua, bytes_make(field, len), arguments);
        if (error)
            return error;
        /* The value stays below. */
        lua_pushvalue(lua, -2);
        lua_remove(lua, -3);
    }
    if (!arguments->name)
        return "redis.register_function must get a function name argument";
    return arguments->callback ? NULL : "redis.register_function must get a callback argument";
}

static const char *take_positional(lua_State *lua, struct arguments *arguments)
{
    if (!lua_isstring(lua, 1))
        return "first argument to redis.register_function must be a string";
    if (!lua_isfunction(lua, 2))
        return "second argument to redis.register_function must be a function";
    *arguments = (struct arguments){.name = 1, .callback = 2};
    return NULL;
}

static const char *take_arguments(lua_State *lua, struct arguments *arguments)
{
    int count = lua_gettop(lua);
    if (count == 1)
        return take_named(lua, arguments);
    return count == 2 ? take_positional(lua, arguments)
                      : "wrong number of arguments to redis.register_function";
}

static struct bytes text_at(lua_State *lua, int index)
{
    size_t len;
    const char *text = lua_tolstring(lua, index, &len);
    return bytes_make(text, len);
}

int redis_register_function(lua_State *lua)
{
    struct library *library = scripts_in(lua)->loading;
    struct arguments arguments = {0};
    if (!library)
        return error_raise(lua, "redis.register_function can only be called on FUNCTION LOAD command");
    const char *error = take_arguments(lua, &arguments);
    if (error)
        return error_raise(lua, "%s", error);
    struct bytes name = text_at(lua, arguments.name);
    if (!library_name_is_valid(name))
        return error_raise(lua, LIBRARY_NAME_ERROR);
    luaL_checkstack(lua, 2, NULL);
    lua_pushvalue(lua, arguments.callback);
    int reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    struct function *function = library_add_function(library, name.data);
    if (!function) {
        luaL_unref(lua, LUA_REGISTRYINDEX, reference);
        return error_raise(lua, "Function already exists in the library");
    }
    function->program.function = reference;
    function->program.flags = arguments.flags;
    if (arguments.description)
        function->description = blob_of(text_at(lua, arguments.description));
    return 0;
}
