/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes read from one end to the other, at once or in parts. */
#include "commands/families.h"
#include "element_scan.h"
#include "hash_access.h"
#include "telling.h"

enum shown { SHOW_NAMES = 1 << 0, SHOW_VALUES = 1 << 1 };

static void show_field(struct reply *reply, const struct hash_field *field, unsigned shown)
{
    if (shown & SHOW_NAMES)
        reply_bulk(reply, field->name);
    if (shown & SHOW_VALUES)
        reply_hash_value(reply, field);
}

/* All of a large hash. */
struct showing {
    struct telling telling;
    struct hash_walk walk;
    unsigned shown;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct showing *showing = LIST_ENTRY(telling, struct showing, telling);
    struct hash_field field;
    if (!hash_walk_next(&showing->walk, &field))
        return false;
    show_field(reply, &field, showing->shown);
    return true;
}

static void show_in_steps(struct call *call, unsigned shown)
{
    struct showing *showing = telling_new(call, sizeof *showing, VALUE_HASH, 1);
    showing->telling.tell = tell;
    showing->shown = shown;
    hash_walk_begin(&showing->walk, &showing->telling.held.collection);
    telling_run(call, &showing->telling);
}

static void show_fields(struct call *call, const struct collection *hash, unsigned shown)
{
    struct hash_walk walk;
    struct hash_field field;
    if (hash->large && hash_count(hash) > TOLD_AT_ONCE) {
        show_in_steps(call, shown);
        return;
    }
    hash_walk_begin(&walk, hash);
    while (hash_walk_next(&walk, &field))
        show_field(call->reply, &field, shown);
}

static void cmd_hgetall(struct call *call)
{
    struct collection hash;
    if (!call_hash(call, &hash))
        return;
    reply_map(call->reply, hash_count(&hash));
    show_fields(call, &hash, SHOW_NAMES | SHOW_VALUES);
}

static void show_list(struct call *call, enum shown shown)
{
    struct collection hash;
    if (!call_hash(call, &hash))
        return;
    reply_array(call->reply, hash_count(&hash));
    show_fields(call, &hash, shown);
}

static void cmd_hkeys(struct call *call)
{
    show_list(call, SHOW_NAMES);
}

static void cmd_hvals(struct call *call)
{
    show_list(call, SHOW_VALUES);
}

static void cmd_hscan(struct call *call)
{
    scan_elements(call, VALUE_HASH);
}

/* ---- rows ---- */

static const char *const any_order_tips[] = {"nondeterministic_output_order", NULL};
static const char *const scan_tips[] = {"nondeterministic_output", NULL};

static const struct command hash_walk_commands[] = {
    {
        .name = "hgetall",
        .run = cmd_hgetall,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(N) where N is the size of the hash.",
        .summary = "Returns all fields and values in a hash.",
        .synopsis = "key",
        .tips = any_order_tips,
    },
    {
        .name = "hkeys",
        .run = cmd_hkeys,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(N) where N is the size of the hash.",
        .summary = "Returns all fields in a hash.",
        .synopsis = "key",
        .tips = any_order_tips,
    },
    {
        .name = "hvals",
        .run = cmd_hvals,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(N) where N is the size of the hash.",
        .summary = "Returns all values in a hash.",
        .synopsis = "key",
        .tips = any_order_tips,
    },
    {
        .name = "hscan",
        .run = cmd_hscan,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "2.8.0",
        .complexity =
            "O(1) for every call. O(N) for a complete iteration, including enough command calls for the "
            "cursor to return back to 0. N is the number of elements inside the collection.",
        .summary = "Iterates over fields and values of a hash.",
        .synopsis = "key cursor:integer [MATCH pattern] [COUNT count:integer]",
        .tips = scan_tips,
    },
    {0},
};

const struct command_family hash_walk_family = {.name = "hash_walk", .commands = hash_walk_commands};
