/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: taking elements from either end. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "zset_reply.h"

/* Replies with up to `count` elements of the lowest or highest scores, and removes them. */
static void pop(struct call *call, struct edit *edit, bool takes_max, uint64_t count,
                enum zset_reply_form form)
{
    uint64_t total = zset_count(&edit->value);
    uint64_t taken = count < total ? count : total;
    struct zset_range range = {takes_max ? total - taken : 0, takes_max ? total : taken};
    reply_zset_range(call->reply, &edit->value, range, takes_max, form);
    if (taken == 0)
        return;
    zset_remove_range(&edit->value, range);
    call_edited(call, edit, takes_max ? "zpopmax" : "zpopmin");
}

static bool parse_positive(struct call *call, int index, int64_t least, int64_t *count)
{
    return parse_i64(call->argv[index], count) && *count >= least;
}

/* ---- ZPOPMIN, ZPOPMAX ---- */

/* Without a count the one element is no pair of its own in RESP3. */
static void pop_one(struct call *call, struct edit *edit, bool takes_max)
{
    double score;
    uint64_t total = zset_count(&edit->value), rank = takes_max ? total - 1 : 0;
    if (total == 0) {
        reply_array(call->reply, 0);
        return;
    }
    struct bytes member = zset_at(&edit->value, rank, &score);
    reply_zset_element(call->reply, member, score, ZSET_REPLY_PAIRS);
    zset_remove_range(&edit->value, (struct zset_range){rank, rank + 1});
    call_edited(call, edit, takes_max ? "zpopmax" : "zpopmin");
}

static void pop_key(struct call *call, bool takes_max)
{
    int64_t count = 1;
    struct edit edit;
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    if (call->argc == 3 && !parse_positive(call, 2, 0, &count)) {
        call_error(call, ERR_NOT_POSITIVE);
        return;
    }
    if (!call_edit(call, call_key(call, 1), VALUE_ZSET, &edit))
        return;
    if (call->argc == 3)
        pop(call, &edit, takes_max, (uint64_t)count, ZSET_REPLY_SCORES);
    else
        pop_one(call, &edit, takes_max);
}

static void cmd_zpopmin(struct call *call)
{
    pop_key(call, false);
}

static void cmd_zpopmax(struct call *call)
{
    pop_key(call, true);
}

/* ---- ZMPOP ---- */

struct many_keys {
    int key_count; /* from argv[2] on */
    bool takes_max;
    int64_t count;
};

static bool parse_count(struct call *call, int index, struct many_keys *request)
{
    if (parse_positive(call, index, 1, &request->count))
        return true;
    call_error_format(call, "ERR count should be greater than 0");
    return false;
}

static bool parse_rest(struct call *call, int index, struct many_keys *request)
{
    request->takes_max = call_arg_is(call, index, "max");
    bool is_known = request->takes_max || call_arg_is(call, index, "min");
    bool has_count = call->argc > index + 2 && call_arg_is(call, index + 1, "count");
    if (is_known && has_count && !parse_count(call, index + 2, request))
        return false;
    if (is_known && call->argc == index + (has_count ? 3 : 1))
        return true;
    call_syntax_error(call);
    return false;
}

static bool parse_many_keys(struct call *call, int index, struct many_keys *request)
{
    int64_t key_count;
    if (!parse_positive(call, index, 1, &key_count)) {
        call_error_format(call, "ERR numkeys should be greater than 0");
        return false;
    }
    if (key_count >= call->argc - index - 1) {
        call_syntax_error(call);
        return false;
    }
    request->key_count = (int)key_count;
    request->count = 1;
    return parse_rest(call, index + 1 + request->key_count, request);
}

/* Pops from a key that has something, and records it as the simple command that does the same. */
static void pop_from(struct call *call, struct edit *edit, const struct many_keys *request)
{
    uint64_t total = zset_count(&edit->value);
    uint64_t count = (uint64_t)request->count < total ? (uint64_t)request->count : total;
    char digits[NUMBER_I64_SIZE];
    reply_array(call->reply, 2);
    reply_bulk(call->reply, edit->key.name);
    pop(call, edit, request->takes_max, count, ZSET_REPLY_PAIRS);
    call_record(call, 3,
                (struct bytes[]){request->takes_max ? BYTES("ZPOPMAX") : BYTES("ZPOPMIN"), edit->key.name,
                                 bytes_make(digits, print_u64(digits, count))});
}

static void cmd_zmpop(struct call *call)
{
    struct many_keys request;
    struct collection zset;
    struct edit edit;
    if (!parse_many_keys(call, 1, &request))
        return;
    for (int i = 2; i < 2 + request.key_count; i++) {
        if (!call_collection(call, call_key(call, i), VALUE_ZSET, &zset))
            return;
        if (zset_count(&zset) == 0)
            continue;
        if (call_edit(call, call_key(call, i), VALUE_ZSET, &edit))
            pop_from(call, &edit, &request);
        return;
    }
    reply_null_array(call->reply);
}

/* ---- rows ---- */

static const struct command zset_pop_commands[] = {
    {
        .name = "zpopmin",
        .run = cmd_zpopmin,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "sorted-set",
        .since = "5.0.0",
        .complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the "
                      "number of elements popped.",
        .summary = "Returns the lowest-scoring members from a sorted set after removing them. Deletes the "
                   "sorted set if the last member was popped.",
        .synopsis = "key [count:integer]",
    },
    {
        .name = "zpopmax",
        .run = cmd_zpopmax,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "sorted-set",
        .since = "5.0.0",
        .complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the "
                      "number of elements popped.",
        .summary = "Returns the highest-scoring members from a sorted set after removing them. Deletes the "
                   "sorted set if the last member was popped.",
        .synopsis = "key [count:integer]",
    },
    {
        .name = "zmpop",
        .run = cmd_zmpop,
        .arity = -4,
        .flags = COMMAND_WRITE,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "7.0.0",
        .complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of "
                      "elements in the sorted set, and M being the number of elements popped.",
        .summary = "Returns the highest- or lowest-scoring members from one or more sorted sets after "
                   "removing them. Deletes the sorted set if the last member was popped.",
        .synopsis = "numkeys:integer key... where<MIN | MAX> [COUNT count:integer]",
    },
    {0},
};

const struct command_family zset_pop_family = {.name = "zset_pop", .commands = zset_pop_commands};
