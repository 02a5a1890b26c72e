/* SPDX-License-Identifier: BSD-3-Clause */
/* XINFO: what is known of a stream, its groups and their consumers. */
#include "commands/families.h"
#include "engine/server.h"
#include "stream_access.h"
#include "telling.h"

/* The stream at argv[2]; NULL, having replied, when there is none. */
static const struct stream *find(struct call *call)
{
    const struct stream *stream;
    if (!call_stream(call, 2, &stream))
        return NULL;
    if (!stream)
        call_error(call, ERR_NO_SUCH_KEY);
    return stream;
}

static void reply_name(struct reply *reply, const char *name)
{
    reply_bulk_text(reply, name);
}

static void reply_figure(struct reply *reply, const char *name, uint64_t figure)
{
    reply_name(reply, name);
    reply_int(reply, (int64_t)figure);
}

static void reply_id(struct reply *reply, const char *name, struct stream_id id)
{
    reply_name(reply, name);
    reply_stream_id(reply, id);
}

/* How far a group has read, and how much it has before it. */
static void reply_progress(struct reply *reply, const struct stream *stream, const struct stream_group *group)
{
    int64_t lag;
    reply_name(reply, "entries-read");
    if (group->entries_read == STREAM_READ_UNKNOWN)
        reply_null(reply);
    else
        reply_int(reply, group->entries_read);
    reply_name(reply, "lag");
    if (stream_group_lag(group, stream, &lag))
        reply_int(reply, lag);
    else
        reply_null(reply);
}

/* ---- XINFO STREAM ---- */

static void reply_facts(struct reply *reply, const struct stream *stream)
{
    reply_figure(reply, "length", stream->length);
    reply_figure(reply, "radix-tree-keys", stream->node_count);
    reply_figure(reply, "radix-tree-nodes", stream_radix_nodes(stream));
    reply_id(reply, "last-generated-id", stream->last);
    reply_id(reply, "max-deleted-entry-id", stream->max_deleted);
    reply_figure(reply, "entries-added", stream->entries_added);
    reply_id(reply, "recorded-first-entry-id", stream->first);
}

/* The first or the last one. */
static void reply_edge(struct reply *reply, const struct stream *stream, bool is_last)
{
    struct stream_walk walk;
    struct stream_entry entry;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, is_last);
    if (stream_walk_next(&walk, &entry))
        reply_stream_entry(reply, entry);
    else
        reply_null(reply);
}

static void reply_in_short(struct reply *reply, const struct stream *stream)
{
    reply_map(reply, 10);
    reply_facts(reply, stream);
    reply_figure(reply, "groups", stream_group_count(stream));
    reply_name(reply, "first-entry");
    reply_edge(reply, stream, false);
    reply_name(reply, "last-entry");
    reply_edge(reply, stream, true);
}

/* ---- XINFO STREAM FULL ---- */

/* One list after the other: the entries; what is pending in each group, and for each of its consumers. */
struct full_telling {
    struct telling telling;
    const struct stream *stream;
    uint64_t count; /* of each list that many, from its begin; 0: all */
    uint64_t left;  /* of the current list */
    struct stream_walk entries;
    struct stream_pending_walk pending;
    const struct stream_group *group; /* whose list it is; NULL: of entries */
    size_t group_index, consumer_index;
    bool is_of_group; /* not of one of its consumers */
};

static uint64_t shown_of(const struct full_telling *full, uint64_t all)
{
    return full->count == 0 || full->count > all ? all : full->count;
}

static void begin_pending(struct full_telling *full, struct reply *reply, const struct tree *tree)
{
    full->left = shown_of(full, tree_count(tree));
    reply_figure(reply, "pel-count", tree_count(tree));
    reply_name(reply, "pending");
    reply_array(reply, full->left);
    stream_pending_walk_begin(&full->pending, tree, STREAM_ID_MIN);
}

