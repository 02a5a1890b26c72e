/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: what several have in common, together, or the first one alone. */
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "zset_reply.h"
#include "zset_source.h"
#include "zset_store.h"
#include <math.h>
#include <stdlib.h>

enum operation { UNION, INTERSECTION, DIFFERENCE };
enum aggregate { SUM, MIN, MAX };

struct algebra {
    enum operation operation;
    enum aggregate aggregate;
    struct zset_source *sources;
    int source_count, first_key;
    bool stores, with_scores;
};

/* ---- arguments ---- */

static bool parse_weights(struct call *call, int first, struct algebra *algebra)
{
    for (int i = 0; i < algebra->source_count; i++) {
        if (!parse_double(call->argv[first + i], &algebra->sources[i].weight)) {
            call_error_format(call, "ERR weight value is not a float");
            return false;
        }
    }
    return true;
}

static bool parse_aggregate(struct call *call, int index, struct algebra *algebra)
{
    static const char *const words[] = {[SUM] = "sum", [MIN] = "min", [MAX] = "max"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (!call_arg_is(call, index, words[i]))
            continue;
        algebra->aggregate = (enum aggregate)i;
        return true;
    }
    call_syntax_error(call);
    return false;
}

/* One option; how many arguments it is, 0 for none, having replied. */
static int parse_option(struct call *call, int index, struct algebra *algebra)
{
    bool combines = algebra->operation != DIFFERENCE;
    int behind = call->argc - index - 1;
    if (combines && behind >= algebra->source_count && call_arg_is(call, index, "weights"))
        return parse_weights(call, index + 1, algebra) ? 1 + algebra->source_count : 0;
    if (combines && behind >= 1 && call_arg_is(call, index, "aggregate"))
        return parse_aggregate(call, index + 1, algebra) ? 2 : 0;
    if (!algebra->stores && call_arg_is(call, index, "withscores")) {
        algebra->with_scores = true;
        return 1;
    }
    call_syntax_error(call);
    return 0;
}

