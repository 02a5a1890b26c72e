/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting, showing and taking away the end of a key's life. */
#include "commands/families.h"
#include "engine/call.h"
#include "engine/deadline.h"
#include "engine/edit.h"
#include "engine/server.h"

/* ---- EXPIRE and its kin ---- */

enum condition { ONLY_IF_NONE = 1 << 0, ONLY_IF_ANY = 1 << 1, ONLY_LATER = 1 << 2, ONLY_EARLIER = 1 << 3 };

static unsigned condition_of(const struct call *call, int index)
{
    if (call_arg_is(call, index, "nx"))
        return ONLY_IF_NONE;
    if (call_arg_is(call, index, "xx"))
        return ONLY_IF_ANY;
    if (call_arg_is(call, index, "gt"))
        return ONLY_LATER;
    return call_arg_is(call, index, "lt") ? ONLY_EARLIER : 0;
}

static bool parse_conditions(struct call *call, unsigned *conditions)
{
    *conditions = 0;
    for (int i = 3; i < call->argc; i++) {
        unsigned condition = condition_of(call, i);
        if (condition == 0) {
            call_error_format(call, "ERR Unsupported option %.*s", (int)call->argv[i].len,
                              call->argv[i].data);
            return false;
        }
        *conditions |= condition;
    }
    if ((*conditions & ONLY_IF_NONE) && *conditions != ONLY_IF_NONE) {
        call_error_format(call, "ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if ((*conditions & ONLY_LATER) && (*conditions & ONLY_EARLIER)) {
        call_error_format(call, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

/* A key without a deadline lives forever: every other end is earlier. */
static bool conditions_hold(unsigned conditions, int64_t old_ms, int64_t new_ms)
{
    bool has_none = old_ms == NO_DEADLINE;
    if ((conditions & ONLY_IF_NONE) && !has_none)
        return false;
    if ((conditions & ONLY_IF_ANY) && has_none)
        return false;
    if ((conditions & ONLY_LATER) && (has_none || new_ms <= old_ms))
        return false;
    return !(conditions & ONLY_EARLIER) || has_none || new_ms < old_ms;
}

static void set_deadline(struct call *call, enum deadline_unit unit, bool is_absolute)
{
    struct key key = call_key(call, 1);
    struct keyspace_place place;
    struct deadline deadline;
    unsigned conditions;
    int64_t value;
    if (!parse_conditions(call, &conditions) || !call_int(call, 2, &value) ||
        !call_deadline(call, value, unit, is_absolute, &deadline))
        return;
    /* A refreshed session is one in use. */
    const struct entry *entry = keyspace_touch_at(call->keyspace, key, &place);
    if (!entry || !conditions_hold(conditions, entry_deadline(entry), deadline.at_ms)) {
        reply_int(call->reply, 0);
        return;
    }
    call_expire_at(call, key, &place, deadline);
    reply_int(call->reply, 1);
}

static void cmd_expire(struct call *call)
{
    set_deadline(call, DEADLINE_SECONDS, false);
}

static void cmd_pexpire(struct call *call)
{
    set_deadline(call, DEADLINE_MILLISECONDS, false);
}

static void cmd_expireat(struct call *call)
{
    set_deadline(call, DEADLINE_SECONDS, true);
}

static void cmd_pexpireat(struct call *call)
{
    set_deadline(call, DEADLINE_MILLISECONDS, true);
}

static void cmd_persist(struct call *call)
{
    struct key key = call_key(call, 1);
    struct keyspace_place place;
    const struct entry *entry = keyspace_touch_at(call->keyspace, key, &place);
    if (!entry || entry_deadline(entry) == NO_DEADLINE) {
        reply_int(call->reply, 0);
        return;
    }
    call_expire_at(call, key, &place, (struct deadline){.mode = DEADLINE_NONE});
    reply_int(call->reply, 1);
}

/* ---- TTL and its kin ---- */

enum { REPLY_NO_KEY = -2, REPLY_NO_DEADLINE = -1 };

/* To the nearest second, without running over at the far end of time. */
static int64_t rounded_seconds(int64_t ms)
{
    return ms / 1000 + (ms % 1000 >= 500);
}

static void show_deadline(struct call *call, enum deadline_unit unit, bool is_absolute)
{
    const struct clock *clock = &call->server->clock;
    const struct entry *entry = call_peek(call, call_key(call, 1));
    int64_t ms;
    if (!entry || entry_deadline(entry) == NO_DEADLINE) {
        reply_int(call->reply, !entry ? REPLY_NO_KEY : REPLY_NO_DEADLINE);
        return;
    }
    ms = entry_deadline(entry) + (is_absolute ? clock->wall_offset_ms : -clock->mono_ms);
    if (ms < 0)
        ms = 0;
    reply_int(call->reply, unit == DEADLINE_SECONDS ? rounded_seconds(ms) : ms);
}

static void cmd_ttl(struct call *call)
{
    show_deadline(call, DEADLINE_SECONDS, false);
}

static void cmd_pttl(struct call *call)
{
    show_deadline(call, DEADLINE_MILLISECONDS, false);
}

static void cmd_expiretime(struct call *call)
{
    show_deadline(call, DEADLINE_SECONDS, true);
}

static void cmd_pexpiretime(struct call *call)
{
    show_deadline(call, DEADLINE_MILLISECONDS, true);
}

/* ---- rows ---- */

static const struct command_history condition_history[] = {
    {"7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."},
    {NULL, NULL},
};
static const struct command_history missing_key_history[] = {
    {"2.8.0", "Added the -2 reply."},
    {NULL, NULL},
};
static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};

static const struct command expire_commands[] = {
    {
        .name = "expire",
        .run = cmd_expire,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets the expiration time of a key in seconds.",
        .synopsis = "key seconds:integer [condition<NX | XX | GT | LT>{since=7.0.0}]",
        .history = condition_history,
    },
    {
        .name = "pexpire",
        .run = cmd_pexpire,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "generic",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Sets the expiration time of a key in milliseconds.",
        .synopsis = "key milliseconds:integer [condition<NX | XX | GT | LT>{since=7.0.0}]",
        .history = condition_history,
    },
    {
        .name = "expireat",
        .run = cmd_expireat,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "generic",
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Sets the expiration time of a key to a Unix timestamp.",
        .synopsis = "key unix-time-seconds:unix-time [condition<NX | XX | GT | LT>{since=7.0.0}]",
        .history = condition_history,
    },
    {
        .name = "pexpireat",
        .run = cmd_pexpireat,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "generic",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Sets the expiration time of a key to a Unix milliseconds timestamp.",
        .synopsis = "key unix-time-milliseconds:unix-time [condition<NX | XX | GT | LT>{since=7.0.0}]",
        .history = condition_history,
    },
    {
        .name = "ttl",
        .run = cmd_ttl,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the expiration time in seconds of a key.",
        .synopsis = "key",
        .history = missing_key_history,
        .tips = nondeterministic_tips,
    },
    {
        .name = "pttl",
        .run = cmd_pttl,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "generic",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Returns the expiration time in milliseconds of a key.",
        .synopsis = "key",
        .history = missing_key_history,
        .tips = nondeterministic_tips,
    },
    {
        .name = "expiretime",
        .run = cmd_expiretime,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "generic",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns the expiration time of a key as a Unix timestamp.",
        .synopsis = "key",
    },
    {
        .name = "pexpiretime",
        .run = cmd_pexpiretime,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "generic",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns the expiration time of a key as a Unix milliseconds timestamp.",
        .synopsis = "key",
    },
    {
        .name = "persist",
        .run = cmd_persist,
        .arity = 2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "generic",
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Removes the expiration time of a key.",
        .synopsis = "key",
    },
    {.name = NULL},
};

const struct command_family expire_family = {"expire", expire_commands};
