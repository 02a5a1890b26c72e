/* SPDX-License-Identifier: BSD-3-Clause */
/* ZRANDMEMBER: every member is as likely as any other. */
#include "base/random.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "types/sample.h"
#include "zset_reply.h"

/* The same member may come again and again. */
static void draw_repeating(struct reply *reply, const struct collection *zset, uint64_t count,
                           enum zset_reply_form form)
{
    struct zset_walk walk;
    zset_pick_begin(&walk, zset);
    reply_zset_head(reply, count, form);
    while (count-- > 0) {
        zset_pick(&walk, random_below(zset_count(zset)));
        reply_zset_element(reply, walk.member, walk.score, form);
    }
}

static void draw_distinct(struct reply *reply, const struct collection *zset, uint64_t count,
                          enum zset_reply_form form)
{
    struct zset_walk walk;
    struct sample sample;
    uint64_t rank;
    zset_pick_begin(&walk, zset);
    sample_begin(&sample, zset_count(zset), count);
    reply_zset_head(reply, sample.wanted, form);
    while (sample_next(&sample, &rank)) {
        zset_pick(&walk, rank);
        reply_zset_element(reply, walk.member, walk.score, form);
    }
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
    else if (count < 0)
        draw_repeating(call->reply, &zset, (uint64_t)-count, form);
    else
        draw_distinct(call->reply, &zset, (uint64_t)count, form);
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
