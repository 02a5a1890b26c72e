/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields read and then removed or given another end; fields set together with their end. */
#include "argument_edit.h"
#include "argument_telling.h"
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "hash_deadline.h"

static const char not_a_count[] = "ERR Number of fields must be a positive integer";

/* ---- HGETDEL ---- */

/* A field that is named twice is gone the second time. */
static bool take(struct reply *reply, struct collection *hash, struct bytes name)
{
    reply_hash_field(reply, hash, name);
    return hash_remove(hash, name);
}

static bool take_next(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    return take(&edit->told, hash, call->argv[index]);
}

static bool take_in_steps(struct call *call, int first)
{
    const struct argument_edit taking = {.type = VALUE_HASH,
                                         .first = first,
                                         .stride = 1,
                                         .event = "hdel",
                                         .each = take_next,
                                         .done = reply_told};
    return edit_in_argument_steps(call, &taking, sizeof taking);
}

static void cmd_hgetdel(struct call *call)
{
    struct edit edit;
    int first;
    bool has_changed = false;
    if (!call_edit(call, call_key(call, 1), VALUE_HASH, &edit) ||
        !call_named_fields(call, 2, not_a_count, &first))
        return;
    if (call_has_many_arguments(call) && take_in_steps(call, first))
        return;
    reply_array(call->reply, (size_t)(call->argc - first));
    for (int i = first; i < call->argc; i++)
        has_changed |= take(call->reply, &edit.value, call->argv[i]);
    if (has_changed)
        call_edited(call, &edit, "hdel");
}

/* ---- the end of a life ---- */

struct lifetime {
    const char *word;
    enum deadline_unit unit;
    bool is_absolute;
};

static const struct lifetime lifetimes[] = {
    {"ex", DEADLINE_SECONDS, false},
    {"px", DEADLINE_MILLISECONDS, false},
    {"exat", DEADLINE_SECONDS, true},
    {"pxat", DEADLINE_MILLISECONDS, true},
};

/* The lifetime that argv[index] begins; NULL when it begins none. */
static const struct lifetime *lifetime_at(const struct call *call, int index)
{
    for (size_t i = 0; i < sizeof lifetimes / sizeof lifetimes[0]; i++) {
        if (call_arg_is(call, index, lifetimes[i].word))
            return &lifetimes[i];
    }
    return NULL;
}

/* ---- HGETEX ---- */

struct getting {
    int first;                /* of the fields, in argv */
    struct deadline deadline; /* DEADLINE_KEEP: fields are only read */
};

static bool parse_getting(struct call *call, struct getting *getting)
{
    const struct lifetime *lifetime = lifetime_at(call, 2);
    int index = 2;
    getting->deadline = (struct deadline){.mode = DEADLINE_KEEP};
    if (lifetime) {
        if (!call_field_deadline(call, 3, lifetime->unit, lifetime->is_absolute, &getting->deadline))
            return false;
        index = 4;
    } else if (call_arg_is(call, 2, "persist")) {
        getting->deadline.mode = DEADLINE_NONE;
        index = 3;
    }
    return call_named_fields(call, index, not_a_count, &getting->first);
}

/* True when something changed. */
static bool give_deadline(struct collection *hash, struct bytes name, struct deadline deadline, bool is_past)
{
    struct hash_field field;
    if (!hash_find(hash, name, &field) || (deadline.mode == DEADLINE_NONE && !field.deadline))
        return false;
    if (deadline.mode == DEADLINE_NONE)
        hash_set_deadline(hash, name, 0);
    else if (is_past)
        hash_remove(hash, name);
    else
        hash_set_deadline(hash, name, deadline.at_ms);
    return true;
}

static const char *event_of(const struct call *call, struct deadline deadline)
{
    if (deadline.mode == DEADLINE_NONE)
        return "hpersist";
    return deadline_is_past(call, deadline) ? "hdel" : "hexpire";
}

