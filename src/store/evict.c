/* SPDX-License-Identifier: BSD-3-Clause */
/* A sample is a few whole buckets: six or so candidates come with each cache line. The buckets, and then their entries, are
 * fetched ahead of being looked at. */
#include "store/evict.h"
#include "base/random.h"
#include "keyspace_private.h"

#define SAMPLE_BUCKETS_MAX 16
/* Empty samples in a row after which a database with few candidates is walked through instead. */
#define EMPTY_SAMPLES_MAX 32

struct search {
    const struct store *store;
    struct evict_policy policy;
    int64_t best_score;
    struct entry *best;
};

/* The higher, the sooner it goes. */
static int64_t score_of(const struct search *search, const struct entry *entry)
{
    switch (search->policy.choice) {
    case EVICT_LRU:
        return store_idle_ms(search->store, entry);
    case EVICT_LFU:
        return 255 - (int64_t)store_frequency(search->store, entry);
    case EVICT_TTL:
        return entry->has_deadline ? INT64_MAX - entry_deadline_raw(entry) : INT64_MIN + 1;
    case EVICT_RANDOM:
        return (int64_t)(random_u64() >> 1);
    }
    return 0;
}

static void consider(void *context, void *item)
{
    struct search *search = context;
    struct entry *entry = item;
    if (search->policy.only_volatile && !entry->has_deadline)
        return;
    int64_t score = score_of(search, entry);
    if (!search->best || score > search->best_score) {
        search->best = entry;
        search->best_score = score;
    }
}

static void prefetch(void *context, void *item)
{
    (void)context;
    memory_prefetch(item);
}

static void sample(struct search *search, const struct table *table)
{
    size_t numbers[SAMPLE_BUCKETS_MAX];
    int count = search->policy.choice == EVICT_RANDOM ? 1 : (search->policy.samples + 1) / 2;
    if (count > SAMPLE_BUCKETS_MAX)
        count = SAMPLE_BUCKETS_MAX;
    for (int i = 0; i < count; i++) {
        numbers[i] = random_u64() % table->bucket_count;
        memory_prefetch(table_bucket_at(table, numbers[i]));
    }
    for (int i = 0; i < count; i++)
        table_visit_bucket(table, numbers[i], prefetch, NULL);
    for (int i = 0; i < count; i++)
        table_visit_bucket(table, numbers[i], consider, search);
}

static void find_in(struct search *search, const struct keyspace *keyspace)
{
    for (int i = 0; i < EMPTY_SAMPLES_MAX && !search->best; i++)
        sample(search, &keyspace->table);
    for (size_t number = 0; number < keyspace->table.bucket_count && !search->best; number++)
        table_visit_bucket(&keyspace->table, number, consider, search);
}

/* A database that has candidates, chosen by how many. */
static struct keyspace *choose_keyspace(struct store *store, bool only_volatile)
{
    size_t total = 0;
    for (int i = 0; i < store->database_count; i++) {
        const struct keyspace *keyspace = &store->keyspaces[i];
        total += only_volatile ? keyspace->deadline_count : keyspace->table.count;
    }
    if (total == 0)
        return NULL;
    size_t chosen = random_u64() % total;
    for (int i = 0; i < store->database_count; i++) {
        struct keyspace *keyspace = &store->keyspaces[i];
        size_t count = only_volatile ? keyspace->deadline_count : keyspace->table.count;
        if (chosen < count)
            return keyspace;
        chosen -= count;
    }
    return NULL;
}

bool store_evict_one(struct store *store, struct evict_policy policy)
{
    struct keyspace *keyspace = choose_keyspace(store, policy.only_volatile);
    if (!keyspace)
        return false;
    struct search search = {.store = store, .policy = policy};
    find_in(&search, keyspace);
    if (!search.best)
        return false;
    struct key_name name = {.heap = NULL};
    struct bytes key = entry_key(search.best, &store->prefixes, &name);
    keyspace_drop(keyspace, table_locate(&keyspace->table, key_of(key).hash, search.best), ENDED_EVICTED);
    if (store->observer.removed)
        store->observer.removed(store->observer.context, keyspace, key, REMOVED_EVICTED);
    key_name_clear(&name);
    return true;
}
