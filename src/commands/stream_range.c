/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranges of streams, in either direction. */
#include "commands/families.h"
#include "stream_access.h"
#include "stream_show.h"

/* COUNT; -1 when it isn't given. */
static bool parse_count(struct call *call, int64_t *count)
{
    *count = -1;
    for (int i = 4; i < call->argc; i += 2) {
        if (!call_arg_is(call, i, "COUNT") || i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (!call_int(call, i + 1, count))
            return false;
        if (*count < 0)
            *count = 0;
    }
    return true;
}

static void show_range(struct call *call, bool is_backwards)
{
    struct stream_part part = {.key = 1};
    const struct stream *stream;
    int64_t count;
    if (!call_stream_interval(call, is_backwards ? 3 : 2, is_backwards ? 2 : 3, &part.interval) ||
        !parse_count(call, &count) || !call_stream(call, 1, &stream))
        return;
    if (!stream)
        reply_array(call->reply, 0);
    else if (count == 0)
        reply_null_array(call->reply);
    else
        call_show(call, &(struct stream_show){.parts = &part,
                                              .part_count = 1,
                                              .count = count > 0 ? (uint64_t)count : 0,
                                              .is_backwards = is_backwards});
}

static void cmd_xrange(struct call *call)
{
    show_range(call, false);
}

static void cmd_xrevrange(struct call *call)
{
    show_range(call, true);
}

static const struct command_history history[] = {
    {"6.2.0", "Added exclusive ranges."},
    {NULL, NULL},
};

static const struct command stream_range_commands[] = {
    {
        .name = "xrange",
        .run = cmd_xrange,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "stream",
        .since = "5.0.0",
        .complexity =
            "O(N) with N being the number of elements being returned. If N is constant (e.g. always "
            "asking for the first 10 elements with COUNT), you can consider it O(1).",
        .summary = "Returns the messages from a stream within a range of IDs.",
        .synopsis = "key start end [COUNT count:integer]",
        .history = history,
    },
    {
        .name = "xrevrange",
        .run = cmd_xrevrange,
        .arity = -4,
        .flags = COMMAND_READONLY,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "stream",
        .since = "5.0.0",
        .complexity =
            "O(N) with N being the number of elements returned. If N is constant (e.g. always asking "
            "for the first 10 elements with COUNT), you can consider it O(1).",
        .summary = "Returns the messages from a stream within a range of IDs in reverse order.",
        .synopsis = "key end start [COUNT count:integer]",
        .history = history,
    },
    {0},
};

const struct command_family stream_range_family = {.name = "stream", .commands = stream_range_commands};
