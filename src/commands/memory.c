/* SPDX-License-Identifier: BSD-3-Clause */
/* MEMORY: what keys, clients and the server itself take. */
#include "base/alloc.h"
#include "base/number.h"
#include "base/table.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/client_care.h"
#include "engine/metrics.h"
#include "memory_report.h"
#include "script/script.h"
#include <stdio.h>

/* An entry's place in the table. */
#define PLACE_BYTES (sizeof(struct table_bucket) / TABLE_BUCKET_SLOTS)

/* [SAMPLES count]: how many parts of a value to look at. A string has no parts, so the number only has to
 * be one. */
static bool check_samples(struct call *call)
{
    int64_t samples;
    for (int i = 3; i < call->argc; i += 2) {
        if (!call_arg_is(call, i, "samples") || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!call_int(call, i + 1, &samples))
            return false;
        if (samples < 0) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static void cmd_memory_usage(struct call *call)
{
    if (!check_samples(call))
        return;
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, 2));
    if (entry)
        reply_int(call->reply, (int64_t)(entry_size(entry) + PLACE_BYTES));
    else
        reply_null(call->reply);
}

/* ---- MEMORY STATS ---- */

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static void reply_size(struct call *call, const char *name, size_t bytes)
{
    reply_bulk_text(call->reply, name);
    reply_int(call->reply, (int64_t)bytes);
}

static void reply_ratio(struct call *call, const char *name, double value)
{
    reply_bulk_text(call->reply, name);
    reply_double(call->reply, value);
}

/* `name`.ratio or the like, and how many bytes `a` is over `b`. */
static void reply_excess(struct call *call, const char *ratio_name, const char *bytes_name, size_t a,
                         size_t b)
{
    reply_ratio(call, ratio_name, ratio((double)a, (double)b));
    reply_bulk_text(call->reply, bytes_name);
    reply_int(call->reply, (int64_t)a - (int64_t)b);
}

static void reply_databases(struct call *call)
{
    for (int i = 0; i < store_keyspace_count(call->server->store); i++) {
        const struct keyspace *keyspace = store_keyspace(call->server->store, i);
        char name[32];
        if (keyspace_count(keyspace) == 0)
            continue;
        (void)snprintf(name, sizeof name, "db.%d", i);
        reply_bulk_text(call->reply, name);
        reply_map(call->reply, 3);
        reply_size(call, "overhead.hashtable.main", keyspace_index_memory(keyspace));
        reply_size(call, "overhead.hashtable.expires", 0);
        reply_size(call, "overhead.hashtable.slot-to-keys", 0);
    }
}

static void cmd_memory_stats(struct call *call)
{
    const struct client_census *census = client_census(call->server);
    struct memory_report report = memory_report(call->server);
    struct script_figures scripts = script_figures(call->server);
    size_t keys = 0, databases = 0, net = report.used > report.startup ? report.used - report.startup : 0;
    for (int i = 0; i < store_keyspace_count(call->server->store); i++) {
        size_t count = keyspace_count(store_keyspace(call->server->store, i));
        keys += count;
        databases += count > 0;
    }
    reply_map(call->reply, 28 + databases);
    reply_size(call, "peak.allocated", report.peak);
    reply_size(call, "total.allocated", report.used);
    reply_size(call, "startup.allocated", report.startup);
    reply_size(call, "replication.backlog", 0);
    reply_size(call, "clients.slaves", census->replica_bytes);
    reply_size(call, "clients.normal", census->normal_bytes + census->pubsub_bytes);
    reply_size(call, "shared.messages", report.messages);
    reply_size(call, "cluster.links", 0);
    reply_size(call, "aof.buffer", 0);
    reply_size(call, "lua.caches", scripts.script_bytes);
    reply_size(call, "functions.caches", scripts.library_bytes);
    reply_databases(call);
    reply_size(call, "overhead.total", report.overhead);
    reply_size(call, "keys.count", keys);
    reply_size(call, "keys.bytes-per-key", keys ? net / keys : 0);
    reply_size(call, "dataset.bytes", report.dataset);
    reply_ratio(call, "dataset.percentage", ratio((double)report.dataset * 100, (double)net));
    reply_ratio(call, "peak.percentage", ratio((double)report.used * 100, (double)report.peak));
    reply_size(call, "allocator.allocated", report.allocated);
    reply_size(call, "allocator.active", report.active);
    reply_size(call, "allocator.resident", report.resident);
    reply_excess(call, "allocator-fragmentation.ratio", "allocator-fragmentation.bytes", report.active,
                 report.allocated);
    reply_excess(call, "allocator-rss.ratio", "allocator-rss.bytes", report.resident, report.active);
    reply_excess(call, "rss-overhead.ratio", "rss-overhead.bytes", report.rss, report.resident);
    reply_excess(call, "fragmentation", "fragmentation.bytes", report.rss, report.used);
}

