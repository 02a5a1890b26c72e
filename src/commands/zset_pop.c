/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: taking elements from either end, or waiting until there are any. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/blocking.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "engine/timeouts.h"
#include "telling.h"
#include "timeout.h"
#include "zset_trim.h"

static const char *event_of(bool takes_max)
{
    return takes_max ? "zpopmax" : "zpopmin";
}

/* All that there was. */
struct popped {
    struct telling telling;
    struct zset_walk walk;
    enum zset_reply_form form;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct popped *popped = LIST_ENTRY(telling, struct popped, telling);
    if (!zset_walk_next(&popped->walk))
        return false;
    reply_zset_element(reply, popped->walk.member, popped->walk.score, popped->form);
    return true;
}

/* It is gone at once, and told of in steps. */
static void pop_all(struct call *call, struct edit *edit, bool takes_max, enum zset_reply_form form)
{
    struct large *large = edit->value.large, *all = large_new(VALUE_ZSET);
    struct large nothing = *all;
    *all = *large;
    *large = nothing;
    struct popped *popped =
        telling_new_of(call, sizeof *popped, (struct value){.type = VALUE_ZSET, .large = all});
    const struct collection *zset = &popped->telling.held.collection;
    struct zset_range range = {0, zset_count(zset)};
    popped->telling.tell = tell;
    popped->form = form;
    zset_walk_begin(&popped->walk, zset, range, takes_max);
    reply_zset_head(call->reply, range.end, form);
    call_edited(call, edit, event_of(takes_max));
    telling_run(call, &popped->telling);
}

/* Replies with up to `count` elements of the lowest or highest scores, and removes them. The last thing that
 * a command does. */
static void pop(struct call *call, struct edit *edit, bool takes_max, uint64_t count,
                enum zset_reply_form form)
{
    uint64_t total = zset_count(&edit->value);
    uint64_t taken = count < total ? count : total;
    if (edit->value.large && taken == total && taken > TOLD_AT_ONCE) {
        pop_all(call, edit, takes_max, form);
        return;
    }
    struct zset_range range = {takes_max ? total - taken : 0, takes_max ? total : taken};
    reply_zset_range(call->reply, &edit->value, range, takes_max, form);
    if (taken == 0)
        return;
    zset_remove_range(&edit->value, range);
    call_edited(call, edit, event_of(takes_max));
}

/* Replies with the one element, member and score, and removes it. The set has some. */
static void pop_one(struct call *call, struct edit *edit, bool takes_max)
{
    double score;
    uint64_t rank = takes_max ? zset_count(&edit->value) - 1 : 0;
    struct bytes member = zset_at(&edit->value, rank, &score);
    reply_bulk(call->reply, member);
    reply_double(call->reply, score);
    zset_remove_range(&edit->value, (struct zset_range){rank, rank + 1});
    call_edited(call, edit, event_of(takes_max));
}

/* Whether so many of the elements at argv[argument], though not all, are popped that steps are better; `task`
 * says which. */
static bool is_long(struct call *call, int argument, bool takes_max, uint64_t count,
                    struct zset_trim_task *task)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, argument));
    if (count < ZSET_TRIM_MIN || !entry || entry_type(entry) != VALUE_ZSET)
        return false;
    struct value value = entry_value(entry);
    uint64_t total = value_count(&value);
    uint64_t taken = count < total ? count : total;
    *task = (struct zset_trim_task){.argument = argument,
                                    .range = {takes_max ? total - taken : 0, takes_max ? total : taken},
                                    .event = event_of(takes_max),
                                    .tells = true,
                                    .is_backwards = takes_max};
    return value.large && taken >= ZSET_TRIM_MIN && taken < total;
}

static bool parse_positive(struct call *call, int index, int64_t least, int64_t *count)
{
    return parse_i64(call->argv[index], count) && *count >= least;
}

/* ---- ZPOPMIN, ZPOPMAX ---- */

static void pop_at_once(struct call *call, bool takes_max, int64_t count)
{
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_ZSET, &edit))
        return;
    if (call->argc == 3 || edit.is_new) {
        pop(call, &edit, takes_max, (uint64_t)count, ZSET_REPLY_SCORES);
        return;
    }
    reply_array(call->reply, 2);
    pop_one(call, &edit, takes_max);
}

static bool call_count(struct call *call, int64_t *count)
{
    *count = 1;
    if (call->argc > 3) {
        call_syntax_error(call);
        return false;
    }
    if (call->argc < 3 || parse_positive(call, 2, 0, count))
        return true;
    call_error(call, ERR_NOT_POSITIVE);
    return false;
}

static void pop_min_again(struct call *call, const struct zset_trim_task *task)
{
    (void)task;
    int64_t count;
    if (call_count(call, &count))
        pop_at_once(call, false, count);
}

static void pop_max_again(struct call *call, const struct zset_trim_task *task)
{
    (void)task;
    int64_t count;
    if (call_count(call, &count))
        pop_at_once(call, true, count);
}

