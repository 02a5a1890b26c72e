/* SPDX-License-Identifier: BSD-3-Clause */
/* The policies that need no comparing. The bounds of the deadlines tell which entry dies first; one that is
 * too low is set right when it is met, so that in the end it is exactly the first. */
#include "base/random.h"
#include "evict_private.h"

/* ---- the one that dies first ---- */

struct soonest {
    size_t home;
    int64_t deadline_ms;
    struct entry *entry;
};

static void look_for_soonest(void *context, void *item)
{
    struct soonest *soonest = context;
    struct entry *entry = item;
    if (entry->has_deadline && (!soonest->entry || entry_deadline_raw(entry) < soonest->deadline_ms)) {
        soonest->entry = entry;
        soonest->deadline_ms = entry_deadline_raw(entry);
    }
}

enum evict_result evict_soonest(struct store *store)
{
    struct keyspace *keyspace = NULL;
    uint64_t bound = TABLE_BOUND_MAX;
    if (evict_total_count(store, true) == 0)
        return EVICT_NOTHING;
    for (int i = 0; i < store->database_count; i++) {
        uint64_t next = deadlines_next(&store->keyspaces[i].deadlines);
        if (store->keyspaces[i].deadline_count > 0 && next < bound) {
            bound = next;
            keyspace = &store->keyspaces[i];
        }
    }
    struct soonest soonest = {.entry = NULL};
    if (!keyspace || !deadlines_due(&keyspace->deadlines, bound, &soonest.home))
        return EVICT_SEARCHING;
    table_visit_bucket(&keyspace->table, soonest.home, look_for_soonest, &soonest);
    uint64_t true_bound = soonest.entry ? deadline_bound(soonest.deadline_ms) : TABLE_BOUND_MAX;
    if (true_bound > bound) {
        /* A deadline moved later, or went. */
        deadlines_set(&keyspace->deadlines, soonest.home, true_bound);
        return EVICT_SEARCHING;
    }
    evict_entry(keyspace, evict_find_in_bucket(&keyspace->table, soonest.home, soonest.entry));
    return EVICTED;
}

/* ---- any ---- */

struct any {
    bool only_volatile;
    uint64_t seen;
    struct entry *entry;
};

/* Each that is seen takes the place with a chance that makes all equal in the end. */
static void choose_any(void *context, void *item)
{
    struct any *any = context;
    struct entry *entry = item;
    if ((!any->only_volatile || entry->has_deadline) && random_below(++any->seen) == 0)
        any->entry = entry;
}

static struct keyspace *choose_keyspace(struct store *store, size_t total, bool only_volatile)
{
    size_t chosen = random_below(total);
    int i = 0;
    for (; i < store->database_count - 1; i++) {
        size_t count = evict_candidate_count(&store->keyspaces[i], only_volatile);
        if (chosen < count)
            break;
        chosen -= count;
    }
    return &store->keyspaces[i];
}

enum evict_result evict_any(struct store *store, bool only_volatile)
{
    size_t total = evict_total_count(store, only_volatile);
    if (total == 0)
        return EVICT_NOTHING;
    struct keyspace *keyspace = choose_keyspace(store, total, only_volatile);
    const struct table *table = &keyspace->table;
    struct any any = {.only_volatile = only_volatile};
    size_t number = random_below(table->bucket_count);
    for (size_t visits = 0; visits < CALL_BUCKETS_MAX; visits++) {
        if (!evict_seek(keyspace, only_volatile, &number)) {
            number = 0;
            continue;
        }
        table_visit_bucket(table, number, choose_any, &any);
        if (any.entry) {
            evict_entry(keyspace, evict_find_in_bucket(table, number, any.entry));
            return EVICTED;
        }
        if (only_volatile)
            evict_found_none(keyspace, number);
        number++;
    }
    return EVICT_SEARCHING;
}
