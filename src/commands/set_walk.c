/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets read from one end to the other, at once or in parts. */
#include "commands/families.h"
#include "element_scan.h"
#include "set_access.h"
#include "telling.h"

/* All of a large set. */
struct showing {
    struct telling telling;
    struct set_walk walk;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct showing *showing = LIST_ENTRY(telling, struct showing, telling);
    struct set_member member;
    if (!set_walk_next(&showing->walk, &member))
        return false;
    reply_member(reply, &member);
    return true;
}

static void show_in_steps(struct call *call)
{
    struct showing *showing = telling_new(call, sizeof *showing, VALUE_SET, 1);
    showing->telling.tell = tell;
    set_walk_begin(&showing->walk, &showing->telling.held.collection);
    telling_run(call, &showing->telling);
}

static void cmd_smembers(struct call *call)
{
    struct collection set;
    if (!call_members(call, &set))
        return;
    reply_set(call->reply, set_count(&set));
    if (set.large && set_count(&set) > TOLD_AT_ONCE)
        show_in_steps(call);
    else
        reply_members(call->reply, &set);
}

static void cmd_sscan(struct call *call)
{
    scan_elements(call, VALUE_SET);
}

/* ---- rows ---- */

static const char *const any_order_tips[] = {"nondeterministic_output_order", NULL};
static const char *const scan_tips[] = {"nondeterministic_output", NULL};

static const struct command set_walk_commands[] = {
    {
        .name = "smembers",
        .run = cmd_smembers,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "O(N) where N is the set cardinality.",
        .summary = "Returns all members of a set.",
        .synopsis = "key",
        .tips = any_order_tips,
    },
    {
        .name = "sscan",
        .run = cmd_sscan,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "2.8.0",
        .complexity =
            "O(1) for every call. O(N) for a complete iteration, including enough command calls for the "
            "cursor to return back to 0. N is the number of elements inside the collection.",
        .summary = "Iterates over members of a set.",
        .synopsis = "key cursor:integer [MATCH pattern] [COUNT count:integer]",
        .tips = scan_tips,
    },
    {0},
};

const struct command_family set_walk_family = {.name = "set_walk", .commands = set_walk_commands};
