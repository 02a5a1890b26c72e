/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that wait until a list has something. Once a key that a client waits for holds a list, its
 * command looks at all of its keys anew, as if it had come only then. Recorded is what didn't wait. */
#include "commands/families.h"
#include "engine/blocking.h"
#include "engine/journal.h"
#include "list_access.h"
#include "timeout.h"

static bool holds_list(const struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    return entry && entry_type(entry) == VALUE_LIST;
}

static void reply_nothing(struct call *call)
{
    reply_null_array(call->reply);
}

/* ---- BLPOP, BRPOP ---- */

static void pop_from(struct call *call, struct key key, enum sequence_end end)
{
    struct edit edit;
    if (!call_edit(call, key, VALUE_LIST, &edit))
        return;
    reply_array(call->reply, 2);
    reply_bulk(call->reply, key.name);
    list_pop(call, &edit, end, 1);
    call_record_words(call, end == SEQUENCE_HEAD ? "LPOP" : "RPOP", key.name);
}

/* False, with nothing replied, when none of the keys is there. */
static bool pop_any(struct call *call, enum sequence_end end)
{
    for (int i = 1; i < call->argc - 1; i++) {
        struct key key = call_key(call, i);
        if (!keyspace_peek(call->keyspace, key))
            continue;
        pop_from(call, key, end);
        return true;
    }
    return false;
}

static bool serve_head(struct call *call, struct key key)
{
    return holds_list(call, key) && pop_any(call, SEQUENCE_HEAD);
}

static bool serve_tail(struct call *call, struct key key)
{
    return holds_list(call, key) && pop_any(call, SEQUENCE_TAIL);
}

static void pop_or_wait(struct call *call, enum sequence_end end)
{
    int64_t until_ms;
    if (!call_timeout_seconds(call, call->argc - 1, &until_ms) || pop_any(call, end))
        return;
    if (call_may_wait(call))
        call_block(call, 1, call->argc - 2, until_ms, end == SEQUENCE_HEAD ? serve_head : serve_tail,
                   reply_nothing);
    else
        reply_nothing(call);
}

static void cmd_blpop(struct call *call)
{
    pop_or_wait(call, SEQUENCE_HEAD);
}

static void cmd_brpop(struct call *call)
{
    pop_or_wait(call, SEQUENCE_TAIL);
}

/* ---- BLMPOP ---- */

static bool serve_mpop(struct call *call, struct key key)
{
    struct list_mpop mpop;
    return holds_list(call, key) && call_list_mpop(call, 2, &mpop) && list_mpop(call, &mpop);
}

static void cmd_blmpop(struct call *call)
{
    struct list_mpop mpop;
    int64_t until_ms;
    if (!call_list_mpop(call, 2, &mpop) || !call_timeout_seconds(call, 1, &until_ms) ||
        list_mpop(call, &mpop))
        return;
    if (call_may_wait(call))
        call_block(call, mpop.first_key, mpop.last_key, until_ms, serve_mpop, reply_nothing);
    else
        reply_nothing(call);
}

/* ---- BLMOVE, BRPOPLPUSH ---- */

static void move(struct call *call, enum sequence_end from, enum sequence_end to)
{
    list_move(call, from, to);
    if (call->has_changed)
        call_record(call, 5,
                    (struct bytes[]){BYTES("LMOVE"), call->argv[1], call->argv[2], list_end_name(from),
                                     list_end_name(to)});
}

static bool serve_move(struct call *call, struct key key)
{
    enum sequence_end from, to;
    if (!holds_list(call, key) || !call_list_end(call, 3, &from) || !call_list_end(call, 4, &to))
        return false;
    move(call, from, to);
    return true;
}

static void rpoplpush(struct call *call)
{
    list_move(call, SEQUENCE_TAIL, SEQUENCE_HEAD);
    if (call->has_changed)
        call_record(call, 3, (struct bytes[]){BYTES("RPOPLPUSH"), call->argv[1], call->argv[2]});
}

