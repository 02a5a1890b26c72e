/* SPDX-License-Identifier: BSD-3-Clause */
/* XCLAIM: entries are claimed by their IDs. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/server.h"
#include "stream_args.h"
#include "stream_claim.h"

enum { IDS_AT_ONCE = 64, PARSED_A_STEP = 128, CLAIMED_A_STEP = 16 };

/* ---- options ---- */

struct claim_options {
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
static int parse_option(struct call *call, int index, struct claim *claim, struct claim_options *options)
{
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

struct claiming {
    struct claim claim;
    int ids_end, next; /* in argv */
    struct claim_options options;
    bool is_parsed, has_failed;
};

static bool parse_options(struct claiming *claiming, struct call *call)
{
    struct claim_options *options = &claiming->options;
    int64_t now_ms = claiming->claim.now_ms;
    *options = (struct claim_options){.delivered_ms = now_ms, .deliveries = -1};
    for (int i = claiming->ids_end, count; i < call->argc; i += count) {
        count = parse_option(call, i, &claiming->claim, options);
        if (count == 0)
            return false;
    }
    if (options->delivered_ms < 0 || options->delivered_ms > now_ms)
        options->delivered_ms = now_ms;
    return true;
}

/* Goes on to where the IDs end, and there to the options behind them. */
static void parse_some(struct claiming *claiming, struct call *call)
{
    struct stream_id id;
    for (int i = 0; i < PARSED_A_STEP; i++, claiming->ids_end++) {
        if (claiming->ids_end < call->argc && parse_stream_id(call->argv[claiming->ids_end], 0, &id))
            continue;
        claiming->is_parsed = true;
        claiming->has_failed = !parse_options(claiming, call);
        return;
    }
}

/* ---- claiming ---- */

static void claim_one(struct claim *claim, struct stream_id id, const struct claim_options *options)
{
    struct stream_pending pending;
    struct stream_entry entry;
    bool is_pending = stream_pending_find(claim->group, id, &pending);
    if (!stream_find(claim->stream, id, &entry)) {
        if (is_pending)
            claim_remove_gone(claim, id);
        return;
    }
    if (is_pending ? !claim_is_idle(claim, &pending) : !options->is_forced)
        return;
    if (!is_pending)
        pending = (struct stream_pending){.id = id, .deliveries = 1};
    pending.delivered_ms = options->delivered_ms;
    if (options->deliveries >= 0)
        pending.deliveries = (uint64_t)options->deliveries;
    else if (!claim->shows_ids)
        pending.deliveries++;
    claim_take(claim, &entry, &pending);
}

static void set_last(struct claim *claim, const struct claim_options *options)
{
    if (!options->has_last || stream_id_compare(options->last, claim->group->last) <= 0)
        return;
    claim->group->last = options->last;
    record_read(claim->call, &claim->record, claim->group);
    claim->has_changed = true;
}

/* True when nothing is left to claim. */
static bool claim_some(struct claiming *claiming, struct call *call)
{
    struct claim *claim = &claiming->claim;
    struct stream_id id;
    if (!claim_begin(claim, call))
        return true;
    set_last(claim, &claiming->options);
    for (int i = 0; i < CLAIMED_A_STEP && claiming->next < claiming->ids_end; i++) {
        (void)parse_stream_id(call->argv[claiming->next++], 0, &id);
        claim_one(claim, id, &claiming->options);
    }
    claim_end(claim);
    return claiming->next == claiming->ids_end;
}

static struct claiming *claiming_of(struct edit_steps *steps)
{
    return LIST_ENTRY(steps, struct claiming, claim.steps);
}

static bool step(struct edit_steps *steps, struct call *call)
{
    struct claiming *claiming = claiming_of(steps);
    if (claiming->is_parsed)
        return claim_some(claiming, call);
    parse_some(claiming, call);
    return claiming->has_failed;
}

static void answer(struct edit_steps *steps, struct call *call)
{
    struct claiming *claiming = claiming_of(steps);
    if (!claiming->has_failed)
        claim_reply(&claiming->claim, call->reply);
}

static void clear(struct edit_steps *steps)
{
    reply_clear(&claiming_of(steps)->claim.shown);
}

static void cmd_xclaim(struct call *call)
{
    struct claiming claiming = {.ids_end = 5, .next = 5};
    const struct stream_group *group;
    if (!call_group_peek(call, &group) || !claim_parse_min_idle(&claiming.claim, call, "XCLAIM"))
        return;
    claim_init(&claiming.claim, call);
    claiming.claim.steps = (struct edit_steps){.step = step, .answer = answer, .clear = clear};
    edit_in_steps(call, &claiming.claim.steps, call->argc > IDS_AT_ONCE ? sizeof claiming : 0);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};

static const struct command stream_xclaim_commands[] = {
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
    {0},
};

const struct command_family stream_xclaim_family = {.name = "stream", .commands = stream_xclaim_commands};
