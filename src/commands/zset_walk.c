/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: ZSCAN. */
#include "commands/families.h"
#include "element_scan.h"

static void cmd_zscan(struct call *call)
{
    scan_elements(call, VALUE_ZSET);
}

/* ---- rows ---- */

static const char *const zscan_tips[] = {"nondeterministic_output", NULL};

static const struct command zset_walk_commands[] = {
    {
        .name = "zscan",
        .run = cmd_zscan,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SORTEDSET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "sorted-set",
        .since = "2.8.0",
        .complexity =
            "O(1) for every call. O(N) for a complete iteration, including enough command calls for the "
            "cursor to return back to 0. N is the number of elements inside the collection.",
        .summary = "Iterates over members and scores of a sorted set.",
        .synopsis = "key cursor:integer [MATCH pattern] [COUNT count:integer]",
        .tips = zscan_tips,
    },
    {0},
};

const struct command_family zset_walk_family = {.name = "zset_walk", .commands = zset_walk_commands};
