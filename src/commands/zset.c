/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: single members, their scores and ranks. */
#include "types/zset.h"
#include "argument_edit.h"
#include "argument_telling.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "zset_add.h"
#include <math.h>

/* ---- ZADD, ZINCRBY ---- */

static bool *option_at(struct call *call, int index, struct zset_addition *addition)
{
    const struct {
        const char *word;
        bool *flag;
    } options[] = {
        {"nx", &addition->nx},
        {"xx", &addition->xx},
        {"gt", &addition->gt},
        {"lt", &addition->lt},
        {"ch", &addition->counts_changes},
        {"incr", &addition->increments},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (call_arg_is(call, index, options[i].word))
            return options[i].flag;
    }
    return NULL;
}

static bool parse_options(struct call *call, struct zset_addition *addition)
{
    bool *flag;
    int first = 2;
    /* Options are words, scores mostly digits. */
    bool is_score = call->argv[2].len > 0 && (unsigned char)(call->argv[2].data[0] - '0') <= 9;
    for (; !is_score && (flag = option_at(call, first, addition)); first++)
        *flag = true;
    int left = call->argc - first;
    addition->pair_count = left / 2;
    addition->first_member = first + 1;
    addition->stride = 2;
    if (left == 0 || left % 2 != 0) {
        call_syntax_error(call);
        return false;
    }
    if (addition->nx && addition->xx) {
        call_error_format(call, "ERR XX and NX options at the same time are not compatible");
        return false;
    }
    if (addition->nx + addition->gt + addition->lt > 1) {
        call_error_format(call, "ERR GT, LT, and/or NX options at the same time are not compatible");
        return false;
    }
    if (addition->increments && addition->pair_count > 1) {
        call_error_format(call, "ERR INCR option supports a single increment-element pair");
        return false;
    }
    return true;
}

/* What became of one pair; its score is what the member has now. */
enum outcome { LEFT_ALONE, ADDED, UPDATED, UNCHANGED, NOT_A_NUMBER };

static enum outcome change_score(struct collection *zset, const struct zset_addition *addition,
                                 struct zset_slot *slot, double *score)
{
    double old = slot->score;
    if (addition->nx)
        return LEFT_ALONE;
    if (addition->increments)
        *score += old;
    if (isnan(*score))
        return NOT_A_NUMBER;
    if ((addition->lt && *score >= old) || (addition->gt && *score <= old))
        return LEFT_ALONE;
    if (*score == old)
        return UNCHANGED;
    zset_place(zset, slot, *score);
    return UPDATED;
}

static enum outcome add_one(struct collection *zset, const struct zset_addition *addition,
                            struct bytes member, double *score)
{
    struct zset_slot slot;
    if (zset_find(zset, member, &slot))
        return change_score(zset, addition, &slot, score);
    if (addition->xx)
        return LEFT_ALONE;
    zset_place(zset, &slot, *score);
    return ADDED;
}

static void reply_incremented(struct call *call, enum outcome outcome, double score)
{
    if (outcome == NOT_A_NUMBER)
        call_error_format(call, "ERR resulting score is not a number (NaN)");
    else if (outcome == LEFT_ALONE)
        reply_null(call->reply);
    else
        reply_double(call->reply, score);
}

/* Many pairs. */
struct adding {
    struct argument_edit edit;
    struct zset_addition addition;
    int64_t counts[NOT_A_NUMBER + 1];
};

/* As many pairs make it a large one even when they name the same members. */
static void expect_pairs(struct argument_edit *edit, struct call *call, struct collection *zset)
{
    (void)call;
    zset_expect(zset, (uint64_t)LIST_ENTRY(edit, struct adding, edit)->addition.pair_count);
}

static bool add_pair(struct argument_edit *edit, struct call *call, struct collection *zset, int index)
{
    struct adding *adding = LIST_ENTRY(edit, struct adding, edit);
    double score;
    if (!adding->addition.score(call, index, &score))
        return false;
    enum outcome outcome = add_one(zset, &adding->addition, call->argv[index], &score);
    adding->counts[outcome]++;
    return outcome == ADDED || outcome == UPDATED;
}

static void reply_count(struct call *call, const struct zset_addition *addition, const int64_t *counts)
{
    reply_int(call->reply, counts[ADDED] + (addition->counts_changes ? counts[UPDATED] : 0));
}

