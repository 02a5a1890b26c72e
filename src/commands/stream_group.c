/* SPDX-License-Identifier: BSD-3-Clause */
/* XGROUP: groups and consumers are made, set and removed. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/blocking.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "stream_access.h"
#include "stream_args.h"

/* ---- options and the stream ---- */

struct group_options {
    bool makes_stream;
    int64_t entries_read;
};

static bool parse_entries_read(struct call *call, int index, struct group_options *options)
{
    if (!call_int(call, index, &options->entries_read))
        return false;
    if (options->entries_read >= 0 || options->entries_read == STREAM_READ_UNKNOWN)
        return true;
    call_error_format(call, "ERR value for ENTRIESREAD must be positive or -1");
    return false;
}

static bool parse_options(struct call *call, bool may_make_stream, struct group_options *options)
{
    *options = (struct group_options){.entries_read = STREAM_READ_UNKNOWN};
    for (int i = 5; i < call->argc; i++) {
        if (may_make_stream && call_arg_is(call, i, "MKSTREAM")) {
            options->makes_stream = true;
        } else if (i + 1 < call->argc && call_arg_is(call, i, "ENTRIESREAD")) {
            if (!parse_entries_read(call, ++i, options))
                return false;
        } else {
            call_subcommand_error(call);
            return false;
        }
    }
    return true;
}

/* The stream at argv[2]; false, having replied, when there is none (but it may be missing). */
static bool begin(struct call *call, bool may_be_missing, struct edit *edit, struct stream **stream)
{
    if (!call_stream_edit(call, 2, edit, stream))
        return false;
    if (*stream || may_be_missing)
        return true;
    call_error_format(call,
                      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may "
                      "want to use the MKSTREAM option to create an empty stream automatically.");
    return false;
}

/* And its group argv[3]. */
static bool begin_group(struct call *call, struct edit *edit, struct stream **stream,
                        struct stream_group **group)
{
    if (!begin(call, false, edit, stream))
        return false;
    *group = stream_group_edit(*stream, call->argv[3]);
    if (*group)
        return true;
    struct bytes key = call->argv[2], name = call->argv[3];
    call_error_format(call, "NOGROUP No such consumer group '%.*s' for key name '%.*s'", (int)name.len,
                      name.data, (int)key.len, key.data);
    return false;
}

static bool parse_id(struct call *call, const struct stream *stream, bool may_be_any, struct stream_id *id)
{
    if (!bytes_is(call->argv[4], "$"))
        return may_be_any ? call_stream_any_id(call, 4, id) : call_stream_id(call, 4, 0, id);
    *id = stream ? stream->last : STREAM_ID_MIN;
    return true;
}

static bool count_is_good(struct call *call, bool is_good)
{
    if (!is_good)
        call_subcommand_error(call);
    return is_good;
}

/* ---- groups ---- */

static void cmd_xgroup_create(struct call *call)
{
    enum { ARGUMENTS_MAX = 8 };
    struct group_options options;
    struct edit edit;
    struct stream *stream;
    struct stream_id id;
    if (!parse_options(call, true, &options) || !begin(call, options.makes_stream, &edit, &stream) ||
        !count_is_good(call, call->argc <= ARGUMENTS_MAX) || !parse_id(call, stream, false, &id))
        return;
    if (stream && stream_group_find(stream, call->argv[3])) {
        call_error_format(call, "BUSYGROUP Consumer Group name already exists");
        return;
    }
    (void)stream_group_add(edit_make_stream(&edit), call->argv[3], id, options.entries_read);
    if (edit.is_new)
        call_edited(call, &edit, "xgroup-create");
    else
        call_edited_unseen(call, &edit, "xgroup-create");
    reply_ok(call->reply);
}

static void cmd_xgroup_setid(struct call *call)
{
    struct group_options options;
    struct edit edit;
    struct stream *stream;
    struct stream_group *group;
    struct stream_id id;
    if (!parse_options(call, false, &options) || !begin_group(call, &edit, &stream, &group) ||
        !count_is_good(call, call->argc == 5 || call->argc == 7) || !parse_id(call, stream, true, &id))
        return;
    group->last = id;
    group->entries_read = options.entries_read;
    call_edited_unseen(call, &edit, "xgroup-setid");
    reply_ok(call->reply);
}

/* Who waits for the group is told that it is gone. */
static void cmd_xgroup_destroy(struct call *call)
{
    struct edit edit;
    struct stream *stream;
    if (!begin(call, false, &edit, &stream))
        return;
    struct large *cut = large_new(VALUE_STREAM);
    bool was_there = stream_group_cut(stream, call->argv[3], cut->stream);
    store_release_value(call->server->store, (struct value){.type = VALUE_STREAM, .large = cut});
    if (was_there) {
        call_edited_unseen(call, &edit, "xgroup-destroy");
        blocking_key_changed(&call->server->blocking, call->keyspace, call->argv[2]);
    }
    reply_int(call->reply, was_there);
}

/* ---- consumers ---- */

static void cmd_xgroup_createconsumer(struct call *call)
{
    struct edit edit;
    struct stream *stream;
    struct stream_group *group;
    if (!begin_group(call, &edit, &stream, &group))
        return;
    bool is_new = stream_consumer_add(stream, group, call->argv[4], call->server->clock.wall_ms);
    if (is_new)
        call_edited_unseen(call, &edit, "xgroup-createconsumer");
    reply_int(call->reply, is_new);
}

static void delete_consumer(struct call *call)
{
    struct edit edit;
    struct stream *stream;
    struct stream_group *group;
    uint64_t pending = 0;
    if (!begin_group(call, &edit, &stream, &group))
        return;
    struct stream_consumer *consumer = stream_consumer_find(group, call->argv[4]);
    if (consumer) {
        pending = stream_consumer_remove(stream, group, consumer);
        call_edited_unseen(call, &edit, "xgroup-delconsumer");
    }
    reply_int(call->reply, (int64_t)pending);
}

