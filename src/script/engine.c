/* SPDX-License-Identifier: BSD-3-Clause */
/* The interpreter: its memory, which is counted and bounded, and its beginning and end. */
#include "engine.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "libraries.h"
#include "run.h"

/* Instructions between two looks at the time, at the most and at the least. */
#define PATIENCE     1000
#define PATIENCE_MIN 8
/* A block that is gone through in the time of some hundred instructions; with larger ones there are fewer
 * between two looks. */
#define LARGE ((size_t)64 << 10)
/* A script that leaves no more than this part of the memory leaves its remains to Lua's own collector. */
#define LEFT_PART 64

/* What is configured holds from now on. */
static void set_limits(struct interpreter *interpreter)
{
    interpreter->limit = (size_t)interpreter->scripts->server->config->lua_memory_limit;
    interpreter->collect_above = interpreter->limit / 2;
}

static void hook(lua_State *lua, lua_Debug *debug);

int interpreter_patience(const struct interpreter *interpreter)
{
    size_t largest = interpreter->largest;
    if (largest <= LARGE)
        return PATIENCE;
    size_t patience = PATIENCE * LARGE / largest;
    return patience > PATIENCE_MIN ? (int)patience : PATIENCE_MIN;
}

void interpreter_switch(struct interpreter *interpreter, lua_State *thread)
{
    int patience = interpreter_patience(interpreter);
    interpreter->running = thread;
    /* Each has its own count. */
    if (lua_gethookcount(thread) != patience)
        lua_sethook(thread, hook, LUA_MASKCOUNT, patience);
}

/* Before the next instruction. */
static void look_soon(struct interpreter *interpreter)
{
    if (interpreter->running)
        lua_sethook(interpreter->running, hook, LUA_MASKCOUNT, 1);
}

static void collect(struct interpreter *interpreter, lua_State *lua)
{
    size_t limit = interpreter->limit;
    (void)lua_gc(lua, LUA_GCCOLLECT, 0);
    interpreter->collected_bytes = interpreter->bytes;
    interpreter->collect_above = interpreter->bytes + limit / 8;
    if (interpreter->collect_above < limit / 2)
        interpreter->collect_above = limit / 2;
}

/* What one script leaves isn't to take the memory of the next. */
void interpreter_collect(struct interpreter *interpreter, lua_State *lua)
{
    set_limits(interpreter);
    if (interpreter->bytes > interpreter->collected_bytes + interpreter->limit / LEFT_PART)
        collect(interpreter, lua);
}

static void *allocate(void *context, void *pointer, size_t old_size, size_t size)
{
    struct interpreter *interpreter = context;
    if (size > old_size && interpreter->bytes + (size - old_size) > interpreter->limit)
        return NULL;
    void *moved = blocks_resize(&interpreter->blocks, pointer, old_size, size);
    if (moved || size <= old_size)
        interpreter->bytes += size - old_size;
    /* Lua collects when its memory has doubled, which may be too late, and not when there is no more. */
    if (interpreter->bytes > interpreter->collect_above)
        look_soon(interpreter);
    if (size > LARGE && size > interpreter->largest) {
        interpreter->largest = size;
        look_soon(interpreter);
    }
    /* Lua relies on it that what is made smaller stays. */
    return moved || size == 0 || size > old_size ? moved : pointer;
}

static void hook(lua_State *lua, lua_Debug *debug)
{
    struct interpreter *interpreter = interpreter_in(lua);
    (void)debug;
    if (interpreter->bytes > interpreter->collect_above)
        collect(interpreter, lua);
    if (interpreter->largest > interpreter->bytes)
        interpreter->largest = interpreter->bytes;
    interpreter_switch(interpreter, lua);
    run_pause_point(lua);
}

/* ---- what is in it ---- */

static const struct {
    const char *name;
    void (*push)(lua_State *lua);
} libraries[] = {
    {"string", library_string}, {"table", library_table},         {"math", library_math},
    {"os", library_os},         {"coroutine", library_coroutine}, {"cjson", library_json},
    {"bit", library_bit},       {"cmsgpack", library_msgpack},    {"struct", library_struct},
};

enum { GLOBALS = 1, LOCK = 2 };

