/* SPDX-License-Identifier: BSD-3-Clause */
/* A walk over everything the store holds: sums are what they are the sums of, bounds are not above what
 * they bound. */
#include "base/alloc.h"
#include "base/panic.h"
#include "keyspace_private.h"
#include "types/hyperloglog.h"

struct tally {
    const struct keyspace *keyspace;
    uint64_t bound; /* of the bucket that is looked at */
    size_t count, deadline_count, timed_parts_count;
    uint64_t deadline_sum;
    struct session_live *live; /* of each class */
    size_t slots;              /* bytes of the slab */
};

static void check_entry(void *context, void *item)
{
    struct tally *tally = context;
    const struct entry *entry = item;
    struct value value = entry_value(entry);
    value_check(&value);
    ASSERT(!entry->is_hll || hll_check(value.bytes) == HLL_RIGHT);
    /* One that a walk has to meet must still be before it. */
    ASSERT(tally->keyspace->store->is_walking || !entry_is_due(tally->keyspace->store, entry));
    tally->count++;
    ASSERT(entry->prefix < tally->keyspace->live_count);
    session_live_add(&tally->live[entry->prefix], entry_size(entry));
    if (entry_total(entry) <= SLAB_SIZE_MAX)
        tally->slots += slab_slot_size(entry_total(entry));
    tally->timed_parts_count += entry->has_timed_parts;
    ASSERT(tally->bound <= entry_bound(entry));
    if (!entry->has_deadline)
        return;
    uint64_t bound = deadline_bound(entry_deadline_raw(entry));
    ASSERT(deadlines_next(&tally->keyspace->deadlines) <= bound);
    tally->deadline_count++;
    tally->deadline_sum += bound >> TTL_SUM_SHIFT;
}

/* What is said of the classes is what their entries sum up to; it is added to the whole. */
static void check_figures(const struct tally *tally, struct session_live *whole)
{
    const struct keyspace *keyspace = tally->keyspace;
    for (unsigned class = 0; class < keyspace->live_count; class ++) {
        const struct session_live *live = &keyspace->live[class];
        ASSERT(memcmp(&tally->live[class], live, sizeof *live) == 0);
        whole[class].keys += live->keys;
        whole[class].bytes += live->bytes;
    }
}

/* Returns the bytes of the slab that its entries take. */
static size_t check_keyspace(const struct keyspace *keyspace, struct session_live *whole)
{
    const struct table *table = &keyspace->table;
    struct tally tally = {.keyspace = keyspace,
                          .live = mem_zalloc((keyspace->live_count + 1) * sizeof *tally.live)};
    table_check(table);
    for (size_t number = 0; number < table->bucket_count; number++) {
        tally.bound = table_bound(table, number);
        table_visit_bucket(table, number, check_entry, &tally);
    }
    ASSERT(tally.count == table->count);
    ASSERT(tally.deadline_count == keyspace->deadline_count);
    ASSERT(tally.timed_parts_count == keyspace->timed_parts_count);
    ASSERT(tally.deadline_sum == keyspace->deadline_sum);
    check_figures(&tally, whole);
    mem_free(tally.live);
    return tally.slots;
}

/* What was flushed and waits to be freed lies there, too. With sanitizers entries are not in the slab. */
static void check_slots(const struct store *store, size_t slots)
{
    size_t used = slab_used(store->slab);
    if (slab_held(store->slab) > 0)
        ASSERT(list_is_empty(&store->garbage) ? slots == used : slots <= used);
    slab_check(store->slab);
}

/* A class is its entries' own, those of flushed tables that a walk has yet to go through included. */
static void check_prefixes(const struct store *store)
{
    for (unsigned class = 0; class < SESSION_CLASS_COUNT; class ++) {
        uint64_t keys = store->sessions.classes[class].live.keys;
        LIST_EACH(link, &store->garbage) {
            const struct garbage *garbage = LIST_ENTRY(link, struct garbage, link);
            if (garbage->walk.is_due && class < garbage->live_count)
                keys += garbage->live[class].keys;
        }
        ASSERT(store->prefixes.classes[class].entry_count == keys);
    }
}

void store_check(const struct store *store)
{
    struct session_live *whole = mem_zalloc(SESSION_CLASS_COUNT * sizeof *whole);
    size_t slots = 0;
    for (int i = 0; i < store->database_count; i++) {
        ASSERT(i < store->used_count || store->keyspaces[i].table.count == 0);
        slots += check_keyspace(&store->keyspaces[i], whole);
    }
    for (int class = 0; class < SESSION_CLASS_COUNT; class ++) {
        const struct session_live *live = &store->sessions.classes[class].live;
        ASSERT(whole[class].keys == live->keys && whole[class].bytes == live->bytes);
    }
    check_prefixes(store);
    check_slots(store, slots);
    mem_free(whole);
}