static void reply_added(struct argument_edit *edit, struct call *call)
{
    const struct adding *adding = LIST_ENTRY(edit, struct adding, edit);
    reply_count(call, &adding->addition, adding->counts);
}

static bool add_in_steps(struct call *call, const struct zset_addition *addition)
{
    const struct adding adding = {.edit = {.type = VALUE_ZSET,
                                           .first = addition->first_member,
                                           .stride = addition->stride,
                                           .event = "zadd",
                                           .begin = expect_pairs,
                                           .each = add_pair,
                                           .done = reply_added},
                                  .addition = *addition};
    return edit_in_argument_steps(call, &adding.edit, sizeof adding);
}

/* `scores` become those that the members have then. */
static void add_at_once(struct call *call, const struct zset_addition *addition, double *scores)
{
    int64_t counts[NOT_A_NUMBER + 1] = {0};
    enum outcome outcome = LEFT_ALONE;
    struct edit edit;
    ASSERT(addition->pair_count > 0);
    if (!call_edit(call, call_key(call, 1), VALUE_ZSET, &edit))
        return;
    for (int i = 0; i < addition->pair_count; i++) {
        outcome = add_one(&edit.value, addition, call->argv[addition->first_member + i * addition->stride],
                          &scores[i]);
        counts[outcome]++;
    }
    if (counts[ADDED] + counts[UPDATED] > 0) {
        zset_expect(&edit.value, (uint64_t)addition->pair_count);
        call_edited(call, &edit, addition->increments ? "zincr" : "zadd");
    }
    if (addition->increments)
        reply_incremented(call, outcome, scores[0]);
    else
        reply_count(call, addition, counts);
}

static bool parse_scores(struct call *call, const struct zset_addition *addition, double *scores)
{
    for (int i = 0; i < addition->pair_count; i++) {
        if (!addition->score(call, addition->first_member + addition->stride * i, &scores[i]))
            return false;
    }
    return true;
}

void zset_add(struct call *call, const struct zset_addition *addition)
{
    double few[16], *many = NULL;
    if (call_has_many_arguments(call) && add_in_steps(call, addition))
        return;
    if ((size_t)addition->pair_count > sizeof few / sizeof *few)
        many = mem_alloc((size_t)addition->pair_count * sizeof *many);
    double *scores = many ? many : few;
    if (parse_scores(call, addition, scores))
        add_at_once(call, addition, scores);
    mem_free(many);
}

static bool score_before(struct call *call, int index, double *score)
{
    return call_double(call, index - 1, score);
}

static void add(struct call *call, struct zset_addition addition)
{
    addition.score = score_before;
    if (parse_options(call, &addition))
        zset_add(call, &addition);
}

static void cmd_zadd(struct call *call)
{
    add(call, (struct zset_addition){0});
}

static void cmd_zincrby(struct call *call)
{
    add(call, (struct zset_addition){.increments = true});
}

/* ---- ZREM ---- */

static bool remove_member(struct argument_edit *edit, struct call *call, struct collection *zset, int index)
{
    (void)edit;
    return zset_remove(zset, call->argv[index]);
}

static const struct argument_edit removing = {.type = VALUE_ZSET,
                                              .first = 2,
                                              .stride = 1,
                                              .event = "zrem",
                                              .each = remove_member,
                                              .done = reply_changed};

static void cmd_zrem(struct call *call)
{
    int64_t removed = 0;
    struct edit edit;
    if (edit_by_arguments(call, &removing, sizeof removing) ||
        !call_edit(call, call_key(call, 1), VALUE_ZSET, &edit))
        return;
    for (int i = 2; i < call->argc; i++)
        removed += zset_remove(&edit.value, call->argv[i]);
    if (removed > 0)
        call_edited(call, &edit, "zrem");
    reply_int(call->reply, removed);
}

/* ---- reading ---- */

static void tell_score(struct call *call, const struct collection *zset, struct bytes member)
{
    struct zset_slot slot;
    if (zset_find(zset, member, &slot))
        reply_double(call->reply, slot.score);
    else
        reply_null(call->reply);
}

