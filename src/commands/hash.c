/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of hashes, set, read and removed by name. */
#include "argument_edit.h"
#include "argument_telling.h"
#include "commands/families.h"
#include "hash_access.h"

/* ---- writing ---- */

static bool set_pair(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    edit->count += hash_set(hash, call->argv[index], call->argv[index + 1]);
    return true;
}

static void reply_hmset(struct argument_edit *edit, struct call *call)
{
    (void)edit;
    reply_ok(call->reply);
}

static bool set_in_steps(struct call *call, void (*done)(struct argument_edit *edit, struct call *call))
{
    const struct argument_edit setting = {
        .type = VALUE_HASH, .first = 2, .stride = 2, .event = "hset", .each = set_pair, .done = done};
    return edit_in_argument_steps(call, &setting, sizeof setting);
}

/* Sets the pairs from argv[2] on, of which so many are new. False when the call was wrong, and that replied,
 * or when it is done later, and replies then. */
static bool set_pairs(struct call *call, int64_t *new_count,
                      void (*done)(struct argument_edit *edit, struct call *call))
{
    struct edit edit;
    *new_count = 0;
    if (call->argc % 2 == 1) {
        call_arity_error(call);
        return false;
    }
    if (call_has_many_arguments(call) && set_in_steps(call, done))
        return false;
    if (!call_edit(call, call_key(call, 1), VALUE_HASH, &edit))
        return false;
    for (int i = 2; i < call->argc; i += 2)
        *new_count += hash_set(&edit.value, call->argv[i], call->argv[i + 1]);
    call_edited(call, &edit, "hset");
    return true;
}

static void cmd_hset(struct call *call)
{
    int64_t new_count;
    if (set_pairs(call, &new_count, reply_counted))
        reply_int(call->reply, new_count);
}

static void cmd_hmset(struct call *call)
{
    int64_t new_count;
    if (set_pairs(call, &new_count, reply_hmset))
        reply_ok(call->reply);
}

static void cmd_hsetnx(struct call *call)
{
    struct hash_field old;
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_HASH, &edit))
        return;
    if (hash_find(&edit.value, call->argv[2], &old)) {
        reply_int(call->reply, 0);
        return;
    }
    hash_set(&edit.value, call->argv[2], call->argv[3]);
    call_edited(call, &edit, "hset");
    reply_int(call->reply, 1);
}

static bool remove_field(struct argument_edit *edit, struct call *call, struct collection *hash, int index)
{
    (void)edit;
    return hash_remove(hash, call->argv[index]);
}

static const struct argument_edit removing = {.type = VALUE_HASH,
                                              .first = 2,
                                              .stride = 1,
                                              .event = "hdel",
                                              .each = remove_field,
                                              .done = reply_changed};

static void cmd_hdel(struct call *call)
{
    int64_t removed = 0;
    struct edit edit;
    if (edit_by_arguments(call, &removing, sizeof removing) ||
        !call_edit(call, call_key(call, 1), VALUE_HASH, &edit))
        return;
    for (int i = 2; i < call->argc; i++)
        removed += hash_remove(&edit.value, call->argv[i]);
    if (removed > 0)
        call_edited(call, &edit, "hdel");
    reply_int(call->reply, removed);
}

/* ---- reading ---- */

static void cmd_hget(struct call *call)
{
    struct collection hash;
    if (call_hash(call, &hash))
        reply_hash_field(call->reply, &hash, call->argv[2]);
}

static void cmd_hmget(struct call *call)
{
    struct collection hash;
    if (call_hash(call, &hash))
        tell_of_arguments(call, &hash, 2, tell_hash_field);
}

static void cmd_hlen(struct call *call)
{
    struct collection hash;
    if (call_hash(call, &hash))
        reply_int(call->reply, (int64_t)hash_count(&hash));
}

static void cmd_hstrlen(struct call *call)
{
    struct collection hash;
    struct hash_field field;
    if (call_hash(call, &hash))
        reply_int(call->reply, hash_find(&hash, call->argv[2], &field) ? (int64_t)field.value.len : 0);
}

static void cmd_hexists(struct call *call)
{
    struct collection hash;
    struct hash_field field;
    if (call_hash(call, &hash))
        reply_int(call->reply, hash_find(&hash, call->argv[2], &field));
}

/* ---- rows ---- */

static const struct command_history hset_history[] = {
    {"4.0.0", "Accepts multiple `field` and `value` arguments."},
    {NULL, NULL},
};
static const struct command_history hdel_history[] = {
    {"2.4.0", "Accepts multiple `field` arguments."},
    {NULL, NULL},
};

static const struct command hash_commands[] = {
    {
        .name = "hset",
        .run = cmd_hset,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the "
                      "command is called with multiple field/value pairs.",
        .summary = "Creates or modifies the value of a field in a hash.",
        .synopsis = "key data(field value)...",
        .history = hset_history,
    },
    {
        .name = "hsetnx",
        .run = cmd_hsetnx,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Sets the value of a field in a hash only when the field doesn't exist.",
        .synopsis = "key field value",
    },
    {
        .name = "hmset",
        .run = cmd_hmset,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of fields being set.",
        .summary = "Sets the values of multiple fields.",
        .synopsis = "key data(field value)...",
        .deprecated_since = "4.0.0",
        .replaced_by = "`HSET` with multiple field-value pairs",
    },
    {
        .name = "hget",
        .run = cmd_hget,
        .arity = 3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Returns the value of a field in a hash.",
        .synopsis = "key field",
    },
    {
        .name = "hmget",
        .run = cmd_hmget,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of fields being requested.",
        .summary = "Returns the values of all fields in a hash.",
        .synopsis = "key field...",
    },
    {
        .name = "hlen",
        .run = cmd_hlen,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of fields in a hash.",
        .synopsis = "key",
    },
    {
        .name = "hstrlen",
        .run = cmd_hstrlen,
        .arity = 3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "hash",
        .since = "3.2.0",
        .complexity = "O(1)",
        .summary = "Returns the length of the value of a field.",
        .synopsis = "key field",
    },
    {
        .name = "hexists",
        .run = cmd_hexists,
        .arity = 3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Determines whether a field exists in a hash.",
        .synopsis = "key field",
    },
    {
        .name = "hdel",
        .run = cmd_hdel,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(N) where N is the number of fields to be removed.",
        .summary = "Deletes one or more fields and their values from a hash. Deletes the hash if no fields "
                   "remain.",
        .synopsis = "key field...",
        .history = hdel_history,
    },
    {0},
};

const struct command_family hash_family = {.name = "hash", .commands = hash_commands};