/* ---- the allocator ---- */

static void append_text(void *out, const char *text)
{
    buf_append_text(out, text);
}

static void cmd_memory_malloc_stats(struct call *call)
{
    struct buf text = {0};
    if (mem_allocator_report(append_text, &text))
        reply_verbatim(call->reply, buf_bytes(&text), "txt");
    else
        reply_bulk_text(call->reply, "Stats not supported for the current allocator");
    buf_clear(&text);
}

static void cmd_memory_purge(struct call *call)
{
    mem_purge();
    store_trim(call->server->store);
    reply_ok(call->reply);
}

static void cmd_memory_doctor(struct call *call)
{
    struct buf text = {0};
    print_memory_report(call->server, &text);
    reply_verbatim(call->reply, buf_bytes(&text), "txt");
    buf_clear(&text);
}

static void cmd_memory_help(struct call *call)
{
    static const char *const lines[] = {
        "DOCTOR",
        "    What is wrong with memory, and what can be done about it.",
        "MALLOC-STATS",
        "    The allocator's own report.",
        "PURGE",
        "    Give pages that the allocator keeps back to the system.",
        "STATS",
        "    What memory is used for.",
        "USAGE <key> [SAMPLES <count>]",
        "    Bytes that a key and its value take.",
        NULL,
    };
    call_help(call, lines);
}

static const char *const memory_doctor_tips[] = {"nondeterministic_output", "request_policy:all_shards",
                                                 "response_policy:special", NULL};
static const char *const memory_purge_tips[] = {"request_policy:all_shards", "response_policy:all_succeeded",
                                                NULL};

static const struct command memory_subcommands[] = {
    {
        .name = "doctor",
        .run = cmd_memory_doctor,
        .arity = 2,
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Outputs a memory problems report.",
        .tips = memory_doctor_tips,
    },
    {
        .name = "help",
        .run = cmd_memory_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "malloc-stats",
        .run = cmd_memory_malloc_stats,
        .arity = 2,
        .group = "server",
        .since = "4.0.0",
        .complexity = "Depends on how much memory is allocated, could be slow",
        .summary = "Returns the allocator statistics.",
        .tips = memory_doctor_tips,
    },
    {
        .name = "purge",
        .run = cmd_memory_purge,
        .arity = 2,
        .group = "server",
        .since = "4.0.0",
        .complexity = "Depends on how much memory is allocated, could be slow",
        .summary = "Asks the allocator to release memory.",
        .tips = memory_purge_tips,
    },
    {
        .name = "stats",
        .run = cmd_memory_stats,
        .arity = 2,
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns details about memory usage.",
        .tips = memory_doctor_tips,
    },
    {
        .name = "usage",
        .run = cmd_memory_usage,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .keys = {KEY_AT(2, KEY_RO)},
        .group = "server",
        .since = "4.0.0",
        .complexity = "O(N) where N is the number of samples.",
        .summary = "Estimates the memory usage of a key.",
        .synopsis = "key [SAMPLES count:integer]",
    },
    {.name = NULL},
};

static const struct command memory_commands[] = {
    {
        .name = "memory",
        .arity = -2,
        .group = "server",
        .since = "4.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for memory diagnostics commands.",
        .subcommands = memory_subcommands,
    },
    {.name = NULL},
};

const struct command_family memory_family = {"memory", memory_commands};
