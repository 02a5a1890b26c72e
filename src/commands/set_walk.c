/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets read from one end to the other, at once or in parts. */
#include "commands/families.h"
#include "scan_options.h"
#include "set_access.h"
#include "set_algebra.h"

static void cmd_smembers(struct call *call)
{
    struct collection set;
    if (!call_members(call, &set))
        return;
    if (set.large) {
        show_large_set(call);
        return;
    }
    reply_set(call->reply, set_count(&set));
    reply_members(call->reply, &set);
}

/* ---- SSCAN ---- */

/* Passes about `count` members from `*cursor` on, which becomes that of the next part, and puts those wanted
 * into `found`. Returns how many. */
static size_t scan_part(const struct collection *set, const struct scan_options *options, uint64_t *cursor,
                        struct reply *found)
{
    struct set_walk walk;
    struct set_member member;
    size_t found_count = 0;
    bool may_pause = false;
    set_walk_scan(&walk, set, *cursor);
    *cursor = set_walk_cursor(&walk);
    for (int64_t left = options->count; !(left <= 0 && may_pause) && set_walk_next(&walk, &member); left--) {
        if (scan_matches(options, member.bytes)) {
            reply_member(found, &member);
            found_count++;
        }
        /* Members of one cursor go together. */
        uint64_t next = set_walk_cursor(&walk);
        may_pause = next != *cursor;
        *cursor = next;
    }
    return found_count;
}

static void cmd_sscan(struct call *call)
{
    struct scan_options options;
    struct collection set;
    uint64_t cursor;
    if (!call_scan_cursor(call, 2, &cursor) || !call_members(call, &set))
        return;
    if (set_count(&set) == 0) {
        reply_scan_head(call->reply, 0);
        reply_array(call->reply, 0);
        return;
    }
    if (!call_scan_options(call, 3, false, &options))
        return;
    struct reply found;
    reply_init(&found, call->reply->pool);
    size_t count = scan_part(&set, &options, &cursor, &found);
    reply_scan_head(call->reply, cursor);
    reply_array(call->reply, count);
    reply_take(call->reply, &found);
    reply_clear(&found);
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
