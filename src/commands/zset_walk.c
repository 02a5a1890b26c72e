/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: ZSCAN. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "scan_options.h"
#include "types/zset.h"
#include <stdio.h>

struct scan {
    struct reply *reply;
    const struct scan_options *options;
    bool is_short; /* scores have as few digits as need be */
    size_t shown;
};

/* Redis keeps the scores of small ones as text, and prints those of large ones here with all their digits. */
static void reply_score(struct reply *reply, double score, bool is_short)
{
    char text[NUMBER_DOUBLE_SIZE];
    size_t len = is_short ? print_double(text, score) : (size_t)snprintf(text, sizeof text, "%.17g", score);
    reply_bulk(reply, bytes_make(text, len));
}

static void show(void *context, struct bytes member, double score)
{
    struct scan *scan = context;
    if (!scan_matches(scan->options, member))
        return;
    reply_bulk(scan->reply, member);
    reply_score(scan->reply, score, scan->is_short);
    scan->shown += 2;
}

static void scan_from(struct call *call, const struct collection *zset, const struct scan_options *options,
                      uint64_t cursor)
{
    struct reply found;
    struct scan scan = {&found, options, zset_is_named_small(zset), 0};
    reply_init(&found, call->reply->pool);
    cursor = zset_scan(zset, cursor, (uint64_t)options->count, show, &scan);
    reply_scan_head(call->reply, cursor);
    reply_array(call->reply, scan.shown);
    reply_take(call->reply, &found);
    reply_clear(&found);
}

static void cmd_zscan(struct call *call)
{
    struct scan_options options;
    struct collection zset;
    uint64_t cursor;
    if (!call_scan_cursor(call, 2, &cursor) || !call_collection(call, call_key(call, 1), VALUE_ZSET, &zset))
        return;
    if (zset_count(&zset) == 0) {
        reply_scan_head(call->reply, 0);
        reply_array(call->reply, 0);
        return;
    }
    if (call_scan_options(call, 3, false, &options))
        scan_from(call, &zset, &options, cursor);
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
