/* SPDX-License-Identifier: BSD-3-Clause */
/* XCLAIM and XAUTOCLAIM: what is pending goes over to another consumer. Each entry that does is recorded as
 * it is pending then; one that is gone from the stream is no longer pending. */
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "stream_access.h"
#include "stream_args.h"

/* Where entries go over to. */
struct claim {
    struct call *call;
    struct edit edit;
    struct stream *stream;
    struct stream_group *group;
    struct stream_consumer *consumer;
    struct stream_record record;
    int64_t now_ms;
    int64_t min_idle_ms;
    bool shows_ids;
    bool is_new;      /* the consumer is */
    bool has_changed; /* something besides */
};

/* ---- one entry ---- */

static void remove_gone(struct claim *claim, struct stream_id id)
{
    struct stream_id_text text;
    (void)stream_pending_remove(claim->stream, claim->group, id);
    call_record(
        claim->call, 4,
        (struct bytes[]){BYTES("XACK"), claim->record.key, claim->record.group, stream_id_text(&text, id)});
    claim->has_changed = true;
}

static bool is_idle(const struct claim *claim, const struct stream_pending *pending)
{
    return claim->min_idle_ms == 0 || claim->now_ms - pending->delivered_ms >= claim->min_idle_ms;
}

/* Replies with the entry, which is pending so from now on. */
static void take(struct claim *claim, const struct stream_entry *entry, struct stream_pending *pending)
{
    pending->consumer = claim->consumer->number;
    stream_pending_put(claim->stream, claim->group, pending);
    claim->consumer->active_ms = claim->now_ms;
    claim->has_changed = true;
    if (claim->shows_ids)
        reply_stream_id(claim->call->reply, entry->id);
    else
        reply_stream_entry(claim->call->reply, *entry);
    record_claim(claim->call, &claim->record, claim->group, pending);
}

/* ---- both commands ---- */

/* False, having replied. */
static bool begin(struct claim *claim)
{
    struct call *call = claim->call;
    claim->record = (struct stream_record){call->argv[1], call->argv[2], call->argv[3]};
    claim->now_ms = call->server->clock.wall_ms;
    return call_group_edit(call, &claim->edit, &claim->stream, &claim->group);
}

static void get_consumer(struct claim *claim)
{
    claim->consumer =
        call_get_consumer(claim->call, &claim->edit, claim->group, claim->record.consumer, &claim->is_new);
    if (claim->is_new)
        record_new_consumer(claim->call, &claim->record);
}

static void end(struct claim *claim)
{
    if (claim->is_new || claim->has_changed)
        call_edited_unseen(claim->call, &claim->edit, claim->is_new ? "xgroup-createconsumer" : NULL);
}

static bool parse_min_idle(struct claim *claim, const char *command)
{
    if (!parse_i64(claim->call->argv[4], &claim->min_idle_ms)) {
        call_error_format(claim->call, "ERR Invalid min-idle-time argument for %s", command);
        return false;
    }
    if (claim->min_idle_ms < 0)
        claim->min_idle_ms = 0;
    return true;
}

/* ---- XCLAIM ---- */

struct claim_options {
    int ids_end; /* in argv */
    int64_t delivered_ms;
    int64_t deliveries; /* below 0: one more */
    bool is_forced;
    bool has_last;
    struct stream_id last;
};

static bool parse_number(struct call *call, int index, const char *option, int64_t *number)
{
    if (parse_i64(call->argv[index], number))
        return true;
    call_error_format(call, "ERR Invalid %s option argument for XCLAIM", option);
    return false;
}

static bool parse_last(struct call *call, int index, struct claim_options *options)
{
    options->has_last = true;
    return call_stream_id(call, index, 0, &options->last);
}

/* The time of delivery as it was, `idle_ms` before now; nonsense is that it is now. */
static int64_t delivered_before(int64_t now_ms, int64_t idle_ms)
{
    int64_t delivered_ms;
    return __builtin_sub_overflow(now_ms, idle_ms, &delivered_ms) ? now_ms : delivered_ms;
}

/* Takes the option at argv[index], whose argument, if it has one, is the next; returns how many these are, 0
 * having replied. */
