/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over all tables, databases' and flushed ones. Where it is in a table is kept with the table's
 * content, so that SWAPDB and FLUSHALL take it along. The cursor counts in reversed bits: it misses nothing
 * while a table grows or shrinks, and what it meets twice the epoch bit tells. Outside of walks no entry's
 * epoch differs from the store's. */
#include "store/walk.h"
#include "base/panic.h"
#include "base/prefetch.h"
#include "keyspace_private.h"

/* Cursor steps between two looks at the time; their entries are fetched ahead together. */
#define STEPS_PER_LOOK 16

void walk_hand_over(struct store *store, int database, struct entry *entry, bool is_leaving)
{
    const struct walk_sink *sink = &store->walk_sink;
    entry->epoch = store->epoch & 1;
    if (!sink->take)
        return;
    struct key_name name;
    name.heap = NULL;
    struct walked walked = {.database = database,
                            .key = entry_key(entry, &store->prefixes, &name),
                            .value = entry_value(entry),
                            .deadline_ms = entry_deadline(entry),
                            .entry = entry,
                            .is_leaving = is_leaving};
    sink->take(sink->context, &walked);
    key_name_clear(&name);
}

void store_walk_begin(struct store *store, struct walk_sink sink)
{
    ASSERT(!store->is_walking);
    store->is_walking = true;
    store->walk_sink = sink;
    store->epoch ^= 1;
    for (int i = 0; i < store->database_count; i++) {
        struct keyspace *keyspace = &store->keyspaces[i];
        keyspace->walk = (struct walk_state){.database = i, .is_due = keyspace->table.count > 0};
    }
}

struct visit {
    struct store *store;
    int database;
};

static void visit_item(void *context, void *item)
{
    const struct visit *visit = context;
    struct entry *entry = item;
    if (entry_is_due(visit->store, entry))
        walk_hand_over(visit->store, visit->database, entry, false);
}

static void prefetch_item(void *context, void *item)
{
    (void)context;
    memory_prefetch(item);
    memory_prefetch((const char *)item + 64);
}

/* Some steps on; the state says when the table's end is reached. */
static void visit_some(struct store *store, const struct table *table, struct walk_state *state)
{
    struct visit visit = {store, state->database};
    uint64_t cursor = state->cursor;
    int steps = 0;
    do {
        cursor = table_scan(table, cursor, prefetch_item, NULL);
    } while (++steps < STEPS_PER_LOOK && cursor);
    while (steps-- > 0)
        state->cursor = table_scan(table, state->cursor, visit_item, &visit);
    state->is_due = state->cursor != 0;
}

/* Works on one table that is due; false when none is. Flushed ones come first: their memory is waited for. */
static bool step(struct store *store)
{
    LIST_EACH(link, &store->garbage) {
        struct garbage *garbage = LIST_ENTRY(link, struct garbage, link);
        if (garbage->walk.is_due) {
            visit_some(store, &garbage->table, &garbage->walk);
            if (!garbage->walk.is_due)
                store_release_prefixes(store, garbage->live, garbage->live_count);
            return true;
        }
    }
    for (int i = 0; i < store->database_count; i++) {
        struct keyspace *keyspace = &store->keyspaces[i];
        if (keyspace->walk.is_due) {
            visit_some(store, &keyspace->table, &keyspace->walk);
            return true;
        }
    }
    return false;
}

bool store_walk_slice(struct store *store, int64_t budget_us)
{
    const struct walk_sink *sink = &store->walk_sink;
    int64_t begin = clock_mono_us();
    while (step(store)) {
        if ((sink->is_full && sink->is_full(sink->context)) || clock_mono_us() - begin >= budget_us)
            return false;
    }
    store->is_walking = false;
    store->walk_sink = (struct walk_sink){.take = NULL};
    return true;
}

bool store_is_walking(const struct store *store)
{
    return store->is_walking;
}

void store_walk_abandon(struct store *store)
{
    store->walk_sink = (struct walk_sink){.take = NULL};
    while (!store_walk_slice(store, INT64_MAX)) {
    }
}
