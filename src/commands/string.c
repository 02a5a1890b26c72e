/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings read and written whole, one at a time. Conditions are looked at before anything is written, so a
 * refused SET changes nothing. */
#include "commands/families.h"
#include "engine/deadline.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/key_spec.h"
#include "lifetime.h"
#include "string_access.h"
#include "string_condition.h"

/* ---- SET ---- */

struct options {
    struct lifetime_option lifetime;
    struct condition_option condition;
    bool wants_old; /* GET */
};

static bool parse_set_options(struct call *call, struct options *options)
{
    for (int i = 3; i < call->argc; i++) {
        if (call_arg_is(call, i, "GET")) {
            options->wants_old = true;
        } else if (!take_condition(call, &i, CONDITION_ANY, &options->condition) &&
                   !take_lifetime(call, &i, &keep_lifetime, &options->lifetime)) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* Replies with the string at `key` or nil; false when it is no string. */
static bool reply_old(struct call *call, struct key key)
{
    const struct entry *entry;
    if (!call_find_string(call, key, &entry))
        return false;
    reply_string(call->reply, entry);
    return true;
}

/* What is compared is read; what is only looked for isn't. */
static const struct entry *find_for_condition(struct call *call, struct key key,
                                              const struct condition_option *option)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    return entry && condition_compares(option) ? call_find(call, key) : entry;
}

static void refuse_set(struct call *call, struct key key, bool wants_old)
{
    /* Who asks for a lock that is taken uses it. */
    (void)keyspace_touch(call->keyspace, key);
    if (!wants_old)
        reply_null(call->reply);
}

/* SET with anything behind the value. What is given up for want of memory must not have been replied to: so
 * the value is made first. */
static void set_with_options(struct call *call, struct key key)
{
    struct options options = {0};
    struct deadline deadline;
    struct value value;
    bool holds = true;
    if (!parse_set_options(call, &options) || !resolve_lifetime(call, &options.lifetime, &deadline))
        return;
    if (options.condition.condition &&
        !test_condition(call, &options.condition, find_for_condition(call, key, &options.condition), &holds))
        return;
    if (holds && !call_string_value(call, 2, &value))
        return;
    if (options.wants_old && !reply_old(call, key)) {
        if (holds)
            value_release(&value);
        return;
    }
    if (!holds) {
        refuse_set(call, key, options.wants_old);
        return;
    }
    set_string(call, key, value, deadline);
    /* Whoever reads the journal wants no answer, nor is asked about conditions again; and a relative time
     * means something else when it is read. */
    if (options.wants_old || options.condition.condition || deadline.mode == DEADLINE_SET)
        record_string(call, key.name, call->argv[2], deadline);
    if (!options.wants_old)
        reply_ok(call->reply);
}

/* Gives `key` the string argv[value_index]; false, having replied, when there is no memory. */
static bool set_argument(struct call *call, struct key key, int value_index, struct deadline deadline)
{
    struct value value;
    if (!call_string_value(call, value_index, &value))
        return false;
    set_string(call, key, value, deadline);
    if (deadline.mode == DEADLINE_SET)
        record_string(call, key.name, call->argv[value_index], deadline);
    return true;
}

static void cmd_set(struct call *call)
{
    struct key key = call_key(call, 1);
    if (call->argc > 3) {
        set_with_options(call, key);
        return;
    }
    if (set_argument(call, key, 2, (struct deadline){.mode = DEADLINE_NONE}))
        reply_ok(call->reply);
}

static void set_for(struct call *call, enum deadline_unit unit)
{
    struct deadline deadline;
    if (!call_deadline_argument(call, 2, unit, false, &deadline))
        return;
    if (set_argument(call, call_key(call, 1), 3, deadline))
        reply_ok(call->reply);
}

static void cmd_setex(struct call *call)
{
    set_for(call, DEADLINE_SECONDS);
}

static void cmd_psetex(struct call *call)
{
    set_for(call, DEADLINE_MILLISECONDS);
}

static void cmd_setnx(struct call *call)
{
    struct key key = call_key(call, 1);
    if (keyspace_touch(call->keyspace, key)) {
        reply_int(call->reply, 0);
        return;
    }
    if (set_argument(call, key, 2, (struct deadline){.mode = DEADLINE_NONE}))
        reply_int(call->reply, 1);
}

/* ---- reading ---- */

static void cmd_get(struct call *call)
{
    const struct entry *entry;
    if (call_find_string(call, call_key(call, 1), &entry))
        reply_string(call->reply, entry);
}

/* ---- reading, then writing ---- */

static void cmd_getset(struct call *call)
{
    static const struct deadline never = {.mode = DEADLINE_NONE};
    struct key key = call_key(call, 1);
    struct value value;
    if (!call_string_value(call, 2, &value))
        return;
    if (!reply_old(call, key)) {
        value_release(&value);
        return;
    }
    set_string(call, key, value, never);
    record_string(call, key.name, call->argv[2], never);
}

static void cmd_getdel(struct call *call)
{
    struct key key = call_key(call, 1);
    if (reply_old(call, key) && call_remove(call, key))
        call_record_words(call, "DEL", key.name);
}

static void cmd_getex(struct call *call)
{
    struct key key = call_key(call, 1);
    struct lifetime_option option = {0};
    struct deadline deadline;
    const struct entry *entry;
    bool has_deadline;
    for (int i = 2; i < call->argc; i++) {
        if (!take_lifetime(call, &i, &endless_lifetime, &option)) {
            call_syntax_error(call);
            return;
        }
    }
    if (!call_find_string(call, key, &entry))
        return;
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    if (!resolve_lifetime(call, &option, &deadline))
        return;
    has_deadline = entry_deadline(entry) != NO_DEADLINE;
    reply_string(call->reply, entry);
    if (option.lifetime && (has_deadline || option.lifetime != &endless_lifetime))
        call_expire(call, key, deadline);
}

/* ---- what clients are told ---- */

/* GET shows the old value, and so does a condition that compares, guess by guess. */
static bool find_keys_of_set(const struct bytes *argv, int argc, struct key_positions *positions)
{
    bool is_read = false;
    for (int i = 3; i < argc; i++)
        is_read |= bytes_is_nocase(argv[i], "get") || is_comparing_word(argv[i]);
    key_positions_add(positions, 1, (is_read ? KEY_RW | KEY_ACCESS : KEY_OW) | KEY_UPDATE);
    return true;
}

static const struct command_history set_history[] = {
    {"2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."},
    {"6.0.0", "Added the `KEEPTTL` option."},
    {"6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."},
    {"7.0.0", "Allowed the `NX` and `GET` options to be used together."},
    {"8.4.0", "Added 'IFEQ', 'IFNE', 'IFDEQ', 'IFDNE' options."},
    {NULL, NULL},
};

static const struct command string_commands[] = {
    {
        .name = "get",
        .run = cmd_get,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key.",
        .synopsis = "key",
    },
    {
        .name = "set",
        .run = cmd_set,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE_FLAGS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .last = 0,
                  .step = 1,
                  .notes = "RW and ACCESS due to the optional `GET` argument"}},
        .find_keys = find_keys_of_set,
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key, ignoring its type. The key is created if it doesn't "
                   "exist.",
        .synopsis = "key value [condition<NX | XX | IFEQ ifeq-value{since=8.4.0} | IFNE "
                    "ifne-value{since=8.4.0} | IFDEQ ifdeq-digest{since=8.4.0} | IFDNE "
                    "ifdne-digest{since=8.4.0}>{since=2.6.12}] [GET{since=6.2.0}] [expiration<EX "
                    "seconds:integer{since=2.6.12} | PX milliseconds:integer{since=2.6.12} | EXAT "
                    "unix-time-seconds:unix-time{since=6.2.0} | PXAT "
                    "unix-time-milliseconds:unix-time{since=6.2.0} | KEEPTTL{since=6.0.0}>]",
        .history = set_history,
    },
    {
        .name = "setex",
        .run = cmd_setex,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE)},
        .group = "string",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value and expiration time of a key. Creates the key if it doesn't exist.",
        .synopsis = "key seconds:integer value",
        .deprecated_since = "2.6.12",
        .replaced_by = "`SET` with the `EX` argument",
    },
    {
        .name = "psetex",
        .run = cmd_psetex,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE)},
        .group = "string",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Sets both string value and expiration time in milliseconds of a key. The key is created "
                   "if it doesn't exist.",
        .synopsis = "key milliseconds:integer value",
        .deprecated_since = "2.6.12",
        .replaced_by = "`SET` with the `PX` argument",
    },
    {
        .name = "setnx",
        .run = cmd_setnx,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_OW | KEY_INSERT)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Set the string value of a key only when the key doesn't exist.",
        .synopsis = "key value",
        .deprecated_since = "2.6.12",
        .replaced_by = "`SET` with the `NX` argument",
    },
    {
        .name = "getset",
        .run = cmd_getset,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the previous string value of a key after setting it to a new value.",
        .synopsis = "key value",
        .deprecated_since = "6.2.0",
        .replaced_by = "`SET` with the `!GET` argument",
    },
    {
        .name = "getdel",
        .run = cmd_getdel,
        .arity = 2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "string",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key after deleting the key.",
        .synopsis = "key",
    },
    {
        .name = "getex",
        .run = cmd_getex,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_UPDATE,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .last = 0,
                  .step = 1,
                  .notes = "RW and UPDATE because it changes the TTL"}},
        .group = "string",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key after setting its expiration time.",
        .synopsis = "key [expiration<EX seconds:integer | PX milliseconds:integer | EXAT "
                    "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST>]",
    },
    {0},
};

const struct command_family string_family = {.name = "string", .commands = string_commands};
