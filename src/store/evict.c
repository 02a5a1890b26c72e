/* SPDX-License-Identifier: BSD-3-Clause */
/* Which entry goes. A hand moves through the tables, bucket by bucket, and what it passes is compared: the
 * best candidates are gathered in a pool, half of the pool goes, and the hand moves on to fill it up again.
 * Nothing is sampled twice while others were never seen, and since it is known where the hand comes next,
 * memory is fetched ahead.
 *
 * A candidate in the pool is only an address that once was an entry's. It is looked for in its bucket before
 * it is touched, and dropped when it isn't there or was used in the meantime.
 *
 * Two policies need no comparing: the entry that dies first is known to the deadlines, and a random one is
 * any. If some classes of keys are to go before others, they are compared as well, and while there are keys
 * of such classes they are sought harder. */
#include "store/evict.h"
#include "base/alloc.h"
#include "evict_order.h"
#include "evict_private.h"

#define POOL_MAX 32
/* Buckets whose entries are fetched together. */
#define GROUP_BUCKETS 8
#define SAMPLES_MAX   64
/* As long as there are keys that go before others, so many times the usual number of entries is looked at to
 * find them. */
#define SEEK_HARDER 8
/* What a rank takes off the merit: more than any merit without. */
#define RANK_SHIFT 55

struct candidate {
    int64_t merit; /* the lower, the sooner it goes */
    struct entry *entry;
    size_t home; /* its bucket */
    int database;
};

struct evict_pool {
    struct evict_policy policy;
    int count;     /* candidates, in the order in which they go */
    int allowance; /* so many may go before others are compared */
    bool is_filling;
    /* While filling: entries to be compared still, and to be looked at for ordered ones; buckets at most. */
    size_t to_compare, to_seek, to_visit;
    int hand_database;
    size_t hand_bucket;
    struct evict_order order;
    size_t last_size; /* of the entry that went last */
    struct candidate candidates[POOL_MAX];
};

struct evict_pool *evict_pool_new(void)
{
    return mem_zalloc(sizeof(struct evict_pool));
}

size_t evict_candidate_count(const struct keyspace *keyspace, bool only_volatile)
{
    return only_volatile ? keyspace->deadline_count : keyspace->table.count;
}

size_t evict_total_count(const struct store *store, bool only_volatile)
{
    size_t total = 0;
    for (int i = 0; i < store->database_count; i++)
        total += evict_candidate_count(&store->keyspaces[i], only_volatile);
    return total;
}

static int64_t last_access_ms(const struct store *store, const struct entry *entry)
{
    return store->clock->mono_ms - store_idle_ms(store, entry);
}

/* Of those that were used equally often, the ones that were not used for longest. */
static int64_t use_of(const struct store *store, const struct entry *entry)
{
    uint32_t last_step = store->access_clock.step - access_clock_steps(store, entry);
    return (int64_t)store_frequency(store, entry) << 32 | last_step;
}

static int64_t merit_within_class(const struct store *store, const struct entry *entry,
                                  enum evict_choice choice)
{
    switch (choice) {
    case EVICT_LRU:
        return last_access_ms(store, entry);
    case EVICT_LFU:
        return use_of(store, entry);
    case EVICT_TTL:
        return (int64_t)deadline_bound(entry_deadline(entry));
    case EVICT_RANDOM:
        /* Always the same for an entry at its place, so that it can be compared again. */
        return (int64_t)((uintptr_t)entry * UINT64_C(0x9e3779b97f4a7c15) >> 20);
    }
    return 0;
}

static int64_t merit_of(const struct store *store, const struct entry *entry)
{
    const struct evict_pool *pool = store->evict_pool;
    return merit_within_class(store, entry, pool->policy.choice) -
           ((int64_t)pool->order.ranks[entry->prefix] << RANK_SHIFT);
}

void store_set_eviction_order(struct store *store, const struct bytes *prefixes, size_t count)
{
    struct evict_pool *pool = store->evict_pool;
    evict_order_set(&pool->order, prefixes, count);
    pool->count = pool->allowance = 0;
    pool->is_filling = false;
}

bool store_may_evict(const struct store *store, struct evict_policy policy)
{
    return evict_total_count(store, policy.only_volatile) > 0;
}

bool evict_seek(struct keyspace *keyspace, bool only_volatile, size_t *number)
{
    if (only_volatile)
        return deadlines_seek(&keyspace->deadlines, number);
    return *number < keyspace->table.bucket_count;
}

static void take_least(void *least, void *item)
{
    uint64_t bound = entry_bound(item);
    if (bound < *(uint64_t *)least)
        *(uint64_t *)least = bound;
}

