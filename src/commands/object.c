/* SPDX-License-Identifier: BSD-3-Clause */
/* OBJECT: how a value is kept. Looking at it so leaves its access clock alone. */
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"

/* What Redis answers for the numbers it shares between keys. */
enum { SHARED_INT_COUNT = 10000, SHARED_REFERENCES = INT32_MAX };

static const char policy_advice[] =
    "Please note that when switching between policies at runtime LRU and LFU data "
    "will take some time to adjust.";

/* The entry of argv[2]; NULL, having replied, when there is none. A lookup that counts but notifies
 * nobody. */
static const struct entry *look_at(struct call *call)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, 2));
    if (!entry) {
        call->server->counters.keyspace_misses++;
        reply_null(call->reply);
        return NULL;
    }
    call->server->counters.keyspace_hits++;
    return entry;
}

static bool policy_is(const struct call *call, enum maxmemory_policy volatile_keys,
                      enum maxmemory_policy all_keys)
{
    int policy = call->server->config->maxmemory_policy;
    return policy == (int)volatile_keys || policy == (int)all_keys;
}

static bool uses_lfu(const struct call *call)
{
    return policy_is(call, MAXMEMORY_VOLATILE_LFU, MAXMEMORY_ALLKEYS_LFU);
}

static bool uses_lru(const struct call *call)
{
    return policy_is(call, MAXMEMORY_VOLATILE_LRU, MAXMEMORY_ALLKEYS_LRU);
}

static void cmd_object_encoding(struct call *call)
{
    const struct entry *entry = look_at(call);
    if (!entry)
        return;
    struct value value = entry_value(entry);
    reply_bulk_text(call->reply, value_encoding_name(&value));
}

static void cmd_object_freq(struct call *call)
{
    const struct entry *entry = look_at(call);
    if (!entry)
        return;
    if (!uses_lfu(call)) {
        call_error_format(call,
                          "ERR An LFU maxmemory policy is not selected, access frequency not tracked. %s",
                          policy_advice);
        return;
    }
    reply_int(call->reply, store_frequency(call->server->store, entry));
}

static void cmd_object_idletime(struct call *call)
{
    const struct entry *entry = look_at(call);
    if (!entry)
        return;
    if (uses_lfu(call)) {
        call_error_format(call, "ERR An LFU maxmemory policy is selected, idle time not tracked. %s",
                          policy_advice);
        return;
    }
    reply_int(call->reply, store_idle_ms(call->server->store, entry) / 1000);
}

/* Values have one owner here. Redis shares small numbers, unless keys need access clocks of their own for
 * eviction. */
static void cmd_object_refcount(struct call *call)
{
    const struct entry *entry = look_at(call);
    struct value value;
    bool is_small, shares;
    if (!entry)
        return;
    value = entry_value(entry);
    is_small = value.encoding == STRING_INT && value.integer >= 0 && value.integer < SHARED_INT_COUNT;
    shares = call->server->config->maxmemory == 0 || !(uses_lru(call) || uses_lfu(call));
    reply_int(call->reply, is_small && shares ? SHARED_REFERENCES : 1);
}

static void cmd_object_help(struct call *call)
{
    static const char *const lines[] = {
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        NULL,
    };
    call_help(call, lines);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};

static const struct command object_subcommands[] = {
    {
        .name = "encoding",
        .run = cmd_object_encoding,
        .arity = 3,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(2, KEY_RO)},
        .group = "generic",
        .since = "2.2.3",
        .complexity = "O(1)",
        .summary = "Returns the internal encoding of a Redis object.",
        .synopsis = "key",
        .tips = nondeterministic_tips,
    },
    {
        .name = "freq",
        .run = cmd_object_freq,
        .arity = 3,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(2, KEY_RO)},
        .group = "generic",
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns the logarithmic access frequency counter of a Redis object.",
        .synopsis = "key",
        .tips = nondeterministic_tips,
    },
    {
        .name = "help",
        .run = cmd_object_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_KEYSPACE,
        .group = "generic",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "idletime",
        .run = cmd_object_idletime,
        .arity = 3,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(2, KEY_RO)},
        .group = "generic",
        .since = "2.2.3",
        .complexity = "O(1)",
        .summary = "Returns the time since the last access to a Redis object.",
        .synopsis = "key",
        .tips = nondeterministic_tips,
    },
    {
        .name = "refcount",
        .run = cmd_object_refcount,
        .arity = 3,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(2, KEY_RO)},
        .group = "generic",
        .since = "2.2.3",
        .complexity = "O(1)",
        .summary = "Returns the reference count of a value of a key.",
        .synopsis = "key",
        .tips = nondeterministic_tips,
    },
    {.name = NULL},
};

static const struct command object_commands[] = {
    {
        .name = "object",
        .arity = -2,
        .group = "generic",
        .since = "2.2.3",
        .complexity = "Depends on subcommand.",
        .summary = "A container for object introspection commands.",
        .subcommands = object_subcommands,
    },
    {.name = NULL},
};

const struct command_family object_family = {"object", object_commands};