static void reply_popped(struct call *call, const struct zset_trim_task *task)
{
    reply_zset_head(call->reply, zset_trim_count(task), task->form);
}

static void pop_key(struct call *call, bool takes_max)
{
    int64_t count;
    struct zset_trim_task task;
    if (!call_count(call, &count))
        return;
    if (!is_long(call, 1, takes_max, (uint64_t)count, &task)) {
        pop_at_once(call, takes_max, count);
        return;
    }
    task.form = ZSET_REPLY_SCORES;
    task.again = takes_max ? pop_max_again : pop_min_again;
    task.removed = reply_popped;
    zset_trim(call, &task);
}

static void cmd_zpopmin(struct call *call)
{
    pop_key(call, false);
}

static void cmd_zpopmax(struct call *call)
{
    pop_key(call, true);
}

/* ---- several keys ---- */

typedef bool serve_key(struct call *call, struct key key);

static bool holds_zset(const struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    return entry && entry_type(entry) == VALUE_ZSET;
}

/* Serves the call with the first of its keys that holds a sorted set. True when it is replied, or will be. */
static bool serve_with_any(struct call *call, int first, int last, serve_key *serve)
{
    for (int i = first; i <= last; i++) {
        struct key key = call_key(call, i);
        if (serve(call, key))
            return true;
        if (!keyspace_peek(call->keyspace, key))
            continue;
        call_error(call, ERR_WRONG_TYPE);
        return true;
    }
    return false;
}

static void reply_nothing(struct call *call)
{
    reply_null_array(call->reply);
}

static void serve_or_wait(struct call *call, int first, int last, int64_t until_ms, serve_key *serve)
{
    if (serve_with_any(call, first, last, serve))
        return;
    if (call_may_wait(call))
        call_block(call, first, last, until_ms, serve, reply_nothing);
    else
        reply_nothing(call);
}

/* ---- BZPOPMIN, BZPOPMAX ---- */

static bool serve_one(struct call *call, struct key key, bool takes_max)
{
    struct edit edit;
    if (!holds_zset(call, key) || !call_edit(call, key, VALUE_ZSET, &edit))
        return false;
    reply_array(call->reply, 3);
    reply_bulk(call->reply, key.name);
    pop_one(call, &edit, takes_max);
    call_record_words(call, takes_max ? "ZPOPMAX" : "ZPOPMIN", key.name);
    return true;
}

static bool serve_min(struct call *call, struct key key)
{
    return serve_one(call, key, false);
}

static bool serve_max(struct call *call, struct key key)
{
    return serve_one(call, key, true);
}

static void pop_or_wait(struct call *call, serve_key *serve)
{
    int64_t until_ms;
    if (call_timeout_seconds(call, call->argc - 1, &until_ms))
        serve_or_wait(call, 1, call->argc - 2, until_ms, serve);
}

static void cmd_bzpopmin(struct call *call)
{
    pop_or_wait(call, serve_min);
}

static void cmd_bzpopmax(struct call *call)
{
    pop_or_wait(call, serve_max);
}

/* ---- ZMPOP, BZMPOP ---- */