void evict_found_none(struct keyspace *keyspace, size_t number)
{
    uint64_t least = TABLE_BOUND_MAX;
    if (keyspace->timed_parts_count > 0)
        table_visit_bucket(&keyspace->table, number, take_least, &least);
    if (table_bound(&keyspace->table, number) != least)
        deadlines_set(&keyspace->deadlines, number, least);
}

/* ---- removing ---- */

void evict_entry(struct keyspace *keyspace, struct table_slot slot)
{
    struct store *store = keyspace->store;
    const struct entry *entry = table_slot_held(slot);
    struct key_name name;
    name.heap = NULL;
    struct bytes key = {NULL, 0};
    if (store->observer.removed)
        key = entry_key(entry, &store->prefixes, &name);
    access_clock_evicted(store, keyspace->table.count,
                         store->access_clock.is_lfu ? 0 : store_idle_ms(store, entry));
    store->evict_pool->last_size = entry_size(entry);
    keyspace_drop(keyspace, slot, ENDED_EVICTED);
    if (store->observer.removed)
        store->observer.removed(store->observer.context, keyspace, key, REMOVED_EVICTED);
    key_name_clear(&name);
}

struct table_slot evict_find_in_bucket(const struct table *table, size_t home, const struct entry *entry)
{
    if (home < table->bucket_count) {
        for (struct table_bucket *bucket = table_bucket_at(table, home); bucket;
             bucket = table_next_bucket(table, bucket)) {
            for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
                if (bucket->tags[i] && table_pointer_get(bucket, i) == entry)
                    return (struct table_slot){bucket, i, home};
            }
        }
    }
    return (struct table_slot){.bucket = NULL};
}

/* ---- the pool ---- */

static void add_candidate(struct evict_pool *pool, struct candidate candidate)
{
    int at = pool->count;
    if (at == POOL_MAX) {
        if (candidate.merit >= pool->candidates[at - 1].merit)
            return;
        at--;
    }
    /* The hand may have come round to one that is in the pool already. */
    for (int i = 0; i < pool->count; i++) {
        if (pool->candidates[i].entry == candidate.entry)
            return;
    }
    for (; at > 0 && pool->candidates[at - 1].merit > candidate.merit; at--)
        pool->candidates[at] = pool->candidates[at - 1];
    pool->candidates[at] = candidate;
    pool->count += pool->count < POOL_MAX;
}

/* Takes the best candidate out of the pool; true when it was what it seemed, and is gone from its keyspace
 * too. */
static bool evict_first(struct store *store, struct evict_pool *pool)
{
    struct candidate first = pool->candidates[0];
    memmove(pool->candidates, pool->candidates + 1, (size_t)--pool->count * sizeof first);
    struct keyspace *keyspace = &store->keyspaces[first.database];
    struct table_slot slot = evict_find_in_bucket(&keyspace->table, first.home, first.entry);
    if (!slot.bucket || (pool->policy.only_volatile && !first.entry->has_deadline) ||
        merit_of(store, first.entry) > first.merit)
        return false;
    evict_entry(keyspace, slot);
    return true;
}

struct look {
    struct evict_pool *pool;
    const struct store *store;
    size_t home;
    int database;
    int found; /* entries that may go */
};

static void look_at(void *context, void *item)
{
    struct look *look = context;
    struct evict_pool *pool = look->pool;
    struct entry *entry = item;
    if (pool->policy.only_volatile && !entry->has_deadline)
        return;
    look->found++;
    pool->to_compare -= pool->to_compare > 0;
    pool->to_seek -= pool->to_seek > 0;
    add_candidate(pool, (struct candidate){.merit = merit_of(look->store, entry),
                                           .entry = entry,
                                           .home = look->home,
                                           .database = look->database});
}

static void prefetch(void *context, void *item)
{
    (void)context;
    memory_prefetch(item);
}

/* The bound of a bucket without deadlines is never. */
static bool may_have_candidates(const struct evict_pool *pool, const struct table *table, size_t number)
{
    return !pool->policy.only_volatile || table_bound(table, number) != TABLE_BOUND_MAX;
}

static size_t less(size_t number, size_t by)
{
    return number > by ? number - by : 0;
}

/* Moves the hand over a few buckets of one table, and those before them that can't have candidates, and
 * compares what lies in them. Those that were looked into count as visits. */