static int parse_option(struct claim *claim, int index, struct claim_options *options)
{
    struct call *call = claim->call;
    bool has_more = index + 1 < call->argc;
    int64_t idle_ms;
    if (call_arg_is(call, index, "FORCE"))
        return options->is_forced = true;
    if (call_arg_is(call, index, "JUSTID"))
        return claim->shows_ids = true;
    if (has_more && call_arg_is(call, index, "IDLE")) {
        if (!parse_number(call, index + 1, "IDLE", &idle_ms))
            return 0;
        options->delivered_ms = delivered_before(claim->now_ms, idle_ms);
        return 2;
    }
    if (has_more && call_arg_is(call, index, "TIME"))
        return parse_number(call, index + 1, "TIME", &options->delivered_ms) ? 2 : 0;
    if (has_more && call_arg_is(call, index, "RETRYCOUNT"))
        return parse_number(call, index + 1, "RETRYCOUNT", &options->deliveries) ? 2 : 0;
    if (has_more && call_arg_is(call, index, "LASTID"))
        return parse_last(call, index + 1, options) ? 2 : 0;
    call_error_format(call, "ERR Unrecognized XCLAIM option '%.*s'", (int)call->argv[index].len,
                      call->argv[index].data);
    return 0;
}

static bool parse_claim(struct claim *claim, struct claim_options *options)
{
    struct call *call = claim->call;
    struct stream_id id;
    *options = (struct claim_options){.ids_end = 5, .delivered_ms = claim->now_ms, .deliveries = -1};
    if (!parse_min_idle(claim, "XCLAIM"))
        return false;
    while (options->ids_end < call->argc && parse_stream_id(call->argv[options->ids_end], 0, &id))
        options->ids_end++;
    for (int i = options->ids_end; i < call->argc;) {
        int count = parse_option(claim, i, options);
        if (count == 0)
            return false;
        i += count;
    }
    if (options->delivered_ms < 0 || options->delivered_ms > claim->now_ms)
        options->delivered_ms = claim->now_ms;
    return true;
}

/* True when it was claimed, and replied. */
static bool claim_one(struct claim *claim, struct stream_id id, const struct claim_options *options)
{
    struct stream_pending pending;
    struct stream_entry entry;
    bool is_pending = stream_pending_find(claim->group, id, &pending);
    if (!stream_find(claim->stream, id, &entry)) {
        if (is_pending)
            remove_gone(claim, id);
        return false;
    }
    if (is_pending ? !is_idle(claim, &pending) : !options->is_forced)
        return false;
    if (!is_pending)
        pending = (struct stream_pending){.id = id, .deliveries = 1};
    pending.delivered_ms = options->delivered_ms;
    if (options->deliveries >= 0)
        pending.deliveries = (uint64_t)options->deliveries;
    else if (!claim->shows_ids)
        pending.deliveries++;
    take(claim, &entry, &pending);
    return true;
}

static void cmd_xclaim(struct call *call)
{
    struct claim claim = {.call = call};
    struct claim_options options;
    struct stream_id id;
    size_t count = 0;
    if (!begin(&claim) || !parse_claim(&claim, &options))
        return;
    if (options.has_last && stream_id_compare(options.last, claim.group->last) > 0) {
        claim.group->last = options.last;
        record_read(call, &claim.record, claim.group);
        claim.has_changed = true;
    }
    get_consumer(&claim);
    struct reply_mark later = reply_later(call->reply);
    for (int i = 5; i < options.ids_end; i++) {
        (void)parse_stream_id(call->argv[i], 0, &id);
        count += claim_one(&claim, id, &options);
    }
    reply_later_done(call->reply, later, '*', count);
    end(&claim);
}

/* ---- XAUTOCLAIM ---- */

struct sweep {
    struct stream_id start;
    int64_t count;
    struct stream_id *deleted; /* those that weren't there any more */
    size_t deleted_count;
    bool is_over; /* the greatest of all IDs was looked at */
};

enum { SWEEP_USUAL = 100, SWEEP_EFFORT = 10 };

static bool parse_sweep_count(struct call *call, int index, struct sweep *sweep)
{
    if (parse_i64(call->argv[index], &sweep->count) && sweep->count > 0 &&
        sweep->count <= INT64_MAX / (int64_t)sizeof(struct stream_id))
        return true;
    call_error_format(call, "ERR COUNT must be > 0");
    return false;
}

