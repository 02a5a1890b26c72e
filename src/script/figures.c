/* SPDX-License-Identifier: BSD-3-Clause */
/* What INFO says of scripts and functions. */
#include "engine/metric_tables.h"
#include "libraries.h"

/* What knows the compiled scripts, and their texts; they themselves are the interpreter's. */
static size_t cache_bytes(const struct scripts *scripts)
{
    return scripts->by_sha.count * (sizeof(struct script) + sizeof(struct script *)) + scripts->body_bytes;
}

struct script_figures script_figures(const struct server *server)
{
    const struct scripts *scripts = server->scripts;
    if (!scripts)
        return (struct script_figures){0};
    return (struct script_figures){
        .eval_bytes = scripts->eval.bytes,
        .script_bytes = cache_bytes(scripts),
        .script_count = scripts->by_sha.count,
        .functions_bytes = scripts->functions.bytes,
        .library_bytes = libraries_memory(scripts->libraries),
        .library_count = scripts->libraries->count,
        .function_count = scripts->libraries->function_count,
    };
}

static size_t interpreter_bytes(const struct server *server)
{
    struct script_figures figures = script_figures(server);
    return figures.eval_bytes + figures.functions_bytes;
}

static size_t finding_bytes(const struct server *server)
{
    struct script_figures figures = script_figures(server);
    return figures.script_bytes + figures.library_bytes;
}

#define SCRIPT_METRICS(ROW)                                                                                \
    ROW(BYTES, "Memory", used_memory_lua, GAUGE, script_figures(server).eval_bytes,                        \
        "Bytes of the script engine.", .exporter_name = "memory_used_lua_bytes")                           \
    ROW(INTEGER, "Memory", used_memory_vm_eval, GAUGE, script_figures(server).eval_bytes, "The same.")     \
    ROW(INTEGER, "Memory", used_memory_scripts_eval, GAUGE, script_figures(server).script_bytes,           \
        "Bytes of what finds the cached scripts.")                                                         \
    ROW(INTEGER, "Memory", number_of_cached_scripts, GAUGE, script_figures(server).script_count,           \
        "Cached scripts.", .exporter_name = "number_of_cached_scripts")                                    \
    ROW(INTEGER, "Memory", number_of_functions, GAUGE, script_figures(server).function_count,              \
        "Loaded functions.")                                                                               \
    ROW(INTEGER, "Memory", number_of_libraries, GAUGE, script_figures(server).library_count,               \
        "Loaded libraries.")                                                                               \
    ROW(INTEGER, "Memory", used_memory_vm_functions, GAUGE, script_figures(server).functions_bytes,        \
        "Bytes of the function engine.")                                                                   \
    ROW(BYTES, "Memory", used_memory_vm_total, GAUGE, interpreter_bytes(server), "Bytes of both engines.") \
    ROW(INTEGER, "Memory", used_memory_functions, GAUGE, script_figures(server).library_bytes,             \
        "Bytes of functions.")                                                                             \
    ROW(BYTES, "Memory", used_memory_scripts, GAUGE, finding_bytes(server),                                \
        "Bytes of what finds scripts and functions.", .exporter_name = "memory_used_scripts_bytes")

METRIC_TABLE(scripts_add_metrics, SCRIPT_METRICS)