static bool parse_options(struct call *call, struct algebra *algebra)
{
    int taken;
    for (int i = algebra->first_key + algebra->source_count; i < call->argc; i += taken) {
        taken = parse_option(call, i, algebra);
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

static bool find_sources(struct call *call, struct algebra *algebra)
{
    for (int i = 0; i < algebra->source_count; i++) {
        if (!call_zset_source(call, call_key(call, algebra->first_key + i), &algebra->sources[i]))
            return false;
    }
    return true;
}

/* ---- scores ---- */

/* Infinity times zero counts as zero, and so does what infinities of both signs sum up to. */
static double number_or_zero(double score)
{
    return isnan(score) ? 0 : score;
}

static double aggregated(enum aggregate aggregate, double a, double b)
{
    switch (aggregate) {
    case MIN:
        return b < a ? b : a;
    case MAX:
        return b > a ? b : a;
    default:
        return number_or_zero(a + b);
    }
}

/* ---- operations ---- */

static int compare_counts(const void *a, const void *b)
{
    uint64_t one = zset_source_count(a);
    uint64_t other = zset_source_count(b);
    return one < other ? -1 : one > other;
}

/* The smallest come first, as they are looked through; in this order scores are added up. */
static void sort_sources(struct algebra *algebra)
{
    qsort(algebra->sources, (size_t)algebra->source_count, sizeof *algebra->sources, compare_counts);
}

static void unite(const struct algebra *algebra, struct collection *result)
{
    struct zset_source_walk walk;
    struct zset_slot slot;
    for (int i = 0; i < algebra->source_count; i++) {
        zset_source_walk_begin(&walk, &algebra->sources[i]);
        while (zset_source_walk_next(&walk)) {
            double score = number_or_zero(algebra->sources[i].weight * walk.score);
            if (zset_find(result, walk.member, &slot))
                score = aggregated(algebra->aggregate, slot.score, score);
            zset_place(result, &slot, score);
        }
    }
}

/* Whether a member of the first source is in all others; then its score. */
static bool is_in_all(const struct algebra *algebra, struct bytes member, double *score)
{
    double other;
    *score = number_or_zero(algebra->sources[0].weight * *score);
    for (int i = 1; i < algebra->source_count; i++) {
        if (!zset_source_score(&algebra->sources[i], member, &other))
            return false;
        *score = aggregated(algebra->aggregate, *score, algebra->sources[i].weight * other);
    }
    return true;
}

static bool is_in_no_other(const struct algebra *algebra, struct bytes member)
{
    double other;
    for (int i = 1; i < algebra->source_count; i++) {
        if (zset_source_score(&algebra->sources[i], member, &other))
            return false;
    }
    return true;
}

static void work_out(struct algebra *algebra, struct collection *result)
{
    struct zset_source_walk walk;
    if (algebra->operation != DIFFERENCE)
        sort_sources(algebra);
    if (algebra->operation == UNION) {
        unite(algebra, result);
        return;
    }
    zset_source_walk_begin(&walk, &algebra->sources[0]);
    while (zset_source_walk_next(&walk)) {
        double score = walk.score;
        if (algebra->operation == INTERSECTION ? is_in_all(algebra, walk.member, &score)
                                               : is_in_no_other(algebra, walk.member))
            (void)zset_put(result, walk.member, score);
    }
}

/* ---- commands ---- */

static void answer(struct call *call, struct algebra *algebra, const char *event)
{
    struct zset_store store;
    zset_store_begin(&store, call);
    work_out(algebra, &store.zset);
    if (algebra->stores) {
        zset_store_end(&store, call_key(call, 1), event);
        return;
    }
    reply_zset_range(call->reply, &store.zset, (struct zset_range){0, zset_count(&store.zset)}, false,
                     algebra->with_scores ? ZSET_REPLY_SCORES : ZSET_REPLY_MEMBERS);
    zset_store_drop(&store);
}

/* `event`: of a command that stores at its first key. */
static void combine(struct call *call, enum operation operation, const char *event)
{
    struct algebra algebra = {.operation = operation, .stores = event};
    int count_at = algebra.stores ? 2 : 1;
    if (!parse_key_count(call, count_at, &algebra.source_count))
        return;
    algebra.first_key = count_at + 1;
    algebra.sources = mem_alloc((size_t)algebra.source_count * sizeof *algebra.sources);
    if (find_sources(call, &algebra) && parse_options(call, &algebra))
        answer(call, &algebra, event);
    mem_free(algebra.sources);
}

static void cmd_zunion(struct call *call)
{
    combine(call, UNION, NULL);
}

static void cmd_zinter(struct call *call)
{
    combine(call, INTERSECTION, NULL);
}

static void cmd_zdiff(struct call *call)
{
    combine(call, DIFFERENCE, NULL);
}

static void cmd_zunionstore(struct call *call)
{
    combine(call, UNION, "zunionstore");
}

static void cmd_zinterstore(struct call *call)
{
    combine(call, INTERSECTION, "zinterstore");
}

static void cmd_zdiffstore(struct call *call)
{
    combine(call, DIFFERENCE, "zdiffstore");
}

/* ---- ZINTERCARD ---- */

static bool parse_limit(struct call *call, int first, uint64_t *limit)
{
    int64_t number;
    for (int i = first; i < call->argc; i += 2) {
        if (!call_arg_is(call, i, "limit") || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!parse_i64(call->argv[i + 1], &number) || number < 0) {
            call_error_format(call, "ERR LIMIT can't be negative");
            return false;
        }
        *limit = number ? (uint64_t)number : UINT64_MAX;
    }
    return true;
}

static uint64_t count_common(struct algebra *algebra, uint64_t limit)
{
    struct zset_source_walk walk;
    uint64_t count = 0;
    sort_sources(algebra);
    zset_source_walk_begin(&walk, &algebra->sources[0]);
    while (count < limit && zset_source_walk_next(&walk))
        count += is_in_all(algebra, walk.member, &walk.score);
    return count;
}

static void cmd_zintercard(struct call *call)
{
    struct algebra algebra = {.operation = INTERSECTION, .first_key = 2};
    uint64_t limit = UINT64_MAX;
    if (!parse_key_count(call, 1, &algebra.source_count))
        return;
    algebra.sources = mem_alloc((size_t)algebra.source_count * sizeof *algebra.sources);
    if (find_sources(call, &algebra) && parse_limit(call, 2 + algebra.source_count, &limit))
        reply_int(call->reply, (int64_t)count_common(&algebra, limit));
    mem_free(algebra.sources);
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
