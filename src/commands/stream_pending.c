/* SPDX-License-Identifier: BSD-3-Clause */
/* XACK and XPENDING: what was delivered and isn't acknowledged yet. */
#include "commands/families.h"
#include "engine/server.h"
#include "stream_access.h"
#include "stream_args.h"
#include "stream_ids.h"
#include "telling.h"

static int64_t acknowledge(struct call *call, int first, int end, bool is_begin)
{
    struct edit edit;
    struct stream *stream;
    struct stream_group *group;
    struct stream_id id;
    int64_t count = 0;
    (void)is_begin;
    if (!call_group_edit_again(call, 1, 2, &edit, &stream, &group))
        return 0;
    for (int i = first; i < end; i++) {
        (void)parse_stream_id(call->argv[i], 0, &id);
        count += stream_pending_remove(stream, group, id);
    }
    if (count > 0)
        call_edited_unseen(call, &edit, NULL);
    return count;
}

static void cmd_xack(struct call *call)
{
    const struct stream *stream;
    if (!call_stream_peek(call, 1, &stream))
        return;
    if (stream && stream_group_find(stream, call->argv[2]))
        call_edit_ids(call, 3, acknowledge);
    else
        reply_int(call->reply, 0);
}

/* ---- XPENDING: an overview ---- */

static void reply_overview(struct reply *reply, const struct stream_group *group)
{
    struct stream_id first, last;
    reply_array(reply, 4);
    reply_int(reply, (int64_t)tree_count(&group->pending));
    if (!stream_pending_edges(&group->pending, &first, &last)) {
        reply_null(reply);
        reply_null(reply);
        reply_null_array(reply);
        return;
    }
    reply_stream_id(reply, first);
    reply_stream_id(reply, last);
    struct reply_mark later = reply_later(reply);
    size_t count = 0;
    for (size_t i = 0; i < group->consumer_count; i++) {
        const struct stream_consumer *consumer = group->consumers[i];
        if (tree_count(&consumer->pending) == 0)
            continue;
        reply_array(reply, 2);
        reply_bulk(reply, consumer->name);
        reply_bulk_int(reply, (int64_t)tree_count(&consumer->pending));
        count++;
    }
    reply_later_done(reply, later, '*', count);
}

/* ---- XPENDING: each ---- */

struct filter {
    int64_t min_idle_ms, count;
    struct stream_interval interval;
    int consumer; /* in argv; 0: of all */
};

static bool parse_filter(struct call *call, struct filter *filter)
{
    int first = 3;
    *filter = (struct filter){.min_idle_ms = 0};
    if (call_arg_is(call, 3, "IDLE")) {
        first = 5;
        if (!call_int(call, 4, &filter->min_idle_ms))
            return false;
        if (call->argc < 8) {
            call_syntax_error(call);
            return false;
        }
    }
    if (!call_int(call, first + 2, &filter->count) ||
        !call_stream_interval(call, first, first + 1, &filter->interval))
        return false;
    if (first + 3 < call->argc)
        filter->consumer = first + 3;
    return true;
}

struct listing {
    struct telling telling;
    const struct stream_group *group;
    struct filter filter;
    struct stream_pending_walk walk;
    int64_t now_ms;
    int64_t shown;
};

static void reply_one(struct reply *reply, const struct stream_group *group,
                      const struct stream_pending *pending, int64_t idle_ms)
{
    reply_array(reply, 4);
    reply_stream_id(reply, pending->id);
    reply_bulk(reply, stream_consumer_of(group, pending)->name);
    reply_int(reply, idle_ms);
    reply_int(reply, (int64_t)pending->deliveries);
}

static bool tell_next(struct telling *telling, struct reply *reply)
{
    struct listing *listing = LIST_ENTRY(telling, struct listing, telling);
    const struct filter *filter = &listing->filter;
    struct stream_pending pending;
    if (listing->shown >= filter->count || !stream_pending_walk_next(&listing->walk, &pending) ||
        stream_id_compare(pending.id, filter->interval.last) > 0)
        return false;
    (void)stream_pending_find(listing->group, pending.id, &pending);
    int64_t idle_ms = listing->now_ms > pending.delivered_ms ? listing->now_ms - pending.delivered_ms : 0;
    if (filter->min_idle_ms == 0 || idle_ms >= filter->min_idle_ms) {
        reply_one(reply, listing->group, &pending, idle_ms);
        listing->shown++;
    }
    return true;
}

