/* SPDX-License-Identifier: BSD-3-Clause */
/* The interpreter: its memory, which is counted and bounded, and its beginning and end. */
#include "engine.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "run.h"

/* Instructions between two looks at the time. */
#define HOOK_INSTRUCTIONS 1000

static size_t memory_limit(const struct scripts *scripts)
{
    return (size_t)scripts->server->config->lua_memory_limit;
}

static void hook(lua_State *lua, lua_Debug *debug);

/* Lua collects when its memory has doubled, which may be too late, and not when there is no more. */
static void collect_soon(struct scripts *scripts)
{
    if (scripts->lua)
        lua_sethook(scripts->lua, hook, LUA_MASKCOUNT, 1);
}

static void collect(struct scripts *scripts, lua_State *lua)
{
    size_t limit = memory_limit(scripts);
    if (scripts->lua_bytes <= scripts->collect_above)
        return;
    (void)lua_gc(lua, LUA_GCCOLLECT, 0);
    scripts->collect_above = scripts->lua_bytes + limit / 8;
    if (scripts->collect_above < limit / 2)
        scripts->collect_above = limit / 2;
}

void scripts_collect(struct scripts *scripts, lua_State *lua)
{
    scripts->collect_above = memory_limit(scripts) / 2;
    collect(scripts, lua);
}

static void *allocate(void *context, void *pointer, size_t old_size, size_t size)
{
    struct scripts *scripts = context;
    if (size == 0) {
        scripts->lua_bytes -= old_size;
        mem_free(pointer);
        return NULL;
    }
    if (size > old_size && scripts->lua_bytes + (size - old_size) > memory_limit(scripts))
        return NULL;
    void *moved = mem_try_realloc(pointer, size);
    if (moved)
        scripts->lua_bytes += size - old_size;
    if (scripts->lua_bytes > scripts->collect_above)
        collect_soon(scripts);
    /* Lua relies on it that what is made smaller stays. */
    return moved || size > old_size ? moved : pointer;
}

static void hook(lua_State *lua, lua_Debug *debug)
{
    (void)debug;
    collect(scripts_in(lua), lua);
    lua_sethook(lua, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    run_pause_point(lua);
}

static const struct {
    const char *name;
    void (*push)(lua_State *lua);
} libraries[] = {
    {"string", library_string},       {"table", library_table},
    {"math", library_math},           {"os", library_os},
    {"coroutine", library_coroutine}, {"redis", library_redis},
    {"cjson", library_json},          {"bit", library_bit},
    {"cmsgpack", library_msgpack},    {"struct", library_struct},
};

/* Returns what stands in the slots. */
static int build(lua_State *lua)
{
    sandbox_build(lua);
    int globals = 1, lock = 2;
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        libraries[i].push(lua);
        sandbox_add(lua, globals, libraries[i].name);
    }
    lua_pushvalue(lua, lock);
    lua_pushcclosure(lua, run_compile, 1);
    lua_pushvalue(lua, globals);
    lua_pushcfunction(lua, error_explain);
    lua_pushcclosure(lua, run_script, 2);
    lua_pushcfunction(lua, run_reply);
    return SLOT_LAST;
}

/* Whatever isn't foreseen: there is no going on. */
static int cannot_go_on(lua_State *lua)
{
    (void)lua;
    PANIC("a script's error outside of a protected call");
    return 0;
}

/* Makes the slots. Of a new state only this call can fail outside of protection, and memory for its function
 * is there: the limit leaves room for an interpreter. */
static bool fill_slots(lua_State *lua)
{
    lua_pushcfunction(lua, build);
    return lua_pcall(lua, 0, LUA_MULTRET, 0) == 0;
}

bool scripts_open(struct scripts *scripts)
{
    if (scripts->lua)
        return true;
    scripts->collect_above = memory_limit(scripts) / 2;
    lua_State *lua = lua_newstate(allocate, scripts);
    if (!lua)
        return false;
    lua_atpanic(lua, cannot_go_on);
    if (!fill_slots(lua)) {
        lua_close(lua);
        return false;
    }
    lua_sethook(lua, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    scripts->lua = lua;
    return true;
}

void scripts_close(struct scripts *scripts)
{
    cache_clear(scripts);
    if (scripts->lua)
        lua_close(scripts->lua);
    scripts->lua = NULL;
}

struct scripts *scripts_of(struct server *server)
{
    if (server->scripts)
        return server->scripts;
    struct scripts *scripts = mem_zalloc(sizeof *scripts);
    scripts->server = server;
    scripts->is_seeded = true;
    scripts->client = client_new_for_scripts(server);
    table_init(&scripts->by_sha, &cache_table, NULL);
    list_init(&scripts->kept);
    list_init(&scripts->recent);
    server->scripts = scripts;
    return scripts;
}

void scripts_free(struct server *server)
{
    struct scripts *scripts = server->scripts;
    if (!scripts)
        return;
    if (scripts->run)
        run_give_up(scripts->run);
    scripts_close(scripts);
    table_clear(&scripts->by_sha);
    client_free(scripts->client);
    fiber_free(scripts->fiber);
    mem_free(scripts);
    server->scripts = NULL;
}