/* Much is pending for it: that is taken out beside the stream, of nodes that both share, and what is left
 * put in the stream's place in the end. */
struct deletion {
    struct long_work work;
    struct store *store;
    struct held_collection before;
    struct large *after;
    struct stream_group *group; /* of `after`, as is the consumer */
    struct stream_consumer *consumer;
    uint64_t pending;
};

enum { PENDING_AT_ONCE = 1000, PENDING_A_STEP = 64 };

static bool step_deletion(struct long_work *work)
{
    struct deletion *deletion = LIST_ENTRY(work, struct deletion, work);
    struct stream_id first, last;
    for (int i = 0; i < PENDING_A_STEP; i++) {
        if (!stream_pending_edges(&deletion->consumer->pending, &first, &last))
            return true;
        (void)stream_pending_remove(deletion->after->stream, deletion->group, last);
    }
    return false;
}

static void finish_deletion(struct call *call, struct long_work *work)
{
    struct deletion *deletion = LIST_ENTRY(work, struct deletion, work);
    struct edit edit;
    if (!is_held_collection(&deletion->before, keyspace_peek(call->keyspace, call_key(call, 2))) ||
        !call_edit(call, call_key(call, 2), VALUE_STREAM, &edit)) {
        delete_consumer(call);
        return;
    }
    (void)stream_consumer_remove(deletion->after->stream, deletion->group, deletion->consumer);
    struct stream *former = edit.value.large->stream;
    edit.value.large->stream = deletion->after->stream;
    deletion->after->stream = former;
    call_edited_unseen(call, &edit, "xgroup-delconsumer");
    reply_int(call->reply, (int64_t)deletion->pending);
}

static void free_deletion(struct long_work *work)
{
    struct deletion *deletion = LIST_ENTRY(work, struct deletion, work);
    release_collection(&deletion->before, deletion->store);
    store_release_value(deletion->store, (struct value){.type = VALUE_STREAM, .large = deletion->after});
    mem_free(deletion);
}

static void delete_in_steps(struct call *call, uint64_t pending)
{
    struct deletion *deletion = mem_zalloc(sizeof *deletion);
    deletion->work = (struct long_work){
        .step = step_deletion, .finish = finish_deletion, .free = free_deletion, .changes_data = true};
    deletion->store = call->server->store;
    deletion->pending = pending;
    hold_collection(&deletion->before, VALUE_STREAM, keyspace_peek(call->keyspace, call_key(call, 2)));
    deletion->after = large_hold(deletion->before.collection.large);
    deletion->group = stream_group_edit(deletion->after->stream, call->argv[3]);
    deletion->consumer = stream_consumer_find(deletion->group, call->argv[4]);
    long_work_run(call, &deletion->work);
}

static void cmd_xgroup_delconsumer(struct call *call)
{
    const struct stream *stream;
    if (!call_stream(call, 2, &stream))
        return;
    const struct stream_group *group = stream ? stream_group_find(stream, call->argv[3]) : NULL;
    const struct stream_consumer *consumer = group ? stream_consumer_find(group, call->argv[4]) : NULL;
    uint64_t pending = consumer ? tree_count(&consumer->pending) : 0;
    if (pending > PENDING_AT_ONCE)
        delete_in_steps(call, pending);
    else
        delete_consumer(call);
}

static void cmd_xgroup_help(struct call *call)
{
    static const char *const lines[] = {
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.",
        NULL,
    };
    call_help(call, lines);
}

/* ---- rows ---- */

static const struct command_history create_history[] = {
    {"7.0.0", "Added the `entries_read` named argument."},
    {NULL, NULL},
};
static const struct command_history setid_history[] = {
    {"7.0.0", "Added the optional `entries_read` argument."},
    {NULL, NULL},
};

static const struct command subcommands[] = {
    {
        .name = "create",
        .run = cmd_xgroup_create,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Creates a consumer group.",
        .synopsis = "key group id-selector<id | new-id='$'> [MKSTREAM] [ENTRIESREAD entries-read:integer]",
        .history = create_history,
    },
    {
        .name = "createconsumer",
        .run = cmd_xgroup_createconsumer,
        .arity = 5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "stream",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Creates a consumer in a consumer group.",
        .synopsis = "key group consumer",
    },
    {
        .name = "delconsumer",
        .run = cmd_xgroup_delconsumer,
        .arity = 5,
        .flags = COMMAND_WRITE,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RW | KEY_DELETE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Deletes a consumer from a consumer group.",
        .synopsis = "key group consumer",
    },
    {
        .name = "destroy",
        .run = cmd_xgroup_destroy,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RW | KEY_DELETE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(N) where N is the number of entries in the group's pending entries list (PEL).",
        .summary = "Destroys a consumer group.",
        .synopsis = "key group",
    },
    {
        .name = "help",
        .run = cmd_xgroup_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_STREAM,
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "setid",
        .run = cmd_xgroup_setid,
        .arity = -5,
        .flags = COMMAND_WRITE,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(2, KEY_RW | KEY_UPDATE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Sets the last-delivered ID of a consumer group.",
        .synopsis = "key group id-selector<id | new-id='$'> [ENTRIESREAD entriesread:integer]",
        .history = setid_history,
    },
    {0},
};

static const struct command stream_group_commands[] = {
    {
        .name = "xgroup",
        .arity = -2,
        .group = "stream",
        .since = "5.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for consumer groups commands.",
        .subcommands = subcommands,
    },
    {0},
};

const struct command_family stream_group_family = {.name = "stream", .commands = stream_group_commands};
