/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting, showing and taking away the end of a field's life. */
#include "argument_edit.h"
#include "argument_telling.h"
#include "commands/families.h"
#include "engine/server.h"
#include "hash_deadline.h"

/* What the commands say of each field. */
enum { FIELD_MISSING = -2, FIELD_ENDLESS = -1, FIELD_KEPT = 0, FIELD_CHANGED = 1, FIELD_REMOVED = 2 };

static const char not_a_count[] = "ERR Number of fields must be a positive integer";

/* ---- HEXPIRE and its kin ---- */

enum condition { ALWAYS, ONLY_IF_NONE, ONLY_IF_ANY, ONLY_LATER, ONLY_EARLIER };

static enum condition condition_of(const struct call *call, int index)
{
    static const char *const words[] = {
        [ONLY_IF_NONE] = "nx", [ONLY_IF_ANY] = "xx", [ONLY_LATER] = "gt", [ONLY_EARLIER] = "lt"};
    for (int condition = ONLY_IF_NONE; condition <= ONLY_EARLIER; condition++) {
        if (call_arg_is(call, index, words[condition]))
            return (enum condition)condition;
    }
    return ALWAYS;
}

/* A field without a deadline lives forever: every other end is earlier. */
static bool condition_holds(enum condition condition, int64_t old_ms, int64_t new_ms)
{
    switch (condition) {
    case ONLY_IF_NONE:
        return !old_ms;
    case ONLY_IF_ANY:
        return old_ms;
    case ONLY_LATER:
        return old_ms && new_ms > old_ms;
    case ONLY_EARLIER:
        return !old_ms || new_ms < old_ms;
    case ALWAYS:
        break;
    }
    return true;
}

struct expiring {
    struct deadline deadline;
    enum condition condition;
    bool is_past;
};

static int expire_field(struct collection *hash, struct bytes name, const struct expiring *expiring)
{
    struct hash_field field;
    if (!hash_find(hash, name, &field))
        return FIELD_MISSING;
    if (!condition_holds(expiring->condition, field.deadline, expiring->deadline.at_ms))
        return FIELD_KEPT;
    if (expiring->is_past)
        hash_remove(hash, name);
    else
        hash_set_deadline(hash, name, expiring->deadline.at_ms);
    return expiring->is_past ? FIELD_REMOVED : FIELD_CHANGED;
}

static const char *event_of(const struct expiring *expiring)
{
    return expiring->is_past ? "hdel" : "hexpire";
}

static void expire_fields(struct call *call, struct edit *edit, int first, const struct expiring *expiring)
{
    struct picked_fields picked;
    picked_init(&picked, call, call->argc - first);
    reply_array(call->reply, (size_t)(call->argc - first));
    for (int i = first; i < call->argc; i++) {
        int outcome = expire_field(&edit->value, call->argv[i], expiring);
        if (outcome > FIELD_KEPT)
            picked_add(&picked, i);
        reply_int(call->reply, outcome);
    }
    if (picked.count > 0) {
        call_edited(call, edit, event_of(expiring));
        picked_record(call, &picked, expiring->deadline);
    }
    picked_clear(&picked);
}

/* Many fields. */
struct expiring_steps {
    struct argument_edit edit;
    struct expiring expiring;
    struct picked_fields picked;
};

static bool expire_next(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    struct expiring_steps *steps = LIST_ENTRY(edit, struct expiring_steps, edit);
    int outcome = expire_field(hash, call->argv[index], &steps->expiring);
    if (outcome > FIELD_KEPT)
        picked_add(&steps->picked, index);
    reply_int(&edit->told, outcome);
    return outcome > FIELD_KEPT;
}

static void expired(struct argument_edit *edit, struct call *call)
{
    const struct expiring_steps *steps = LIST_ENTRY(edit, struct expiring_steps, edit);
    reply_told(edit, call);
    if (edit->changed > 0)
        picked_record(call, &steps->picked, steps->expiring.deadline);
}

static void clear_expiring(struct argument_edit *edit)
{
    picked_clear(&LIST_ENTRY(edit, struct expiring_steps, edit)->picked);
}

