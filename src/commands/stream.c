/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of streams: appended, counted, deleted, trimmed. */
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "stream_access.h"
#include "stream_args.h"
#include "stream_ids.h"

/* ---- trimming ---- */

static uint64_t trim(struct call *call, struct stream *stream, const struct stream_trim_args *args)
{
    struct tree cut;
    uint64_t removed = stream_trim(stream, &args->trim, &cut);
    release_trimmed(call, &cut);
    return removed;
}

struct threshold_text {
    struct stream_id_text id;
    char digits[NUMBER_I64_SIZE];
};

/* What to trim to so that exactly what is left stays. */
static struct bytes threshold_text(struct threshold_text *text, const struct stream *stream,
                                   const struct stream_trim_args *args)
{
    if (args->trim.is_by_id)
        return stream_id_text(&text->id, stream->length > 0 ? stream->first : STREAM_ID_MAX);
    return bytes_make(text->digits, print_u64(text->digits, stream->length));
}

enum { NO_ID = -1 };

/* Puts what was found out in place of what was asked for: the ID, and how much was trimmed. `id_index` is
 * NO_ID where there is none. */
static void record_exactly(struct call *call, const struct stream *stream,
                           const struct stream_trim_args *args, int id_index, struct bytes id)
{
    struct threshold_text text;
    if (!call->server->journal.is_on)
        return;
    struct bytes *argv = mem_alloc((size_t)call->argc * sizeof *argv);
    int argc = 0;
    for (int i = 0; i < call->argc; i++) {
        argv[argc++] = i == id_index ? id : call->argv[i];
        if (!args->is_approximate)
            continue;
        if (i == args->threshold - 1)
            argv[argc - 1] = BYTES("=");
        else if (i == args->threshold)
            argv[argc - 1] = threshold_text(&text, stream, args);
        else if (i != id_index && call_arg_is(call, i, "LIMIT") && (id_index == NO_ID || i < id_index)) {
            argc--;
            i++;
        }
    }
    call_record(call, argc, argv);
    mem_free(argv);
}

static void cmd_xtrim(struct call *call)
{
    struct stream_trim_args args;
    struct edit edit;
    struct stream *stream;
    if (!call_stream_args(call, &args, NULL) || !call_entries_edit(call, &edit, &stream))
        return;
    uint64_t removed = stream ? trim(call, stream, &args) : 0;
    if (removed > 0) {
        call_edited(call, &edit, "xtrim");
        if (args.is_approximate)
            record_exactly(call, stream, &args, NO_ID, (struct bytes){0});
    }
    reply_int(call->reply, (int64_t)removed);
}

/* ---- XADD ---- */

/* Only the time is given: the sequence goes on. */
static bool next_sequence(struct stream_id last, struct stream_id *id)
{
    if (last.ms != id->ms)
        return true;
    id->sequence = last.sequence + 1;
    return last.sequence < UINT64_MAX;
}

static void next_id(const struct call *call, struct stream_id last, struct stream_id *id)
{
    uint64_t now_ms = (uint64_t)call->server->clock.wall_ms;
    *id = (struct stream_id){now_ms, 0};
    if (now_ms <= last.ms) {
        *id = last;
        (void)stream_id_next(id);
    }
}

/* The ID that the entry gets; false, having replied, when it can't be. */
static bool choose_id(struct call *call, const struct stream *stream, const struct stream_add_args *args,
                      struct stream_id *id)
{
    struct stream_id last = stream ? stream->last : STREAM_ID_MIN;
    bool is_good = true;
    *id = args->id;
    if (stream_id_compare(last, STREAM_ID_MAX) == 0) {
        call_error_format(call,
                          "ERR The stream has exhausted the last possible ID, unable to add more items");
        return false;
    }
    if (!args->has_ms)
        next_id(call, last, id);
    else if (!args->has_sequence)
        is_good = next_sequence(last, id);
    if (is_good && stream_id_compare(*id, last) > 0)
        return true;
    call_error_format(call, "ERR The ID specified in XADD is equal or smaller than the target stream top "
                            "item");
    return false;
}

