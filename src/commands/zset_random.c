/* SPDX-License-Identifier: BSD-3-Clause */
/* ZRANDMEMBER: every member is as likely as any other. */
#include "base/random.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "telling.h"
#include "types/sample.h"
#include "zset_reply.h"

/* Several members, each drawn from all, or each at most once. */
struct drawing {
    struct telling telling;
    enum zset_reply_form form;
    uint64_t left;
    struct sample sample; /* of those that don't repeat */
    struct zset_walk walk;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct drawing *drawing = LIST_ENTRY(telling, struct drawing, telling);
    uint64_t rank = 0;
    if (drawing->left == 0)
        return false;
    drawing->left--;
    if (drawing->telling.repeated)
        rank = random_below(zset_count(&telling->held.collection));
    else
        (void)sample_next(&drawing->sample, &rank);
    zset_pick(&drawing->walk, rank);
    reply_zset_element(reply, drawing->walk.member, drawing->walk.score, drawing->form);
    return true;
}

static void clear(struct telling *telling)
{
    sample_clear(&LIST_ENTRY(telling, struct drawing, telling)->sample);
}

/* Below zero `count` is how many are drawn, each from all; else members are drawn once. */
static void draw_several(struct call *call, int64_t count, enum zset_reply_form form)
{
    struct drawing *drawing = telling_new(call, sizeof *drawing, VALUE_ZSET, 1);
    const struct collection *zset = &drawing->telling.held.collection;
    drawing->telling.tell = tell;
    drawing->telling.clear = clear;
    drawing->form = form;
    drawing->telling.repeated = count < 0 ? (uint64_t)-count : 0;
    zset_pick_begin(&drawing->walk, zset);
    if (!drawing->telling.repeated)
        sample_begin(&drawing->sample, zset_count(zset), (uint64_t)count);
    drawing->left = drawing->telling.repeated ? drawing->telling.repeated : drawing->sample.wanted;
    reply_zset_head(call->reply, drawing->left, form);
    telling_run(call, &drawing->telling);
}

static void draw_one(struct reply *reply, const struct collection *zset)
{
    double score;
    if (zset_count(zset) == 0)
        reply_null(reply);
    else
        reply_bulk(reply, zset_at(zset, random_below(zset_count(zset)), &score));
}

/* Replies of twice as many elements must be possible. */
static bool parse_count(struct call *call, int64_t *count)
{
    bool with_scores = call->argc > 3;
    if (!call_int_in(call, 2, -INT64_MAX, INT64_MAX, count))
        return false;
    if (call->argc > 4 || (with_scores && !call_arg_is(call, 3, "withscores"))) {
        call_syntax_error(call);
        return false;
    }
    if (!with_scores || (*count >= -INT64_MAX / 2 && *count <= INT64_MAX / 2))
        return true;
    call_error(call, ERR_OUT_OF_RANGE);
    return false;
}

static void cmd_zrandmember(struct call *call)
{
    enum zset_reply_form form = call->argc > 3 ? ZSET_REPLY_SCORES : ZSET_REPLY_MEMBERS;
    struct collection zset;
    int64_t count = 0;
    if ((call->argc > 2 && !parse_count(call, &count)) ||
        !call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        return;
    if (call->argc == 2)
        draw_one(call->reply, &zset);
    else if (zset_count(&zset) == 0)
        reply_array(call->reply, 0);
    else
        draw_several(call, count, form);
}

/* ---- rows ---- */

static const char *const zrandmember_tips[] = {"nondeterministic_output", NULL};

static const struct command zset_random_commands[] = {
    {
        .name = "zrandmember",
        .run = cmd_zrandmember,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity = "O(N) where N is the number of members returned",
        .summary = "Returns one or more random members from a sorted set.",
        .synopsis = "key [options(count:integer [WITHSCORES])]",
        .tips = zrandmember_tips,
    },
    {0},
};

const struct command_family zset_random_family = {.name = "zset_random", .commands = zset_random_commands};
