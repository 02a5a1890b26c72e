/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about keys, whatever their values are. */
#include "commands/families.h"
#include "database.h"
#include "engine/edit.h"
#include "engine/server.h"

static const char same_object[] = "ERR source and destination objects are the same";

/* ---- removing and counting ---- */

static void delete_keys(struct call *call)
{
    int64_t count = 0;
    for (int i = 1; i < call->argc; i++) {
        struct key key = call_key(call, i);
        count += call_remove(call, key);
    }
    reply_int(call->reply, count);
}

static void cmd_del(struct call *call)
{
    delete_keys(call);
}

/* A large value is freed on the helper thread in either case. */
static void cmd_unlink(struct call *call)
{
    delete_keys(call);
}

static void count_keys(struct call *call, const struct entry *(*find)(struct call *call, struct key key))
{
    int64_t count = 0;
    for (int i = 1; i < call->argc; i++) {
        if (find(call, call_key(call, i)))
            count++;
    }
    reply_int(call->reply, count);
}

static void cmd_exists(struct call *call)
{
    count_keys(call, call_peek);
}

/* CLIENT NO-TOUCH doesn't mean those who say TOUCH. */
static void cmd_touch(struct call *call)
{
    store_hold_stamps(call->server->store, false);
    count_keys(call, call_find);
}

static void cmd_type(struct call *call)
{
    const struct entry *entry = call_peek(call, call_key(call, 1));
    reply_simple(call->reply, !entry ? "none" : value_type_name(entry_type(entry)));
}

static void cmd_randomkey(struct call *call)
{
    const struct entry *entry = keyspace_random(call->keyspace);
    struct key_name name = {0};
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    reply_bulk(call->reply, entry_key(entry, keyspace_prefixes(call->keyspace), &name));
    key_name_clear(&name);
}

/* ---- moving and copying ---- */

/* Renames unless, with `only_to_new`, the new name is taken. False, having replied, when there is no such
 * key. */
static bool rename_key(struct call *call, bool only_to_new, bool *is_renamed)
{
    struct keyspace *keyspace = call->keyspace;
    struct key from = call_key(call, 1), to = call_key(call, 2);
    *is_renamed = false;
    if (!keyspace_touch(keyspace, from)) {
        call_error(call, ERR_NO_SUCH_KEY);
        return false;
    }
    if (bytes_equal(from.name, to.name) || (only_to_new && keyspace_touch(keyspace, to)))
        return true;
    call_move(call, from, "rename_from", keyspace, to, "rename_to");
    *is_renamed = true;
    return true;
}

static void cmd_rename(struct call *call)
{
    bool is_renamed;
    if (rename_key(call, false, &is_renamed))
        reply_ok(call->reply);
}

static void cmd_renamenx(struct call *call)
{
    bool is_renamed;
    if (rename_key(call, true, &is_renamed))
        reply_int(call->reply, is_renamed);
}

static void cmd_move(struct call *call)
{
    struct keyspace *target;
    struct key key = call_key(call, 1);
    int database;
    if (!call_database(call, 2, &database))
        return;
    target = store_keyspace(call->server->store, database);
    if (target == call->keyspace) {
        call_error_format(call, "%s", same_object);
        return;
    }
    if (!keyspace_touch(call->keyspace, key) || keyspace_touch(target, key)) {
        reply_int(call->reply, 0);
        return;
    }
    call_move(call, key, "move_from", target, key, "move_to");
    reply_int(call->reply, 1);
}