static void tell_head(const struct telling *telling, struct reply *reply)
{
    reply_array(reply, (size_t)LIST_ENTRY(telling, struct listing, telling)->shown);
}

/* Of the stream, what is pending in its group, or for one consumer. */
static void begin_listing(struct listing *listing, const struct call *call, const struct stream *stream,
                          const struct filter *filter)
{
    const struct stream_group *group = stream_group_find(stream, call->argv[2]);
    const struct tree *tree = &group->pending;
    if (filter->consumer)
        tree = &stream_consumer_find(group, call->argv[filter->consumer])->pending;
    listing->group = group;
    listing->filter = *filter;
    listing->now_ms = call->server->clock.wall_ms;
    stream_pending_walk_begin(&listing->walk, tree, filter->interval.first);
}

static void list_in_steps(struct call *call, const struct filter *filter)
{
    struct listing *listing = telling_new(call, sizeof *listing, VALUE_STREAM, 1);
    listing->telling.tell = tell_next;
    listing->telling.head = tell_head;
    begin_listing(listing, call, stream_of(&listing->telling.held.collection), filter);
    telling_run(call, &listing->telling);
}

static void list_at_once(struct call *call, const struct stream *stream, const struct filter *filter)
{
    struct listing listing = {.shown = 0};
    struct reply_mark later = reply_later(call->reply);
    begin_listing(&listing, call, stream, filter);
    while (tell_next(&listing.telling, call->reply)) {
    }
    reply_later_done(call->reply, later, '*', (size_t)listing.shown);
}

/* Who filters by time may have to look at all. */
static bool is_short(const struct stream_group *group, const struct filter *filter)
{
    return tree_count(&group->pending) <= TOLD_AT_ONCE ||
           (filter->min_idle_ms == 0 && filter->count <= TOLD_AT_ONCE);
}

static void cmd_xpending(struct call *call)
{
    const struct stream *stream;
    const struct stream_group *group;
    struct filter filter = {.count = 0};
    if (call->argc != 3 && (call->argc < 6 || call->argc > 9)) {
        call_syntax_error(call);
        return;
    }
    if ((call->argc > 3 && !parse_filter(call, &filter)) || !call_group(call, &stream, &group))
        return;
    if (call->argc == 3)
        reply_overview(call->reply, group);
    else if (filter.consumer && !stream_consumer_find(group, call->argv[filter.consumer]))
        reply_array(call->reply, 0);
    else if (is_short(group, &filter))
        list_at_once(call, stream, &filter);
    else
        list_in_steps(call, &filter);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};
static const struct command_history pending_history[] = {
    {"6.2.0", "Added the `IDLE` option and exclusive range intervals."},
    {NULL, NULL},
};

static const struct command stream_pending_commands[] = {
    {
        .name = "xack",
        .run = cmd_xack,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1) for each message ID processed.",
        .summary = "Returns the number of messages that were successfully acknowledged by the consumer group "
                   "member of a stream.",
        .synopsis = "key group id...",
    },
    {
        .name = "xpending",
        .run = cmd_xpending,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "stream",
        .since = "5.0.0",
        .complexity =
            "O(N) with N being the number of elements returned, so asking for a small fixed number of "
            "entries per call is O(1). O(M), where M is the total number of entries scanned when "
            "used with the IDLE filter. When the command returns just the summary and the list of "
            "consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for "
            "iterating every consumer.",
        .summary = "Returns the information and entries from a stream consumer group's pending entries list.",
        .synopsis = "key group [filters([IDLE min-idle-time:integer{since=6.2.0}] start end count:integer "
                    "[consumer])]",
        .history = pending_history,
        .tips = nondeterministic_tips,
    },
    {0},
};

const struct command_family stream_pending_family = {.name = "stream", .commands = stream_pending_commands};