static bool parse_sweep(struct claim *claim, struct sweep *sweep)
{
    struct call *call = claim->call;
    *sweep = (struct sweep){.count = SWEEP_USUAL};
    if (!parse_min_idle(claim, "XAUTOCLAIM") || !call_stream_start(call, 5, &sweep->start))
        return false;
    for (int i = 6; i < call->argc; i++) {
        if (i + 1 < call->argc && call_arg_is(call, i, "COUNT")) {
            if (!parse_sweep_count(call, ++i, sweep))
                return false;
        } else if (call_arg_is(call, i, "JUSTID")) {
            claim->shows_ids = true;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static void sweep_gone(struct claim *claim, struct sweep *sweep, struct stream_id id)
{
    size_t count = sweep->deleted_count;
    if ((count & (count - 1)) == 0)
        sweep->deleted = mem_realloc(sweep->deleted, (count ? 2 * count : 1) * sizeof *sweep->deleted);
    sweep->deleted[sweep->deleted_count++] = id;
    remove_gone(claim, id);
}

/* Looks at what is pending from `start` on, which is where to go on then; returns how much was claimed. */
static size_t sweep_pending(struct claim *claim, struct sweep *sweep)
{
    struct stream_pending pending;
    struct stream_entry entry;
    size_t claimed = 0;
    int64_t left = sweep->count;
    for (int64_t effort = sweep->count * SWEEP_EFFORT; effort > 0 && left > 0 && !sweep->is_over; effort--) {
        struct stream_pending_walk walk;
        stream_pending_walk_begin(&walk, &claim->group->pending, sweep->start);
        if (!stream_pending_walk_next(&walk, &pending))
            break;
        sweep->start = pending.id;
        sweep->is_over = !stream_id_next(&sweep->start);
        if (!stream_find(claim->stream, pending.id, &entry)) {
            sweep_gone(claim, sweep, pending.id);
            left--;
        } else if (is_idle(claim, &pending)) {
            pending.delivered_ms = claim->now_ms;
            pending.deliveries += !claim->shows_ids;
            take(claim, &entry, &pending);
            claimed++;
            left--;
        }
    }
    return claimed;
}

/* The next one to be looked at, 0-0 behind the last. */
static struct stream_id next_to_sweep(const struct claim *claim, const struct sweep *sweep)
{
    struct stream_pending_walk walk;
    struct stream_pending pending;
    stream_pending_walk_begin(&walk, &claim->group->pending, sweep->start);
    return !sweep->is_over && stream_pending_walk_next(&walk, &pending) ? pending.id : STREAM_ID_MIN;
}

static void cmd_xautoclaim(struct call *call)
{
    struct claim claim = {.call = call};
    struct sweep sweep;
    struct reply claimed;
    if (!parse_sweep(&claim, &sweep) || !begin(&claim))
        return;
    get_consumer(&claim);
    struct reply *reply = call->reply;
    reply_init(&claimed, reply->pool);
    claimed.protocol = reply->protocol;
    call->reply = &claimed;
    size_t count = sweep_pending(&claim, &sweep);
    call->reply = reply;
    reply_array(reply, 3);
    reply_stream_id(reply, next_to_sweep(&claim, &sweep));
    reply_array(reply, count);
    reply_take(reply, &claimed);
    reply_array(reply, sweep.deleted_count);
    for (size_t i = 0; i < sweep.deleted_count; i++)
        reply_stream_id(reply, sweep.deleted[i]);
    mem_free(sweep.deleted);
    end(&claim);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};
static const struct command_history autoclaim_history[] = {
    {"7.0.0",
     "Added an element to the reply array, containing deleted entries the command cleared from the PEL"},
    {NULL, NULL},
};

static const struct command stream_claim_commands[] = {
    {
        .name = "xclaim",
        .run = cmd_xclaim,
        .arity = -6,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "stream",
        .since = "5.0.0",
        .complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
        .summary = "Changes, or acquires, ownership of a message in a consumer group, as if the message was "
                   "delivered a consumer group member.",
        .synopsis = "key group consumer min-idle-time id... [IDLE ms:integer] [TIME "
                    "unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] [FORCE] [JUSTID] "
                    "[LASTID lastid]",
        .tips = nondeterministic_tips,
    },
    {
        .name = "xautoclaim",
        .run = cmd_xautoclaim,
        .arity = -6,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STREAM,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "stream",
        .since = "6.2.0",
        .complexity = "O(1) if COUNT is small.",
        .summary = "Changes, or acquires, ownership of messages in a consumer group, as if the messages were "
                   "delivered to as consumer group member.",
        .synopsis = "key group consumer min-idle-time start [COUNT count:integer] [JUSTID]",
        .history = autoclaim_history,
        .tips = nondeterministic_tips,
    },
    {0},
};

const struct command_family stream_claim_family = {.name = "stream", .commands = stream_claim_commands};
