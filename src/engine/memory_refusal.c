/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is refused when memory has run out, and what they are told. With maxmemory-reserve, the last part of
 * the memory is for keys that are there: sessions go on being refreshed when there is no room for new
 * ones. */
#include "base/alloc.h"
#include "base/buf.h"
#include "engine/call.h"
#include "engine/key_spec.h"
#include "engine/memory_limit.h"
#include "engine/pause.h"
#include "engine/server.h"
#include "memory_limit_private.h"

/* What new keys may not use; only without eviction is there any sense in it. */
static size_t reserve(const struct config *config)
{
    size_t max = (size_t)config->maxmemory, reserved = (size_t)config->maxmemory_reserve;
    if (config->maxmemory_policy != MAXMEMORY_NOEVICTION)
        return 0;
    return reserved < max ? reserved : max;
}

bool memory_limit_is_reached(const struct server *server)
{
    const struct config *config = server->config;
    size_t max = (size_t)config->maxmemory;
    /* Mostly there is room for all of it, with what a snapshot holds and with a reserve that may not even
     * apply. */
    if (max == 0 || mem_used() + (size_t)config->maxmemory_reserve <= max)
        return false;
    return memory_limit_used(server) > max - reserve(config);
}

/* All keys that the call names are there. */
static bool is_about_known_keys(const struct call *call)
{
    struct key_positions positions = {.count = 0};
    struct keyspace *keyspace = store_keyspace(call->server->store, call->client->database);
    bool is_known =
        command_find_keys(call->command->row, call->argv, call->argc, &positions) && positions.count > 0;
    for (int i = 0; i < positions.count && is_known; i++) {
        struct bytes name = call->argv[key_position_at(&positions, i)->index];
        is_known = keyspace_holds(keyspace, key_of(name));
    }
    key_positions_clear(&positions);
    return is_known;
}

bool memory_limit_refuses(const struct call *call)
{
    const struct server *server = call->server;
    struct evict_policy policy;
    /* In a pause nothing is evicted: whether there is room is asked when it has ended. */
    if (pause_holds_data(server))
        return false;
    if (!memory_limit_is_reached(server) || store_stats(server->store)->lazy_pending > 0)
        return false;
    if (memory_limit_policy(server->config, &policy))
        return !store_may_evict(server->store, policy);
    /* What a transaction queued was asked for when it was queued. */
    return memory_limit_used(server) > (size_t)server->config->maxmemory ||
           !((call->command->row->flags & COMMAND_IS_EXEC) || is_about_known_keys(call));
}

void memory_limit_explain(const struct server *server, bool names_prefix, struct buf *out)
{
    const struct session_stats *sessions = store_sessions(server->store);
    const struct session_class *largest = NULL;
    for (unsigned i = 0; i < sessions->class_count; i++) {
        const struct session_class *class = &sessions->classes[i];
        if (!largest || class->live.bytes > largest->live.bytes)
            largest = class;
    }
    buf_printf(out, " maxmemory-policy is %s", config_choice_word(server->config, "maxmemory-policy"));
    if (largest && largest->live.bytes > 0) {
        struct bytes prefix = session_class_prefix(largest);
        double share = (double)largest->live.bytes * 100 / (double)mem_used();
        buf_append_text(out, prefix.len ? "; keys of " : "; keys without a prefix of their own");
        if (prefix.len && names_prefix)
            buf_append_quoted(out, prefix);
        else if (prefix.len)
            buf_append_text(out, "one prefix");
        buf_printf(out, " take %.0f%%", share < 100 ? share : 100);
    }
    buf_append_text(out, ".");
}
