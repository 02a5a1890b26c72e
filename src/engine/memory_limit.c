/* SPDX-License-Identifier: BSD-3-Clause */
/* The configured policy, put into effect. Flushed entries whose memory isn't back yet don't count: nothing is evicted for
 * what is about to be freed. */
#include "engine/memory_limit.h"
#include "base/alloc.h"
#include "engine/server.h"
#include "store/evict.h"

/* Evictions between two looks at the time. */
#define EVICTIONS_PER_LOOK 16

static bool policy_of(const struct config *config, struct evict_policy *policy)
{
    static const struct evict_policy policies[] = {
        [MAXMEMORY_VOLATILE_LRU] = {EVICT_LRU, true, 0},
        [MAXMEMORY_VOLATILE_LFU] = {EVICT_LFU, true, 0},
        [MAXMEMORY_VOLATILE_RANDOM] = {EVICT_RANDOM, true, 0},
        [MAXMEMORY_VOLATILE_TTL] = {EVICT_TTL, true, 0},
        [MAXMEMORY_ALLKEYS_LRU] = {EVICT_LRU, false, 0},
        [MAXMEMORY_ALLKEYS_LFU] = {EVICT_LFU, false, 0},
        [MAXMEMORY_ALLKEYS_RANDOM] = {EVICT_RANDOM, false, 0},
    };
    if (config->maxmemory_policy == MAXMEMORY_NOEVICTION)
        return false;
    *policy = policies[config->maxmemory_policy];
    policy->samples = (int)config->maxmemory_samples;
    return true;
}

static bool is_over(const struct server *server)
{
    return mem_used() > (size_t)server->config->maxmemory;
}

bool memory_limit_keep(struct server *server, int64_t budget_us)
{
    struct status *status = &server->status;
    struct evict_policy policy;
    if (server->config->maxmemory == 0 || !is_over(server)) {
        status->is_over_memory = false;
        return true;
    }
    if (store_stats(server->store)->lazy_pending > 0)
        return true;
    if (!policy_of(server->config, &policy)) {
        status->is_over_memory = true;
        return true;
    }
    int64_t begin = clock_mono_us();
    status->is_over_memory = false;
    while (is_over(server)) {
        for (int i = 0; i < EVICTIONS_PER_LOOK && is_over(server); i++) {
            if (store_evict_one(server->store, policy) == EVICT_NOTHING) {
                status->is_over_memory = true;
                return true;
            }
        }
        if (clock_mono_us() - begin >= budget_us)
            return false;
    }
    return true;
}
