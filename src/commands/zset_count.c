/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: how much is in a range, and removing it. */
#include "commands/families.h"
#include "engine/edit.h"
#include "zset_range_spec.h"
#include "zset_trim.h"

static void count(struct call *call, enum range_by by)
{
    struct range_spec spec = {.by = by, .count = -1};
    struct collection zset;
    if (!call_range_limits(call, 2, &spec) || !call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        return;
    struct zset_range range = range_in(&zset, &spec);
    reply_int(call->reply, (int64_t)(range.end - range.first));
}

static void cmd_zcount(struct call *call)
{
    count(call, RANGE_BY_SCORE);
}

static void cmd_zlexcount(struct call *call)
{
    count(call, RANGE_BY_MEMBER);
}

/* A kind of removal; `again` is the command itself, but done at once. */
struct range_removal {
    enum range_by by;
    const char *event;
    void (*again)(struct call *call, const struct zset_trim_task *task);
};

static void reply_removed(struct call *call, const struct zset_trim_task *task)
{
    reply_int(call->reply, (int64_t)zset_trim_count(task));
}

static void remove_range(struct call *call, const struct range_removal *removal, bool is_at_once)
{
    struct range_spec spec = {.by = removal->by, .count = -1};
    struct edit edit;
    if (!call_range_limits(call, 2, &spec) || !call_edit(call, call_key(call, 1), VALUE_ZSET, &edit))
        return;
    const struct zset_trim_task task = {.argument = 1,
                                        .range = range_in(&edit.value, &spec),
                                        .event = removal->event,
                                        .again = removal->again,
                                        .removed = reply_removed};
    uint64_t count = zset_trim_count(&task);
    if (edit.value.large && count >= ZSET_TRIM_MIN && !is_at_once) {
        zset_trim(call, &task);
        return;
    }
    if (count > 0) {
        zset_remove_range(&edit.value, task.range);
        call_edited(call, &edit, removal->event);
    }
    reply_removed(call, &task);
}

static void rank_again(struct call *call, const struct zset_trim_task *task);
static void score_again(struct call *call, const struct zset_trim_task *task);
static void member_again(struct call *call, const struct zset_trim_task *task);

static const struct range_removal by_rank = {RANGE_BY_RANK, "zremrangebyrank", rank_again};
static const struct range_removal by_score = {RANGE_BY_SCORE, "zremrangebyscore", score_again};
static const struct range_removal by_member = {RANGE_BY_MEMBER, "zremrangebylex", member_again};

static void rank_again(struct call *call, const struct zset_trim_task *task)
{
    (void)task;
    remove_range(call, &by_rank, true);
}

static void score_again(struct call *call, const struct zset_trim_task *task)
{
    (void)task;
    remove_range(call, &by_score, true);
}

static void member_again(struct call *call, const struct zset_trim_task *task)
{
    (void)task;
    remove_range(call, &by_member, true);
}

static void cmd_zremrangebyrank(struct call *call)
{
    remove_range(call, &by_rank, false);
}

static void cmd_zremrangebyscore(struct call *call)
{
    remove_range(call, &by_score, false);
}

static void cmd_zremrangebylex(struct call *call)
{
    remove_range(call, &by_member, false);
}

/* ---- rows ---- */

static const struct command zset_count_commands[] = {
    {
        .name = "zcount",
        .run = cmd_zcount,
        .arity = 4,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.0.0",
        .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        .summary = "Returns the count of members in a sorted set that have scores within a range.",
        .synopsis = "key min:double max:double",
    },
    {
        .name = "zlexcount",
        .run = cmd_zlexcount,
        .arity = 4,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.8.9",
        .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        .summary = "Returns the number of members in a sorted set within a lexicographical range.",
        .synopsis = "key min max",
    },
    {
        .name = "zremrangebyrank",
        .run = cmd_zremrangebyrank,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "sorted-set",
        .since = "2.0.0",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements removed by the operation.",
        .summary = "Removes members in a sorted set within a range of indexes. Deletes the sorted set if all "
                   "members were removed.",
        .synopsis = "key start:integer stop:integer",
    },
    {
        .name = "zremrangebyscore",
        .run = cmd_zremrangebyscore,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements removed by the operation.",
        .summary = "Removes members in a sorted set within a range of scores. Deletes the sorted set if all "
                   "members were removed.",
        .synopsis = "key min:double max:double",
    },
    {
        .name = "zremrangebylex",
        .run = cmd_zremrangebylex,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "sorted-set",
        .since = "2.8.9",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements removed by the operation.",
        .summary = "Removes members in a sorted set within a lexicographical range. Deletes the sorted set "
                   "if all members were removed.",
        .synopsis = "key min max",
    },
    {0},
};

const struct command_family zset_count_family = {.name = "zset_count", .commands = zset_count_commands};