static void begin_expiring(struct argument_edit *edit, struct call *call, struct collection *hash)
{
    (void)hash;
    picked_init(&LIST_ENTRY(edit, struct expiring_steps, edit)->picked, call, call->argc);
}

static bool expire_in_steps(struct call *call, int first, const struct expiring *expiring)
{
    const struct expiring_steps steps = {.edit = {.type = VALUE_HASH,
                                                  .first = first,
                                                  .stride = 1,
                                                  .event = event_of(expiring),
                                                  .begin = begin_expiring,
                                                  .each = expire_next,
                                                  .done = expired,
                                                  .clear = clear_expiring},
                                         .expiring = *expiring};
    return edit_in_argument_steps(call, &steps.edit, sizeof steps);
}

static void expire(struct call *call, enum deadline_unit unit, bool is_absolute)
{
    struct edit edit;
    int first;
    struct expiring expiring = {.condition = condition_of(call, 3)};
    if (!call_edit(call, call_key(call, 1), VALUE_HASH, &edit) ||
        !call_field_deadline(call, 2, unit, is_absolute, &expiring.deadline) ||
        !call_named_fields(call, expiring.condition == ALWAYS ? 3 : 4,
                           "ERR Parameter `numFields` should be greater than 0", &first))
        return;
    expiring.is_past = deadline_is_past(call, expiring.deadline);
    if (!call_has_many_arguments(call) || !expire_in_steps(call, first, &expiring))
        expire_fields(call, &edit, first, &expiring);
}

static void cmd_hexpire(struct call *call)
{
    expire(call, DEADLINE_SECONDS, false);
}

static void cmd_hpexpire(struct call *call)
{
    expire(call, DEADLINE_MILLISECONDS, false);
}

static void cmd_hexpireat(struct call *call)
{
    expire(call, DEADLINE_SECONDS, true);
}

static void cmd_hpexpireat(struct call *call)
{
    expire(call, DEADLINE_MILLISECONDS, true);
}

/* ---- HPERSIST ---- */

static int persist_field(struct collection *hash, struct bytes name)
{
    struct hash_field field;
    if (!hash_find(hash, name, &field))
        return FIELD_MISSING;
    if (!field.deadline)
        return FIELD_ENDLESS;
    hash_set_deadline(hash, name, 0);
    return FIELD_CHANGED;
}

static bool persist_next(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    int outcome = persist_field(hash, call->argv[index]);
    reply_int(&edit->told, outcome);
    return outcome == FIELD_CHANGED;
}

static bool persist_in_steps(struct call *call, int first)
{
    const struct argument_edit persisting = {.type = VALUE_HASH,
                                             .first = first,
                                             .stride = 1,
                                             .event = "hpersist",
                                             .each = persist_next,
                                             .done = reply_told};
    return edit_in_argument_steps(call, &persisting, sizeof persisting);
}

static void cmd_hpersist(struct call *call)
{
    struct edit edit;
    int first;
    bool has_changed = false;
    if (!call_edit(call, call_key(call, 1), VALUE_HASH, &edit) ||
        !call_named_fields(call, 2, not_a_count, &first))
        return;
    if (call_has_many_arguments(call) && persist_in_steps(call, first))
        return;
    reply_array(call->reply, (size_t)(call->argc - first));
    for (int i = first; i < call->argc; i++) {
        int outcome = persist_field(&edit.value, call->argv[i]);
        has_changed |= outcome == FIELD_CHANGED;
        reply_int(call->reply, outcome);
    }
    if (has_changed)
        call_edited(call, &edit, "hpersist");
}

/* ---- HTTL and its kin ---- */

static int64_t shown_time(const struct clock *clock, int64_t deadline_ms, enum deadline_unit unit,
                          bool is_absolute)
{
    int64_t ms = deadline_ms + (is_absolute ? clock->wall_offset_ms : -clock->mono_ms);
    if (ms < 0)
        ms = 0;
    return unit == DEADLINE_SECONDS ? (ms + 999) / 1000 : ms;
}

static void tell_deadline(struct call *call, const struct collection *hash, struct bytes name,
                          enum deadline_unit unit, bool is_absolute)
{
    struct hash_field field;
    if (!hash_find(hash, name, &field))
        reply_int(call->reply, FIELD_MISSING);
    else if (!field.deadline)
        reply_int(call->reply, FIELD_ENDLESS);
    else
        reply_int(call->reply, shown_time(&call->server->clock, field.deadline, unit, is_absolute));
}