static void begin_consumer(struct full_telling *full, struct reply *reply)
{
    const struct stream_consumer *consumer = full->group->consumers[full->consumer_index++];
    full->is_of_group = false;
    reply_map(reply, 5);
    reply_name(reply, "name");
    reply_bulk(reply, consumer->name);
    reply_name(reply, "seen-time");
    reply_int(reply, consumer->seen_ms);
    reply_name(reply, "active-time");
    reply_int(reply, consumer->active_ms);
    begin_pending(full, reply, &consumer->pending);
}

static void begin_group(struct full_telling *full, struct reply *reply)
{
    const struct stream_group *group = stream_group_at(full->stream, full->group_index++);
    full->group = group;
    full->is_of_group = true;
    full->consumer_index = 0;
    reply_map(reply, 7);
    reply_name(reply, "name");
    reply_bulk(reply, group->name);
    reply_id(reply, "last-delivered-id", group->last);
    reply_progress(reply, full->stream, group);
    begin_pending(full, reply, &group->pending);
}

/* False when that was the last list. */
static bool begin_next(struct full_telling *full, struct reply *reply)
{
    size_t group_count = stream_group_count(full->stream);
    if (!full->group) {
        reply_name(reply, "groups");
        reply_array(reply, group_count);
    } else if (full->is_of_group) {
        reply_name(reply, "consumers");
        reply_array(reply, full->group->consumer_count);
    }
    if (full->group && full->consumer_index < full->group->consumer_count)
        begin_consumer(full, reply);
    else if (full->group_index < group_count)
        begin_group(full, reply);
    else
        return false;
    return true;
}

static void tell_pending(struct full_telling *full, struct reply *reply)
{
    struct stream_pending pending;
    (void)stream_pending_walk_next(&full->pending, &pending);
    (void)stream_pending_find(full->group, pending.id, &pending);
    reply_array(reply, full->is_of_group ? 4 : 3);
    reply_stream_id(reply, pending.id);
    if (full->is_of_group)
        reply_bulk(reply, stream_consumer_of(full->group, &pending)->name);
    reply_int(reply, pending.delivered_ms);
    reply_int(reply, (int64_t)pending.deliveries);
}

static bool tell_next(struct telling *telling, struct reply *reply)
{
    struct full_telling *full = LIST_ENTRY(telling, struct full_telling, telling);
    struct stream_entry entry;
    if (full->left == 0)
        return begin_next(full, reply);
    full->left--;
    if (full->group)
        tell_pending(full, reply);
    else if (stream_walk_next(&full->entries, &entry))
        reply_stream_entry(reply, entry);
    return true;
}

static void reply_fully(struct call *call, uint64_t count)
{
    struct full_telling *full = telling_new(call, sizeof *full, VALUE_STREAM, 2);
    full->telling.tell = tell_next;
    full->stream = full->telling.held.value.large->stream;
    full->count = count;
    full->left = shown_of(full, full->stream->length);
    stream_walk_begin(&full->entries, full->stream, STREAM_ID_MIN, STREAM_ID_MAX, false);
    reply_map(call->reply, 9);
    reply_facts(call->reply, full->stream);
    reply_name(call->reply, "entries");
    reply_array(call->reply, full->left);
    telling_run(call, &full->telling);
}

static void cmd_xinfo_stream(struct call *call)
{
    const struct stream *stream = find(call);
    int64_t count = 10;
    if (!stream)
        return;
    if (call->argc == 3) {
        reply_in_short(call->reply, stream);
        return;
    }
    bool has_count = call->argc == 6 && call_arg_is(call, 4, "COUNT");
    if (!call_arg_is(call, 3, "FULL") || (call->argc > 4 && !has_count)) {
        call_subcommand_error(call);
        return;
    }
    if (has_count && !call_int(call, 5, &count))
        return;
    reply_fully(call, count < 0 ? 10 : (uint64_t)count);
}

/* ---- groups and consumers ---- */