static void look_at_group(struct store *store, struct evict_pool *pool, size_t *visits)
{
    struct keyspace *keyspace = &store->keyspaces[pool->hand_database];
    const struct table *table = &keyspace->table;
    size_t begin = pool->hand_bucket;
    if (!evict_seek(keyspace, pool->policy.only_volatile, &begin))
        begin = table->bucket_count;
    size_t end = begin + GROUP_BUCKETS;
    if (end > table->bucket_count)
        end = table->bucket_count;
    for (size_t number = begin; number < end; number++) {
        if (may_have_candidates(pool, table, number))
            table_visit_bucket(table, number, prefetch, NULL);
    }
    for (size_t number = end; number < end + GROUP_BUCKETS && number < table->bucket_count; number++)
        memory_prefetch(table_bucket_at(table, number));
    struct look look = {pool, store, begin, pool->hand_database, 0};
    for (; look.home < end; look.home++) {
        if (!may_have_candidates(pool, table, look.home))
            continue;
        look.found = 0;
        table_visit_bucket(table, look.home, look_at, &look);
        if (look.found == 0 && pool->policy.only_volatile)
            evict_found_none(keyspace, look.home);
    }
    pool->to_visit = less(pool->to_visit, end - pool->hand_bucket);
    *visits = less(*visits, end - begin + 1);
    pool->hand_bucket = end;
}

/* Puts the hand on a bucket that is there, of a database that has candidates; there is one. */
static void place_hand(const struct store *store, struct evict_pool *pool)
{
    while (pool->hand_database >= store->database_count ||
           evict_candidate_count(&store->keyspaces[pool->hand_database], pool->policy.only_volatile) == 0 ||
           pool->hand_bucket >= store->keyspaces[pool->hand_database].table.bucket_count) {
        pool->hand_bucket = 0;
        pool->hand_database = pool->hand_database + 1 < store->database_count ? pool->hand_database + 1 : 0;
    }
}

static void begin_to_fill(const struct store *store, struct evict_pool *pool)
{
    int samples = pool->policy.samples < SAMPLES_MAX ? pool->policy.samples : SAMPLES_MAX;
    evict_order_refresh(&pool->order, &store->prefixes);
    pool->is_filling = true;
    pool->to_compare = (size_t)(POOL_MAX - pool->count) * (size_t)samples;
    pool->to_seek = pool->order.has_keys ? pool->to_compare * SEEK_HARDER : 0;
    pool->to_visit = 0;
    for (int i = 0; i < store->database_count; i++) {
        if (evict_candidate_count(&store->keyspaces[i], pool->policy.only_volatile) > 0)
            pool->to_visit += store->keyspaces[i].table.bucket_count;
    }
}

/* Candidates that go before all others. */
static int count_ordered(const struct evict_pool *pool)
{
    int count = 0;
    while (count < pool->count && pool->candidates[count].merit < -((int64_t)1 << (RANK_SHIFT - 1)))
        count++;
    return count;
}

static bool is_filled(const struct evict_pool *pool)
{
    return pool->to_visit == 0 ||
           (pool->to_compare == 0 && (pool->to_seek == 0 || count_ordered(pool) >= POOL_MAX / 2));
}

/* Goes on filling the pool for at most `*visits` buckets, which are counted down. */
static void fill(struct store *store, struct evict_pool *pool, size_t *visits)
{
    if (!pool->is_filling)
        begin_to_fill(store, pool);
    while (!is_filled(pool) && *visits > 0) {
        place_hand(store, pool);
        look_at_group(store, pool, visits);
    }
    if (is_filled(pool)) {
        int ordered = count_ordered(pool), half = (pool->count + 1) / 2;
        pool->is_filling = false;
        pool->allowance = ordered > 0 && ordered < half ? ordered : half;
    }
}

static enum evict_result evict_by_comparing(struct store *store, struct evict_policy policy)
{
    struct evict_pool *pool = store->evict_pool;
    size_t visits = CALL_BUCKETS_MAX;
    if (policy.choice != pool->policy.choice || policy.only_volatile != pool->policy.only_volatile) {
        pool->count = pool->allowance = 0;
        pool->is_filling = false;
    }
    pool->policy = policy;
    while (visits > 0) {
        while (pool->allowance > 0 && pool->count > 0) {
            pool->allowance--;
            if (evict_first(store, pool))
                return EVICTED;
        }
        if (evict_total_count(store, policy.only_volatile) == 0)
            return EVICT_NOTHING;
        fill(store, pool, &visits);
    }
    return EVICT_SEARCHING;
}

static enum evict_result evict_by_policy(struct store *store, struct evict_policy policy)
{
    bool is_ordered = store->evict_pool->order.count > 0;
    /* Bounds that are those of parts say nothing of the entries. */
    if (policy.choice == EVICT_TTL && !is_ordered && !store_has_timed_parts(store))
        return evict_soonest(store);
    if (policy.choice == EVICT_RANDOM && !is_ordered)
        return evict_any(store, policy.only_volatile);
    return evict_by_comparing(store, policy);
}

enum evict_result store_evict_one(struct store *store, struct evict_policy policy, size_t *freed)
{
    enum evict_result result = evict_by_policy(store, policy);
    if (result == EVICTED && freed)
        *freed += store->evict_pool->last_size;
    return result;
}