static void cmd_zscore(struct call *call)
{
    struct collection zset;
    if (call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        tell_score(call, &zset, call->argv[2]);
}

static void cmd_zmscore(struct call *call)
{
    struct collection zset;
    if (call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        tell_of_arguments(call, &zset, 2, tell_score);
}

static void cmd_zcard(struct call *call)
{
    struct collection zset;
    if (call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        reply_int(call->reply, (int64_t)zset_count(&zset));
}

static void reply_rank(struct reply *reply, uint64_t rank, double score, bool with_score)
{
    if (with_score)
        reply_array(reply, 2);
    reply_int(reply, (int64_t)rank);
    if (with_score)
        reply_double(reply, score);
}

static void rank(struct call *call, bool is_backwards)
{
    bool with_score = call->argc > 3;
    struct collection zset;
    struct zset_slot slot;
    if (call->argc > 4) {
        call_arity_error(call);
        return;
    }
    if (with_score && !call_arg_is(call, 3, "withscore")) {
        call_syntax_error(call);
        return;
    }
    if (!call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        return;
    if (!zset_find(&zset, call->argv[2], &slot)) {
        (with_score ? reply_null_array : reply_null)(call->reply);
        return;
    }
    uint64_t from_first = zset_rank(&zset, &slot);
    reply_rank(call->reply, is_backwards ? zset_count(&zset) - 1 - from_first : from_first, slot.score,
               with_score);
}

static void cmd_zrank(struct call *call)
{
    rank(call, false);
}

static void cmd_zrevrank(struct call *call)
{
    rank(call, true);
}

/* ---- rows ---- */

static const struct command_history zadd_history[] = {
    {"2.4.0", "Accepts multiple elements."},
    {"3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."},
    {"6.2.0", "Added the `GT` and `LT` options."},
    {NULL, NULL},
};
static const struct command_history zrem_history[] = {
    {"2.4.0", "Accepts multiple elements."},
    {NULL, NULL},
};
static const struct command_history zrank_history[] = {
    {"7.2.0", "Added the optional `WITHSCORE` argument."},
    {NULL, NULL},
};
static const struct command_history zrevrank_history[] = {
    {"7.2.0", "Added the optional `WITHSCORE` argument."},
    {NULL, NULL},
};

static const struct command zset_commands[] = {
    {
        .name = "zadd",
        .run = cmd_zadd,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        .summary = "Adds one or more members to a sorted set, or updates their scores. Creates the key if it "
                   "doesn't exist.",
        .synopsis = "key [condition<NX | XX>{since=3.0.2}] [comparison<GT | LT>{since=6.2.0}] "
                    "[change=CH{since=3.0.2}] [increment=INCR{since=3.0.2}] data(score:double member)...",
        .history = zadd_history,
    },
    {
        .name = "zincrby",
        .run = cmd_zincrby,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(log(N)) where N is the number of elements in the sorted set.",
        .summary = "Increments the score of a member in a sorted set.",
        .synopsis = "key increment:integer member",
    },
    {
        .name = "zrem",
        .run = cmd_zrem,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of "
                      "elements to be removed.",
        .summary = "Removes one or more members from a sorted set. Deletes the sorted set if all members "
                   "were removed.",
        .synopsis = "key member...",
        .history = zrem_history,
    },
    {
        .name = "zscore",
        .run = cmd_zscore,
        .arity = 3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Returns the score of a member in a sorted set.",
        .synopsis = "key member",
    },
    {
        .name = "zmscore",
        .run = cmd_zmscore,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity = "O(N) where N is the number of members being requested.",
        .summary = "Returns the score of one or more members in a sorted set.",
        .synopsis = "key member...",
    },
    {
        .name = "zcard",
        .run = cmd_zcard,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Returns the number of members in a sorted set.",
        .synopsis = "key",
    },
    {
        .name = "zrank",
        .run = cmd_zrank,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.0.0",
        .complexity = "O(log(N))",
        .summary = "Returns the index of a member in a sorted set ordered by ascending scores.",
        .synopsis = "key member [WITHSCORE]",
        .history = zrank_history,
    },
    {
        .name = "zrevrank",
        .run = cmd_zrevrank,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.0.0",
        .complexity = "O(log(N))",
        .summary = "Returns the index of a member in a sorted set ordered by descending scores.",
        .synopsis = "key member [WITHSCORE]",
        .history = zrevrank_history,
    },
    {0},
};

const struct command_family zset_family = {.name = "zset", .commands = zset_commands};
