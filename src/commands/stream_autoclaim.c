/* SPDX-License-Identifier: BSD-3-Clause */
/* XAUTOCLAIM: entries are claimed that have been pending for long, in their order. */
#include "base/number.h"
#include "commands/families.h"
#include "stream_args.h"
#include "stream_claim.h"

enum { COUNT_USUAL = 100, EFFORT = 10, LOOKED_AT_AT_ONCE = 256, LOOKED_AT_A_STEP = 16 };

struct sweep {
    struct claim claim;
    struct stream_id start; /* from where on to look */
    bool is_over;           /* at the greatest of all IDs */
    int64_t left;           /* to be claimed, or found to be gone */
    int64_t effort;         /* to be looked at */
    struct reply gone;      /* those that weren't there any more */
    uint64_t gone_count;
};

/* ---- options ---- */

static bool parse_count(struct call *call, int index, struct sweep *sweep)
{
    if (parse_i64(call->argv[index], &sweep->left) && sweep->left > 0 &&
        sweep->left <= INT64_MAX / (int64_t)sizeof(struct stream_id))
        return true;
    call_error_format(call, "ERR COUNT must be > 0");
    return false;
}

static bool parse(struct call *call, struct sweep *sweep)
{
    sweep->left = COUNT_USUAL;
    if (!claim_parse_min_idle(&sweep->claim, call, "XAUTOCLAIM") ||
        !call_stream_start(call, 5, &sweep->start))
        return false;
    for (int i = 6; i < call->argc; i++) {
        if (i + 1 < call->argc && call_arg_is(call, i, "COUNT")) {
            if (!parse_count(call, ++i, sweep))
                return false;
        } else if (call_arg_is(call, i, "JUSTID")) {
            sweep->claim.shows_ids = true;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    sweep->effort = sweep->left * EFFORT;
    return true;
}

/* ---- claiming ---- */

/* What is pending next; false: nothing is. */
static bool find_next(struct sweep *sweep, struct stream_pending *pending)
{
    struct stream_pending_walk walk;
    if (sweep->is_over)
        return false;
    stream_pending_walk_begin(&walk, &sweep->claim.group->pending, sweep->start);
    sweep->is_over = !stream_pending_walk_next(&walk, pending);
    return !sweep->is_over;
}

static void note_gone(struct sweep *sweep, struct stream_id id)
{
    reply_stream_id(&sweep->gone, id);
    sweep->gone_count++;
    claim_remove_gone(&sweep->claim, id);
    sweep->left--;
}

static void look_at(struct sweep *sweep, struct stream_pending *pending)
{
    struct claim *claim = &sweep->claim;
    struct stream_entry entry;
    sweep->effort--;
    sweep->start = pending->id;
    sweep->is_over = !stream_id_next(&sweep->start);
    if (!stream_find(claim->stream, pending->id, &entry)) {
        note_gone(sweep, pending->id);
    } else if (claim_is_idle(claim, pending)) {
        pending->delivered_ms = claim->now_ms;
        pending->deliveries += !claim->shows_ids;
        claim_take(claim, &entry, pending);
        sweep->left--;
    }
}

static struct sweep *sweep_of(struct edit_steps *steps)
{
    return LIST_ENTRY(steps, struct sweep, claim.steps);
}

static bool step(struct edit_steps *steps, struct call *call)
{
    struct sweep *sweep = sweep_of(steps);
    struct stream_pending pending;
    bool is_more = false;
    if (!claim_begin(&sweep->claim, call)) {
        sweep->is_over = true;
        return true;
    }
    for (int i = 0; i <= LOOKED_AT_A_STEP && (is_more = find_next(sweep, &pending)); i++) {
        if (i == LOOKED_AT_A_STEP || sweep->left == 0 || sweep->effort == 0)
            break;
        look_at(sweep, &pending);
    }
    claim_end(&sweep->claim);
    if (is_more)
        sweep->start = pending.id;
    return !is_more || sweep->left == 0 || sweep->effort == 0;
}

static void answer(struct edit_steps *steps, struct call *call)
{
    struct sweep *sweep = sweep_of(steps);
    struct reply *reply = call->reply;
    reply_array(reply, 3);
    reply_stream_id(reply, sweep->is_over ? STREAM_ID_MIN : sweep->start);
    claim_reply(&sweep->claim, reply);
    reply_array(reply, sweep->gone_count);
    reply_take(reply, &sweep->gone);
}

static void clear(struct edit_steps *steps)
{
    struct sweep *sweep = sweep_of(steps);
    reply_clear(&sweep->claim.shown);
    reply_clear(&sweep->gone);
}

static void cmd_xautoclaim(struct call *call)
{
    struct sweep sweep = {.left = COUNT_USUAL};
    const struct stream_group *group;
    if (!parse(call, &sweep) || !call_group_peek(call, &group))
        return;
    claim_init(&sweep.claim, call);
    reply_init(&sweep.gone, call->reply->pool);
    sweep.claim.steps = (struct edit_steps){.step = step, .answer = answer, .clear = clear};
    bool is_long = sweep.effort > LOOKED_AT_AT_ONCE && tree_count(&group->pending) > LOOKED_AT_AT_ONCE;
    edit_in_steps(call, &sweep.claim.steps, is_long ? sizeof sweep : 0);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};
static const struct command_history autoclaim_history[] = {
    {"7.0.0",
     "Added an element to the reply array, containing deleted entries the command cleared from the PEL"},
    {NULL, NULL},
};

static const struct command stream_autoclaim_commands[] = {
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

const struct command_family stream_autoclaim_family = {.name = "stream",
                                                       .commands = stream_autoclaim_commands};
