/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: parts of them, shown or stored: ZRANGE, which can do all, and those that came before it. */
#include "commands/families.h"
#include "engine/edit.h"
#include "zset_range_spec.h"
#include "zset_range_work.h"
#include "zset_reply.h"
#include "zset_store.h"

/* ---- options ---- */

/* What the command's name says already, and what is still open. */
struct range_request {
    struct range_spec spec;
    bool has_order, has_direction; /* these can't be said any more */
    bool stores;
    bool with_scores, has_limit;
};

static bool parse_limit(struct call *call, int index, struct range_request *request)
{
    request->has_limit = true;
    return call_int(call, index + 1, &request->spec.offset) &&
           call_int(call, index + 2, &request->spec.count);
}

/* A word that stands alone; false when it is none of them, or says what is settled. */
static bool take_word(const struct call *call, int index, struct range_request *request)
{
    bool by_score = call_arg_is(call, index, "byscore"), by_member = call_arg_is(call, index, "bylex");
    if (call_arg_is(call, index, "withscores") && !request->stores) {
        request->with_scores = true;
        return true;
    }
    if (call_arg_is(call, index, "rev") && !request->has_direction)
        return request->has_direction = request->spec.is_backwards = true;
    if ((!by_score && !by_member) || request->has_order)
        return false;
    request->spec.by = by_score ? RANGE_BY_SCORE : RANGE_BY_MEMBER;
    return request->has_order = true;
}

static bool parse_options(struct call *call, int first, struct range_request *request)
{
    for (int i = first; i < call->argc; i++) {
        if (take_word(call, i, request))
            continue;
        if (!call_arg_is(call, i, "limit") || i + 2 >= call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!parse_limit(call, i, request))
            return false;
        i += 2;
    }
    return true;
}