static bool parse_copy_options(struct call *call, struct keyspace **target, bool *replaces)
{
    int database;
    *target = call->keyspace;
    *replaces = false;
    for (int i = 3; i < call->argc; i++) {
        if (call_arg_is(call, i, "replace")) {
            *replaces = true;
        } else if (call_arg_is(call, i, "db") && i + 1 < call->argc) {
            if (!call_database(call, ++i, &database))
                return false;
            *target = store_keyspace(call->server->store, database);
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static void cmd_copy(struct call *call)
{
    struct key from = call_key(call, 1), to = call_key(call, 2);
    struct keyspace *target;
    bool replaces;
    if (!parse_copy_options(call, &target, &replaces))
        return;
    if (target == call->keyspace && bytes_equal(from.name, to.name)) {
        call_error_format(call, "%s", same_object);
        return;
    }
    if (!call_find(call, from) || (!replaces && keyspace_touch(target, to))) {
        reply_int(call->reply, 0);
        return;
    }
    call_copy(call, from, target, to, "copy_to");
    reply_int(call->reply, 1);
}

/* ---- rows ---- */

static const char *const multi_shard_sum_tips[] = {"request_policy:multi_shard", "response_policy:agg_sum",
                                                   NULL};
static const struct command_history exists_history[] = {
    {"3.0.3", "Accepts multiple `key` arguments."},
    {NULL, NULL},
};
static const struct command_history renamenx_history[] = {
    {"3.2.0", "The command no longer returns an error when source and destination names are the same."},
    {NULL, NULL},
};
static const char *const randomkey_tips[] = {"request_policy:all_shards", "response_policy:special",
                                             "nondeterministic_output", NULL};

static const struct command key_commands[] = {
    {
        .name = "del",
        .run = cmd_del,
        .arity = -2,
        .flags = COMMAND_WRITE,
        .acl = ACL_KEYSPACE,
        .keys = {KEYS_FROM(1, KEY_RM | KEY_DELETE)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of keys that will be removed. When a key to remove holds a "
                      "value other than a string, the individual complexity for this key is O(M) where M is "
                      "the number of elements in the list, set, sorted set or hash. Removing a single key "
                      "that holds a string value is O(1).",
        .summary = "Deletes one or more keys.",
        .synopsis = "key...",
        .tips = multi_shard_sum_tips,
    },
    {
        .name = "unlink",
        .run = cmd_unlink,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEYS_FROM(1, KEY_RM | KEY_DELETE)},
        .group = "generic",
        .since = "4.0.0",
        .complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) work in "
                      "a different thread in order to reclaim memory, where N is the number of allocations "
                      "the deleted objects where composed of.",
        .summary = "Asynchronously deletes one or more keys.",
        .synopsis = "key...",
        .tips = multi_shard_sum_tips,
    },
    {
        .name = "exists",
        .run = cmd_exists,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEYS_FROM(1, KEY_RO)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of keys to check.",
        .summary = "Determines whether one or more keys exist.",
        .synopsis = "key...",
        .history = exists_history,
        .tips = multi_shard_sum_tips,
    },
    {
        .name = "type",
        .run = cmd_type,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Determines the type of value stored at a key.",
        .synopsis = "key",
    },
    {
        .name = "touch",
        .run = cmd_touch,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEYS_FROM(1, KEY_RO)},
        .group = "generic",
        .since = "3.2.1",
        .complexity = "O(N) where N is the number of keys that will be touched.",
        .summary = "Returns the number of existing keys out of those specified after updating the time they "
                   "were last accessed.",
        .synopsis = "key...",
        .tips = multi_shard_sum_tips,
    },
    {
        .name = "rename",
        .run = cmd_rename,
        .arity = 3,
        .flags = COMMAND_WRITE,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_OW | KEY_UPDATE)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Renames a key and overwrites the destination.",
        .synopsis = "key newkey:key",
    },
    {
        .name = "renamenx",
        .run = cmd_renamenx,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_OW | KEY_INSERT)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Renames a key only when the target key name doesn't exist.",
        .synopsis = "key newkey:key",
        .history = renamenx_history,
    },
    {
        .name = "copy",
        .run = cmd_copy,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS), KEY_AT(2, KEY_OW | KEY_UPDATE)},
        .group = "generic",
        .since = "6.2.0",
        .complexity =
            "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
        .summary = "Copies the value of a key to a new key.",
        .synopsis = "source:key destination:key [DB destination-db:integer] [REPLACE]",
    },
    {
        .name = "move",
        .run = cmd_move,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Moves a key to another database.",
        .synopsis = "key db:integer",
    },
    {
        .name = "randomkey",
        .run = cmd_randomkey,
        .arity = 1,
        .flags = COMMAND_READONLY | COMMAND_TOUCHES_ARBITRARY_KEYS,
        .acl = ACL_KEYSPACE,
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns a random key name from the database.",
        .tips = randomkey_tips,
    },
    {.name = NULL},
};

const struct command_family key_family = {"keys", key_commands};
