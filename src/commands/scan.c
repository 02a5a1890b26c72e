/* SPDX-License-Identifier: BSD-3-Clause */
/* KEYS and SCAN: what to walk over, and how the reply begins. */
#include "commands/families.h"
#include "engine/call.h"
#include "key_walk.h"
#include "scan_options.h"

enum { STEPS_A_KEY = 10 };

static void cmd_keys(struct call *call)
{
    key_walk_run(call, &(struct key_walk){
                           .pattern = call->argv[1],
                           .type = TYPE_ANY,
                           .visit_count = UINT64_MAX,
                           .step_count = UINT64_MAX,
                           .shows_once = true,
                       });
}

/* ---- SCAN ---- */

static void scan_head(struct reply *reply, const struct key_walk *walk)
{
    reply_scan_head(reply, walk->cursor);
}

/* A table with few keys in it is looked into more often than it has keys, but not without end. */
static uint64_t steps_for(uint64_t count)
{
    uint64_t steps;
    return __builtin_mul_overflow(count, STEPS_A_KEY, &steps) ? UINT64_MAX : steps + 1;
}

static void cmd_scan(struct call *call)
{
    struct scan_options options;
    uint64_t cursor;
    if (!call_scan_cursor(call, 1, &cursor) || !call_scan_options(call, 2, true, &options))
        return;
    key_walk_run(call, &(struct key_walk){
                           .pattern = options.pattern,
                           .type = options.type,
                           .cursor = cursor,
                           .visit_count = (uint64_t)options.count,
                           .step_count = steps_for((uint64_t)options.count),
                           .head = scan_head,
                       });
}

/* ---- rows ---- */

static const char *const keys_tips[] = {"request_policy:all_shards", "nondeterministic_output_order", NULL};
static const struct command_history scan_history[] = {
    {"6.0.0", "Added the `TYPE` subcommand."},
    {NULL, NULL},
};
static const char *const scan_tips[] = {"nondeterministic_output", "request_policy:special",
                                        "response_policy:special", NULL};

static const struct command scan_commands[] = {
    {
        .name = "keys",
        .run = cmd_keys,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE | ACL_DANGEROUS,
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(N) with N being the number of keys in the database, under the assumption that the "
                      "key names in the database and the given pattern have limited length.",
        .summary = "Returns all key names that match a pattern.",
        .synopsis = "pattern",
        .tips = keys_tips,
    },
    {
        .name = "scan",
        .run = cmd_scan,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_TOUCHES_ARBITRARY_KEYS,
        .acl = ACL_KEYSPACE,
        .group = "generic",
        .since = "2.8.0",
        .complexity =
            "O(1) for every call. O(N) for a complete iteration, including enough command calls for the "
            "cursor to return back to 0. N is the number of elements inside the collection.",
        .summary = "Iterates over the key names in the database.",
        .synopsis = "cursor:integer [MATCH pattern] [COUNT count:integer] [TYPE type{since=6.0.0}]",
        .history = scan_history,
        .tips = scan_tips,
    },
    {.name = NULL},
};

const struct command_family scan_family = {"scan", scan_commands};
