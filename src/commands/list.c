/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists as queues and stacks: put at an end, taken from an end, counted. */
#include "argument_edit.h"
#include "base/number.h"
#include "commands/families.h"
#include "list_access.h"

/* ---- putting ---- */

static void expect_elements(struct argument_edit *edit, struct call *call, struct collection *list)
{
    sequence_expect(list, call->argv + edit->first, (size_t)(call->argc - edit->first));
}

static bool push_head(struct argument_edit *edit, struct call *call, struct collection *list, int index)
{
    (void)edit;
    sequence_push(list, SEQUENCE_HEAD, call->argv[index]);
    return true;
}

static bool push_tail(struct argument_edit *edit, struct call *call, struct collection *list, int index)
{
    (void)edit;
    sequence_push(list, SEQUENCE_TAIL, call->argv[index]);
    return true;
}

static void reply_length(struct argument_edit *edit, struct call *call)
{
    uint64_t before = sequence_count(&edit->before.collection);
    reply_int(call->reply, (int64_t)before + edit->changed);
}

static const struct argument_edit pushing[] = {{.type = VALUE_LIST,
                                                .first = 2,
                                                .stride = 1,
                                                .event = "lpush",
                                                .begin = expect_elements,
                                                .each = push_head,
                                                .done = reply_length},
                                               {.type = VALUE_LIST,
                                                .first = 2,
                                                .stride = 1,
                                                .event = "rpush",
                                                .begin = expect_elements,
                                                .each = push_tail,
                                                .done = reply_length}};

static void push(struct call *call, enum sequence_end end, bool must_exist)
{
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    if (edit.is_new && must_exist) {
        reply_int(call->reply, 0);
        return;
    }
    if (edit_by_arguments(call, &pushing[end], sizeof pushing[end]))
        return;
    sequence_expect(&edit.value, call->argv + 2, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        sequence_push(&edit.value, end, call->argv[i]);
    reply_int(call->reply, (int64_t)sequence_count(&edit.value));
    call_edited(call, &edit, list_push_events[end]);
}

static void cmd_lpush(struct call *call)
{
    push(call, SEQUENCE_HEAD, false);
}

static void cmd_rpush(struct call *call)
{
    push(call, SEQUENCE_TAIL, false);
}

static void cmd_lpushx(struct call *call)
{
    push(call, SEQUENCE_HEAD, true);
}

static void cmd_rpushx(struct call *call)
{
    push(call, SEQUENCE_TAIL, true);
}

/* ---- taking ---- */

static void pop_one(struct call *call, enum sequence_end end)
{
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    if (edit.is_new)
        reply_null(call->reply);
    else
        list_pop(call, &edit, end, 1);
}

static void pop_several(struct call *call, enum sequence_end end)
{
    struct edit edit;
    int64_t most;
    if (!parse_i64(call->argv[2], &most) || most < 0) {
        call_error(call, ERR_NOT_POSITIVE);
        return;
    }
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    if (edit.is_new) {
        reply_null_array(call->reply);
        return;
    }
    uint64_t there = sequence_count(&edit.value), count = (uint64_t)most < there ? (uint64_t)most : there;
    reply_array(call->reply, count);
    if (count > 0)
        list_pop(call, &edit, end, count);
}

static void pop(struct call *call, enum sequence_end end)
{
    if (call->argc == 2)
        pop_one(call, end);
    else if (call->argc == 3)
        pop_several(call, end);
    else
        call_arity_error(call);
}

static void cmd_lpop(struct call *call)
{
    pop(call, SEQUENCE_HEAD);
}

static void cmd_rpop(struct call *call)
{
    pop(call, SEQUENCE_TAIL);
}

static void cmd_llen(struct call *call)
{
    struct collection list;
    if (call_list(call, 1, &list))
        reply_int(call->reply, (int64_t)sequence_count(&list));
}

/* ---- rows ---- */

static const struct command_history push_history[] = {
    {"2.4.0", "Accepts multiple `element` arguments."},
    {NULL, NULL},
};
static const struct command_history pushx_history[] = {
    {"4.0.0", "Accepts multiple `element` arguments."},
    {NULL, NULL},
};
static const struct command_history pop_history[] = {
    {"6.2.0", "Added the `count` argument."},
    {NULL, NULL},
};

static const struct command list_commands[] = {
    {
        .name = "lpush",
        .run = cmd_lpush,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(1) for each element added, so O(N) to add N elements when the command is called "
                      "with multiple arguments.",
        .summary = "Prepends one or more elements to a list. Creates the key if it doesn't exist.",
        .synopsis = "key element...",
        .history = push_history,
    },
    {
        .name = "rpush",
        .run = cmd_rpush,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(1) for each element added, so O(N) to add N elements when the command is called "
                      "with multiple arguments.",
        .summary = "Appends one or more elements to a list. Creates the key if it doesn't exist.",
        .synopsis = "key element...",
        .history = push_history,
    },
    {
        .name = "lpushx",
        .run = cmd_lpushx,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "2.2.0",
        .complexity = "O(1) for each element added, so O(N) to add N elements when the command is called "
                      "with multiple arguments.",
        .summary = "Prepends one or more elements to a list only when the list exists.",
        .synopsis = "key element...",
        .history = pushx_history,
    },
    {
        .name = "rpushx",
        .run = cmd_rpushx,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "2.2.0",
        .complexity = "O(1) for each element added, so O(N) to add N elements when the command is called "
                      "with multiple arguments.",
        .summary = "Appends an element to a list only when the list exists.",
        .synopsis = "key element...",
        .history = pushx_history,
    },
    {
        .name = "lpop",
        .run = cmd_lpop,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of elements returned",
        .summary = "Returns the first elements in a list after removing it. Deletes the list if the last "
                   "element was popped.",
        .synopsis = "key [count:integer{since=6.2.0}]",
        .history = pop_history,
    },
    {
        .name = "rpop",
        .run = cmd_rpop,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of elements returned",
        .summary = "Returns and removes the last elements of a list. Deletes the list if the last element "
                   "was popped.",
        .synopsis = "key [count:integer{since=6.2.0}]",
        .history = pop_history,
    },
    {
        .name = "llen",
        .run = cmd_llen,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the length of a list.",
        .synopsis = "key",
    },
    {0},
};

const struct command_family list_family = {.name = "list", .commands = list_commands};
