/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings read and written whole. SET's and GETEX's options say in one language how long the key lives; it is
 * parsed here once. Conditions are looked at before anything is written, so a refused SET changes nothing. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/deadline.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/key_spec.h"
#include "engine/server.h"
#include "string_access.h"

/* ---- options ---- */

struct lifetime {
    const char *word;
    enum deadline_unit unit;
    bool takes_time, is_absolute;
};

static const struct lifetime timed_lifetimes[] = {
    {"EX", DEADLINE_SECONDS, true, false},
    {"PX", DEADLINE_MILLISECONDS, true, false},
    {"EXAT", DEADLINE_SECONDS, true, true},
    {"PXAT", DEADLINE_MILLISECONDS, true, true},
};
static const struct lifetime keep_lifetime = {.word = "KEEPTTL"};
static const struct lifetime endless_lifetime = {.word = "PERSIST"};

struct options {
    const struct lifetime *lifetime; /* NULL: nothing is said of it */
    int time_index;                  /* where the argument of a timed one is */
    bool if_missing, if_there;       /* NX, XX */
    bool wants_old;                  /* GET */
};

/* Takes the word at `*index`, and the time behind it, if it is one of the timed ones or `untimed`. The same
 * word may come again and the last one counts, but different ones exclude each other. */
static bool take_lifetime(const struct call *call, int *index, const struct lifetime *untimed,
                          struct options *options)
{
    const struct lifetime *found = call_arg_is(call, *index, untimed->word) ? untimed : NULL;
    for (size_t i = 0; i < sizeof timed_lifetimes / sizeof timed_lifetimes[0] && !found; i++) {
        if (call_arg_is(call, *index, timed_lifetimes[i].word))
            found = &timed_lifetimes[i];
    }
    if (!found || (options->lifetime && options->lifetime != found))
        return false;
    if (found->takes_time) {
        if (*index + 1 >= call->argc)
            return false;
        options->time_index = ++*index;
    }
    options->lifetime = found;
    return true;
}

/* What the options mean for the deadline; false, having replied, when the time makes no sense. */
static bool resolve_lifetime(struct call *call, const struct options *options, struct deadline *deadline)
{
    const struct lifetime *lifetime = options->lifetime;
    if (!lifetime || !lifetime->takes_time) {
        *deadline = (struct deadline){.mode = lifetime == &keep_lifetime ? DEADLINE_KEEP : DEADLINE_NONE};
        return true;
    }
    return call_deadline_argument(call, options->time_index, lifetime->unit, lifetime->is_absolute, deadline);
}