static bool fields_are_good(struct call *call, const struct stream_add_args *add)
{
    int first = add->id_index + 1;
    if (add->id_index == 0 || call->argc - first < 2 || (call->argc - first) % 2 != 0) {
        call_arity_error(call);
        return false;
    }
    if (add->has_sequence && stream_id_is_zero(add->id)) {
        call_error_format(call, "ERR The ID specified in XADD must be greater than 0-0");
        return false;
    }
    return true;
}

static void add_entry(struct call *call, struct edit *edit, struct stream_id id,
                      const struct stream_add_args *add, const struct stream_trim_args *trimmed)
{
    struct stream *stream = edit_make_stream(edit);
    struct stream_id_text text;
    int first = add->id_index + 1;
    stream_append(stream, id, call->argv + first, (size_t)(call->argc - first) / 2, &edit->value.limits);
    uint64_t removed = trimmed->is_given ? trim(call, stream, trimmed) : 0;
    call_edited(call, edit, "xadd");
    if (removed > 0)
        call_notify(call, call->keyspace, edit->key, EVENT_STREAM, "xtrim");
    struct bytes shown = stream_id_text(&text, id);
    reply_bulk(call->reply, shown);
    if (!add->has_sequence || trimmed->is_approximate)
        record_exactly(call, stream, trimmed, add->id_index, shown);
}

static void cmd_xadd(struct call *call)
{
    struct stream_trim_args trimmed;
    struct stream_add_args add;
    struct stream_id id;
    struct edit edit;
    struct stream *stream;
    if (!call_stream_args(call, &trimmed, &add) || !fields_are_good(call, &add) ||
        !call_entries_edit(call, &edit, &stream))
        return;
    if (edit.is_new && add.makes_no_stream) {
        reply_null(call->reply);
        return;
    }
    if (choose_id(call, stream, &add, &id))
        add_entry(call, &edit, id, &add, &trimmed);
}

/* ---- XLEN, XDEL ---- */

static void cmd_xlen(struct call *call)
{
    const struct stream *stream;
    if (call_stream(call, 1, &stream))
        reply_int(call->reply, stream ? (int64_t)stream->length : 0);
}

static int64_t delete_entries(struct call *call, int first, int end, bool is_begin)
{
    struct edit edit;
    struct stream *stream;
    struct stream_id id;
    int64_t removed = 0;
    if (!call_stream_edit_again(call, 1, &edit, &stream))
        return 0;
    for (int i = first; i < end; i++) {
        (void)parse_stream_id(call->argv[i], 0, &id);
        removed += stream_delete(stream, id);
    }
    if (removed > 0)
        call_edited(call, &edit, is_begin ? "xdel" : NULL);
    return removed;
}

static void cmd_xdel(struct call *call)
{
    const struct stream *stream;
    if (!call_stream_peek(call, 1, &stream) || (stream && !call_has_room(call, 2 * stream->chunk_size_max)))
        return;
    if (stream)
        call_edit_ids(call, 2, delete_entries);
    else
        reply_int(call->reply, 0);
}

/* ---- XSETID ---- */

struct facts {
    struct stream_id last, max_deleted;
    int64_t entries_added; /* -1: as it was */
};

static bool parse_entries_added(struct call *call, int index, struct facts *facts)
{
    if (!call_int(call, index, &facts->entries_added))
        return false;
    if (facts->entries_added >= 0)
        return true;
    call_error_format(call, "ERR entries_added must be positive");
    return false;
}

static bool parse_max_deleted(struct call *call, int index, struct facts *facts)
{
    if (!call_stream_id(call, index, 0, &facts->max_deleted))
        return false;
    if (stream_id_compare(facts->last, facts->max_deleted) >= 0)
        return true;
    call_error_format(call, "ERR The ID specified in XSETID is smaller than the provided "
                            "max_deleted_entry_id");
    return false;
}