struct many_keys {
    int key_count; /* behind their number */
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

static void reply_key(struct call *call, struct key key)
{
    reply_array(call->reply, 2);
    reply_bulk(call->reply, key.name);
}

/* The simple command that does the same. */
static void record_pop(struct call *call, struct key key, bool takes_max, uint64_t count)
{
    char digits[NUMBER_I64_SIZE];
    call_record(call, 3,
                (struct bytes[]){takes_max ? BYTES("ZPOPMAX") : BYTES("ZPOPMIN"), key.name,
                                 bytes_make(digits, print_u64(digits, count))});
}

static bool pop_many(struct call *call, struct key key, const struct many_keys *request)
{
    struct edit edit;
    if (!holds_zset(call, key) || !call_edit(call, key, VALUE_ZSET, &edit))
        return false;
    uint64_t total = zset_count(&edit.value);
    uint64_t count = (uint64_t)request->count < total ? (uint64_t)request->count : total;
    reply_key(call, key);
    record_pop(call, key, request->takes_max, count);
    pop(call, &edit, request->takes_max, count, ZSET_REPLY_PAIRS);
    return true;
}

/* What was asked for, at argv[index], was good when it came. */
static bool pop_asked(struct call *call, struct key key, int index)
{
    struct many_keys request;
    return parse_many_keys(call, index, &request) && pop_many(call, key, &request);
}

static void reply_and_record(struct call *call, const struct zset_trim_task *task)
{
    struct key key = call_key(call, task->argument);
    reply_key(call, key);
    reply_popped(call, task);
    record_pop(call, key, task->is_backwards, zset_trim_count(task));
}

/* Takes from the set at argv[argument] in steps, when it needs them. */
static bool pop_in_steps(struct call *call, int argument, const struct many_keys *request,
                         const struct zset_trim_task *form)
{
    struct zset_trim_task task;
    if (!call_may_wait(call) || !is_long(call, argument, request->takes_max, (uint64_t)request->count, &task))
        return false;
    task.form = ZSET_REPLY_PAIRS;
    task.again = form->again;
    task.until_ms = form->until_ms;
    task.removed = reply_and_record;
    zset_trim(call, &task);
    return true;
}

/* The same with the first of the keys, from argv[first] on, that is there. */
static bool serve_in_steps(struct call *call, int first, const struct many_keys *request,
                           const struct zset_trim_task *form)
{
    int argument = first, end = first + request->key_count;
    while (argument < end && !keyspace_peek(call->keyspace, call_key(call, argument)))
        argument++;
    return argument < end && pop_in_steps(call, argument, request, form);
}

static bool pop_zmpop(struct call *call, struct key key)
{
    return pop_asked(call, key, 1);
}

static bool pop_bzmpop(struct call *call, struct key key)
{
    return pop_asked(call, key, 2);
}

static void zmpop_at_once(struct call *call)
{
    struct many_keys request;
    if (parse_many_keys(call, 1, &request) && !serve_with_any(call, 2, 1 + request.key_count, pop_zmpop))
        reply_nothing(call);
}

static void zmpop_again(struct call *call, const struct zset_trim_task *task)
{
    (void)task;
    zmpop_at_once(call);
}

static void cmd_zmpop(struct call *call)
{
    struct many_keys request;
    if (parse_many_keys(call, 1, &request) &&
        !serve_in_steps(call, 2, &request, &(struct zset_trim_task){.again = zmpop_again}))
        zmpop_at_once(call);
}

static bool serve_bzmpop(struct call *call, struct key key);

/* When nothing is left, it waits (again). */
static void bzmpop_again(struct call *call, const struct zset_trim_task *task)
{
    struct many_keys request;
    if (!parse_many_keys(call, 2, &request))
        return;
    int last = 2 + request.key_count;
    if (!serve_with_any(call, 3, last, pop_bzmpop))
        call_block(call, 3, last, task->until_ms, serve_bzmpop, reply_nothing);
}

static bool serve_bzmpop(struct call *call, struct key key)
{
    struct many_keys request;
    if (!parse_many_keys(call, 2, &request))
        return false;
    const struct zset_trim_task form = {.again = bzmpop_again,
                                        .until_ms = timeout_of(call->server, call->client)};
    int argument = 3;
    while (!bytes_equal(call->argv[argument], key.name))
        argument++;
    return pop_in_steps(call, argument, &request, &form) || pop_many(call, key, &request);
}

static void cmd_bzmpop(struct call *call)
{
    struct many_keys request;
    int64_t until_ms;
    if (!parse_many_keys(call, 2, &request) || !call_timeout_seconds(call, 1, &until_ms))
        return;
    const struct zset_trim_task form = {.again = bzmpop_again, .until_ms = until_ms};
    int last = 2 + request.key_count;
    if (serve_in_steps(call, 3, &request, &form) || serve_with_any(call, 3, last, pop_bzmpop))
        return;
    if (call_may_wait(call))
        call_block(call, 3, last, until_ms, serve_bzmpop, reply_nothing);
    else
        reply_nothing(call);
}

/* ---- rows ---- */

static const struct command_history bzpopmin_history[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
    {NULL, NULL},
};
static const struct command_history bzpopmax_history[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
    {NULL, NULL},
};

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
    {
        .name = "bzpopmin",
        .run = cmd_bzpopmin,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST | COMMAND_BLOCKING,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_RANGE,
                  .last = -2,
                  .step = 1,
                  .limit = 0}},
        .group = "sorted-set",
        .since = "5.0.0",
        .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        .summary =
            "Removes and returns the member with the lowest score from one or more sorted sets. Blocks until "
            "a member is available otherwise. Deletes the sorted set if the last element was popped.",
        .synopsis = "key... timeout:double",
        .history = bzpopmin_history,
    },
    {
        .name = "bzpopmax",
        .run = cmd_bzpopmax,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST | COMMAND_BLOCKING,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_RANGE,
                  .last = -2,
                  .step = 1,
                  .limit = 0}},
        .group = "sorted-set",
        .since = "5.0.0",
        .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        .summary =
            "Removes and returns the member with the highest score from one or more sorted sets. Blocks "
            "until a member is available otherwise. Deletes the sorted set if the last element was popped.",
        .synopsis = "key... timeout:double",
        .history = bzpopmax_history,
    },
    {
        .name = "bzmpop",
        .run = cmd_bzmpop,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_BLOCKING,
        .acl = ACL_SORTEDSET,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 2,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "sorted-set",
        .since = "7.0.0",
        .complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of "
                      "elements in the sorted set, and M being the number of elements popped.",
        .summary = "Removes and returns a member by score from one or more sorted sets. Blocks until a "
                   "member is available otherwise. Deletes the sorted set if the last element was popped.",
        .synopsis = "timeout:double numkeys:integer key... where<MIN | MAX> [COUNT count:integer]",
    },
    {0},
};

const struct command_family zset_pop_family = {.name = "zset_pop", .commands = zset_pop_commands};