/* Leaves the globals and their lock at the bottom of the stack. */
static void build_globals(lua_State *lua, void (*push_redis)(lua_State *lua))
{
    sandbox_build(lua);
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        libraries[i].push(lua);
        sandbox_add(lua, GLOBALS, libraries[i].name);
    }
    library_string_methods(lua, GLOBALS);
    push_redis(lua);
    sandbox_add(lua, GLOBALS, "redis");
}

/* These return what stands in the slots. */
static int build_for_scripts(lua_State *lua)
{
    build_globals(lua, library_redis);
    lua_pushvalue(lua, LOCK);
    lua_pushcclosure(lua, run_compile, 1);
    lua_pushvalue(lua, GLOBALS);
    lua_pushliteral(lua, "KEYS");
    lua_pushliteral(lua, "ARGV");
    lua_pushcclosure(lua, run_script, 3);
    lua_pushcfunction(lua, run_reply);
    lua_pushcfunction(lua, error_explain);
    return SLOT_LAST;
}

static int build_for_functions(lua_State *lua)
{
    build_globals(lua, library_redis_for_functions);
    lua_pushvalue(lua, LOCK);
    lua_pushvalue(lua, GLOBALS);
    lua_newtable(lua);
    library_redis_for_loading(lua);
    sandbox_add(lua, lua_gettop(lua) - 1, "redis");
    sandbox_refuse_others(lua);
    lua_pushcclosure(lua, run_load, 3);
    lua_pushcfunction(lua, run_function);
    lua_pushcfunction(lua, run_reply);
    lua_pushcfunction(lua, error_explain);
    return SLOT_LAST;
}

/* Whatever isn't foreseen: there is no going on. */
static int cannot_go_on(lua_State *lua)
{
    (void)lua;
    PANIC("a script's error outside of a protected call");
    return 0;
}

struct builder {
    lua_CFunction build;
    int reference;
};

/* References are freed outside of protected calls, where memory may not be refused. The first one that is
 * would take some, for the number at this place, the head of Lua's list of free ones: 0 is an empty list. */
static void make_list_of_free_references(lua_State *lua)
{
    enum { HEAD = 0 };
    lua_pushinteger(lua, 0);
    lua_rawseti(lua, LUA_REGISTRYINDEX, HEAD);
}

static int keep_builder(lua_State *lua)
{
    struct builder *builder = lua_touserdata(lua, 1);
    make_list_of_free_references(lua);
    lua_pushcfunction(lua, builder->build);
    builder->reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

/* Makes the slots. A function takes memory, which may be refused only within a protected call; to get one
 * that is kept takes none. */
static bool fill_slots(lua_State *lua, lua_CFunction build)
{
    struct builder builder = {.build = build};
    if (lua_cpcall(lua, keep_builder, &builder) != 0)
        return false;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, builder.reference);
    return lua_pcall(lua, 0, LUA_MULTRET, 0) == 0;
}

bool interpreter_open(struct interpreter *interpreter)
{
    if (interpreter->lua)
        return true;
    set_limits(interpreter);
    interpreter->json = interpreter->json_at_first = json_defaults;
    lua_State *lua = lua_newstate(allocate, interpreter);
    if (!lua)
        return false;
    lua_atpanic(lua, cannot_go_on);
    bool is_eval = interpreter == &interpreter->scripts->eval;
    if (!fill_slots(lua, is_eval ? build_for_scripts : build_for_functions)) {
        lua_close(lua);
        return false;
    }
    interpreter_switch(interpreter, lua);
    interpreter->lua = lua;
    interpreter->collected_bytes = interpreter->bytes;
    return true;
}

void interpreter_close(struct interpreter *interpreter)
{
    lua_State *lua = interpreter->lua;
    interpreter->lua = interpreter->running = NULL;
    if (lua)
        lua_close(lua);
    blocks_clear(&interpreter->blocks);
    interpreter->largest = 0;
}

struct scripts *scripts_of(struct server *server)
{
    if (server->scripts)
        return server->scripts;
    struct scripts *scripts = mem_zalloc(sizeof *scripts);
    scripts->server = server;
    scripts->eval.scripts = scripts->functions.scripts = scripts;
    scripts->libraries = libraries_new();
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
    cache_clear(scripts);
    libraries_free(scripts->libraries);
    interpreter_close(&scripts->eval);
    interpreter_close(&scripts->functions);
    table_clear(&scripts->by_sha);
    client_free(scripts->client);
    fiber_free(scripts->fiber);
    mem_free(scripts->spare);
    mem_free(scripts);
    server->scripts = NULL;
}