static bool serve_rpoplpush(struct call *call, struct key key)
{
    if (!holds_list(call, key))
        return false;
    rpoplpush(call);
    return true;
}

/* The source is missing. */
static void wait_for_source(struct call *call, int64_t until_ms,
                            bool (*serve)(struct call *call, struct key key))
{
    if (call_may_wait(call))
        call_block(call, 1, 1, until_ms, serve, reply_nothing);
    else
        reply_null(call->reply);
}

static void cmd_blmove(struct call *call)
{
    enum sequence_end from, to;
    int64_t until_ms;
    if (!call_list_end(call, 3, &from) || !call_list_end(call, 4, &to) ||
        !call_timeout_seconds(call, 5, &until_ms))
        return;
    if (keyspace_peek(call->keyspace, call_key(call, 1)))
        move(call, from, to);
    else
        wait_for_source(call, until_ms, serve_move);
}

static void cmd_brpoplpush(struct call *call)
{
    int64_t until_ms;
    if (!call_timeout_seconds(call, 3, &until_ms))
        return;
    if (keyspace_peek(call->keyspace, call_key(call, 1)))
        rpoplpush(call);
    else
        wait_for_source(call, until_ms, serve_rpoplpush);
}

/* ---- rows ---- */

static const struct command_history timeout_history[] = {
    {"6.0.0", "`timeout` is interpreted as a double instead of an integer."},
    {NULL, NULL},
};

static const struct command list_block_commands[] = {
    {
        .name = "blpop",
        .run = cmd_blpop,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_BLOCKING,
        .acl = ACL_LIST,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .last = -2,
                  .step = 1}},
        .group = "list",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of provided keys.",
        .summary = "Removes and returns the first element in a list. Blocks until an element is available "
                   "otherwise. Deletes the list if the last element was popped.",
        .synopsis = "key... timeout:double",
        .history = timeout_history,
    },
    {
        .name = "brpop",
        .run = cmd_brpop,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_BLOCKING,
        .acl = ACL_LIST,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .last = -2,
                  .step = 1}},
        .group = "list",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of provided keys.",
        .summary = "Removes and returns the last element in a list. Blocks until an element is available "
                   "otherwise. Deletes the list if the last element was popped.",
        .synopsis = "key... timeout:double",
        .history = timeout_history,
    },
    {
        .name = "blmpop",
        .run = cmd_blmpop,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_BLOCKING,
        .acl = ACL_LIST,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .find = KEY_FIND_KEYNUM,
                  .first = 2,
                  .step = 1,
                  .keynum_at = 0,
                  .keys_from = 1}},
        .group = "list",
        .since = "7.0.0",
        .complexity = "O(N+M) where N is the number of provided keys and M is the number of elements "
                      "returned.",
        .summary = "Pops the first element from one of multiple lists. Blocks until an element is available "
                   "otherwise. Deletes the list if the last element was popped.",
        .synopsis = "timeout:double numkeys:integer key... where<LEFT | RIGHT> [COUNT count:integer]",
    },
    {
        .name = "blmove",
        .run = cmd_blmove,
        .arity = 6,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_BLOCKING,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Pops an element from a list, pushes it to another list and returns it. Blocks until an "
                   "element is available otherwise. Deletes the list if the last element was moved.",
        .synopsis = "source:key destination:key wherefrom<LEFT | RIGHT> whereto<LEFT | RIGHT> "
                    "timeout:double",
    },
    {
        .name = "brpoplpush",
        .run = cmd_brpoplpush,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_BLOCKING,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Pops an element from a list, pushes it to another list and returns it. Block until an "
                   "element is available otherwise. Deletes the list if the last element was popped.",
        .synopsis = "source:key destination:key timeout:double",
        .history = timeout_history,
        .deprecated_since = "6.2.0",
        .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
    },
    {0},
};

const struct command_family list_block_family = {.name = "list", .commands = list_block_commands};
