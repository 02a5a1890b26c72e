/* SPDX-License-Identifier: BSD-3-Clause */
/* What INFO says of scripts. */
#include "engine.h"
#include "engine/metric_tables.h"

static size_t interpreter_bytes(const struct server *server)
{
    return server->scripts ? server->scripts->lua_bytes : 0;
}

static size_t script_count(const struct server *server)
{
    return server->scripts ? server->scripts->by_sha.count : 0;
}

/* What knows the compiled scripts; they themselves are the interpreter's. */
static size_t cache_bytes(const struct server *server)
{
    return script_count(server) * (sizeof(struct script) + sizeof(struct script *));
}

#define SCRIPT_METRICS(ROW)                                                                                \
    ROW(BYTES, "Memory", used_memory_lua, GAUGE, interpreter_bytes(server), "Bytes of the script engine.", \
        .exporter_name = "memory_used_lua_bytes")                                                          \
    ROW(INTEGER, "Memory", used_memory_vm_eval, GAUGE, interpreter_bytes(server), "The same.")             \
    ROW(INTEGER, "Memory", used_memory_scripts_eval, GAUGE, cache_bytes(server),                           \
        "Bytes of what finds the cached scripts.")                                                         \
    ROW(INTEGER, "Memory", number_of_cached_scripts, GAUGE, script_count(server), "Cached scripts.",       \
        .exporter_name = "number_of_cached_scripts")                                                       \
    ROW(CONSTANT, "Memory", number_of_functions, GAUGE, "0", "Loaded functions.")                          \
    ROW(CONSTANT, "Memory", number_of_libraries, GAUGE, "0", "Loaded libraries.")                          \
    ROW(CONSTANT, "Memory", used_memory_vm_functions, GAUGE, "0", "Bytes of the function engine.")         \
    ROW(BYTES, "Memory", used_memory_vm_total, GAUGE, interpreter_bytes(server), "Bytes of both engines.") \
    ROW(CONSTANT, "Memory", used_memory_functions, GAUGE, "0", "Bytes of functions.")                      \
    ROW(BYTES, "Memory", used_memory_scripts, GAUGE, cache_bytes(server),                                  \
        "Bytes of what finds scripts and functions.", .exporter_name = "memory_used_scripts_bytes")

METRIC_TABLE(scripts_add_metrics, SCRIPT_METRICS)