static bool parse_facts(struct call *call, struct facts *facts)
{
    *facts = (struct facts){.entries_added = -1};
    if (!call_stream_id(call, 2, 0, &facts->last))
        return false;
    for (int i = 3; i < call->argc; i += 2) {
        bool has_more = i + 1 < call->argc;
        if (has_more && call_arg_is(call, i, "ENTRIESADDED")) {
            if (!parse_entries_added(call, i + 1, facts))
                return false;
        } else if (has_more && call_arg_is(call, i, "MAXDELETEDID")) {
            if (!parse_max_deleted(call, i + 1, facts))
                return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* Why they can't be those of the stream; NULL when they can. */
static const char *objection_to(const struct facts *facts, const struct stream *stream)
{
    struct stream_id last;
    if (stream_id_compare(facts->last, stream->max_deleted) < 0)
        return "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
    if (!stream_last_id(stream, &last))
        return NULL;
    if (stream_id_compare(facts->last, last) < 0)
        return "ERR The ID specified in XSETID is smaller than the target stream top item";
    if (facts->entries_added != -1 && stream->length > (uint64_t)facts->entries_added)
        return "ERR The entries_added specified in XSETID is smaller than the target stream length";
    return NULL;
}

static void cmd_xsetid(struct call *call)
{
    struct facts facts;
    struct stream *stream;
    struct edit edit;
    if (!parse_facts(call, &facts) || !call_stream_edit(call, 1, &edit, &stream))
        return;
    if (!stream) {
        call_error(call, ERR_NO_SUCH_KEY);
        return;
    }
    const char *objection = objection_to(&facts, stream);
    if (objection) {
        call_error_format(call, "%s", objection);
        return;
    }
    stream->last = facts.last;
    if (facts.entries_added != -1)
        stream->entries_added = (uint64_t)facts.entries_added;
    if (!stream_id_is_zero(facts.max_deleted))
        stream->max_deleted = facts.max_deleted;
    call_edited_unseen(call, &edit, "xsetid");
    reply_ok(call->reply);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};

static const struct command_history xadd_history[] = {
    {"6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."},
    {"7.0.0", "Added support for the `<ms>-*` explicit ID form."},
    {NULL, NULL},
};
static const struct command_history xtrim_history[] = {
    {"6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option."},
    {NULL, NULL},
};
static const struct command_history xsetid_history[] = {
    {"7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments."},
    {NULL, NULL},
};

#define TRIM_SYNOPSIS                                                                                 \
    "trim(strategy<MAXLEN | MINID{since=6.2.0}> [operator<equal='=' | approximately='~'>] threshold " \
    "[LIMIT count:integer{since=6.2.0}])"

static const struct command stream_commands[] = {
    {
        .name = "xadd",
        .run = cmd_xadd,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {{.flags = KEY_RW | KEY_UPDATE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .step = 1,
                  .notes = "UPDATE instead of INSERT because of the optional trimming feature"}},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of entries "
                      "evicted.",
        .summary = "Appends a new message to a stream. Creates the key if it doesn't exist.",
        .synopsis = "key [NOMKSTREAM{since=6.2.0}] [" TRIM_SYNOPSIS
                    "] id-selector<auto-id='*' | id> data(field value)...",
        .history = xadd_history,
        .tips = nondeterministic_tips,
    },
    {
        .name = "xlen",
        .run = cmd_xlen,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Return the number of messages in a stream.",
        .synopsis = "key",
    },
    {
        .name = "xdel",
        .run = cmd_xdel,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
        .summary = "Returns the number of messages after removing them from a stream.",
        .synopsis = "key id...",
    },
    {
        .name = "xtrim",
        .run = cmd_xtrim,
        .arity = -4,
        .flags = COMMAND_WRITE,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(N), with N being the number of evicted entries. Constant times are very small "
                      "however, since entries are organized in macro nodes containing multiple entries that "
                      "can be released with a single deallocation.",
        .summary = "Deletes messages from the beginning of a stream.",
        .synopsis = "key " TRIM_SYNOPSIS,
        .history = xtrim_history,
        .tips = nondeterministic_tips,
    },
    {
        .name = "xsetid",
        .run = cmd_xsetid,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "An internal command for replicating stream values.",
        .synopsis = "key last-id [ENTRIESADDED entries-added:integer{since=7.0.0}] "
                    "[MAXDELETEDID max-deleted-id{since=7.0.0}]",
        .history = xsetid_history,
    },
    {0},
};

const struct command_family stream_family = {.name = "stream", .commands = stream_commands};
