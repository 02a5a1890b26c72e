/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: what several have in common, together, or the first one alone. */
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/call.h"
#include "zset_combine.h"
#include "zset_source.h"

/* ---- arguments ---- */

static bool parse_weights(struct call *call, int first, struct zset_task *task)
{
    for (int i = 0; i < task->key_count; i++) {
        if (!parse_double(call->argv[first + i], &task->weights[i])) {
            call_error_format(call, "ERR weight value is not a float");
            return false;
        }
    }
    return true;
}

static bool parse_aggregate(struct call *call, int index, struct zset_task *task)
{
    static const char *const words[] = {[ZSET_SUM] = "sum", [ZSET_MIN] = "min", [ZSET_MAX] = "max"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (!call_arg_is(call, index, words[i]))
            continue;
        task->aggregate = (enum zset_aggregate)i;
        return true;
    }
    call_syntax_error(call);
    return false;
}

/* One option; how many arguments it is, 0 for none, having replied. */
static int parse_option(struct call *call, int index, struct zset_task *task)
{
    bool combines = task->operation != ZSET_DIFFERENCE;
    int behind = call->argc - index - 1;
    if (combines && behind >= task->key_count && call_arg_is(call, index, "weights"))
        return parse_weights(call, index + 1, task) ? 1 + task->key_count : 0;
    if (combines && behind >= 1 && call_arg_is(call, index, "aggregate"))
        return parse_aggregate(call, index + 1, task) ? 2 : 0;
    if (task->purpose == ZSET_SHOW && call_arg_is(call, index, "withscores")) {
        task->with_scores = true;
        return 1;
    }
    call_syntax_error(call);
    return 0;
}

static bool parse_options(struct call *call, struct zset_task *task)
{
    int taken;
    for (int i = task->first_key + task->key_count; i < call->argc; i += taken) {
        taken = parse_option(call, i, task);
        if (taken == 0)
            return false;
    }
    return true;
}

static bool parse_key_count(struct call *call, int index, int *count)
{
    int64_t number;
    if (!call_int(call, index, &number))
        return false;
    if (number < 1) {
        call_error_format(call, "ERR at least 1 input key is needed for '%s' command",
                          call->command->full_name);
        return false;
    }
    if (number > call->argc - index - 1) {
        call_syntax_error(call);
        return false;
    }
    *count = (int)number;
    return true;
}

static bool find_sources(struct call *call, const struct zset_task *task)
{
    for (int i = 0; i < task->key_count; i++) {
        if (!call_find_source(call, task->first_key + i))
            return false;
    }
    return true;
}

/* ---- commands ---- */

static void run(struct call *call, struct zset_task *task,
                bool (*parse_rest)(struct call *, struct zset_task *))
{
    if (!parse_key_count(call, task->first_key - 1, &task->key_count))
        return;
    task->weights = mem_alloc((size_t)task->key_count * sizeof *task->weights);
    for (int i = 0; i < task->key_count; i++)
        task->weights[i] = 1;
    if (find_sources(call, task) && parse_rest(call, task))
        zset_combine(call, task);
    else
        mem_free(task->weights);
}

static void run_to_show(struct call *call, enum zset_operation operation)
{
    struct zset_task task = {
        .operation = operation, .purpose = ZSET_SHOW, .first_key = 2, .limit = UINT64_MAX};
    run(call, &task, parse_options);
}

static void run_to_store(struct call *call, enum zset_operation operation, const char *event)
{
    struct zset_task task = {
        .operation = operation, .purpose = ZSET_STORE, .first_key = 3, .limit = UINT64_MAX, .event = event};
    run(call, &task, parse_options);
}

static void cmd_zunion(struct call *call)
{
    run_to_show(call, ZSET_UNION);
}

static void cmd_zinter(struct call *call)
{
    run_to_show(call, ZSET_INTERSECTION);
}

static void cmd_zdiff(struct call *call)
{
    run_to_show(call, ZSET_DIFFERENCE);
}

static void cmd_zunionstore(struct call *call)
{
    run_to_store(call, ZSET_UNION, "zunionstore");
}

static void cmd_zinterstore(struct call *call)
{
    run_to_store(call, ZSET_INTERSECTION, "zinterstore");
}

static void cmd_zdiffstore(struct call *call)
{
    run_to_store(call, ZSET_DIFFERENCE, "zdiffstore");
}

/* ---- ZINTERCARD ---- */

static bool parse_limit(struct call *call, struct zset_task *task)
{
    int64_t number;
    for (int i = task->first_key + task->key_count; i < call->argc; i += 2) {
        if (!call_arg_is(call, i, "limit") || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!parse_i64(call->argv[i + 1], &number) || number < 0) {
            call_error_format(call, "ERR LIMIT can't be negative");
            return false;
        }
        task->limit = number ? (uint64_t)number : UINT64_MAX;
    }
    return true;
}

static void cmd_zintercard(struct call *call)
{
    struct zset_task task = {
        .operation = ZSET_INTERSECTION, .purpose = ZSET_COUNT, .first_key = 2, .limit = UINT64_MAX};
    run(call, &task, parse_limit);
}

/* ---- rows ---- */

static const struct command zset_algebra_commands[] = {
    {
        .name = "zunion",
        .run = cmd_zunion,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M "
                      "being the number of elements in the resulting sorted set.",
        .summary = "Returns the union of multiple sorted sets.",
        .synopsis = "numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE aggregate<SUM | MIN | "
                    "MAX>] [WITHSCORES]",
    },
    {
        .name = "zinter",
        .run = cmd_zinter,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity =
            "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of "
            "input sorted sets and M being the number of elements in the resulting sorted set.",
        .summary = "Returns the intersect of multiple sorted sets.",
        .synopsis = "numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE aggregate<SUM | MIN | "
                    "MAX>] [WITHSCORES]",
    },
    {
        .name = "zdiff",
        .run = cmd_zdiff,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the "
                      "sets, N is the size of the first set, and K is the size of the result set.",
        .summary = "Returns the difference between multiple sorted sets.",
        .synopsis = "numkeys:integer key... [WITHSCORES]",
    },
    {
        .name = "zunionstore",
        .run = cmd_zunionstore,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE),
                 {.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 2,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "2.0.0",
        .complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M "
                      "being the number of elements in the resulting sorted set.",
        .summary = "Stores the union of multiple sorted sets in a key.",
        .synopsis = "destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE "
                    "aggregate<SUM | MIN | MAX>]",
    },
    {
        .name = "zinterstore",
        .run = cmd_zinterstore,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE),
                 {.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 2,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "2.0.0",
        .complexity =
            "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of "
            "input sorted sets and M being the number of elements in the resulting sorted set.",
        .summary = "Stores the intersect of multiple sorted sets in a key.",
        .synopsis = "destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE "
                    "aggregate<SUM | MIN | MAX>]",
    },
    {
        .name = "zdiffstore",
        .run = cmd_zdiffstore,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE),
                 {.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 2,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the "
                      "sets, N is the size of the first set, and K is the size of the result set.",
        .summary = "Stores the difference of multiple sorted sets in a key.",
        .synopsis = "destination:key numkeys:integer key...",
    },
    {
        .name = "zintercard",
        .run = cmd_zintercard,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "7.0.0",
        .complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the number of "
                      "input sorted sets.",
        .summary = "Returns the number of members of the intersect of multiple sorted sets.",
        .synopsis = "numkeys:integer key... [LIMIT limit:integer]",
    },
    {0},
};

const struct command_family zset_algebra_family = {.name = "zset_algebra", .commands = zset_algebra_commands};
