/* SPDX-License-Identifier: BSD-3-Clause */
/* The configured policy, put into effect at the end of every tick. Eviction begins before it must, by what
 * ticks have added of late, so that the limit holds in the middle of the next tick, too; and it goes on a
 * little, so that there is slack for a client that comes or a request that is half there. It may take as long
 * as the commands did that made it necessary; a limit that was lowered is reached in slices.
 *
 * What waits for clients that don't read what is pushed to them is limited for itself (push_limit.c): keys go
 * for none of it, and what is pushed because keys went would make more of them go.
 *
 * Flushed entries whose memory isn't back yet don't count: nothing is evicted for what is about to be freed.
 * Nor for room that is kept for replies to come: it is given back first. Telling clients with caches of what
 * was evicted takes such room, and would have more evicted in its turn. */
#include "engine/memory_limit.h"
#include "base/alloc.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "engine/pause.h"
#include "engine/server.h"
#include "engine/slow.h"
#include "memory_limit_private.h"

/* Evictions between two looks at the time. */
#define EVICTIONS_PER_LOOK 16
/* The room that is kept for the next tick, the slack, and what is kept for replies to come are each at most
 * this part of what the limit leaves besides what an empty server needs. */
#define ROOM_SHARE   128
#define GROWTH_FADES 64 /* by this part a tick */
#define SLACK        ((size_t)256 << 10)

bool memory_limit_policy(const struct config *config, struct evict_policy *policy)
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

/* What eviction may take of a tick besides as much as its commands took: 300 us by default and otherwise in
 * Redis' proportions, which takes 500; with that, who asks 2,000 times a second falls behind. */
static int64_t tenacity_us(int tenacity)
{
    double us = 30.0 * (tenacity < 10 ? tenacity : 10);
    if (tenacity == 100)
        return INT64_MAX / 2;
    for (int i = 10; i < tenacity; i++)
        us *= 1.15;
    return (int64_t)us;
}

size_t memory_limit_uncounted(const struct server *server)
{
    return atomic_load_explicit(&server->memory_limit.held, memory_order_relaxed) +
           reply_pool_pushes(server->reply_pool);
}

/* What the snapshot holds is read first: it may become less at any time, and the rest must not seem more by
 * that. */
size_t memory_limit_used(const struct server *server)
{
    size_t uncounted = memory_limit_uncounted(server), used = mem_used();
    return used > uncounted ? used - uncounted : 0;
}

