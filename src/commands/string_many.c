/* SPDX-License-Identifier: BSD-3-Clause */
/* Several strings at once. All values are made before the first one is set: when there is no memory for one
 * of them, none is. */
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "lifetime.h"
#include "string_access.h"
#include "string_condition.h"

static const struct deadline never = {.mode = DEADLINE_NONE};

/* Pairs of key and value: of `count` of them the first key is argv[first]. */
struct pairs {
    int first, count;
    struct value *values;
    struct value few[16];
};

static int key_index(const struct pairs *pairs, int i)
{
    return pairs->first + 2 * i;
}

static void free_values(struct pairs *pairs)
{
    if (pairs->values != pairs->few)
        mem_free(pairs->values);
}

/* False, having replied, when there is no memory. */
static bool make_values(struct call *call, struct pairs *pairs)
{
    size_t count = (size_t)pairs->count;
    bool are_few = count <= sizeof pairs->few / sizeof pairs->few[0];
    pairs->values = are_few ? pairs->few : mem_alloc(count * sizeof *pairs->values);
    for (int i = 0; i < pairs->count; i++) {
        if (call_string_value(call, key_index(pairs, i) + 1, &pairs->values[i]))
            continue;
        while (i-- > 0)
            value_release(&pairs->values[i]);
        free_values(pairs);
        return false;
    }
    return true;
}

/* False, having replied and set none, when there is no memory. */
static bool set_pairs(struct call *call, struct pairs *pairs, struct deadline deadline)
{
    if (!make_values(call, pairs))
        return false;
    for (int i = 0; i < pairs->count; i++)
        set_string(call, call_key(call, key_index(pairs, i)), pairs->values[i], deadline);
    free_values(pairs);
    return true;
}

/* Whether each key by itself is as it has to be. */
static bool all_hold(struct call *call, const struct pairs *pairs, const struct condition_option *condition)
{
    for (int i = 0; i < pairs->count; i++) {
        bool holds;
        const struct entry *entry = keyspace_touch(call->keyspace, call_key(call, key_index(pairs, i)));
        if (!test_condition(call, condition, entry, &holds) || !holds)
            return false;
    }
    return true;
}

static void cmd_mget(struct call *call)
{
    reply_array(call->reply, (size_t)(call->argc - 1));
    for (int i = 1; i < call->argc; i++) {
        const struct entry *entry = call_find(call, call_key(call, i));
        reply_string(call->reply, entry && entry_type(entry) == VALUE_STRING ? entry : NULL);
    }
}

/* False, having replied, when a value is missing. */
static bool parse_pairs(struct call *call, struct pairs *pairs)
{
    pairs->first = 1;
    pairs->count = call->argc / 2;
    if (call->argc % 2 == 1)
        return true;
    call_arity_error(call);
    return false;
}

static void cmd_mset(struct call *call)
{
    struct pairs pairs;
    if (parse_pairs(call, &pairs) && set_pairs(call, &pairs, never))
        reply_ok(call->reply);
}

static void cmd_msetnx(struct call *call)
{
    struct pairs pairs;
    if (!parse_pairs(call, &pairs))
        return;
    bool holds = all_hold(call, &pairs, &if_missing);
    if (!holds || set_pairs(call, &pairs, never))
        reply_int(call->reply, holds);
}

/* ---- MSETEX ---- */

struct msetex {
    struct pairs pairs;
    struct lifetime_option lifetime;
    struct condition_option condition;
};

static bool parse_msetex(struct call *call, struct msetex *msetex)
{
    int64_t count;
    if (!parse_i64(call->argv[1], &count) || count < 1 || count > INT32_MAX) {
        call_error_format(call, "ERR invalid numkeys value");
        return false;
    }
    if (count * 2 + 2 > call->argc) {
        call_error_format(call, "ERR wrong number of key-value pairs");
        return false;
    }
    msetex->pairs.first = 2;
    msetex->pairs.count = (int)count;
    for (int i = 2 + 2 * msetex->pairs.count; i < call->argc; i++) {
        if (!take_condition(call, &i, CONDITION_PRESENCE, &msetex->condition) &&
            !take_lifetime(call, &i, &keep_lifetime, &msetex->lifetime)) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static void cmd_msetex(struct call *call)
{
    struct msetex msetex = {.lifetime = {0}};
    struct deadline deadline;
    if (!parse_msetex(call, &msetex) || !resolve_lifetime(call, &msetex.lifetime, &deadline))
        return;
    if (msetex.condition.condition && !all_hold(call, &msetex.pairs, &msetex.condition)) {
        reply_int(call->reply, 0);
        return;
    }
    if (!set_pairs(call, &msetex.pairs, deadline))
        return;
    for (int i = 0; i < msetex.pairs.count; i++) {
        const struct bytes *pair = &call->argv[key_index(&msetex.pairs, i)];
        record_string(call, pair[0], pair[1], deadline);
    }
    reply_int(call->reply, 1);
}

/* ---- rows ---- */

static const char *const mget_tips[] = {"request_policy:multi_shard", NULL};
static const char *const mset_tips[] = {"request_policy:multi_shard", "response_policy:all_succeeded", NULL};

static const struct command string_many_commands[] = {
    {
        .name = "mget",
        .run = cmd_mget,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEYS_FROM(1, KEY_RO | KEY_ACCESS)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of keys to retrieve.",
        .summary = "Atomically returns the string values of one or more keys.",
        .synopsis = "key...",
        .tips = mget_tips,
    },
    {
        .name = "mset",
        .run = cmd_mset,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEYS_EVERY(1, 2, KEY_OW | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.1",
        .complexity = "O(N) where N is the number of keys to set.",
        .summary = "Atomically creates or modifies the string values of one or more keys.",
        .synopsis = "data(key value)...",
        .tips = mset_tips,
    },
    {
        .name = "msetnx",
        .run = cmd_msetnx,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEYS_EVERY(1, 2, KEY_OW | KEY_INSERT)},
        .group = "string",
        .since = "1.0.1",
        .complexity = "O(N) where N is the number of keys to set.",
        .summary = "Atomically modifies the string values of one or more keys only when all keys don't "
                   "exist.",
        .synopsis = "data(key value)...",
    },
    {
        .name = "msetex",
        .run = cmd_msetex,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {{.flags = KEY_OW | KEY_UPDATE,
                  .begin = KEY_BEGIN_INDEX,
                  .find = KEY_FIND_KEYNUM,
                  .first = 1,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 2}},
        .group = "string",
        .since = "8.4.0",
        .complexity = "O(N) where N is the number of keys to set.",
        .summary = "Atomically sets multiple string keys with a shared expiration in a single operation. "
                   "Supports flexible argument parsing where condition and expiration flags can appear in "
                   "any order.",
        .synopsis =
            "numkeys:integer data(key value)... [condition<NX | XX>] [expiration<EX seconds:integer | "
            "PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
            "unix-time-milliseconds:unix-time | KEEPTTL>]",
        .tips = mset_tips,
    },
    {0},
};

const struct command_family string_many_family = {.name = "string_many", .commands = string_many_commands};