/* Many fields. */
struct getting_steps {
    struct argument_edit edit;
    struct deadline deadline;
    bool is_past; /* it was when the call came */
    struct picked_fields picked;
};

static void begin_getting(struct argument_edit *edit, struct call *call, struct collection *hash)
{
    (void)hash;
    picked_init(&LIST_ENTRY(edit, struct getting_steps, edit)->picked, call, call->argc);
}

/* One that is named twice is told of as it was. */
static bool get_next(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    struct getting_steps *steps = LIST_ENTRY(edit, struct getting_steps, edit);
    struct bytes name = call->argv[index];
    reply_hash_field(&edit->told, &edit->before.collection, name);
    if (!give_deadline(hash, name, steps->deadline, steps->is_past))
        return false;
    picked_add(&steps->picked, index);
    return true;
}

static void got(struct argument_edit *edit, struct call *call)
{
    const struct getting_steps *steps = LIST_ENTRY(edit, struct getting_steps, edit);
    reply_told(edit, call);
    if (edit->changed > 0)
        picked_record(call, &steps->picked, steps->deadline);
}

static void clear_getting(struct argument_edit *edit)
{
    picked_clear(&LIST_ENTRY(edit, struct getting_steps, edit)->picked);
}

static bool get_in_steps(struct call *call, const struct getting *getting)
{
    const struct getting_steps steps = {.edit = {.type = VALUE_HASH,
                                                 .first = getting->first,
                                                 .stride = 1,
                                                 .event = event_of(call, getting->deadline),
                                                 .begin = begin_getting,
                                                 .each = get_next,
                                                 .done = got,
                                                 .clear = clear_getting},
                                        .deadline = getting->deadline,
                                        .is_past = deadline_is_past(call, getting->deadline)};
    return edit_in_argument_steps(call, &steps.edit, sizeof steps);
}

static void cmd_hgetex(struct call *call)
{
    struct edit edit;
    struct getting getting;
    struct picked_fields picked;
    if (!call_edit(call, call_key(call, 1), VALUE_HASH, &edit) || !parse_getting(call, &getting))
        return;
    bool is_read = getting.deadline.mode == DEADLINE_KEEP;
    if (!is_read && call_has_many_arguments(call) && get_in_steps(call, &getting))
        return;
    tell_of_arguments(call, &edit.value, getting.first, tell_hash_field);
    if (is_read)
        return;
    bool is_past = deadline_is_past(call, getting.deadline);
    picked_init(&picked, call, call->argc);
    for (int i = getting.first; i < call->argc; i++) {
        if (give_deadline(&edit.value, call->argv[i], getting.deadline, is_past))
            picked_add(&picked, i);
    }
    if (picked.count > 0) {
        call_edited(call, &edit, event_of(call, getting.deadline));
        picked_record(call, &picked, getting.deadline);
    }
    picked_clear(&picked);
}

/* ---- HSETEX ---- */

struct setting {
    int first; /* in argv: fields and values up to the end */
    bool if_none, if_all;
    struct deadline deadline; /* DEADLINE_NONE unless something is said of it */
    bool has_lifetime;
};

static bool parse_pairs(struct call *call, int index, struct setting *setting)
{
    int64_t count;
    if (index + 1 >= call->argc || !parse_i64(call->argv[index + 1], &count) || count < 1 ||
        count > INT32_MAX) {
        call_error_format(call, "ERR invalid number of fields");
        return false;
    }
    if (2 * count != call->argc - index - 2) {
        call_arity_error(call);
        return false;
    }
    setting->first = index + 2;
    return true;
}

static bool parse_condition(struct call *call, bool is_all, struct setting *setting)
{
    if (setting->if_none || setting->if_all) {
        call_error_format(call, "ERR Only one of FXX or FNX arguments can be specified");
        return false;
    }
    *(is_all ? &setting->if_all : &setting->if_none) = true;
    return true;
}