/* What ticks add at most, of late. */
static void note_growth(struct memory_limit *limit, size_t used)
{
    size_t growth = used > limit->used_before ? used - limit->used_before : 0;
    limit->growth -= limit->growth / GROWTH_FADES;
    if (growth > limit->growth)
        limit->growth = growth;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t allowance(const struct server *server)
{
    size_t max = (size_t)server->config->maxmemory, startup = sampler_memory_startup(server);
    return max > startup ? (max - startup) / ROOM_SHARE : 0;
}

/* Use at which eviction begins, and at which it ends. */
static size_t begin_above(const struct server *server)
{
    return (size_t)server->config->maxmemory - smaller(server->memory_limit.growth, allowance(server));
}

static size_t end_at(const struct server *server)
{
    return begin_above(server) - smaller(SLACK, allowance(server));
}

static void note_excess(struct server *server)
{
    struct memory_limit *limit = &server->memory_limit;
    bool is_exceeded = memory_limit_used(server) > (size_t)server->config->maxmemory;
    int64_t now_us = server->clock.mono_us;
    if (is_exceeded && limit->exceeded_since_us == 0)
        limit->exceeded_since_us = now_us;
    if (!is_exceeded && limit->exceeded_since_us != 0) {
        limit->exceeded_us += now_us - limit->exceeded_since_us;
        limit->exceeded_since_us = 0;
    }
}

static bool evict(struct server *server, struct evict_policy policy)
{
    int64_t begin = clock_mono_us(), spent_us = begin - server->tick_begin_us;
    int64_t budget_us = tenacity_us(server->config->maxmemory_eviction_tenacity);
    budget_us += spent_us;
    /* What the entries took counts, not what is left then: telling clients of it may take memory for a
     * while. */
    size_t excess = memory_limit_used(server) - end_at(server), freed = 0;
    while (freed < excess) {
        for (int i = 0; i < EVICTIONS_PER_LOOK && freed < excess; i++) {
            if (store_evict_one(server->store, policy, &freed) == EVICT_NOTHING)
                return true;
        }
        int64_t taken_us = clock_mono_us() - begin;
        if (taken_us >= budget_us) {
            slow_event(server, "eviction-cycle", taken_us);
            return false;
        }
    }
    return true;
}

bool memory_limit_keep(struct server *server)
{
    struct memory_limit *limit = &server->memory_limit;
    struct evict_policy policy;
    bool is_done = true;
    if (server->config->maxmemory == 0) {
        limit->exceeded_since_us = 0;
        return true;
    }
    size_t used = memory_limit_used(server);
    note_growth(limit, used);
    if (used > begin_above(server)) {
        reply_pool_trim(server->reply_pool, allowance(server));
        used = memory_limit_used(server);
    }
    if (!pause_holds_data(server) && used > (limit->is_evicting ? end_at(server) : begin_above(server)) &&
        store_stats(server->store)->lazy_pending == 0 && memory_limit_policy(server->config, &policy))
        is_done = evict(server, policy);
    limit->is_evicting = !is_done;
    limit->used_before = memory_limit_used(server);
    note_excess(server);
    return is_done;
}

int64_t memory_limit_exceeded_ms(const struct server *server)
{
    int64_t since_us = server->memory_limit.exceeded_since_us;
    return since_us ? (server->clock.mono_us - since_us) / 1000 : 0;
}

int64_t memory_limit_exceeded_total_ms(const struct server *server)
{
    return server->memory_limit.exceeded_us / 1000 + memory_limit_exceeded_ms(server);
}

/* ---- figures ---- */

static void print_policy(const struct server *server, struct buf *out)
{
    buf_append_text(out, config_choice_word(server->config, "maxmemory-policy"));
}

static void print_order(const struct server *server, struct buf *out)
{
    const struct config_words *words = &server->config->eviction_order;
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            buf_append_char(out, ' ');
        buf_append_quoted(out, bytes_of(words->items[i]));
    }
}

#define MEMORY_LIMIT_METRICS(ROW)                                                                        \
    ROW(BYTES, "Memory", maxmemory, GAUGE, server->config->maxmemory, "The directive maxmemory.",        \
        .exporter_name = "memory_max_bytes")                                                             \
    ROW(TEXT, "Memory", maxmemory_policy, FACT, print_policy, "The directive maxmemory-policy.",         \
        .exporter_name = "instance_info")                                                                \
    ROW(TEXT, "Memory", eviction_order, FACT, print_order, "The directive eviction-order.")              \
    ROW(INTEGER, "Memory", maxmemory_warning, GAUGE, server->status.memory_level,                        \
        "Percent of maxmemory in use that were last warned of, 0: less.")                                \
    ROW(INTEGER, "Memory", mem_not_counted_for_evict, GAUGE, memory_limit_uncounted(server),             \
        "Bytes that maxmemory doesn't limit: those a snapshot waits to write, and pushes that wait.",    \
        .exporter_name = "mem_not_counted_for_eviction_bytes")                                           \
    ROW(INTEGER, "Stats", total_eviction_exceeded_time, COUNTER, memory_limit_exceeded_total_ms(server), \
        "Milliseconds over maxmemory.")                                                                  \
    ROW(INTEGER, "Stats", current_eviction_exceeded_time, GAUGE, memory_limit_exceeded_ms(server),       \
        "The same, since it is.")

METRIC_TABLE(memory_limit_add_metrics, MEMORY_LIMIT_METRICS)
