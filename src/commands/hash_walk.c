/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes read from one end to the other, at once or in parts. */
#include "commands/families.h"
#include "hash_access.h"
#include "scan_options.h"

/* ---- all of it ---- */

enum shown { SHOW_NAMES = 1 << 0, SHOW_VALUES = 1 << 1 };

static void show_fields(struct call *call, const struct collection *hash, unsigned shown)
{
    struct hash_walk walk;
    struct hash_field field;
    hash_walk_begin(&walk, hash);
    while (hash_walk_next(&walk, &field)) {
        if (shown & SHOW_NAMES)
            reply_bulk(call->reply, field.name);
        if (shown & SHOW_VALUES)
            reply_hash_value(call->reply, &field);
    }
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

/* ---- HSCAN ---- */

/* Passes about `count` fields from `*cursor` on, which becomes that of the next part, and puts those wanted
 * into `found`. Returns how many. */
static size_t scan_part(const struct collection *hash, const struct scan_options *options, uint64_t *cursor,
                        struct reply *found)
{
    struct hash_walk walk;
    struct hash_field field;
    size_t found_count = 0;
    bool may_pause = false;
    hash_walk_scan(&walk, hash, *cursor);
    *cursor = hash_walk_cursor(&walk);
    for (int64_t left = options->count; !(left <= 0 && may_pause) && hash_walk_next(&walk, &field); left--) {
        if (scan_matches(options, field.name)) {
            reply_bulk(found, field.name);
            reply_hash_value(found, &field);
            found_count++;
        }
        /* Fields of one cursor go together. */
        uint64_t next = hash_walk_cursor(&walk);
        may_pause = next != *cursor;
        *cursor = next;
    }
    return found_count;
}

static void cmd_hscan(struct call *call)
{
    struct scan_options options;
    struct collection hash;
    uint64_t cursor;
    if (!call_scan_cursor(call, 2, &cursor) || !call_hash(call, &hash))
        return;
    if (hash_count(&hash) == 0) {
        reply_scan_head(call->reply, 0);
        reply_array(call->reply, 0);
        return;
    }
    if (!call_scan_options(call, 3, false, &options))
        return;
    struct reply found;
    reply_init(&found, call->reply->pool);
    size_t count = scan_part(&hash, &options, &cursor, &found);
    reply_scan_head(call->reply, cursor);
    reply_array(call->reply, 2 * count);
    reply_take(call->reply, &found);
    reply_clear(&found);
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