/* The lifetime at argv[*index], which is left at its last word; `lifetime` NULL: KEEPTTL. */
static bool parse_lifetime(struct call *call, const struct lifetime *lifetime, int *index,
                           struct setting *setting)
{
    if (setting->has_lifetime) {
        call_error_format(call, "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
        return false;
    }
    setting->has_lifetime = true;
    if (!lifetime) {
        setting->deadline.mode = DEADLINE_KEEP;
        return true;
    }
    if (++*index >= call->argc) {
        call_arity_error(call);
        return false;
    }
    return call_field_deadline(call, *index, lifetime->unit, lifetime->is_absolute, &setting->deadline);
}

static bool parse_setting(struct call *call, struct setting *setting)
{
    *setting = (struct setting){.deadline = {.mode = DEADLINE_NONE}};
    for (int i = 2; i < call->argc; i++) {
        const struct lifetime *lifetime = lifetime_at(call, i);
        bool is_all = call_arg_is(call, i, "fxx");
        if (call_arg_is(call, i, "fields"))
            return parse_pairs(call, i, setting);
        if (is_all || call_arg_is(call, i, "fnx")) {
            if (!parse_condition(call, is_all, setting))
                return false;
        } else if (lifetime || call_arg_is(call, i, "keepttl")) {
            if (!parse_lifetime(call, lifetime, &i, setting))
                return false;
        } else {
            call_error_format(call, "ERR unknown argument: %.*s", (int)call->argv[i].len, call->argv[i].data);
            return false;
        }
    }
    call_error_format(call, "ERR Mandatory argument FIELDS is missing or not at the right position");
    return false;
}

static bool condition_holds(const struct collection *hash, const struct setting *setting, struct bytes name)
{
    struct hash_field field;
    if (!setting->if_none && !setting->if_all)
        return true;
    return hash_find(hash, name, &field) ? !setting->if_none : !setting->if_all;
}

static bool conditions_hold(const struct call *call, const struct collection *hash,
                            const struct setting *setting)
{
    for (int i = setting->first; i < call->argc; i += 2) {
        if (!condition_holds(hash, setting, call->argv[i]))
            return false;
    }
    return true;
}

/* A relative time means something else when it is read again. */
static void record_set_until(struct call *call, const struct setting *setting)
{
    enum { HEAD = 6 };
    char count[NUMBER_I64_SIZE], time[NUMBER_I64_SIZE];
    size_t argc = HEAD + (size_t)(call->argc - setting->first);
    struct bytes *argv = mem_alloc(argc * sizeof *argv);
    int64_t wall_ms = setting->deadline.at_ms + call->server->clock.wall_offset_ms;
    argv[0] = BYTES("HSETEX");
    argv[1] = call->argv[1];
    argv[2] = BYTES("PXAT");
    argv[3] = bytes_make(time, print_i64(time, wall_ms));
    argv[4] = BYTES("FIELDS");
    argv[5] = bytes_make(count, print_i64(count, (call->argc - setting->first) / 2));
    memcpy(argv + HEAD, call->argv + setting->first, (argc - HEAD) * sizeof *argv);
    call_record(call, (int)argc, argv);
    mem_free(argv);
}

static void set_pair(struct collection *hash, const struct setting *setting, const struct bytes *pair)
{
    struct hash_field old = {.deadline = 0};
    if (setting->deadline.mode == DEADLINE_KEEP)
        (void)hash_find(hash, pair[0], &old);
    hash_set_until(hash, pair[0], pair[1],
                   setting->deadline.mode == DEADLINE_SET ? setting->deadline.at_ms : old.deadline);
}

static void pairs_were_set(struct call *call, const struct setting *setting)
{
    if (setting->deadline.mode != DEADLINE_SET)
        return;
    call_notify(call, call->keyspace, call_key(call, 1), EVENT_HASH, "hexpire");
    record_set_until(call, setting);
}

static void set_pairs(struct call *call, struct edit *edit, const struct setting *setting)
{
    for (int i = setting->first; i < call->argc; i += 2)
        set_pair(&edit->value, setting, call->argv + i);
    call_edited(call, edit, "hset");
    pairs_were_set(call, setting);
}

/* Many pairs. */
struct setting_steps {
    struct argument_edit edit;
    struct setting setting;
};

static bool set_next(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    const struct setting *setting = &LIST_ENTRY(edit, struct setting_steps, edit)->setting;
    edit->is_void = !condition_holds(&edit->before.collection, setting, call->argv[index]);
    if (!edit->is_void)
        set_pair(hash, setting, call->argv + index);
    return true;
}

static void were_set(struct argument_edit *edit, struct call *call)
{
    if (!edit->is_void)
        pairs_were_set(call, &LIST_ENTRY(edit, struct setting_steps, edit)->setting);
    reply_int(call->reply, !edit->is_void);
}

static bool set_in_steps(struct call *call, const struct setting *setting)
{
    const struct setting_steps steps = {.edit = {.type = VALUE_HASH,
                                                 .first = setting->first,
                                                 .stride = 2,
                                                 .event = "hset",
                                                 .each = set_next,
                                                 .done = were_set},
                                        .setting = *setting};
    return edit_in_argument_steps(call, &steps.edit, sizeof steps);
}

/* What is set for a time that has passed is removed. */
static void remove_pairs(struct call *call, struct edit *edit, const struct setting *setting)
{
    struct picked_fields picked;
    picked_init(&picked, call, call->argc);
    for (int i = setting->first; i < call->argc; i += 2) {
        if (hash_remove(&edit->value, call->argv[i]))
            picked_add(&picked, i);
    }
    if (picked.count > 0) {
        call_notify(call, call->keyspace, edit->key, EVENT_HASH, "hset");
        call_edited(call, edit, "hdel");
        picked_record(call, &picked, setting->deadline);
    }
    picked_clear(&picked);
}

static void cmd_hsetex(struct call *call)
{
    struct edit edit;
    struct setting setting;
    if (!parse_setting(call, &setting) || !call_edit(call, call_key(call, 1), VALUE_HASH, &edit))
        return;
    bool is_past = setting.deadline.mode == DEADLINE_SET && deadline_is_past(call, setting.deadline);
    if (!is_past && call_has_many_arguments(call) && set_in_steps(call, &setting))
        return;
    if (!conditions_hold(call, &edit.value, &setting)) {
        reply_int(call->reply, 0);
        return;
    }
    if (is_past)
        remove_pairs(call, &edit, &setting);
    else
        set_pairs(call, &edit, &setting);
    reply_int(call->reply, 1);
}

/* ---- rows ---- */

static const struct command hash_timed_commands[] = {
    {
        .name = "hgetdel",
        .run = cmd_hgetdel,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "hash",
        .since = "8.0.0",
        .complexity = "O(N) where N is the number of specified fields",
        .summary = "Returns the values of fields and deletes them from the hash.",
        .synopsis = "key FIELDS fields(numfields:integer field...)",
    },
    {
        .name = "hgetex",
        .run = cmd_hgetex,
        .arity = -5,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "hash",
        .since = "8.0.0",
        .complexity = "O(N) where N is the number of specified fields",
        .summary = "Returns the values of fields of a hash, after setting or removing their expiration time.",
        .synopsis = "key [expiration<EX seconds:integer | PX milliseconds:integer | EXAT "
                    "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST>] FIELDS "
                    "fields(numfields:integer field...)",
    },
    {
        .name = "hsetex",
        .run = cmd_hsetex,
        .arity = -6,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "hash",
        .since = "8.0.0",
        .complexity = "O(N) where N is the number of fields being set.",
        .summary = "Sets the values of fields of a hash, and their expiration time.",
        .synopsis = "key [condition<FNX | FXX>] [expiration<EX seconds:integer | PX milliseconds:integer | "
                    "EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL>] "
                    "FIELDS fields(numfields:integer data(field value)...)",
    },
    {0},
};

const struct command_family hash_timed_family = {.name = "hash_timed", .commands = hash_timed_commands};