static void cmd_xinfo_groups(struct call *call)
{
    const struct stream *stream = find(call);
    struct reply *reply = call->reply;
    if (!stream)
        return;
    reply_array(reply, stream_group_count(stream));
    for (size_t i = 0; i < stream_group_count(stream); i++) {
        const struct stream_group *group = stream_group_at(stream, i);
        reply_map(reply, 6);
        reply_name(reply, "name");
        reply_bulk(reply, group->name);
        reply_figure(reply, "consumers", group->consumer_count);
        reply_figure(reply, "pending", tree_count(&group->pending));
        reply_id(reply, "last-delivered-id", group->last);
        reply_progress(reply, stream, group);
    }
}

static void reply_consumer(struct call *call, const struct stream_consumer *consumer)
{
    struct reply *reply = call->reply;
    int64_t now_ms = call->server->clock.wall_ms, idle_ms = now_ms - consumer->seen_ms;
    reply_map(reply, 4);
    reply_name(reply, "name");
    reply_bulk(reply, consumer->name);
    reply_figure(reply, "pending", tree_count(&consumer->pending));
    reply_name(reply, "idle");
    reply_int(reply, idle_ms > 0 ? idle_ms : 0);
    reply_name(reply, "inactive");
    reply_int(reply, consumer->active_ms >= 0 ? now_ms - consumer->active_ms : -1);
}

static void cmd_xinfo_consumers(struct call *call)
{
    const struct stream *stream = find(call);
    if (!stream)
        return;
    const struct stream_group *group = stream_group_find(stream, call->argv[3]);
    if (!group) {
        struct bytes key = call->argv[2], name = call->argv[3];
        call_error_format(call, "NOGROUP No such consumer group '%.*s' for key name '%.*s'", (int)name.len,
                          name.data, (int)key.len, key.data);
        return;
    }
    reply_array(call->reply, group->consumer_count);
    for (size_t i = 0; i < group->consumer_count; i++)
        reply_consumer(call, group->consumers[i]);
}

static void cmd_xinfo_help(struct call *call)
{
    static const char *const lines[] = {
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.",
        NULL,
    };
    call_help(call, lines);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};
static const struct command_history consumers_history[] = {
    {"7.2.0", "Added the `inactive` field, and changed the meaning of `idle`."},
    {NULL, NULL},
};
static const struct command_history groups_history[] = {
    {"7.0.0", "Added the `entries-read` and `lag` fields"},
    {NULL, NULL},
};
static const struct command_history stream_history[] = {
    {"6.0.0", "Added the `FULL` modifier."},
    {"7.0.0",
     "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and "
     "`lag` fields"},
    {"7.2.0", "Added the `active-time` field, and changed the meaning of `seen-time`."},
    {NULL, NULL},
};

static const struct command subcommands[] = {
    {
        .name = "consumers",
        .run = cmd_xinfo_consumers,
        .arity = 4,
        .flags = COMMAND_READONLY,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RO | KEY_ACCESS)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns a list of the consumers in a consumer group.",
        .synopsis = "key group",
        .history = consumers_history,
        .tips = nondeterministic_tips,
    },
    {
        .name = "groups",
        .run = cmd_xinfo_groups,
        .arity = 3,
        .flags = COMMAND_READONLY,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RO | KEY_ACCESS)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns a list of the consumer groups of a stream.",
        .synopsis = "key",
        .history = groups_history,
    },
    {
        .name = "help",
        .run = cmd_xinfo_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_STREAM,
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "stream",
        .run = cmd_xinfo_stream,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RO | KEY_ACCESS)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns information about a stream.",
        .synopsis = "key [FULL full-block([COUNT count:integer])]",
        .history = stream_history,
    },
    {0},
};

static const struct command stream_info_commands[] = {
    {
        .name = "xinfo",
        .arity = -2,
        .group = "stream",
        .since = "5.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for stream introspection commands.",
        .subcommands = subcommands,
    },
    {0},
};

const struct command_family stream_info_family = {.name = "stream", .commands = stream_info_commands};
