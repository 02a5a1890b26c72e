/* SPDX-License-Identifier: BSD-3-Clause */
/* A walk over everything the store holds: sums are what they are the sums of, bounds are not above what
 * they bound. */
#include "base/panic.h"
#include "keyspace_private.h"

struct tally {
    const struct keyspace *keyspace;
    uint64_t bound; /* of the bucket that is looked at */
    size_t count, deadline_count, timed_parts_count;
    uint64_t deadline_sum;
};

static void check_entry(void *context, void *item)
{
    struct tally *tally = context;
    const struct entry *entry = item;
    struct value value = entry_value(entry);
    value_check(&value);
    /* One that a walk has to meet must still be before it. */
    ASSERT(tally->keyspace->store->is_walking || !entry_is_due(tally->keyspace->store, entry));
    tally->count++;
    tally->timed_parts_count += entry->has_timed_parts;
    ASSERT(tally->bound <= entry_bound(entry));
    if (!entry->has_deadline)
        return;
    uint64_t bound = deadline_bound(entry_deadline_raw(entry));
    ASSERT(deadlines_next(&tally->keyspace->deadlines) <= bound);
    tally->deadline_count++;
    tally->deadline_sum += bound >> TTL_SUM_SHIFT;
}

static void check_keyspace(const struct keyspace *keyspace)
{
    const struct table *table = &keyspace->table;
    struct tally tally = {.keyspace = keyspace};
    table_check(table);
    for (size_t number = 0; number < table->bucket_count; number++) {
        tally.bound = table_bound(table, number);
        table_visit_bucket(table, number, check_entry, &tally);
    }
    ASSERT(tally.count == table->count);
    ASSERT(tally.deadline_count == keyspace->deadline_count);
    ASSERT(tally.timed_parts_count == keyspace->timed_parts_count);
    ASSERT(tally.deadline_sum == keyspace->deadline_sum);
}

void store_check(const struct store *store)
{
    for (int i = 0; i < store->database_count; i++) {
        ASSERT(i < store->used_count || store->keyspaces[i].table.count == 0);
        check_keyspace(&store->keyspaces[i]);
    }
}
