/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries that were rewritten with other sizes, or removed in no order, leave the slab's pages sparsely used.
 * Such pages are emptied: only the table points at an entry, so moving one means copying it and setting one
 * pointer. An entry keeps its epoch bit, so a walk neither misses it nor meets it twice. */
#include "keyspace_private.h"

/* Entries moved between two looks at the time; the buckets that point at them are fetched together. */
#define ENTRIES_PER_LOOK 16

/* Where the table has the entry; it may be in any database. */
static struct table_slot find_entry(struct store *store, uint64_t hash, const struct entry *entry)
{
    struct table_slot slot = {.bucket = NULL};
    for (int i = 0; i < store->database_count && !slot.bucket; i++) {
        if (store->keyspaces[i].table.count > 0)
            slot = table_locate(&store->keyspaces[i].table, hash, entry);
    }
    return slot;
}

static bool move(struct store *store, uint64_t hash, struct entry *entry)
{
    struct table_slot slot = find_entry(store, hash, entry);
    if (!slot.bucket)
        return false;
    table_slot_set(slot, slab_move(store->slab, entry, entry_total(entry)));
    store->stats.moved++;
    return true;
}

static void prefetch_buckets(const struct store *store, uint64_t hash)
{
    for (int i = 0; i < store->database_count; i++) {
        if (store->keyspaces[i].table.count > 0)
            table_prefetch_bucket(&store->keyspaces[i].table, hash);
    }
}

/* Moves some entries out of the chosen page; false when there are none left in it, or one that can't be
 * moved. */
static bool move_some(struct store *store)
{
    void *slots[ENTRIES_PER_LOOK];
    uint64_t hashes[ENTRIES_PER_LOOK];
    size_t count = slab_sparse_slots(store->slab, slots, ENTRIES_PER_LOOK);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = entry_hash(slots[i], &store->prefixes);
        prefetch_buckets(store, hashes[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!move(store, hashes[i], slots[i])) {
            slab_leave_sparse(store->slab);
            return false;
        }
    }
    return count > 0;
}

bool store_compact_slice(struct store *store, int64_t budget_us)
{
    int64_t begin = clock_mono_us();
    /* No database has the entries of a flushed table: they are gone soon. */
    if (!list_is_empty(&store->garbage))
        return true;
    while (slab_choose_sparse(store->slab)) {
        while (move_some(store)) {
            if (clock_mono_us() - begin >= budget_us)
                return false;
        }
        if (clock_mono_us() - begin >= budget_us)
            return false;
    }
    return true;
}

void store_trim(struct store *store)
{
    slab_trim(store->slab);
}

struct store_memory store_memory(const struct store *store)
{
    return (struct store_memory){.used = slab_used(store->slab), .held = slab_held(store->slab)};
}