static bool options_fit(struct call *call, const struct range_request *request)
{
    /* A count of -1 is as good as none. */
    if (request->spec.by == RANGE_BY_RANK && request->has_limit && request->spec.count != -1) {
        call_error_format(call, "ERR syntax error, LIMIT is only supported in combination with either "
                                "BYSCORE or BYLEX");
        return false;
    }
    if (request->spec.by == RANGE_BY_MEMBER && request->with_scores) {
        call_error_format(call, "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    return true;
}

/* Reads what begins with the key at argv[index]. False, having replied. */
static bool parse_request(struct call *call, int index, struct range_request *request)
{
    request->spec.count = -1;
    return parse_options(call, index + 3, request) && options_fit(call, request) &&
           call_range_limits(call, index + 1, &request->spec);
}

/* ---- showing ---- */

static void show(struct call *call, struct range_request request)
{
    enum zset_reply_form form;
    struct collection zset;
    if (!parse_request(call, 1, &request) || !call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        return;
    struct zset_range range = range_in(&zset, &request.spec);
    form = request.with_scores ? ZSET_REPLY_SCORES : ZSET_REPLY_MEMBERS;
    if (range.end - range.first <= ZSET_RANGE_SHORT)
        reply_zset_range(call->reply, &zset, range, request.spec.is_backwards, form);
    else
        zset_range_show(call, range, request.spec.is_backwards, form);
}

static void show_by(struct call *call, enum range_by by, bool is_backwards)
{
    show(call, (struct range_request){.spec = {.by = by, .is_backwards = is_backwards},
                                      .has_order = true,
                                      .has_direction = true});
}

static void cmd_zrange(struct call *call)
{
    show(call, (struct range_request){0});
}

static void cmd_zrevrange(struct call *call)
{
    show_by(call, RANGE_BY_RANK, true);
}

static void cmd_zrangebyscore(struct call *call)
{
    show_by(call, RANGE_BY_SCORE, false);
}

static void cmd_zrevrangebyscore(struct call *call)
{
    show_by(call, RANGE_BY_SCORE, true);
}

static void cmd_zrangebylex(struct call *call)
{
    show_by(call, RANGE_BY_MEMBER, false);
}

static void cmd_zrevrangebylex(struct call *call)
{
    show_by(call, RANGE_BY_MEMBER, true);
}

/* ---- storing ---- */

static void store_at_once(struct call *call, const struct collection *zset, struct zset_range range,
                          bool is_backwards)
{
    struct zset_walk walk;
    struct zset_store store;
    zset_store_begin(&store, call);
    zset_walk_begin(&walk, zset, range, is_backwards);
    while (zset_walk_next(&walk))
        zset_store_put(&store, walk.member, walk.score);
    zset_store_end(&store, call, call_key(call, 1), "zrangestore");
}

static void store_again(struct call *call);

static void store_range(struct call *call, bool is_to_end)
{
    struct range_request request = {.stores = true};
    struct collection zset;
    if (!parse_request(call, 2, &request) || !call_collection(call, call_key(call, 2), VALUE_ZSET, &zset))
        return;
    struct zset_range range = range_in(&zset, &request.spec);
    if (is_to_end || range.end - range.first <= ZSET_RANGE_SHORT)
        store_at_once(call, &zset, range, request.spec.is_backwards);
    else
        zset_range_store(call, &(struct zset_range_task){.argument = 2,
                                                         .range = range,
                                                         .is_backwards = request.spec.is_backwards,
                                                         .store_again = store_again,
                                                         .event = "zrangestore"});
}

static void store_again(struct call *call)
{
    store_range(call, true);
}

static void cmd_zrangestore(struct call *call)
{
    store_range(call, false);
}

/* ---- rows ---- */

static const struct command_history zrange_history[] = {
    {"6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."},
    {NULL, NULL},
};
static const struct command_history zrangebyscore_history[] = {
    {"2.0.0", "Added the `WITHSCORES` modifier."},
    {NULL, NULL},
};
static const struct command_history zrevrangebyscore_history[] = {
    {"2.1.6", "`min` and `max` can be exclusive."},
    {NULL, NULL},
};

static const struct command zset_range_commands[] = {
    {
        .name = "zrange",
        .run = cmd_zrange,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements returned.",
        .summary = "Returns members in a sorted set within a range of indexes.",
        .synopsis = "key start stop [sortby<BYSCORE | BYLEX>{since=6.2.0}] [REV{since=6.2.0}] [LIMIT "
                    "limit(offset:integer count:integer){since=6.2.0}] [WITHSCORES]",
        .history = zrange_history,
    },
    {
        .name = "zrevrange",
        .run = cmd_zrevrange,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "1.2.0",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements returned.",
        .summary = "Returns members in a sorted set within a range of indexes in reverse order.",
        .synopsis = "key start:integer stop:integer [WITHSCORES]",
    },
    {
        .name = "zrangebyscore",
        .run = cmd_zrangebyscore,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "1.0.5",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements being returned. If M is constant (e.g. always asking for the first 10 "
                      "elements with LIMIT), you can consider it O(log(N)).",
        .summary = "Returns members in a sorted set within a range of scores.",
        .synopsis =
            "key min:double max:double [WITHSCORES{since=2.0.0}] [LIMIT limit(offset:integer count:integer)]",
        .history = zrangebyscore_history,
    },
    {
        .name = "zrevrangebyscore",
        .run = cmd_zrevrangebyscore,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.2.0",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements being returned. If M is constant (e.g. always asking for the first 10 "
                      "elements with LIMIT), you can consider it O(log(N)).",
        .summary = "Returns members in a sorted set within a range of scores in reverse order.",
        .synopsis = "key max:double min:double [WITHSCORES] [LIMIT limit(offset:integer count:integer)]",
        .history = zrevrangebyscore_history,
    },
    {
        .name = "zrangebylex",
        .run = cmd_zrangebylex,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.8.9",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements being returned. If M is constant (e.g. always asking for the first 10 "
                      "elements with LIMIT), you can consider it O(log(N)).",
        .summary = "Returns members in a sorted set within a lexicographical range.",
        .synopsis = "key min max [LIMIT limit(offset:integer count:integer)]",
    },
    {
        .name = "zrevrangebylex",
        .run = cmd_zrevrangebylex,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.8.9",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements being returned. If M is constant (e.g. always asking for the first 10 "
                      "elements with LIMIT), you can consider it O(log(N)).",
        .summary = "Returns members in a sorted set within a lexicographical range in reverse order.",
        .synopsis = "key max min [LIMIT limit(offset:integer count:integer)]",
    },
    {
        .name = "zrangestore",
        .run = cmd_zrangestore,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE), KEY_AT(2, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "6.2.0",
        .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of "
                      "elements stored into the destination key.",
        .summary = "Stores a range of members from sorted set in a key.",
        .synopsis = "dst:key src:key min max [sortby<BYSCORE | BYLEX>] [REV] [LIMIT limit(offset:integer "
                    "count:integer)]",
    },
    {0},
};

const struct command_family zset_range_family = {.name = "zset_range", .commands = zset_range_commands};