static void tell_seconds(struct call *call, const struct collection *hash, struct bytes name)
{
    tell_deadline(call, hash, name, DEADLINE_SECONDS, false);
}

static void tell_milliseconds(struct call *call, const struct collection *hash, struct bytes name)
{
    tell_deadline(call, hash, name, DEADLINE_MILLISECONDS, false);
}

static void tell_second(struct call *call, const struct collection *hash, struct bytes name)
{
    tell_deadline(call, hash, name, DEADLINE_SECONDS, true);
}

static void tell_millisecond(struct call *call, const struct collection *hash, struct bytes name)
{
    tell_deadline(call, hash, name, DEADLINE_MILLISECONDS, true);
}

static void show_deadlines(struct call *call, argument_teller tell)
{
    struct collection hash;
    int first;
    if (call_hash(call, &hash) && call_named_fields(call, 2, not_a_count, &first))
        tell_of_arguments(call, &hash, first, tell);
}

static void cmd_httl(struct call *call)
{
    show_deadlines(call, tell_seconds);
}

static void cmd_hpttl(struct call *call)
{
    show_deadlines(call, tell_milliseconds);
}

static void cmd_hexpiretime(struct call *call)
{
    show_deadlines(call, tell_second);
}

static void cmd_hpexpiretime(struct call *call)
{
    show_deadlines(call, tell_millisecond);
}

/* ---- rows ---- */

#define FIELDS_SYNOPSIS    "FIELDS fields(numfields:integer field...)"
#define CONDITION_SYNOPSIS "[condition<NX | XX | GT | LT>] "

#define EXPIRE_ROW(word, time, unit_and_kind)                                                         \
    {                                                                                                 \
        .name = #word, .run = cmd_##word, .arity = -6, .flags = COMMAND_WRITE | COMMAND_FAST,         \
        .acl = ACL_HASH, .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)}, .group = "hash", .since = "7.4.0", \
        .complexity = "O(N) where N is the number of specified fields",                               \
        .summary = "Sets the expiration time of fields of a hash " unit_and_kind ".",                 \
        .synopsis = "key " time " " CONDITION_SYNOPSIS FIELDS_SYNOPSIS,                               \
    }
#define SHOW_ROW(word, what)                                                                            \
    {                                                                                                   \
        .name = #word, .run = cmd_##word, .arity = -5, .flags = COMMAND_READONLY | COMMAND_FAST,        \
        .acl = ACL_HASH, .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)}, .group = "hash", .since = "7.4.0",   \
        .complexity = "O(N) where N is the number of specified fields", .summary = "Returns " what ".", \
        .synopsis = "key " FIELDS_SYNOPSIS, .tips = time_tips,                                          \
    }

static const char *const time_tips[] = {"nondeterministic_output", NULL};

static const struct command hash_expire_commands[] = {
    EXPIRE_ROW(hexpire, "seconds:integer", "in seconds"),
    EXPIRE_ROW(hpexpire, "milliseconds:integer", "in milliseconds"),
    EXPIRE_ROW(hexpireat, "unix-time-seconds:unix-time", "to a Unix timestamp in seconds"),
    EXPIRE_ROW(hpexpireat, "unix-time-milliseconds:unix-time", "to a Unix timestamp in milliseconds"),
    SHOW_ROW(httl, "how long fields of a hash live on in seconds"),
    SHOW_ROW(hpttl, "how long fields of a hash live on in milliseconds"),
    SHOW_ROW(hexpiretime, "the Unix timestamp in seconds at which fields of a hash expire"),
    SHOW_ROW(hpexpiretime, "the Unix timestamp in milliseconds at which fields of a hash expire"),
    {
        .name = "hpersist",
        .run = cmd_hpersist,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "hash",
        .since = "7.4.0",
        .complexity = "O(N) where N is the number of specified fields",
        .summary = "Removes the expiration time of fields of a hash.",
        .synopsis = "key " FIELDS_SYNOPSIS,
    },
    {0},
};

const struct command_family hash_expire_family = {.name = "hash_expire", .commands = hash_expire_commands};