static bool parse_set_options(struct call *call, struct options *options)
{
    for (int i = 3; i < call->argc; i++) {
        if (call_arg_is(call, i, "NX") && !options->if_there) {
            options->if_missing = true;
        } else if (call_arg_is(call, i, "XX") && !options->if_missing) {
            options->if_there = true;
        } else if (call_arg_is(call, i, "GET")) {
            options->wants_old = true;
        } else if (!take_lifetime(call, &i, &keep_lifetime, options)) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

/* ---- writing ---- */

/* A relative time means something else when it is read again. */
__attribute__((noinline)) static void record_set_until(struct call *call, struct bytes key,
                                                       struct bytes value, struct deadline deadline)
{
    char digits[NUMBER_I64_SIZE];
    int64_t wall_ms = deadline.at_ms + call->server->clock.wall_offset_ms;
    struct bytes argv[] = {BYTES("SET"), key, value, BYTES("PXAT"),
                           bytes_make(digits, print_i64(digits, wall_ms))};
    call_record(call, 5, argv);
}

static void set_string(struct call *call, struct key key, int value_index, struct deadline deadline)
{
    call_set(call, key, call_string_value(call, value_index), deadline, EVENT_STRING, "set");
    if (deadline.mode != DEADLINE_SET)
        return;
    call_notify(call, call->keyspace, key, EVENT_GENERIC, "expire");
    if (__builtin_expect(call->server->journal.is_on, 0))
        record_set_until(call, key.name, call->argv[value_index], deadline);
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

/* Without GET: whoever reads the journal wants no answer, nor is asked about conditions again. */
static void record_set(struct call *call, struct bytes key, bool keeps_deadline)
{
    struct bytes argv[] = {BYTES("SET"), key, call->argv[2], BYTES("KEEPTTL")};
    call_record(call, keeps_deadline ? 4 : 3, argv);
}

/* SET with anything behind the value. */
static void set_with_options(struct call *call, struct key key)
{
    struct options options = {0};
    struct deadline deadline;
    bool is_there;
    if (!parse_set_options(call, &options) || !resolve_lifetime(call, &options, &deadline))
        return;
    if (options.wants_old && !reply_old(call, key))
        return;
    if (options.if_missing || options.if_there) {
        is_there = keyspace_peek(call->keyspace, key);
        if (is_there ? options.if_missing : options.if_there) {
            /* Who asks for a lock that is taken uses it. */
            if (is_there)
                (void)keyspace_touch(call->keyspace, key);
            if (!options.wants_old)
                reply_null(call->reply);
            return;
        }
    }
    set_string(call, key, 2, deadline);
    if (!options.wants_old)
        reply_ok(call->reply);
    else if (deadline.mode != DEADLINE_SET)
        record_set(call, key.name, deadline.mode == DEADLINE_KEEP);
}

static void cmd_set(struct call *call)
{
    struct key key = call_key(call, 1);
    if (call->argc > 3) {
        set_with_options(call, key);
        return;
    }
    set_string(call, key, 2, (struct deadline){.mode = DEADLINE_NONE});
    reply_ok(call->reply);
}

static void set_for(struct call *call, enum deadline_unit unit)
{
    struct deadline deadline;
    if (!call_deadline_argument(call, 2, unit, false, &deadline))
        return;
    set_string(call, call_key(call, 1), 3, deadline);
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
    set_string(call, key, 2, (struct deadline){.mode = DEADLINE_NONE});
    reply_int(call->reply, 1);
}

static void set_pairs(struct call *call)
{
    for (int i = 1; i < call->argc; i += 2)
        set_string(call, call_key(call, i), i + 1, (struct deadline){.mode = DEADLINE_NONE});
}

static void cmd_mset(struct call *call)
{
    if (call->argc % 2 == 0) {
        call_arity_error(call);
        return;
    }
    set_pairs(call);
    reply_ok(call->reply);
}

static void cmd_msetnx(struct call *call)
{
    if (call->argc % 2 == 0) {
        call_arity_error(call);
        return;
    }
    for (int i = 1; i < call->argc; i += 2) {
        if (keyspace_touch(call->keyspace, call_key(call, i))) {
            reply_int(call->reply, 0);
            return;
        }
    }
    set_pairs(call);
    reply_int(call->reply, 1);
}

/* ---- reading ---- */

static void cmd_get(struct call *call)
{
    const struct entry *entry;
    if (call_find_string(call, call_key(call, 1), &entry))
        reply_string(call->reply, entry);
}

static void cmd_mget(struct call *call)
{
    reply_array(call->reply, (size_t)(call->argc - 1));
    for (int i = 1; i < call->argc; i++) {
        const struct entry *entry = call_find(call, call_key(call, i));
        reply_string(call->reply, entry && entry_type(entry) == VALUE_STRING ? entry : NULL);
    }
}

/* ---- reading, then writing ---- */

static void cmd_getset(struct call *call)
{
    struct key key = call_key(call, 1);
    if (!reply_old(call, key))
        return;
    set_string(call, key, 2, (struct deadline){.mode = DEADLINE_NONE});
    record_set(call, key.name, false);
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
    struct options options = {0};
    struct deadline deadline;
    const struct entry *entry;
    bool has_deadline;
    for (int i = 2; i < call->argc; i++) {
        if (!take_lifetime(call, &i, &endless_lifetime, &options)) {
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
    if (!resolve_lifetime(call, &options, &deadline))
        return;
    has_deadline = entry_deadline(entry) != NO_DEADLINE;
    reply_string(call->reply, entry);
    if (options.lifetime && (has_deadline || options.lifetime != &endless_lifetime))
        call_expire(call, key, deadline);
}

/* ---- what clients are told ---- */

/* Whether the old value is read depends on GET. */
static bool find_keys_of_set(const struct bytes *argv, int argc, struct key_positions *positions)
{
    unsigned flags = KEY_OW | KEY_UPDATE;
    for (int i = 3; i < argc; i++) {
        if (bytes_is_nocase(argv[i], "get"))
            flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
    }
    key_positions_add(positions, 1, flags);
    return true;
}

static const struct command_history set_history[] = {
    {"2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."},
    {"6.0.0", "Added the `KEEPTTL` option."},
    {"6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."},
    {"7.0.0", "Allowed the `NX` and `GET` options to be used together."},
    {NULL, NULL},
};
static const char *const mget_tips[] = {"request_policy:multi_shard", NULL};
static const char *const mset_tips[] = {"request_policy:multi_shard", "response_policy:all_succeeded", NULL};

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
        .synopsis = "key value [condition<NX | XX>{since=2.6.12}] [GET{since=6.2.0}] [expiration<EX "
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
    {
        .name = "mget",
        .run = cmd_mget,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEYS_FROM(1, KEY_RO | KEY_ACCESS)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of keys to retrieve.",
        .summary = "Atomically returns the string values of one or more keys.",
        .synopsis = "key...",
        .tips = mget_tips,
    },
    {
        .name = "mset",
        .run = cmd_mset,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEYS_EVERY(1, 2, KEY_OW | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.1",
        .complexity = "O(N) where N is the number of keys to set.",
        .summary = "Atomically creates or modifies the string values of one or more keys.",
        .synopsis = "data(key value)...",
        .tips = mset_tips,
    },
    {
        .name = "msetnx",
        .run = cmd_msetnx,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEYS_EVERY(1, 2, KEY_OW | KEY_INSERT)},
        .group = "string",
        .since = "1.0.1",
        .complexity = "O(N) where N is the number of keys to set.",
        .summary = "Atomically modifies the string values of one or more keys only when all keys don't "
                   "exist.",
        .synopsis = "data(key value)...",
    },
    {0},
};

const struct command_family string_family = {.name = "string", .commands = string_commands};
