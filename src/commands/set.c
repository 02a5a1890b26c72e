/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of sets, added, looked for and removed by name. */
#include "argument_edit.h"
#include "argument_telling.h"
#include "commands/families.h"
#include "set_access.h"
#include "store/keyspace.h"

/* ---- writing ---- */

static bool has_all(const struct call *call, const struct collection *set)
{
    for (int i = 2; i < call->argc; i++) {
        if (!set_has(set, call->argv[i]))
            return false;
    }
    return true;
}

static void expect_members(struct argument_edit *edit, struct call *call, struct collection *set)
{
    set_expect(set, call->argv[edit->first], (uint64_t)(call->argc - edit->first));
}

static bool add_member(struct argument_edit *edit, struct call *call, struct collection *set, int index)
{
    (void)edit;
    return set_add(set, call->argv[index]);
}

static const struct argument_edit adding = {.type = VALUE_SET,
                                            .first = 2,
                                            .stride = 1,
                                            .event = "sadd",
                                            .begin = expect_members,
                                            .each = add_member,
                                            .done = reply_changed};

static void cmd_sadd(struct call *call)
{
    struct edit edit;
    int64_t added = 0;
    if (edit_by_arguments(call, &adding, sizeof adding) ||
        !call_edit(call, call_key(call, 1), VALUE_SET, &edit))
        return;
    /* Many members make a set large before the first of them is added. Nothing may happen to it if there is
     * none to add. */
    bool are_several = call->argc > 3;
    if (are_several && !edit.is_new && has_all(call, &edit.value)) {
        reply_int(call->reply, 0);
        return;
    }
    if (are_several || edit.is_new)
        set_expect(&edit.value, call->argv[2], (uint64_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        added += set_add(&edit.value, call->argv[i]);
    if (added > 0)
        call_edited(call, &edit, "sadd");
    reply_int(call->reply, added);
}

static bool remove_member(struct argument_edit *edit, struct call *call, struct collection *set, int index)
{
    (void)edit;
    return set_remove(set, call->argv[index]);
}

static const struct argument_edit removing = {.type = VALUE_SET,
                                              .first = 2,
                                              .stride = 1,
                                              .event = "srem",
                                              .each = remove_member,
                                              .done = reply_changed};

static void cmd_srem(struct call *call)
{
    struct edit edit;
    int64_t removed = 0;
    if (edit_by_arguments(call, &removing, sizeof removing) ||
        !call_edit(call, call_key(call, 1), VALUE_SET, &edit))
        return;
    for (int i = 2; i < call->argc; i++)
        removed += set_remove(&edit.value, call->argv[i]);
    if (removed > 0)
        call_edited(call, &edit, "srem");
    reply_int(call->reply, removed);
}

/* ---- from one to another ---- */

/* A set, or nothing; false, having replied, when the key holds something else. */
static bool may_be_set(struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    if (!entry || entry_type(entry) == VALUE_SET)
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

static void add_moved(struct call *call, struct key key, struct bytes member)
{
    struct edit edit;
    if (call_edit(call, key, VALUE_SET, &edit) && set_add(&edit.value, member))
        call_edited(call, &edit, "sadd");
}

static void cmd_smove(struct call *call)
{
    struct key from = call_key(call, 1), to = call_key(call, 2);
    struct bytes member = call->argv[3];
    struct edit edit;
    bool is_there = keyspace_peek(call->keyspace, from);
    if (is_there && (!may_be_set(call, from) || !may_be_set(call, to)))
        return;
    if (!is_there || !call_edit(call, from, VALUE_SET, &edit) || !set_has(&edit.value, member)) {
        reply_int(call->reply, 0);
        return;
    }
    reply_int(call->reply, 1);
    if (bytes_equal(from.name, to.name))
        return;
    (void)set_remove(&edit.value, member);
    call_edited(call, &edit, "srem");
    add_moved(call, to, member);
}

/* ---- reading ---- */

static void cmd_sismember(struct call *call)
{
    struct collection set;
    if (call_members(call, &set))
        reply_int(call->reply, set_has(&set, call->argv[2]));
}

static void tell_member(struct call *call, const struct collection *set, struct bytes member)
{
    reply_int(call->reply, set_has(set, member));
}

static void cmd_smismember(struct call *call)
{
    struct collection set;
    if (call_members(call, &set))
        tell_of_arguments(call, &set, 2, tell_member);
}

static void cmd_scard(struct call *call)
{
    struct collection set;
    if (call_members(call, &set))
        reply_int(call->reply, (int64_t)set_count(&set));
}

/* ---- rows ---- */

static const struct command_history several_history[] = {
    {"2.4.0", "Accepts multiple `member` arguments."},
    {NULL, NULL},
};

static const struct command set_commands[] = {
    {
        .name = "sadd",
        .run = cmd_sadd,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "O(1) for each element added, so O(N) to add N elements when the command is called "
                      "with multiple arguments.",
        .summary = "Adds one or more members to a set. Creates the key if it doesn't exist.",
        .synopsis = "key member...",
        .history = several_history,
    },
    {
        .name = "srem",
        .run = cmd_srem,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of members to be removed.",
        .summary = "Removes one or more members from a set. Deletes the set if the last member was removed.",
        .synopsis = "key member...",
        .history = several_history,
    },
    {
        .name = "smove",
        .run = cmd_smove,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Moves a member from one set to another.",
        .synopsis = "source:key destination:key member",
    },
    {
        .name = "sismember",
        .run = cmd_sismember,
        .arity = 3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Determines whether a member belongs to a set.",
        .synopsis = "key member",
    },
    {
        .name = "smismember",
        .run = cmd_smismember,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "6.2.0",
        .complexity = "O(N) where N is the number of elements being checked for membership",
        .summary = "Determines whether multiple members belong to a set.",
        .synopsis = "key member...",
    },
    {
        .name = "scard",
        .run = cmd_scard,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of members in a set.",
        .synopsis = "key",
    },
    {0},
};

const struct command_family set_family = {.name = "set", .commands = set_commands};
